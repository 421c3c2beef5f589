"""Who may speak to the control routes: programs on this machine, and no page in a browser; and which sockets they use."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Awaitable, Callable, MutableSet

import orjson
from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def guarded(handler: Handler, transports: MutableSet[asyncio.Transport]) -> Handler:
    """Return the handler behind the guard; the sockets of its clients are put into `transports`.

    A request with an `Origin`, or whose `Host` is no loopback name, was sent by somebody's browser: 403.
    """

    async def handle(request: web.Request) -> web.StreamResponse:
        if request.transport is not None:
            transports.add(request.transport)
        if "Origin" in request.headers or not is_loopback(request.headers.get("Host", "")):
            text = "the control routes serve programs on this machine: no Origin header, and a loopback Host"
            return web.Response(status=403, body=orjson.dumps({"error": text}), content_type="application/json")
        try:
            return await handler(request)
        except ConnectionError:  # the client went away in the middle of its body: nobody is there to be answered
            return web.Response(status=400)

    return handle


def is_loopback(host: str) -> bool:
    """Say whether a Host header names this machine: localhost or a loopback address, with or without a port."""
    name = host.partition("]")[0].removeprefix("[") if host.startswith("[") else host.partition(":")[0]
    if name.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False
