"""Kraken Spot as the server drives it: REST, WebSocket v2 and the words for what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from ..errors import UsageError
from ..exchange.exchange import Exchange
from ..exchange.order import VenueOrder
from ..face.connection import Connection
from ..face.limit import Limit, Limiter, Scope
from ..face.mode import Mode
from ..face.request import Answer, Carried, RawRequest
from ..keys import KeyRing
from .auth import Tokens
from .code import API_RATE_LIMIT, INSUFFICIENT_FUNDS, TEMPORARY_LOCKOUT, UNAVAILABLE
from .hub import Hub
from .limit import CONNECTIONS, CONNECTIONS_WINDOW_S, Limits
from .private import PrivateHub
from .rest import Rest, error_answer
from .sign import decoded
from .socket import Socket
from .stream import message

_SECOND = 1_000_000_000
_CONNECTIONS = Limit(CONNECTIONS, CONNECTIONS_WINDOW_S, Scope.ADDRESS)
_HEARTBEAT = b'{"channel":"heartbeat"}'


class KrakenFace:
    """The Kraken dialect around one exchange. Raises UsageError for a key whose secret is no base64 text.

    One WebSocket address, `/v2`, stands for the public and the authenticated one.
    """

    name = "kraken"
    websocket_routes = ("/v2",)
    ws_root = "/v2"
    idle_s = 60.0
    idle_close = (1001, "idle")
    hidden_headers = frozenset[str]()

    def __init__(self, exchange: Exchange, ring: KeyRing) -> None:
        _require_readable(ring)
        self._exchange = exchange
        self._wall = 0
        self._monotonic = 0
        self._connections: dict[str, Connection] = {}
        self._last_sent: dict[str, int] = {}
        self._limiter = Limiter()
        tokens = Tokens()
        self.limits = Limits(exchange)
        self.hub = Hub(exchange)
        self.private = PrivateHub(exchange, self._engine_count)
        self.rest = Rest(exchange, ring, self.limits, tokens)
        self.socket = Socket(exchange, self.hub, self.private, tokens, lambda: self._wall)

    @property
    def mode(self) -> Mode:
        return self._exchange.mode

    @mode.setter
    def mode(self, mode: Mode) -> None:
        """Change what orders may do; connected clients are told."""
        self._exchange.mode = mode
        for connection in self._connections.values():
            connection.put(self._status(connection))

    @property
    def is_limited(self) -> bool:
        return self.limits.is_enforced

    @is_limited.setter
    def is_limited(self, is_limited: bool) -> None:
        self.limits.is_enforced = self._limiter.is_enforced = is_limited

    def answer(self, request: RawRequest, wall: int, monotonic: int) -> Answer:
        return self.receive(request, wall, monotonic)(wall, monotonic)

    def receive(self, request: RawRequest, wall: int, monotonic: int) -> Carried:
        self._set_clock(wall, monotonic)
        return self._at_its_time(self.rest.receive(request, wall, monotonic))

    def _at_its_time(self, carried: Carried) -> Carried:
        def carry(wall: int, monotonic: int) -> Answer:
            self._set_clock(wall, monotonic)
            return carried(wall, monotonic)

        return carry

    @property
    def time_scale(self) -> int:
        """Of the bounds of `deadline`, and of the second in which it tells its time."""
        return self.rest.time_scale

    @time_scale.setter
    def time_scale(self, time_scale: int) -> None:
        self.rest.time_scale = time_scale

    def refuse_connection(self, address: str, monotonic: int) -> Answer | None:
        """Too many connections are refused by what stands before the venue, which speaks no JSON."""
        if self._limiter.admit("connections", _CONNECTIONS, address, monotonic):
            return None
        return Answer(429, b"error code: 1015", {}, "text/plain")

    def opened(self, connection: Connection, wall: int, monotonic: int) -> None:
        self._set_clock(wall, monotonic)
        self._connections[connection.id] = connection
        connection.put(self._status(connection))

    def received(self, connection: Connection, text: str, wall: int, monotonic: int) -> None:
        self._set_clock(wall, monotonic)
        self.socket.received(connection, text, wall, monotonic)

    def closed(self, connection: Connection, wall: int) -> None:
        self._connections.pop(connection.id, None)
        self._last_sent.pop(connection.id, None)
        self.hub.drop(connection)
        self.private.drop(connection)

    def publish(self, symbols: Iterable[str], *, running: bool) -> dict[str, int]:
        published, sent = self.hub.publish(symbols, running=running)
        for connection_id in sent:
            self._last_sent[connection_id] = self._monotonic
        return published

    def heartbeat(self, wall: int, monotonic: int) -> None:
        """Act on time alone: expiries, the dead-man's switch, and a heartbeat to subscribers who heard nothing for 1 s."""
        self._set_clock(wall, monotonic)
        self._exchange.expire(wall)
        for connection_id in self.private.take_fresh():
            self._last_sent[connection_id] = monotonic
        for connection in self._connections.values():
            if not (self.hub.is_subscribed(connection) or self.private.is_subscribed(connection)):
                continue
            if monotonic - self._last_sent.setdefault(connection.id, monotonic) >= _SECOND:
                connection.put(_HEARTBEAT, "heartbeat")
                self._last_sent[connection.id] = monotonic

    def spoken_fault(self, kind: str, code: str, status: int | None, retry_after_s: float | None) -> Answer:
        """`error` takes the error text as its code, e.g. `EOrder:Insufficient funds`."""
        texts = {"throttle": API_RATE_LIMIT, "ban": TEMPORARY_LOCKOUT, "maintenance": UNAVAILABLE}
        headers = {} if retry_after_s is None else {"Retry-After": f"{retry_after_s:g}"}
        return error_answer(texts.get(kind, code), 200 if status is None else status, headers)

    def partial(self, answer: Answer) -> Answer:
        """Fail the first order of a batch, or count one fewer of a batch of cancels; other answers stay as they are."""
        result = orjson.loads(answer.body).get("result")
        if not isinstance(result, dict):
            return answer
        orders, count = result.get("orders"), result.get("count")
        if isinstance(orders, list) and orders:
            orders[0] = {"error": INSUFFICIENT_FUNDS}
        elif isinstance(count, int) and count and set(result) == {"count"}:
            result["count"] = count - 1
        else:
            return answer
        return Answer(answer.status, orjson.dumps({"error": [], "result": result}), answer.headers)

    def subscription_refused(self, text: str) -> bytes | None:
        return self.socket.subscription_refused(text)

    def _set_clock(self, wall: int, monotonic: int) -> None:
        self._wall, self._monotonic = wall, monotonic

    def _engine_count(self, order: VenueOrder) -> int:
        return int(self.limits.engine_count(order.account, order.listing.symbol, self._monotonic))

    def _status(self, connection: Connection) -> bytes:
        row = {
            "version": "2.0.10",
            "system": self._exchange.mode.value,
            "api_version": "v2",
            "connection_id": int(connection.id, 16),
        }
        return message("status", "update", [dict(row)])


def _require_readable(ring: KeyRing) -> None:
    for index, key in enumerate(ring.keys):
        try:
            decoded(key.secret)
        except ValueError as exc:
            raise UsageError(f"credentials: keys[{index}]: field 'secret': {exc}") from exc
