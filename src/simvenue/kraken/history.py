"""Methods that read orders and fills."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from ..exchange.order import VenueFill, VenueOrder
from . import wire
from .call import Call
from .code import INVALID_ARGUMENTS, INVALID_ORDER, Json, KrakenError
from .txid import ORDER, TRADE, number_of, txid

PAGE = 50
MAX_ORDERS = 50
MAX_TRADES = 20
_CLOSING_TIMES = ("open", "close", "both")
_Fill = tuple[VenueOrder, VenueFill]
_Row = TypeVar("_Row", VenueOrder, _Fill)


def open_orders(call: Call) -> Json:
    orders = (order for order in call.exchange.working(call.account.name) if _is_wanted(call, order))
    return {"open": _objects(call, orders)}


def closed_orders(call: Call) -> Json:
    """Finished orders, filled or not, newest close first, 50 from offset `ofs` on."""
    kind = call.text("closetime", "both")
    if kind not in _CLOSING_TIMES:
        raise KrakenError(INVALID_ARGUMENTS, "closetime")
    start, end = _bound(call, "start"), _bound(call, "end")
    found = [
        order
        for order in call.exchange.history(call.account.name)
        if not order.is_working and _is_wanted(call, order) and _is_between(order, kind, start, end)
    ]
    found.sort(key=lambda order: (-order.updated_at, -order.order_id))
    answer: dict[str, Json] = {"closed": _objects(call, _page(call, found))}
    if not call.flag("without_count"):
        answer["count"] = len(found)
    return answer


def _is_between(order: VenueOrder, kind: str, start: int | None, end: int | None) -> bool:
    times = {"open": (order.created_at,), "close": (order.updated_at,), "both": (order.created_at, order.updated_at)}[kind]
    return any((start is None or at > start) and (end is None or at <= end) for at in times)


def query_orders(call: Call) -> Json:
    """Up to 50 orders by id; an unknown id is left out, a text that is no id is an error."""
    names = [name.strip() for name in call.required("txid").split(",")]
    if len(names) > MAX_ORDERS:
        raise KrakenError(INVALID_ARGUMENTS, "txid")
    numbers = [number_of(ORDER, name) for name in names]
    if None in numbers:
        raise KrakenError(INVALID_ORDER)
    known = (call.exchange.orders.get(number) for number in numbers if number is not None)
    wanted = [order for order in known if order is not None and order.account == call.account.name and _is_wanted(call, order)]
    return _objects(call, wanted)


def trades_history(call: Call) -> Json:
    """Fills newest first, 50 from offset `ofs` on; `start` is exclusive, `end` inclusive, times or trade ids."""
    start, end = _bound(call, "start"), _bound(call, "end")
    found = [
        (order, fill)
        for order, fill in call.exchange.fills(call.account.name)
        if (start is None or fill.ts > start) and (end is None or fill.ts <= end)
    ]
    answer: dict[str, Json] = {"trades": _fill_objects(call, _page(call, found))}
    if not call.flag("without_count"):
        answer["count"] = len(found)
    return answer


def query_trades(call: Call) -> Json:
    """Up to 20 fills by id."""
    names = [name.strip() for name in call.required("txid").split(",")]
    numbers = {number_of(TRADE, name) for name in names}
    if len(names) > MAX_TRADES or None in numbers:
        raise KrakenError(INVALID_ARGUMENTS, "txid")
    return _fill_objects(
        call, [(order, fill) for order, fill in call.exchange.fills(call.account.name) if fill.bill_id in numbers]
    )


def _is_wanted(call: Call, order: VenueOrder) -> bool:
    reference, client_id = call.text("userref"), call.text("cl_ord_id")
    return (not reference or order.tag == reference) and (not client_id or order.client_id == client_id)


def _bound(call: Call, name: str) -> int | None:
    """Read a time in seconds (fractions allowed), or the id of an order or fill which stands for its time; ns."""
    text = call.text(name)
    if not text or text == "0":
        return None
    if (number := number_of(ORDER, text)) is not None and number in call.exchange.orders:
        return call.exchange.orders[number].created_at
    if (number := number_of(TRADE, text)) is not None:
        times = [fill.ts for _, fill in call.exchange.fills(call.account.name) if fill.bill_id == number]
        if times:
            return times[0]
    whole, _, fraction = text.partition(".")
    if not (whole + fraction).isdigit() or not text.isascii() or len(whole) > 11 or len(fraction) > 9:
        raise KrakenError(INVALID_ARGUMENTS, name)
    return int(whole) * wire.SECOND + int(fraction.ljust(9, "0"))


def _page(call: Call, rows: list[_Row]) -> list[_Row]:
    offset = call.integer("ofs", 0) or 0
    return rows[offset : offset + PAGE]


def _objects(call: Call, orders: Iterable[VenueOrder]) -> dict[str, Json]:
    with_trades = call.flag("trades")
    return {txid(ORDER, o.order_id): wire.order(o, call.account, with_trades=with_trades) for o in orders}


def _fill_objects(call: Call, fills: Iterable[_Fill]) -> dict[str, Json]:
    return {txid(TRADE, fill.bill_id): wire.fill_object(order, fill, call.account) for order, fill in fills}
