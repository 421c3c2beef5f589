"""Reading orders and fills."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..exchange.order import State, VenueOrder
from ..exchange.refusal import Refusal
from . import wire
from .call import Call, market_of
from .code import PLACE, Json, OkxError, translated

_MILLION = 1_000_000
_UNFILLED_KEPT_NS = 2 * 3600 * 1_000_000_000
"""Canceled orders without a fill leave the history after two hours of wall time."""
_TYPES = ("SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION")
_ORDER_TYPES = ("market", "limit", "post_only", "fok", "ioc", "optimal_limit_ioc")


def order(call: Call) -> Sequence[Json]:
    order_id, client_id = call.params.get("ordId", ""), call.params.get("clOrdId", "")
    instrument = call.text("instId")
    if not order_id and not client_id:
        raise OkxError("51003")
    market_of(call.exchange, instrument)
    try:
        found = call.exchange.find(call.account.name, wire.symbol_of(instrument), order_id, client_id)
    except Refusal as refusal:
        raise translated(refusal, PLACE) from refusal
    if _is_forgotten(call, found):
        raise OkxError("51603")
    return [wire.order(found, call.account)]


def orders_pending(call: Call) -> Sequence[Json]:
    state = call.choice("state", ("live", "partially_filled"))
    return _page(call, (o for o in call.exchange.working(call.account.name) if not state or o.state == state))


def orders_history(call: Call) -> Sequence[Json]:
    if not call.choice("instType", _TYPES):
        raise OkxError("50014", "instType")
    state = call.choice("state", ("filled", "canceled", "mmp_canceled"))
    finished = (
        o
        for o in call.exchange.history(call.account.name, call.integer("after", None))
        if wire.is_finished(o) and not _is_forgotten(call, o)
    )
    return _page(call, (o for o in finished if not state or o.state == state))


def _is_forgotten(call: Call, item: VenueOrder) -> bool:
    return item.state is State.CANCELED and item.filled == 0 and call.wall - item.wall_updated_at > _UNFILLED_KEPT_NS


def _page(call: Call, orders: Iterable[VenueOrder]) -> list[Json]:
    """Filter by the common parameters and cut one page, newest first."""
    kind, instrument = call.choice("instType", _TYPES), call.params.get("instId", "")
    order_type = call.choice("ordType", _ORDER_TYPES)
    if instrument:
        market_of(call.exchange, instrument)
    after, before = call.integer("after", None), call.integer("before", None)
    begin, end = call.integer("begin", None), call.integer("end", None)
    rows: list[Json] = []
    for item in orders:
        made = item.created_at // _MILLION
        if (
            kind in ("", "SPOT")
            and (not instrument or wire.inst_id(item.listing.symbol) == instrument)
            and (not order_type or wire.order_type(item) == order_type)
            and (after is None or item.order_id < after)
            and (before is None or item.order_id > before)
            and (begin is None or made >= begin)
            and (end is None or made <= end)
        ):
            rows.append(wire.order(item, call.account))
            if len(rows) == call.limit(100, 100):
                break
    return rows


def fills(call: Call) -> Sequence[Json]:
    kind, instrument = call.choice("instType", _TYPES), call.params.get("instId", "")
    order_id = call.params.get("ordId", "")
    if instrument:
        market_of(call.exchange, instrument)
    after, before = call.integer("after", None), call.integer("before", None)
    begin, end = call.integer("begin", None), call.integer("end", None)
    rows: list[Json] = []
    for item, fill in call.exchange.fills(call.account.name, after):
        at = fill.ts // _MILLION
        if (
            kind in ("", "SPOT")
            and (not instrument or wire.inst_id(item.listing.symbol) == instrument)
            and (not order_id or str(item.order_id) == order_id)
            and (before is None or fill.bill_id > before)
            and (begin is None or at >= begin)
            and (end is None or at <= end)
        ):
            rows.append(wire.fill_object(item, fill, call.account))
            if len(rows) == call.limit(100, 100):
                break
    return rows


def fills_history(call: Call) -> Sequence[Json]:
    if not call.choice("instType", _TYPES):
        raise OkxError("50014", "instType")
    return fills(call)
