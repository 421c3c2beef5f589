"""What an order may be on Bybit spot: fields, units, amounts and price bands, checked before the exchange sees it.

A market buy is by value of the quote coin unless `marketUnit` says `baseCoin`; a market sell by quantity unless it says
`quoteCoin`. Source: Bybit API v5 documentation, "Place Order".
"""

from __future__ import annotations

import re
from decimal import Decimal

from golive.model.errors import MagnitudeError
from golive.model.money import EXACT, parse_decimal, steps_down

from ..exchange.exchange import OrderRequest
from ..exchange.listing import Listing
from ..exchange.market import Market
from ..exchange.order import OrderType, SelfTrade, Side, TimeInForce, VenueOrder
from ..exchange.refusal import Reason, Refusal
from . import code
from .call import Call, market_of
from .code import PLACE, BybitError, translated
from .item import Item
from .order_wire import SELF_TRADE, TIMES_IN_FORCE
from .wire import LIMIT_RATIO, MOST_PER_ORDER

_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,36}")
_SIDES = {"Buy": Side.BUY, "Sell": Side.SELL}
_TYPES = {"Market": OrderType.MARKET, "Limit": OrderType.LIMIT}
_NOT_OFFERED = ("triggerPrice", "takeProfit", "stopLoss", "tpLimitPrice", "slLimitPrice", "slippageTolerance", "bboSideType")


def new_order(call: Call, item: Item) -> OrderRequest:
    """Read a new order; BybitError names what is wrong with it."""
    market = market_of(call.venue, item.required("symbol"))
    side = _SIDES.get(item.required("side"))
    if side is None:
        raise BybitError(code.INVALID_SIDE)
    kind = _TYPES.get(item.required("orderType"))
    if kind is None:
        raise BybitError(code.INVALID_ORDER_TYPE)
    require_plain(item)
    size, in_quote = item.required("qty"), _is_in_quote(item, side, kind)
    price = item.required("price") if kind is OrderType.LIMIT else ""
    request = OrderRequest(
        account=call.account.name,
        symbol=market.listing.symbol,
        side=side,
        type=kind,
        time_in_force=_time_in_force(item, kind),
        size=size,
        size_in_quote=in_quote,
        price=price,
        client_id=_client_id(item),
        self_trade=_self_trade(item),
    )
    _require_amounts(market, request)
    return request


def require_plain(item: Item) -> None:
    """Refuse conditional orders, margin and what else is not an ordinary spot order."""
    if item.text("orderFilter") not in ("", "Order"):
        raise BybitError(code.INVALID_ORDER_FILTER)
    if item.integer("isLeverage", 0) != 0 or any(item.fields.get(name) for name in _NOT_OFFERED):
        raise BybitError(code.NOT_SUPPORTED)


def _time_in_force(item: Item, kind: OrderType) -> TimeInForce:
    found = TIMES_IN_FORCE.get(item.text("timeInForce") or "GTC")
    if found is None or (kind is OrderType.MARKET and found is TimeInForce.POST_ONLY):
        raise BybitError(code.INVALID_TIME_IN_FORCE)
    return TimeInForce.IOC if kind is OrderType.MARKET else found


def _is_in_quote(item: Item, side: Side, kind: OrderType) -> bool:
    unit = item.text("marketUnit")
    if unit not in ("", "baseCoin", "quoteCoin"):
        raise BybitError(code.INVALID_DATA, "marketUnit")
    return kind is OrderType.MARKET and (unit or ("quoteCoin" if side is Side.BUY else "baseCoin")) == "quoteCoin"


def _client_id(item: Item) -> str:
    client_id = item.text("orderLinkId")
    if client_id and not _CLIENT_ID.fullmatch(client_id):
        raise BybitError(code.INVALID_DATA, "orderLinkId")
    return client_id


def _self_trade(item: Item) -> SelfTrade:
    """Read `smpType`; without one an order trades with those of its own account."""
    found = SELF_TRADE.get(item.text("smpType") or "None")
    if found is None:
        raise BybitError(code.INVALID_DATA, "smpType")
    return found


