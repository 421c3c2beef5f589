"""Reading orders and executions: what is open, what closed lately, what happened in a window of at most seven days."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from golive.model.json import JsonValue

from ..exchange.order import VenueFill, VenueOrder
from ..exchange.refusal import Refusal
from . import code
from .call import Call, cursor_text
from .code import BybitError
from .order_wire import CLOSED_STATUSES, OPEN_STATUSES, execution, order, status
from .wire import JsonDict

_MILLION = 1_000_000
WINDOW_MS = 7 * 24 * 3_600_000
_ALL_STATUSES = (*OPEN_STATUSES, *CLOSED_STATUSES, "Deactivated", "Triggered", "Untriggered")


def realtime(call: Call) -> JsonDict:
    """Open orders, with `openOnly=1` the last 500 closed ones; by id whichever of both it is.

    The literal text `None` as an id counts as no id.
    """
    if not call.is_spot:
        return _page_of(call, ())
    symbol, named = call.symbol(), _named(call)
    only_closed = call.choice("openOnly", ("0", "1", "2")) in ("1", "2")
    _require_plain_filter(call)
    if named is not None:
        orders: Iterable[VenueOrder] = [o for o in named if o.is_working or call.venue.closed.knows(o)]
    elif only_closed:
        orders = call.venue.closed.of(call.account.name)
    else:
        orders = call.exchange.working(call.account.name)
    return _page_of(call, _after((o for o in orders if symbol in (None, o.listing.symbol)), call.cursor()))


def order_history(call: Call) -> JsonDict:
    """Closed orders, newest first."""
    if not call.is_spot:
        return _page_of(call, ())
    symbol, named = call.symbol(), _named(call)
    wanted = call.choice("orderStatus", _ALL_STATUSES)
    _require_plain_filter(call)
    start, end = _window(call)
    cursor = call.cursor()
    orders = call.exchange.history(call.account.name, cursor) if named is None else _after(named, cursor)
    found = (
        item
        for item in orders
        if not item.is_working
        and symbol in (None, item.listing.symbol)
        and start <= item.created_at // _MILLION <= end
        and (not wanted or status(item) == wanted)
    )
    return _page_of(call, found)


def _named(call: Call) -> list[VenueOrder] | None:
    """Return the order the ids name (none or one), None when no id is given."""
    order_id, client_id = (_identity(call, name) for name in ("orderId", "orderLinkId"))
    if not order_id and not client_id:
        return None
    try:
        return [call.exchange.find(call.account.name, None, order_id, client_id)]
    except Refusal:
        return []


def _identity(call: Call, name: str) -> str:
    value = call.params.get(name, "")
    return "" if value == "None" else value


def _require_plain_filter(call: Call) -> None:
    if call.params.get("orderFilter", "") not in ("", "Order"):
        raise BybitError(code.INVALID_ORDER_FILTER)


def _window(call: Call) -> tuple[int, int]:
    """Return (start, end) in ms of market time: the last seven days, or seven days from or to what is given; 10001 beyond."""
    start, end = call.integer("startTime"), call.integer("endTime")
    now = call.exchange.now // _MILLION
    if start is None:
        end = now if end is None else end
        return end - WINDOW_MS, end
    if end is None:
        return start, start + WINDOW_MS
    if not 0 <= end - start <= WINDOW_MS:
        raise BybitError(code.PARAMETER, message="The time range between startTime and endTime cannot exceed 7 days.")
    return start, end


def _page_of(call: Call, orders: Iterable[VenueOrder]) -> JsonDict:
    """Return the first page of `orders`, which begin after the cursor."""
    limit = call.limit(20, 50)
    rows: list[JsonValue] = []
    last: VenueOrder | None = None
    for item in orders:
        if len(rows) == limit:
            assert last is not None
            return _page(call, rows, cursor_text(last.order_id, last.created_at))
        rows.append(order(item, call.account))
        last = item
    return _page(call, rows, "")


def _after(orders: Iterable[VenueOrder], after: int | None) -> Iterator[VenueOrder]:
    """Yield what follows the order with the id `after`; everything older when that one is not among them any more."""
    kept = list(orders)
    if after is None:
        yield from kept
        return
    places = [index for index, item in enumerate(kept) if item.order_id == after]
    yield from kept[places[0] + 1 :] if places else [item for item in kept if item.order_id < after]


def _page(call: Call, rows: list[JsonValue], cursor: str) -> JsonDict:
    return {"category": call.category(), "list": rows, "nextPageCursor": cursor}


def executions(call: Call) -> JsonDict:
    """Executions, newest first."""
    if not call.is_spot:
        return _page(call, [], "")
    symbol, named = call.symbol(), _named(call)
    kind = call.params.get("execType", "")
    start, end = _window(call)
    limit, after = call.limit(50, 100), call.cursor()
    fills = call.exchange.fills(call.account.name, after) if named is None else _fills_of(named, after)
    found = (
        (item, fill)
        for item, fill in fills
        if kind in ("", "Trade") and symbol in (None, item.listing.symbol) and start <= fill.ts // _MILLION <= end
    )
    pairs = list(islice(found, limit + 1))
    rows: list[JsonValue] = [_row(call, item, fill) for item, fill in pairs[:limit]]
    last = pairs[limit - 1][1] if len(pairs) > limit else None
    return _page(call, rows, "" if last is None else cursor_text(last.bill_id, last.ts))


def _fills_of(orders: Iterable[VenueOrder], older_than: int | None) -> Iterator[tuple[VenueOrder, VenueFill]]:
    return ((item, fill) for item in orders for fill in reversed(item.fills) if older_than is None or fill.bill_id < older_than)


def _row(call: Call, item: VenueOrder, fill: VenueFill) -> JsonDict:
    return execution(item, fill, call.account, call.venue.counters.sequence(item.listing.symbol))
