"""The WebSocket face: what a client's text means and how it is answered."""

from __future__ import annotations

from urllib.parse import parse_qs

import orjson

from ..exchange.exchange import Exchange
from ..face.connection import Connection
from ..face.limit import Window
from ..face.mode import Mode
from ..keys import KeyRing
from . import wire
from .auth import login
from .code import Json, OkxError
from .hub import CANDLE_CHANNELS, PRIVATE_CHANNELS, PUBLIC_CHANNELS, Hub
from .limit import OPERATIONS

MAX_ARGUMENTS_BYTES = 64 * 1024


class Socket:
    """Answers the operations of all connections."""

    def __init__(self, exchange: Exchange, ring: KeyRing, hub: Hub) -> None:
        self._exchange = exchange
        self._ring = ring
        self._hub = hub
        self._operations: dict[str, Window] = {}

    def closed(self, connection: Connection) -> None:
        """Forget what was counted of a connection."""
        self._operations.pop(connection.id, None)

    def subscription_refused(self, text: str) -> bytes | None:
        """Return the error event for a subscription; None for any other text."""
        try:
            request = _request(text)
        except OkxError:
            return None
        arguments = request.get("args")
        if request.get("op") != "subscribe" or not isinstance(arguments, list) or not arguments:
            return None
        named = ",".join(f"{name}:{value}" for name, value in arguments[0].items()) if isinstance(arguments[0], dict) else ""
        error = OkxError("60018", named)
        return orjson.dumps({"event": "error", "code": error.code, "msg": error.message, "connId": ""})

    def received(self, connection: Connection, text: str, wall: int, monotonic: int) -> None:
        """Take one text frame; `wall` and `monotonic` are now, ns."""
        connection.last_alive = monotonic
        if text == "ping":
            connection.put(b"pong")
            return
        request_id = ""
        try:
            request = _request(text)
            request_id = str(request.get("id") or "")
            self._operate(connection, request, wall, monotonic)
        except OkxError as error:
            answer = {"event": "error", "code": error.code, "msg": error.message, "connId": connection.id}
            connection.put(orjson.dumps({"id": request_id, **answer} if request_id else answer))

    def _operate(self, connection: Connection, request: dict[str, Json], wall: int, monotonic: int) -> None:
        operation, arguments = request.get("op"), request.get("args")
        if operation not in ("subscribe", "unsubscribe", "login"):
            raise OkxError("60012", orjson.dumps(request).decode()[:400])
        if not isinstance(arguments, list) or not arguments or not all(isinstance(a, dict) for a in arguments):
            raise OkxError("60013")
        if connection.id not in self._operations:
            self._operations[connection.id] = Window(OPERATIONS)
        if not self._operations[connection.id].admit(monotonic):
            raise OkxError("60014")
        if operation == "login":
            self._login(connection, arguments[0], wall)
            return
        for argument in arguments:
            self._subscription(connection, argument, str(request.get("id") or ""), wanted=operation == "subscribe")

    def _login(self, connection: Connection, argument: dict[str, Json], wall: int) -> None:
        connection.key = None
        if self._exchange.mode is Mode.MAINTENANCE:
            raise OkxError("50001")
        demo = parse_qs(connection.query).get("brokerId") == ["9999"]
        key = login(argument, self._ring, wall, demo=demo, address=connection.address)
        if "read" not in key.permissions:
            raise OkxError("60009")
        connection.key = key
        connection.put(orjson.dumps({"event": "login", "code": "0", "msg": "", "connId": connection.id}))

    def _subscription(self, connection: Connection, argument: dict[str, Json], request_id: str, *, wanted: bool) -> None:
        channel = str(argument.get("channel") or "")
        scope = self._scope(connection, channel, argument)
        event: dict[str, Json] = {"event": "subscribe" if wanted else "unsubscribe", "arg": argument, "connId": connection.id}
        connection.put(orjson.dumps({"id": request_id, **event} if request_id else event))
        if not wanted:
            self._hub.unsubscribe(connection, (channel, scope))
        elif (channel, scope) in connection.topics:
            return
        elif connection.access == "private":
            self._hub.subscribe_private(connection, channel, scope, argument)
        else:
            self._hub.subscribe(connection, channel, scope, argument)

    def _scope(self, connection: Connection, channel: str, argument: dict[str, Json]) -> str:
        """Return the instId of a market channel, or the one a private channel is limited to; 60018 when there is none."""
        instrument = str(argument.get("instId") or "")
        named = ",".join(f"{name}:{value}" for name, value in argument.items())
        if connection.access == "private":
            if channel not in PRIVATE_CHANNELS:
                raise OkxError("60018", named)
            if connection.key is None:
                raise OkxError("60011")
            if channel == "orders" and argument.get("instType") not in ("SPOT", "ANY"):
                raise OkxError("60018", named)
            if channel == "orders" and instrument and wire.symbol_of(instrument) not in self._exchange.markets:
                raise OkxError("60018", named)
            return instrument if channel == "orders" else ""
        known = PUBLIC_CHANNELS if connection.access == "public" else CANDLE_CHANNELS
        market = self._exchange.markets.get(wire.symbol_of(instrument))
        if channel not in known or market is None:
            raise OkxError("60018", named)
        if channel in CANDLE_CHANNELS and not market.candles.supports(CANDLE_CHANNELS[channel]):
            raise OkxError("60018", named)
        return instrument


def _request(text: str) -> dict[str, Json]:
    if len(text) > MAX_ARGUMENTS_BYTES:
        raise OkxError("60012", "too long")
    try:
        request = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise OkxError("60012", text[:400]) from exc
    if not isinstance(request, dict):
        raise OkxError("60012", text[:400])
    return request
