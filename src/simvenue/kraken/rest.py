"""The REST face: one table of methods, and the way every request goes: route, key, mode, limit, permission, method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from ..exchange.exchange import Exchange
from ..face.mode import Mode
from ..face.request import Answer, Carried, RawRequest
from ..keys import KeyRing
from . import account, history, public, trade
from .auth import Gate, Tokens
from .call import Call, body_params, query_params
from .code import PERMISSION_DENIED, UNAVAILABLE, UNKNOWN_METHOD, Json, KrakenError
from .limit import Limits
from .name import PairNames

PREFIX = b"/0/"
Method = Callable[[Call], Json]

PUBLIC: Mapping[str, Method] = {
    "Time": public.time,
    "SystemStatus": public.system_status,
    "Assets": public.assets,
    "AssetPairs": public.asset_pairs,
    "Ticker": public.ticker,
    "Depth": public.depth,
    "OHLC": public.ohlc,
    "Trades": public.trades,
}
_IN_MAINTENANCE = frozenset({"Time", "SystemStatus"})


@dataclass(frozen=True, slots=True)
class Private:
    """A private method and the permission it needs, if any."""

    method: Method
    permission: str | None = "read"


class Rest:
    """Answers raw requests."""

    def __init__(self, exchange: Exchange, ring: KeyRing, limits: Limits, tokens: Tokens) -> None:
        self._exchange = exchange
        self._limits = limits
        self._pairs = PairNames(exchange.markets)
        self.gate = Gate(ring)
        self.time_scale = 1
        self._private: Mapping[str, Private] = {
            "Balance": Private(account.balance),
            "BalanceEx": Private(account.balance_ex),
            "TradeVolume": Private(account.trade_volume),
            "OpenOrders": Private(history.open_orders),
            "ClosedOrders": Private(history.closed_orders),
            "QueryOrders": Private(history.query_orders),
            "TradesHistory": Private(history.trades_history),
            "QueryTrades": Private(history.query_trades),
            "AddOrder": Private(trade.add_order, "trade"),
            "AddOrderBatch": Private(trade.add_order_batch, "trade"),
            "AmendOrder": Private(trade.amend_order, "trade"),
            "CancelOrder": Private(trade.cancel_order, "trade"),
            "CancelOrderBatch": Private(trade.cancel_order_batch, "trade"),
            "CancelAll": Private(trade.cancel_all, "trade"),
            "CancelAllOrdersAfter": Private(trade.cancel_all_after, "trade"),
            "GetWebSocketsToken": Private(lambda call: account.websockets_token(call, tokens)),
            "GetApiKeyInfo": Private(account.api_key_info, None),
        }

    def receive(self, request: RawRequest, wall: int, monotonic: int) -> Carried:
        """Admit one request; `wall` and `monotonic` are now, ns. Errors of the API come with status 200 as well."""
        try:
            method, call = self._admitted(request, wall, monotonic)
        except KrakenError as error:
            refused = error_answer(error.text)
            return lambda wall, monotonic: refused
        return lambda wall, monotonic: _carried_out(method, call, wall, monotonic)

    def _admitted(self, request: RawRequest, wall: int, monotonic: int) -> tuple[Method, Call]:
        path, _, raw_query = request.target.partition(b"?")
        kind, _, name = path.removeprefix(PREFIX).decode("ascii", "replace").partition("/")
        if not path.startswith(PREFIX):
            raise KrakenError(UNKNOWN_METHOD)
        if kind == "public" and name in PUBLIC and request.method == "GET":
            return self._public(name, request, raw_query, wall, monotonic)
        if kind == "private" and name in self._private and request.method == "POST":
            return self._private_call(name, request, wall, monotonic)
        raise KrakenError(UNKNOWN_METHOD)

    def _public(self, name: str, request: RawRequest, raw_query: bytes, wall: int, monotonic: int) -> tuple[Method, Call]:
        self._limits.public(request.address, monotonic)
        if self._exchange.mode is Mode.MAINTENANCE and name not in _IN_MAINTENANCE:
            raise KrakenError(UNAVAILABLE)
        call = Call(self._exchange, self._pairs, self._limits, wall, monotonic, query_params(raw_query))
        call.time_scale = self.time_scale
        return PUBLIC[name], call

    def _private_call(self, name: str, request: RawRequest, wall: int, monotonic: int) -> tuple[Method, Call]:
        if self._exchange.mode is Mode.MAINTENANCE:
            raise KrakenError(UNAVAILABLE)
        params = body_params(request)
        key = self.gate.authenticate(request, params, wall, monotonic)
        self._limits.private(key.api_key, name, monotonic)
        private = self._private[name]
        if private.permission is not None and private.permission not in key.permissions:
            raise KrakenError(PERMISSION_DENIED)
        nonce = self.gate.nonce(key)
        call = Call(self._exchange, self._pairs, self._limits, wall, monotonic, params, key, nonce, self.time_scale)
        return private.method, call


def _carried_out(method: Method, call: Call, wall: int, monotonic: int) -> Answer:
    call.waited = monotonic - call.monotonic
    call.wall, call.monotonic = wall, monotonic
    try:
        return Answer(200, orjson.dumps({"error": [], "result": method(call)}))
    except KrakenError as error:
        return error_answer(error.text)


def error_answer(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> Answer:
    """Return an envelope with one error."""
    return Answer(status, orjson.dumps({"error": [text]}), headers or {})
