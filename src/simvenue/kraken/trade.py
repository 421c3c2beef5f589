"""Methods that change orders: add one or a batch, amend, cancel one, several or all, the dead-man's switch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from golive.model.clock import to_iso

from ..exchange.exchange import OrderRequest
from ..exchange.market import Market
from ..exchange.order import OrderType, TimeInForce, VenueOrder
from ..exchange.refusal import Refusal
from . import entry
from .call import Call, text_of
from .code import INVALID_ARGUMENTS, INVALID_ORDER, POST_ONLY_ORDER, UNKNOWN_ORDER, Json, KrakenError, translated
from .number import grid_of
from .txid import ORDER, TRADE, number_of, txid
from .wire import SECOND

BATCH = (2, 15)
"""least and most orders of AddOrderBatch"""
MAX_CANCEL_BATCH = 50
MAX_SWITCH_S = 86_400
_AMENDS = 1 << 70
"""amend ids are trade-like texts of numbers beyond every fill's"""


def add_order(call: Call) -> Json:
    """Place one order, or only judge it with `validate`."""
    market = call.market()
    call.limits.before_adding(call.account.name, market.listing.symbol, call.monotonic)
    entry.require_in_time(call)
    request = entry.read(call, market, call.params)
    sentence = entry.validate(call, market, request)
    if call.flag("validate"):
        return {"descr": {"order": sentence}}
    return {"descr": {"order": sentence}, "txid": [txid(ORDER, _place(call, market, request).order_id)]}


def add_order_batch(call: Call) -> Json:
    """Place 2 to 15 orders of one pair: none when one is malformed, the others when the engine refuses one."""
    market = call.market()
    items = call.params.get("orders")
    if not isinstance(items, list) or not BATCH[0] <= len(items) <= BATCH[1] or not all(isinstance(i, Mapping) for i in items):
        raise KrakenError(INVALID_ARGUMENTS, "orders")
    count = len(items)
    call.limits.before_adding(call.account.name, market.listing.symbol, call.monotonic, count, count / 2)
    entry.require_in_time(call)
    requests = [entry.read(call, market, item) for item in items]
    sentences = [entry.validate(call, market, request) for request in requests]
    rows: list[Json] = []
    for request, sentence in zip(requests, sentences, strict=True):
        row: dict[str, Json] = {"descr": {"order": sentence}}
        if not call.flag("validate"):
            try:
                row["txid"] = txid(ORDER, _place(call, market, request).order_id)
            except KrakenError as error:
                row = {"error": error.text}
        rows.append(row)
    return {"orders": rows}


def _place(call: Call, market: Market, request: OrderRequest) -> VenueOrder:
    """Hand the order to the engine; a post-only order that would take is refused there and leaves nothing."""
    try:
        if request.time_in_force is TimeInForce.POST_ONLY:
            price = market.listing.read_price(request.price)
            if entry.would_take(market, request.side, price):
                raise KrakenError(POST_ONLY_ORDER)
        order = call.exchange.place(request)
    except Refusal as refusal:
        raise translated(refusal) from refusal
    call.limits.touched(order, call.monotonic)
    return order


def amend_order(call: Call) -> Json:
    """Change volume or limit price in place; the ids stay, `amend_id` names the change."""
    order = _named(call, call.text("txid"), call.text("cl_ord_id"))
    call.limits.before_amending(order, call.monotonic)
    entry.require_in_time(call)
    for name in ("display_qty", "trigger_price"):
        if call.text(name):
            raise KrakenError(INVALID_ARGUMENTS, name)
    size, price = call.text("order_qty"), call.text("limit_price")
    if order.type is OrderType.MARKET:
        raise KrakenError(INVALID_ORDER)
    market = call.exchange.markets[order.listing.symbol]
    try:
        new_price = entry.read_price(grid_of(order.listing), price) if price else order.price
        is_post_only = call.flag("post_only") or order.time_in_force is TimeInForce.POST_ONLY
        if is_post_only and new_price is not None and entry.would_take(market, order.side, new_price):
            raise KrakenError(POST_ONLY_ORDER)
        call.exchange.amend(order, size, price)
    except Refusal as refusal:
        raise translated(refusal) from refusal
    call.limits.touched(order, call.monotonic)
    return {"amend_id": txid(TRADE, _AMENDS + call.exchange.operations)}