def _number(text: str, name: str) -> Decimal:
    try:
        return parse_decimal(text, name)
    except MagnitudeError as exc:
        raise BybitError(code.INVALID_DATA, name) from exc


def _require_amounts(market: Market, request: OrderRequest) -> None:
    listing = market.listing
    size = _number(request.size, "qty")
    if size <= 0:
        raise BybitError(code.AMOUNT_TOO_SMALL if request.size_in_quote else code.QUANTITY_TOO_SMALL)
    if request.size_in_quote:
        if size != size.quantize(Decimal(1).scaleb(-listing.instrument.quote_scale), context=EXACT):
            raise BybitError(code.AMOUNT_OFF_GRID)
        _require_value(listing, size)
        return
    _require_quantity(listing, request.size)
    if request.type is OrderType.LIMIT:
        _require_price(market, request.side, request.price)
        _require_value(listing, EXACT.multiply(size, _number(request.price, "price")))
    elif market.last is not None:
        _require_value(listing, EXACT.multiply(size, _decimal_price(listing, market.last.price)))


def _require_quantity(listing: Listing, text: str) -> None:
    try:
        listing.read_quantity(text)
    except Refusal as refusal:
        raise translated(refusal, PLACE) from refusal


def _require_value(listing: Listing, value: Decimal) -> None:
    """Require minOrderAmt <= value <= maxOrderAmt, in the quote coin."""
    if value < Decimal(listing.instrument.min_notional).scaleb(-listing.instrument.quote_scale):
        raise BybitError(code.AMOUNT_TOO_SMALL)
    if value > MOST_PER_ORDER:
        raise BybitError(code.AMOUNT_TOO_LARGE)


def _require_price(market: Market, side: Side, text: str) -> None:
    """Require a positive price on the grid, and an aggressive one within the band around the last price."""
    if _number(text, "price") <= 0:
        raise BybitError(code.PRICE_TOO_LOW)
    listing = market.listing
    try:
        ticks = listing.read_price(text)
    except Refusal as refusal:
        raise translated(refusal, PLACE) from refusal
    if market.last is None:
        return
    edge = EXACT.multiply(Decimal(market.last.price), 1 + LIMIT_RATIO if side is Side.BUY else 1 - LIMIT_RATIO)
    bound = steps_down(edge, Decimal(1)) if side is Side.BUY else -steps_down(-edge, Decimal(1))
    if side is Side.BUY and ticks > bound:
        raise BybitError(code.BUY_PRICE_TOO_HIGH, listing.price_text(bound))
    if side is Side.SELL and ticks < bound:
        raise BybitError(code.SELL_PRICE_TOO_LOW, listing.price_text(bound))


def _decimal_price(listing: Listing, ticks: int) -> Decimal:
    return EXACT.multiply(Decimal(ticks), listing.instrument.tick_size)


def require_amendable(call: Call, order: VenueOrder, size: str, price: str) -> None:
    """Refuse an amendment that changes nothing, goes below what is filled, or breaks the bounds of a new order."""
    listing = order.listing
    assert order.price is not None
    if price:
        _require_price(call.exchange.market(listing.symbol), order.side, price)
    new_price = listing.read_price(price) if price else order.price
    if size and _number(size, "qty") <= 0:
        raise Refusal(Reason.QUANTITY_TOO_SMALL)
    new_lots = listing.read_quantity(size) if size else order.quantity
    if (new_price, new_lots) == (order.price, order.quantity):
        message = "The order remains unchanged as the parameters entered match the existing ones."
        raise BybitError(code.PARAMETER, message=message)
    if new_lots <= order.filled:
        raise BybitError(code.SMALLER_THAN_FILLED)
    quantity = _number(listing.quantity_text(new_lots), "qty")
    _require_value(listing, EXACT.multiply(quantity, _decimal_price(listing, new_price)))
