"""The WebSocket v2 face: what a client's text means and how it is answered, one acknowledgement per symbol.

Published: `Currency pair not supported X`, `Malformed request`, the session error. The other texts are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeAlias

import orjson

from ..exchange.exchange import Exchange
from ..face.connection import Connection
from . import hub as market_hub
from . import private as private_hub
from .auth import Tokens
from .call import flag_of
from .code import INVALID_ARGUMENTS, INVALID_SESSION, PERMISSION_DENIED, Json, KrakenError
from .hub import Hub, Topic
from .limit import ENGINE
from .private import PrivateHub
from .stream import moment

MAX_MESSAGE_BYTES = 64 * 1024
_DEFAULT_VARIANT: Mapping[str, int | str] = {"book": 10, "ohlc": 1, "ticker": "trades"}
_VARIANT_FIELD: Mapping[str, str] = {"book": "depth", "ohlc": "interval", "ticker": "event_trigger"}
_NO_SNAPSHOT = frozenset({"trade"})
"""channels that begin with a snapshot only when one is asked for"""

Params = Mapping[str, object]
Step: TypeAlias = tuple[dict[str, Json], Callable[[], None]]
"""what an acknowledgement says, and what is done after it"""


class Socket:
    """Answers the requests of all connections."""

    def __init__(self, exchange: Exchange, hub: Hub, private: PrivateHub, tokens: Tokens, wall: Callable[[], int]) -> None:
        self._exchange = exchange
        self._hub = hub
        self._private = private
        self._tokens = tokens
        self._wall = wall

    def received(self, connection: Connection, text: str, wall: int, monotonic: int) -> None:
        """Take one text frame; `wall` and `monotonic` are now, ns."""
        connection.last_alive = monotonic
        try:
            request = _request(text)
        except KrakenError as error:
            connection.put(_answer({"error": error.text, "method": "error", "success": False}, wall))
            return
        method = request.get("method")
        if method == "ping":
            connection.put(_answer({**_req_id(request), "method": "pong"}, wall))
            return
        base: dict[str, Json] = {**_req_id(request), "method": str(method)}
        params = request.get("params")
        if method not in ("subscribe", "unsubscribe") or not isinstance(params, dict):
            connection.put(_answer({**base, "error": "Unsupported method", "success": False}, wall))
            return
        self._subscription(connection, base, params, wall)

    def _subscription(self, connection: Connection, base: Mapping[str, Json], params: Params, wall: int) -> None:
        channel = params.get("channel")
        wanted = base["method"] == "subscribe"
        if channel in private_hub.CHANNELS:
            act = partial(self._private_one, connection, str(channel), params, wanted, wall)
            self._each(connection, base, wall, {}, act)
        elif channel in market_hub.CHANNELS:
            symbols = params.get("symbol")
            for symbol in symbols if isinstance(symbols, list) else [symbols]:
                named: dict[str, Json] = {"symbol": symbol} if isinstance(symbol, str) else {}
                act = partial(self._market_one, connection, str(channel), symbol, params, wanted)
                self._each(connection, base, wall, named, act)
        else:
            connection.put(_answer({**base, "error": f"Channel not supported {channel}", "success": False}, wall))

    def _each(
        self,
        connection: Connection,
        base: Mapping[str, Json],
        wall: int,
        named: Mapping[str, Json],
        act: Callable[[], Step],
    ) -> None:
        """Acknowledge one subscription and carry it out, or say why not."""
        try:
            result, carry_out = act()
        except KrakenError as error:
            connection.put(_answer({**base, **named, "error": error.text, "success": False}, wall))
            return
        connection.put(_answer({**base, "result": result, "success": True}, wall))
        carry_out()

    def _market_one(self, connection: Connection, channel: str, symbol: object, params: Params, wanted: bool) -> Step:
        market = self._exchange.markets.get(symbol) if isinstance(symbol, str) else None
        if market is None:
            raise KrakenError(f"Currency pair not supported {symbol}")
        field = _VARIANT_FIELD.get(channel)
        variant = params.get(field, _DEFAULT_VARIANT[channel]) if field else ""
        if isinstance(variant, bool) or not isinstance(variant, int | str):
            raise KrakenError(INVALID_ARGUMENTS, field or "")
        topic = Topic(channel, market.listing.symbol, variant)
        if not market_hub.is_offered(market, topic):
            raise KrakenError(f"Subscription {channel} {field} not supported")
        snapshot = flag_of(params, "snapshot", default=channel not in _NO_SNAPSHOT)
        result: dict[str, Json] = {"channel": channel, "symbol": topic.symbol}
        if field:
            result[field] = variant
        if not wanted:
            if not self._hub.has(connection, topic):
                raise KrakenError("Subscription Not Found")
            return result, lambda: self._hub.unsubscribe(connection, topic)
        if self._hub.has(connection, topic):
            raise KrakenError("Already subscribed")
        result["snapshot"] = snapshot
        return result, lambda: self._hub.subscribe(connection, topic, snapshot=snapshot)

    def _private_one(self, connection: Connection, channel: str, params: Params, wanted: bool, wall: int) -> Step:
        self._open_session(connection, params, wall)
        assert connection.key is not None
        account = connection.key.account
        result: dict[str, Json] = {"channel": channel}
        if not wanted:
            if not self._private.has(connection, channel):
                raise KrakenError("Subscription Not Found")
            return result, lambda: self._private.unsubscribe(connection, channel)
        if self._private.has(connection, channel):
            raise KrakenError("Already subscribed")
        if channel == "balances":
            snapshot = flag_of(params, "snapshot", default=True)
            result["snapshot"] = snapshot
            return result, lambda: self._private.subscribe_balances(connection, account, snapshot=snapshot)
        orders, fills = flag_of(params, "snap_orders", default=True), flag_of(params, "snap_trades")
        all_statuses, with_counter = flag_of(params, "order_status", default=True), flag_of(params, "ratecounter")
        result.update(maxratecount=int(ENGINE.ceiling), snap_orders=orders, snap_trades=fills)
        return result, lambda: self._private.subscribe_executions(
            connection, account, orders=orders, fills=fills, all_statuses=all_statuses, with_counter=with_counter
        )

    def _open_session(self, connection: Connection, params: Params, wall: int) -> None:
        """Check the token; one that opened this connection's session is good as long as the connection stands."""
        token = params.get("token")
        if not isinstance(token, str) or not token:
            raise KrakenError("Token(s) not found")
        used = connection.topics.get(("session", ""), {}).get("token")
        if used != token or connection.key is None:
            key = self._tokens.open(token, wall)
            if "read" not in key.permissions:
                raise KrakenError(PERMISSION_DENIED)
            connection.key = key
            connection.topics[("session", "")] = {"token": token}

    def subscription_refused(self, text: str) -> bytes | None:
        """Return the refusal of this message when it is a subscription, as for a pair or session nobody knows."""
        try:
            request = _request(text)
        except KrakenError:
            return None
        params = request.get("params")
        if request.get("method") != "subscribe" or not isinstance(params, dict):
            return None
        symbols = params.get("symbol")
        symbol = symbols[0] if isinstance(symbols, list) and symbols else symbols
        error = INVALID_SESSION if symbol is None else f"Currency pair not supported {symbol}"
        named: dict[str, Json] = {} if symbol is None else {"symbol": symbol}
        return _answer({**_req_id(request), **named, "method": "subscribe", "error": error, "success": False}, self._wall())


def _answer(document: Mapping[str, Json], wall: int) -> bytes:
    return orjson.dumps({**document, "time_in": moment(wall), "time_out": moment(wall)})


def _req_id(request: Mapping[str, object]) -> dict[str, Json]:
    number = request.get("req_id")
    return {"req_id": number} if isinstance(number, int) and not isinstance(number, bool) else {}


def _request(text: str) -> dict[str, object]:
    if len(text) > MAX_MESSAGE_BYTES:
        raise KrakenError("Malformed request")
    try:
        request = orjson.loads(text)
    except orjson.JSONDecodeError as exc:
        raise KrakenError("Malformed request") from exc
    if not isinstance(request, dict):
        raise KrakenError("Malformed request")
    return request
