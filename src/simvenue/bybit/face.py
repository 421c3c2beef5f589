"""Bybit v5 as the server drives it: REST, WebSocket and the words for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from ..errors import UsageError
from ..exchange.exchange import Exchange
from ..face.connection import Connection
from ..face.limit import Limiter
from ..face.mode import Mode
from ..face.request import Answer, Carried, RawRequest
from ..keys import KeyRing
from . import code
from .book import Counters
from .call import Venue
from .hub import Hub
from .limit import CONNECTIONS, AddressGuard
from .recent import RecentlyClosed
from .rest import TOO_FREQUENT, Rest, envelope
from .socket import PRIVATE, PUBLIC, Socket
from .stream import PrivateStream
from .switch import DisconnectProtection


class BybitFace:
    """The Bybit dialect around one exchange."""

    name = "bybit"
    websocket_routes = (PUBLIC, PRIVATE)
    ws_root = ""
    idle_s = 600.0
    idle_close = (1000, "")
    hidden_headers = frozenset({"x-bapi-sign"})

    def __init__(self, exchange: Exchange, ring: KeyRing) -> None:
        self._exchange = exchange
        self._limiter = Limiter()
        self._wall = 0
        self.venue = Venue(exchange, Counters(), RecentlyClosed(exchange))
        self.guard = AddressGuard(self._limiter)
        self.hub = Hub(self.venue)
        self.stream = PrivateStream(self.venue)
        self.protection = DisconnectProtection(self.venue)
        self.rest = Rest(self.venue, ring, self._limiter, self.guard)
        self.socket = Socket(self.venue, ring, self.hub, self.stream, self.protection)

    @property
    def mode(self) -> Mode:
        return self._exchange.mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        self._exchange.mode = mode

    @property
    def is_limited(self) -> bool:
        return self._limiter.is_enforced

    @is_limited.setter
    def is_limited(self, is_limited: bool) -> None:
        self._limiter.is_enforced = is_limited

    def answer(self, request: RawRequest, wall: int, monotonic: int) -> Answer:
        return self.receive(request, wall, monotonic)(wall, monotonic)

    def receive(self, request: RawRequest, wall: int, monotonic: int) -> Carried:
        self._see(wall)
        return self.rest.receive(request, wall, monotonic)

    @property
    def time_scale(self) -> int:
        """Of the receive window: of how far a timestamp may be ahead, and of its default length."""
        return self.rest.time_scale

    @time_scale.setter
    def time_scale(self, time_scale: int) -> None:
        self.rest.time_scale = time_scale

    def refuse_connection(self, address: str, monotonic: int) -> Answer | None:
        if self._limiter.admit("connections", CONNECTIONS, address, monotonic):
            return None
        return _forbidden({})

    def opened(self, connection: Connection, wall: int, monotonic: int) -> None:
        """Bybit greets nobody."""

    def received(self, connection: Connection, text: str, wall: int, monotonic: int) -> None:
        self.socket.received(connection, text, wall, monotonic)

    def closed(self, connection: Connection, wall: int) -> None:
        self.protection.closed(connection, wall)
        self.stream.drop(connection)
        self.hub.drop(connection)

    def publish(self, symbols: Iterable[str], *, running: bool) -> dict[str, int]:
        return self.hub.publish(symbols, running=running)

    def heartbeat(self, wall: int, monotonic: int) -> None:
        """Bybit sends nothing by itself; time ends orders of accounts whose disconnect protection has come due."""
        self._see(wall)
        self._exchange.expire(wall)

    def _see(self, wall: int) -> None:
        """Remember the time, and since when there is maintenance."""
        self._wall = wall
        if self._exchange.mode is not Mode.MAINTENANCE:
            self.venue.maintenance_since = None
        elif self.venue.maintenance_since is None:
            self.venue.maintenance_since = wall

    def spoken_fault(self, kind: str, code_text: str, status: int | None, retry_after_s: float | None) -> Answer:
        """`throttle` = 10006, `ban` = HTTP 403, `maintenance` = 10016, `error` = the retCode given (UsageError for a text)."""
        headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
        if kind == "ban":
            return _forbidden(headers, status or 403)
        spoken = {"throttle": code.TOO_MANY_VISITS, "maintenance": code.SERVER_ERROR}.get(kind)
        number = _number(code_text) if spoken is None else spoken
        if kind == "throttle":
            reset = self._wall // 1_000_000 + int((retry_after_s or 1.0) * 1000)
            headers |= {"X-Bapi-Limit": "20", "X-Bapi-Limit-Status": "0", "X-Bapi-Limit-Reset-Timestamp": str(reset)}
        message = code.MESSAGES.get(number, "Error.").replace("{0}", "")
        return envelope(number, message, {}, self._wall, status=status or 200, headers=headers)

    def partial(self, answer: Answer) -> Answer:
        """Fail the first row of a batch; an answer of another form stays as it is."""
        document = orjson.loads(answer.body)
        extra = document.get("retExtInfo") or {}
        rows, results = extra.get("list"), (document.get("result") or {}).get("list")
        if not rows or not results:
            return answer
        failed = code.CREATE_FAILED if "createAt" in results[0] else code.CANCEL_FAILED
        rows[0] = {"code": failed, "msg": code.text(failed)}
        results[0]["orderId"] = ""
        return Answer(answer.status, orjson.dumps(document), answer.headers)

    def subscription_refused(self, text: str) -> bytes | None:
        return self.socket.subscription_refused(text)


def _number(text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").isdigit()):
        raise UsageError(f"fault error: code {text!r} is not a retCode; give a number such as 170007")
    return int(text)


def _forbidden(headers: dict[str, str], status: int = 403) -> Answer:
    return Answer(status, TOO_FREQUENT.encode(), headers, "text/plain")
