"""Trading endpoints: create, amend, cancel, single and in batches. What an order may be: `terms`."""

from __future__ import annotations

from collections.abc import Callable

from golive.model.json import JsonValue

from ..exchange.order import OrderType, Side, State, VenueOrder
from ..exchange.refusal import Reason, Refusal
from . import code, terms, wire
from .call import Call, market_of, require_category
from .code import AMEND, PLACE, BybitError, translated
from .item import Item
from .wire import JsonDict

MAX_BATCH = 10
"""orders of one batch in category spot"""

Operation = Callable[[Call, Item], VenueOrder]


def place(call: Call, item: Item) -> VenueOrder:
    """Place one order."""
    request = terms.new_order(call, item)
    try:
        return call.exchange.place(request)
    except Refusal as refusal:
        if refusal.reason is Reason.NO_LIQUIDITY and request.side is Side.SELL:
            raise BybitError(code.SELL_TOO_DEEP) from refusal
        if refusal.reason is Reason.QUANTITY_TOO_LARGE and request.size_in_quote:
            raise BybitError(code.AMOUNT_TOO_LARGE) from refusal
        raise translated(refusal, PLACE) from refusal


def cancel(call: Call, item: Item) -> VenueOrder:
    """Cancel one order."""
    terms.require_plain(item)
    try:
        order = _named(call, item)
        call.exchange.cancel(order)
    except Refusal as refusal:
        raise translated(refusal, PLACE) from refusal
    return order


def amend(call: Call, item: Item) -> VenueOrder:
    """Change quantity or price of one order."""
    terms.require_plain(item)
    size, price = item.text("qty"), item.text("price")
    if not size and not price:
        raise BybitError(code.PARAMETER)
    try:
        order = _named(call, item)
        if not order.is_working:
            raise Refusal(Reason.ORDER_FILLED if order.state is State.FILLED else Reason.ORDER_CANCELED)
        if order.type is OrderType.MARKET:
            raise Refusal(Reason.WRONG_ORDER_TYPE)
        terms.require_amendable(call, order, size, price)
        call.exchange.amend(order, size, price)
    except Refusal as refusal:
        raise translated(refusal, AMEND) from refusal
    return order


def _named(call: Call, item: Item) -> VenueOrder:
    symbol = market_of(call.venue, item.required("symbol")).listing.symbol
    order_id, client_id = item.text("orderId"), item.text("orderLinkId")
    if not order_id and not client_id:
        raise BybitError(code.PARAMETER, message="params error: orderId or orderLinkId is required")
    return call.exchange.find(call.account.name, symbol, order_id, client_id)


def single(operation: Operation) -> Callable[[Call], JsonDict]:
    """Return the endpoint that performs one operation."""

    def endpoint(call: Call) -> JsonDict:
        _require_spot(call)
        order = operation(call, Item(call.body))
        return {"orderId": str(order.order_id), "orderLinkId": order.client_id}

    return endpoint


def batch(operation: Operation) -> Callable[[Call], JsonDict]:
    """Return the endpoint that performs up to ten operations; each succeeds or fails by itself."""

    def endpoint(call: Call) -> JsonDict:
        _require_spot(call)
        rows = [_batch_row(call, operation, Item(entry)) for entry in entries(call.body.get("request"))]
        return {"list": rows}

    return endpoint


def entries(value: JsonValue) -> list[dict[str, JsonValue]]:
    """Return the operations of a batch; 10001 when they are no list of 1 to 10 objects."""
    if not isinstance(value, list) or not value or not all(isinstance(entry, dict) for entry in value):
        raise BybitError(code.PARAMETER, message="params error: request invalid")
    if len(value) > MAX_BATCH:
        raise BybitError(code.PARAMETER, message=f"The number of orders in one request cannot exceed {MAX_BATCH}.")
    return value


def _batch_row(call: Call, operation: Operation, item: Item) -> JsonDict:
    row: JsonDict = {"category": "spot", "symbol": "", "orderId": "", "orderLinkId": ""}
    for name in ("symbol", "orderLinkId") + (("orderId",) if operation is cancel else ()):
        row[name] = str(item.fields.get(name) or "")
    if operation is place:
        row["createAt"] = ""
    try:
        order = operation(call, item)
    except BybitError as error:
        call.extra.append({"code": error.code, "msg": error.message})
        return row
    row.update(orderId=str(order.order_id), orderLinkId=order.client_id)
    if operation is place:
        row["createAt"] = wire.millis(order.created_at)
    call.extra.append({"code": 0, "msg": "OK"})
    return row


def cancel_all(call: Call) -> JsonDict:
    """Cancel every working order of the account, or of one symbol."""
    if require_category(call.body.get("category")) != "spot":
        return {"list": [], "success": "1"}
    item = Item(call.body)
    terms.require_plain(item)
    name = item.text("symbol")
    symbol = market_of(call.venue, name).listing.symbol if name else None
    ended = call.exchange.cancel_all(call.account.name, symbol)
    return {"list": [{"orderId": str(o.order_id), "orderLinkId": o.client_id} for o in ended], "success": "1"}


def _require_spot(call: Call) -> None:
    if require_category(call.body.get("category")) != "spot":
        raise BybitError(code.PARAMETER, message="params error: symbol invalid")
