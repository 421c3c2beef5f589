"""The part of CCXT that Golive touches, as types: signing, error table, WebSocket connections."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol


class CcxtLink(Protocol):
    """CCXT's WebSocket client of one URL."""

    url: str
    subscriptions: dict[str, object]
    connection: CcxtSocket | None
    receive_loop: Callable[[], None]
    keepAlive: int  # noqa: N815 - CCXT's name
    """ms between pings"""
    maxPingPongMisses: float  # noqa: N815 - CCXT's name
    """of unanswered pings, after which CCXT gives a connection up"""
    open: Callable[..., Awaitable[None]]
    """dials; CCXT runs it in a task of its own and keeps no hold of it"""

    def future(self, message_hash: str) -> asyncio.Future[object]: ...

    def resolve(self, result: object, message_hash: str) -> object: ...

    def handle_message(self, message: object) -> None: ...

    def on_error(self, error: BaseException) -> None: ...

    def on_close(self, code: int) -> None: ...

    async def close(self) -> None: ...


class CcxtFrame(Protocol):
    type: object
    data: object


class CcxtSocket(Protocol):
    async def receive(self) -> CcxtFrame: ...


class Ccxt(Protocol):
    """One CCXT exchange object."""

    options: dict[str, object]
    urls: dict[str, object]
    clients: dict[str, CcxtLink]
    fetch2: Callable[..., Awaitable[object]]
    milliseconds: Callable[[], int]
    incrementing_nonce: Callable[[], int]
    urlencode_nested: Callable[[Mapping[str, object]], str]
    timeout_on_exit: int

    def set_sandbox_mode(self, enable: bool) -> None: ...

    def sign(self, path: str, api: Sequence[str], method: str, params: object) -> Mapping[str, object]: ...

    def prepare_request_headers(self, headers: Mapping[str, str] | None) -> Mapping[str, str]: ...

    def handle_errors(
        self,
        code: int,
        reason: str,
        url: str,
        method: str,
        headers: Mapping[str, str],
        body: str,
        response: object,
        request_headers: Mapping[str, str],
        request_body: str | None,
    ) -> object: ...

    def handle_message(self, client: CcxtLink, message: object) -> None: ...

    def client(self, url: str) -> CcxtLink: ...

    def watch(
        self, url: str, message_hash: str, message: object = None, subscribe_hash: str | None = None
    ) -> asyncio.Future[object]: ...

    async def close(self) -> None: ...


def exception_names(exc: BaseException) -> tuple[str, ...]:
    """Return the class names of a CCXT exception, most specific first."""
    return tuple(cls.__name__ for cls in type(exc).__mro__)
