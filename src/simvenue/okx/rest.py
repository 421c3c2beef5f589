"""The REST face: one table of endpoints, and the way every request goes: route, limit, key, body, operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from ..exchange.exchange import Exchange
from ..face.limit import Limiter, Scope
from ..face.mode import Mode
from ..face.request import Answer, Carried, RawRequest
from ..keys import ApiKey, KeyRing
from . import account, history, public, switch, trade
from .auth import authenticate
from .call import Call
from .code import Json, OkxError
from .limit import LIMITS, ORDERS_PER_ACCOUNT, SINGLE

PREFIX = b"/api/v5/"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What stands behind one path: `operation` for POSTs on orders, `act` for other POSTs with one object, else `read`."""

    read: Callable[[Call], Sequence[Json]] | None = None
    act: Callable[[Call], Sequence[Json]] | None = None
    operation: trade.Operation | None = None
    private: bool = False
    is_batch: bool = False


ENDPOINTS: Mapping[str, Endpoint] = {
    "GET public/instruments": Endpoint(public.instruments),
    "GET public/time": Endpoint(public.time),
    "GET system/status": Endpoint(public.status),
    "GET market/ticker": Endpoint(public.ticker),
    "GET market/tickers": Endpoint(public.tickers),
    "GET market/books": Endpoint(public.books),
    "GET market/candles": Endpoint(public.candles),
    "GET market/history-candles": Endpoint(public.history_candles),
    "GET market/trades": Endpoint(public.trades),
    "GET asset/currencies": Endpoint(account.currencies, private=True),
    "GET account/balance": Endpoint(account.balance, private=True),
    "GET account/config": Endpoint(account.config, private=True),
    "GET account/trade-fee": Endpoint(account.trade_fee, private=True),
    "GET trade/order": Endpoint(history.order, private=True),
    "GET trade/orders-pending": Endpoint(history.orders_pending, private=True),
    "GET trade/orders-history": Endpoint(history.orders_history, private=True),
    "GET trade/fills": Endpoint(history.fills, private=True),
    "GET trade/fills-history": Endpoint(history.fills_history, private=True),
    "POST trade/order": Endpoint(operation=trade.place, private=True),
    "POST trade/batch-orders": Endpoint(operation=trade.place, private=True, is_batch=True),
    "POST trade/cancel-order": Endpoint(operation=trade.cancel, private=True),
    "POST trade/cancel-batch-orders": Endpoint(operation=trade.cancel, private=True, is_batch=True),
    "POST trade/amend-order": Endpoint(operation=trade.amend, private=True),
    "POST trade/cancel-all-after": Endpoint(act=switch.cancel_all_after, private=True),
}
_OPEN_IN_MAINTENANCE = ("GET public/time", "GET system/status")
_PATHS = frozenset(name.partition(" ")[2] for name in ENDPOINTS)


