"""What stands between the socket and the dialect: every request is recorded, and faults strike here."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable

import orjson
from aiohttp import web

from golive.model.clock import Clock

from .fault import PROCESSES, Fault, FaultBook, FaultKind
from .record import Received, RequestLog

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_HTML = b"<html><head><title>Just a moment...</title></head><body><h1>Checking your browser</h1></body></html>"


class Gateway:
    """The outermost handler of the dialect's routes."""

    def __init__(self, log: RequestLog, faults: FaultBook, clock: Clock) -> None:
        self._log = log
        self._faults = faults
        self._clock = clock

    def wrap(self, inner: Handler) -> Handler:
        """Return `inner` behind recording and faults."""

        async def handle(request: web.Request) -> web.StreamResponse:
            body = await request.read()
            text, headers = body.decode("utf-8", "replace"), list(request.headers.items())
            entry = self._log.add(Received(self._clock.now(), request.method, request.raw_path, headers, text))
            fault = self._faults.strike(request.method, request.path)
            if fault is None:
                response = await inner(request)
            else:
                entry.fault = fault.kind.value
                response = await _struck(fault, request, inner)
            is_cut = fault is not None and fault.kind in (FaultKind.DROP_BEFORE, FaultKind.DROP_AFTER)
            entry.status = 0 if is_cut else response.status
            return response

        return handle


async def _struck(fault: Fault, request: web.Request, inner: Handler) -> web.StreamResponse:
    if fault.kind not in PROCESSES:
        return _instead(fault, request)
    response = await inner(request)
    if fault.kind is FaultKind.DELAY:
        await asyncio.sleep(fault.seconds)
        return response
    if fault.kind is FaultKind.DROP_AFTER:
        return _cut(request)
    if not isinstance(response, web.Response):
        return response  # a WebSocket has no answer to cut short
    body = response.body if isinstance(response.body, bytes) else b""
    return web.Response(status=200, body=body[: len(body) // 2], content_type="application/json")


def _instead(fault: Fault, request: web.Request) -> web.StreamResponse:
    match fault.kind:
        case FaultKind.HTTP_429:
            return web.Response(status=429, text="Too Many Requests", headers={"Retry-After": f"{fault.retry_after:g}"})
        case FaultKind.OKX_50011:
            document = {"code": "50011", "data": [], "msg": "Too Many Requests"}
            return web.Response(status=fault.status, body=orjson.dumps(document), content_type="application/json")
        case FaultKind.HTML:
            return web.Response(status=200, body=_HTML, content_type="text/html")
        case FaultKind.EMPTY:
            return web.Response(status=200, content_type="application/json")
        case FaultKind.GARBAGE:
            return web.Response(status=200, body=os.urandom(256), content_type="application/json")
        case FaultKind.HTTP_500:
            return web.Response(status=500, text="Internal Server Error")
        case FaultKind.HTTP_503:
            return web.Response(status=503, text="Service Unavailable")
        case _:
            return _cut(request)


def _cut(request: web.Request) -> web.StreamResponse:
    """Cut the connection; the response that is returned never reaches anybody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
