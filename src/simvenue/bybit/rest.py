"""The REST face: one table of endpoints, and the way every request goes: address, route, key, limit, body, operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl

import orjson

from golive.model.json import JsonValue

from ..face.limit import Limiter
from ..face.mode import Mode
from ..face.request import Answer, Carried, RawRequest
from ..keys import ApiKey, KeyRing
from . import account, code, history, public, switch, trade
from .auth import authenticate
from .call import Call, Venue
from .code import BybitError, HttpError
from .limit import LIMITS, AddressGuard
from .wire import JsonDict

PREFIX = b"/v5/"
TOO_FREQUENT = "access too frequent"
"""what a banned address is told, with HTTP status 403"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """What stands behind one path."""

    operation: Callable[[Call], JsonDict]
    permission: str = ""
    """needed of the key; `` for public endpoints"""
    is_batch: bool = False


ENDPOINTS: Mapping[str, Endpoint] = {
    "GET market/time": Endpoint(public.time),
    "GET system/status": Endpoint(public.status),
    "GET market/instruments-info": Endpoint(public.instruments),
    "GET market/tickers": Endpoint(public.tickers),
    "GET market/orderbook": Endpoint(public.orderbook),
    "GET market/kline": Endpoint(public.kline),
    "GET market/recent-trade": Endpoint(public.recent_trades),
    "GET user/query-api": Endpoint(account.query_api, "read"),
    "GET account/info": Endpoint(account.info, "read"),
    "GET account/wallet-balance": Endpoint(account.wallet_balance, "read"),
    "GET account/fee-rate": Endpoint(account.fee_rate, "read"),
    "GET account/query-dcp-info": Endpoint(switch.query, "read"),
    "GET asset/coin/query-info": Endpoint(account.coins, "read"),
    "POST order/create": Endpoint(trade.single(trade.place), "trade"),
    "POST order/create-batch": Endpoint(trade.batch(trade.place), "trade", is_batch=True),
    "POST order/amend": Endpoint(trade.single(trade.amend), "trade"),
    "POST order/cancel": Endpoint(trade.single(trade.cancel), "trade"),
    "POST order/cancel-batch": Endpoint(trade.batch(trade.cancel), "trade", is_batch=True),
    "POST order/cancel-all": Endpoint(trade.cancel_all, "trade"),
    "POST order/disconnected-cancel-all": Endpoint(switch.set_window, "trade"),
    "GET order/realtime": Endpoint(history.realtime, "read"),
    "GET order/history": Endpoint(history.order_history, "read"),
    "GET execution/list": Endpoint(history.executions, "read"),
}
_OPEN_IN_MAINTENANCE = ("GET market/time", "GET system/status")


class Rest:
    """Answers raw requests."""

    def __init__(self, venue: Venue, ring: KeyRing, limiter: Limiter, guard: AddressGuard) -> None:
        self._venue = venue
        self._ring = ring
        self._limiter = limiter
        self._guard = guard
        self.time_scale = 1

    def receive(self, request: RawRequest, wall: int, monotonic: int) -> Carried:
        """Admit one request; `wall` and `monotonic` are now, ns."""
        headers: dict[str, str] = {}
        try:
            if not self._guard.admits(request.address, monotonic):
                raise HttpError(403, TOO_FREQUENT)
            call, name, endpoint = self._route(request, wall)
            if endpoint.permission:
                call.key = self._admit(call, name, endpoint, request, wall, monotonic, headers)
        except (HttpError, BybitError) as error:
            refused = _refused(error, wall, headers)
            return lambda wall, monotonic: refused
        return lambda wall, monotonic: _carried_out(endpoint, call, wall, headers)

    def _route(self, request: RawRequest, wall: int) -> tuple[Call, str, Endpoint]:
        path, _, raw_query = request.target.partition(b"?")
        name = f"{request.method} {path.removeprefix(PREFIX).decode('ascii', 'replace')}"
        endpoint = ENDPOINTS.get(name) if path.startswith(PREFIX) else None
        if endpoint is None:
            raise HttpError(404)
        if request.method == "GET" and request.body:
            raise HttpError(403)  # documented: a GET with a body is forbidden
        if self._venue.exchange.mode is Mode.MAINTENANCE and name not in _OPEN_IN_MAINTENANCE:
            raise BybitError(code.SERVER_ERROR)
        params = dict(parse_qsl(raw_query.decode("utf-8", "replace"), keep_blank_values=True))
        return Call(self._venue, wall, params, request.address), name, endpoint

    def _admit(
        self,
        call: Call,
        name: str,
        endpoint: Endpoint,
        request: RawRequest,
        wall: int,
        monotonic: int,
        headers: dict[str, str],
    ) -> ApiKey:
        """Check who asks and how often; fill in the body of a POST and the headers of the answer."""
        key = authenticate(request, self._ring, wall, self.time_scale)
        if endpoint.permission not in key.permissions:
            raise BybitError(code.PERMISSION)
        if request.method == "POST":
            call.body = _body(request)
        cost = len(trade.entries(call.body.get("request"))) if endpoint.is_batch else 1
        limit = LIMITS[name]
        admitted = self._limiter.admit(name, limit, key.account, monotonic, cost)
        window = self._limiter.window(name, limit, key.account)
        free_in = 0 if admitted else window.free_at(monotonic) - monotonic
        headers["X-Bapi-Limit"] = str(limit.count)
        headers["X-Bapi-Limit-Status"] = str(window.left(monotonic))
        headers["X-Bapi-Limit-Reset-Timestamp"] = str(-(-(wall + free_in) // 1_000_000))
        if not admitted:
            raise BybitError(code.TOO_MANY_VISITS)
        return key


def _carried_out(endpoint: Endpoint, call: Call, wall: int, headers: dict[str, str]) -> Answer:
    call.wall = wall
    try:
        result = endpoint.operation(call)
    except (HttpError, BybitError) as error:
        return _refused(error, wall, headers)
    return envelope(code.OK, code.text(code.OK), result, wall, extra=call.extra, headers=headers)


def _refused(error: HttpError | BybitError, wall: int, headers: dict[str, str]) -> Answer:
    if isinstance(error, HttpError):
        return Answer(error.status, error.body.encode(), headers, "text/plain")
    return envelope(error.code, error.message, {}, wall, headers=headers)


def _body(request: RawRequest) -> dict[str, JsonValue]:
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as exc:
        raise BybitError(code.PARAMETER) from exc
    if not isinstance(body, dict):
        raise BybitError(code.PARAMETER)
    return body


def envelope(
    return_code: int,
    message: str,
    result: JsonValue,
    wall: int,
    *,
    extra: list[JsonValue] | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Return the envelope every JSON answer of Bybit comes in."""
    document: JsonDict = {
        "retCode": return_code,
        "retMsg": message,
        "result": result,
        "retExtInfo": {"list": extra} if extra else {},
        "time": wall // 1_000_000,
    }
    return Answer(status, orjson.dumps(document), headers or {})