class Rest:
    """Answers raw requests."""

    def __init__(self, exchange: Exchange, ring: KeyRing, limiter: Limiter) -> None:
        self._exchange = exchange
        self._ring = ring
        self._limiter = limiter

    def receive(self, request: RawRequest, wall: int, monotonic: int) -> Carried:
        """Admit one request; `wall` and `monotonic` are now, ns."""
        try:
            name, endpoint, query = self._route(request)
            call = self._admitted(name, endpoint, query, request, wall, monotonic)
        except OkxError as error:
            refused = _refused(error)
            return lambda wall, monotonic: refused
        return lambda wall, monotonic: _carried_out(call, endpoint, wall)

    def _route(self, request: RawRequest) -> tuple[str, Endpoint, Mapping[str, str]]:
        path, _, raw_query = request.target.partition(b"?")
        tail = path.removeprefix(PREFIX).decode("ascii", "replace")
        name = f"{request.method} {tail}"
        endpoint = ENDPOINTS.get(name)
        if endpoint is None:
            if tail in _PATHS:
                raise OkxError("50115")
            raise _NotFound()
        pairs = parse_qsl(raw_query.decode("utf-8", "replace"), keep_blank_values=True)
        return name, endpoint, dict(pairs)

    def _admitted(
        self, name: str, endpoint: Endpoint, query: Mapping[str, str], request: RawRequest, wall: int, monotonic: int
    ) -> Call:
        if self._exchange.mode is Mode.MAINTENANCE and name not in _OPEN_IN_MAINTENANCE:
            raise OkxError("50001")
        call = Call(self._exchange, wall, query)
        if endpoint.private:
            call.key = authenticate(request, self._ring, wall)
            _require_permission(call.key, endpoint)
        if endpoint.read is not None:
            self._admit(name, call.key, request.address, query.get("instId", ""), 1, monotonic)
            return call
        if endpoint.act is not None:
            call.items = _items(request, is_batch=False)
            self._admit(name, call.key, request.address, "", 1, monotonic)
            return call
        call.items = _items(request, is_batch=endpoint.is_batch)
        deadline = request.headers.get("exptime")
        call.params = {"expTime": deadline} if deadline else {}
        self._admit_operations(name, endpoint, call, request.address, monotonic)
        return call

    def _admit_operations(self, name: str, endpoint: Endpoint, call: Call, address: str, monotonic: int) -> None:
        counts: dict[str, int] = {}
        for item in call.items:
            instrument = str(item.get("instId", ""))
            counts[instrument] = counts.get(instrument, 0) + 1
        counted_as = SINGLE.get(name, name) if len(call.items) == 1 else name
        for instrument, count in counts.items():
            self._admit(counted_as, call.key, address, instrument, count, monotonic)
        if endpoint.operation is not trade.cancel:
            assert call.key is not None
            if not self._limiter.admit("orders", ORDERS_PER_ACCOUNT, call.key.account, monotonic, len(call.items)):
                raise OkxError("50061")

    def _admit(self, name: str, key: ApiKey | None, address: str, instrument: str, cost: int, monotonic: int) -> None:
        limit = LIMITS[name]
        member = address if limit.scope is Scope.ADDRESS or key is None else key.account
        if limit.scope is Scope.USER_INSTRUMENT:
            member += f"|{instrument}"
        if not self._limiter.admit(name, limit, member, monotonic, cost):
            raise OkxError("50011")


def _carried_out(call: Call, endpoint: Endpoint, wall: int) -> Answer:
    call.wall = wall
    try:
        code, rows = _performed(call, endpoint)
    except OkxError as error:
        return _refused(error)
    return Answer(200, orjson.dumps({"code": code, "data": rows, "msg": trade.message_of(code)}))


def _performed(call: Call, endpoint: Endpoint) -> tuple[str, Sequence[Json]]:
    if endpoint.read is not None:
        return "0", endpoint.read(call)
    if endpoint.act is not None:
        return "0", endpoint.act(call)
    assert endpoint.operation is not None
    return trade.perform(call, endpoint.operation)


def _refused(error: OkxError) -> Answer:
    return Answer(error.status, orjson.dumps({"code": error.code, "data": [], "msg": error.message}))


class _NotFound(OkxError):
    """No such path."""

    def __init__(self) -> None:
        super().__init__("50115")
        self.code, self.message = "404", "Not Found"

    @property
    def status(self) -> int:
        return 404


def _require_permission(key: ApiKey, endpoint: Endpoint) -> None:
    if ("read" if endpoint.read is not None else "trade") not in key.permissions:
        raise OkxError("50120")


def _items(request: RawRequest, *, is_batch: bool) -> list[dict[str, Json]]:
    """Read the JSON body: an object, for a batch a list of 1 to 20 of them."""
    if not request.body:
        raise OkxError("50000")
    if "application/json" not in request.headers.get("content-type", "").lower():
        raise OkxError("50006")
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as exc:
        raise OkxError("50002") from exc
    items = body if is_batch else [body]
    if not isinstance(items, list) or not items or not all(isinstance(item, dict) for item in items):
        raise OkxError("50002")
    if len(items) > trade.MAX_BATCH:
        raise OkxError("50025", "orders")
    return items
