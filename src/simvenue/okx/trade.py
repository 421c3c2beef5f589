"""Trading endpoints: place, cancel, amend, single and in batches. Reading orders and fills: `history`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from ..exchange.exchange import OrderRequest
from ..exchange.order import OrderType, Side, TimeInForce, VenueOrder
from ..exchange.refusal import Reason, Refusal
from . import unoffered, wire
from .call import Call
from .code import AMEND, CANCEL, PLACE, Json, OkxError, text, translated

MAX_BATCH = 20
_CLIENT_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_TAG = re.compile(r"[A-Za-z0-9]{0,16}")
_KINDS: Mapping[str, tuple[OrderType, TimeInForce]] = {
    "limit": (OrderType.LIMIT, TimeInForce.GTC),
    "post_only": (OrderType.LIMIT, TimeInForce.POST_ONLY),
    "ioc": (OrderType.LIMIT, TimeInForce.IOC),
    "fok": (OrderType.LIMIT, TimeInForce.FOK),
    "market": (OrderType.MARKET, TimeInForce.IOC),
}

Operation = Callable[[Call, Mapping[str, Json]], VenueOrder]


def place(call: Call, item: Mapping[str, Json]) -> VenueOrder:
    """Place one order."""
    instrument, side, kind, size, mode = (_required(item, name) for name in ("instId", "side", "ordType", "sz", "tdMode"))
    for name, value, allowed in (("tdMode", mode, ("cash",)), ("side", side, ("buy", "sell")), ("ordType", kind, tuple(_KINDS))):
        if value not in allowed:
            raise OkxError("51000", name)
    order_type, time_in_force = _KINDS[kind]
    price = _text(item, "px")
    if order_type is OrderType.LIMIT and not price:
        raise OkxError("50014", "px")
    client_id, tag = _text(item, "clOrdId"), _text(item, "tag")
    if client_id and not _CLIENT_ID.fullmatch(client_id):
        raise OkxError("51000", "clOrdId")
    if not _TAG.fullmatch(tag):
        raise OkxError("51000", "tag")
    target = _text(item, "tgtCcy") or ("quote_ccy" if side == "buy" else "base_ccy")
    if target not in ("base_ccy", "quote_ccy"):
        raise OkxError("51000", "tgtCcy")
    unoffered.refuse(item, unoffered.PLACING)
    self_trade = wire.SELF_TRADE.get(_text(item, "stpMode") or "cancel_maker")
    if self_trade is None:
        raise OkxError("51000", "stpMode")
    symbol = wire.symbol_of(instrument)
    unoffered.refuse_foreign_quote(item, symbol.partition("/")[2])
    request = OrderRequest(
        account=call.account.name,
        symbol=symbol,
        side=Side(side),
        type=order_type,
        time_in_force=time_in_force,
        size=size,
        size_in_quote=order_type is OrderType.MARKET and target == "quote_ccy",
        price=price,
        client_id=client_id,
        tag=tag,
        self_trade=self_trade,
    )
    try:
        return call.exchange.place(request)
    except Refusal as refusal:
        raise translated(refusal, PLACE) from refusal


def cancel(call: Call, item: Mapping[str, Json]) -> VenueOrder:
    """Cancel one order."""
    try:
        order = _named(call, item)
        call.exchange.cancel(order)
    except Refusal as refusal:
        raise translated(refusal, CANCEL) from refusal
    return order


def amend(call: Call, item: Mapping[str, Json]) -> VenueOrder:
    """Change size or price of one order."""
    unoffered.refuse(item, unoffered.AMENDING)
    try:
        order = _named(call, item)
        if order.type is OrderType.MARKET:
            raise Refusal(Reason.WRONG_ORDER_TYPE)
        call.exchange.amend(order, _text(item, "newSz"), _text(item, "newPx"))
    except Refusal as refusal:
        raise translated(refusal, AMEND) from refusal
    return order


def _named(call: Call, item: Mapping[str, Json]) -> VenueOrder:
    instrument = _required(item, "instId")
    order_id, client_id = _text(item, "ordId"), _text(item, "clOrdId")
    if not order_id and not client_id:
        raise OkxError("51003")
    symbol = wire.symbol_of(instrument)
    call.exchange.market(symbol)
    return call.exchange.find(call.account.name, symbol, order_id, client_id)


def _text(item: Mapping[str, Json], name: str) -> str:
    value = item.get(name, "")
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise OkxError("51000", name)
    return str(value)


def _required(item: Mapping[str, Json], name: str) -> str:
    value = _text(item, name)
    if not value:
        raise OkxError("50014", name)
    return value


def perform(call: Call, operation: Operation) -> tuple[str, Sequence[Json]]:
    """Run the operation on every item of the body; return the envelope's code and the rows."""
    rows: list[Json] = []
    failed = 0
    for item in call.items:
        row: dict[str, Json] = {"clOrdId": str(item.get("clOrdId") or ""), "ordId": "", "tag": str(item.get("tag") or "")}
        try:
            _require_in_time(call)
            order = operation(call, item)
            row.update(ordId=str(order.order_id), clOrdId=order.client_id, tag=order.tag, sCode="0", sMsg="")
            if operation is place:
                row["sMsg"] = "Order placed"
        except OkxError as error:
            if error.code == "50014" and len(call.items) == 1:
                raise
            failed += 1
            row.update(ordId=str(item.get("ordId") or ""), sCode=error.code, sMsg=error.message)
        row.update(ts=wire.millis(call.wall), reqId=str(item.get("reqId") or ""))
        rows.append(row)
    if not failed:
        return "0", rows
    return ("1" if failed == len(rows) else "2"), rows


def _require_in_time(call: Call) -> None:
    deadline = call.params.get("expTime")
    if deadline is None:
        return
    if not (deadline.isascii() and deadline.isdigit()):
        raise OkxError("51000", "expTime")
    if call.wall // 1_000_000 > int(deadline):
        raise OkxError("50036")


def message_of(code: str) -> str:
    return "" if code == "0" else text(code)