def cancel_order(call: Call) -> Json:
    """Cancel by `txid` (which may be a user reference) or by `cl_ord_id`."""
    reference, client_id = call.text("txid"), call.text("cl_ord_id")
    if bool(reference) == bool(client_id):
        raise KrakenError(INVALID_ARGUMENTS, "txid")
    return {"count": _cancel(call, _meant(call, reference, client_id))}


def cancel_order_batch(call: Call) -> Json:
    """Cancel up to 50 orders by id, user reference or client id; what is not open does not count."""
    names, client_ids = _list(call, "orders"), _list(call, "cl_ord_ids")
    if not 0 < len(names) + len(client_ids) <= MAX_CANCEL_BATCH:
        raise KrakenError(INVALID_ARGUMENTS, "orders")
    found: dict[int, VenueOrder] = {}
    for name, client_id in (*((name, "") for name in names), *(("", client_id) for client_id in client_ids)):
        try:
            found |= {order.order_id: order for order in _meant(call, name, client_id)}
        except KrakenError as error:
            if error.text != UNKNOWN_ORDER:
                raise
    return {"count": _cancel(call, found.values())}


def _list(call: Call, name: str) -> list[str]:
    """Read a list of texts or numbers; an object with `txid` or `cl_ord_id` stands for it as well."""
    items = call.params.get(name)
    if items is None:
        return []
    if not isinstance(items, list):
        raise KrakenError(INVALID_ARGUMENTS, name)
    keys = ("txid", "cl_ord_id")
    rows = [item if isinstance(item, Mapping) else {"txid": item} for item in items]
    texts = [next((text for key in keys if (text := text_of(row, key))), "") for row in rows]
    if not all(texts):
        raise KrakenError(INVALID_ARGUMENTS, name)
    return texts


def _cancel(call: Call, orders: Iterable[VenueOrder]) -> int:
    count = 0
    for order in orders:
        call.limits.before_canceling(order, call.monotonic)
        try:
            call.exchange.cancel(order)
        except Refusal as refusal:
            raise translated(refusal) from refusal
        call.limits.touched(order, call.monotonic)
        count += 1
    return count


def cancel_all(call: Call) -> Json:
    working = call.exchange.working(call.account.name)
    call.limits.canceled_all(working, call.monotonic)
    return {"count": len(call.exchange.cancel_all(call.account.name, None))}


def cancel_all_after(call: Call) -> Json:
    """Arm the dead-man's switch `timeout` seconds of wall time from now; 0 disarms it."""
    seconds = call.integer("timeout", None)
    if seconds is None or seconds > MAX_SWITCH_S:
        raise KrakenError(INVALID_ARGUMENTS, "timeout")
    at = call.wall + seconds * SECOND if seconds else None
    call.exchange.arm_switch(call.account.name, at)
    now = to_iso(call.wall // SECOND * SECOND)
    return {"currentTime": now, "triggerTime": "0" if at is None else to_iso(at // SECOND * SECOND)}


def _meant(call: Call, reference: str, client_id: str) -> list[VenueOrder]:
    """Return the working orders of a txid, of a user reference or of a client id; KrakenError when there is none."""
    if reference and number_of(ORDER, reference) is None:
        if not reference.lstrip("-").isdigit():
            raise KrakenError(INVALID_ORDER)
        found = [order for order in call.exchange.working(call.account.name) if order.tag == reference]
        if not found:
            raise KrakenError(UNKNOWN_ORDER)
        return found
    return [_named(call, reference, client_id)]


def _named(call: Call, reference: str, client_id: str) -> VenueOrder:
    """Return the order of a txid or client id; one that is finished is unknown."""
    if not reference and not client_id:
        raise KrakenError(INVALID_ARGUMENTS, "txid")
    number = number_of(ORDER, reference) if reference else None
    if reference and number is None:
        raise KrakenError(INVALID_ORDER)
    try:
        order = call.exchange.find(call.account.name, None, "" if number is None else str(number), client_id)
    except Refusal as refusal:
        raise translated(refusal) from refusal
    if not order.is_working:
        raise KrakenError(UNKNOWN_ORDER)
    return order
