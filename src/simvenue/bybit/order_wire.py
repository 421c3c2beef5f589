"""Orders and executions as the JSON objects Bybit sends.

A post-only order that would take liquidity is accepted and then `Rejected` with `EC_PostOnlyWillTakeLiquidity`: so a spot
order was seen to end in the order history, where the documentation only speaks of cancellation.
"""

from __future__ import annotations

from golive.model.json import JsonValue

from ..exchange.account import Account
from ..exchange.order import Ended, Liquidity, OrderType, SelfTrade, State, TimeInForce, VenueFill, VenueOrder
from ..exchange.text import decimal_text
from .wire import SIDES, JsonDict, millis, name_of

OPEN_STATUSES = ("New", "PartiallyFilled")
CLOSED_STATUSES = ("Filled", "Cancelled", "PartiallyFilledCanceled", "Rejected")
TIMES_IN_FORCE = {
    "GTC": TimeInForce.GTC,
    "IOC": TimeInForce.IOC,
    "FOK": TimeInForce.FOK,
    "PostOnly": TimeInForce.POST_ONLY,
}
_TIME_TEXTS = {value: name for name, value in TIMES_IN_FORCE.items()}
SELF_TRADE = {
    "None": SelfTrade.ALLOW,
    "CancelMaker": SelfTrade.CANCEL_RESTING,
    "CancelTaker": SelfTrade.CANCEL_ARRIVING,
    "CancelBoth": SelfTrade.CANCEL_BOTH,
}
_SMP_TYPES = {value: name for name, value in SELF_TRADE.items()}
_REJECT_REASONS = {
    Ended.NO: "EC_NoError",
    Ended.USER: "EC_PerCancelRequest",
    Ended.POST_ONLY: "EC_PostOnlyWillTakeLiquidity",
    Ended.NOT_AT_ONCE: "EC_NoImmediateQtyToFill",
    Ended.NOT_WHOLE: "EC_NoEnoughQtyToFill",
    Ended.SELF_TRADE: "EC_BySelfMatch",
    Ended.EXPIRED: "EC_Others",
    Ended.SWITCH: "EC_PerCancelRequest",
}
_CANCEL_TYPES = {Ended.USER: "CancelByUser", Ended.SELF_TRADE: "CancelBySmp", Ended.SWITCH: "CancelByDCP"}


def status(item: VenueOrder) -> str:
    """Return Bybit's `orderStatus`."""
    if item.state is State.LIVE:
        return "New"
    if item.state is State.PARTIALLY_FILLED:
        return "PartiallyFilled"
    if item.state is State.FILLED:
        return "Filled"
    if item.filled:
        return "PartiallyFilledCanceled"
    return "Rejected" if item.ended is Ended.POST_ONLY else "Cancelled"


def order(item: VenueOrder, account: Account) -> JsonDict:
    """The order object of REST and of the `order` stream."""
    listing = item.listing
    left = item.quantity - item.filled if item.is_working else 0
    value_left = listing.instrument.notional(item.price, left) if item.price is not None else 0
    return {
        "orderId": str(item.order_id),
        "orderLinkId": item.client_id,
        "blockTradeId": "",
        "symbol": name_of(listing),
        "price": listing.price_text(item.price) if item.price is not None else "0",
        "qty": item.size_text,
        "side": SIDES[item.side],
        "isLeverage": "0",
        "positionIdx": 0,
        "orderStatus": status(item),
        "createType": "CreateByUser",
        "cancelType": _CANCEL_TYPES.get(item.ended, "UNKNOWN"),
        "rejectReason": _REJECT_REASONS[item.ended],
        "avgPrice": listing.average_text(item.notional, item.filled),
        "leavesQty": listing.quantity_text(left),
        "leavesValue": listing.notional_text(value_left),
        "cumExecQty": listing.quantity_text(item.filled),
        "cumExecValue": listing.notional_text(item.notional),
        "cumExecFee": decimal_text(item.fee, account.scales[item.fee_asset]),
        "cumFeeDetail": _fees(item, account),
        "timeInForce": _time_in_force(item),
        "orderType": "Market" if item.type is OrderType.MARKET else "Limit",
        "stopOrderType": "",
        "orderIv": "",
        "marketUnit": _market_unit(item),
        "triggerPrice": "0",
        "takeProfit": "0",
        "stopLoss": "0",
        "triggerDirection": 0,
        "triggerBy": "",
        "reduceOnly": False,
        "closeOnTrigger": False,
        "smpType": _SMP_TYPES[item.self_trade],
        "smpGroup": 0,
        "smpOrderId": "",
        "slippageToleranceType": "UNKNOWN",
        "slippageTolerance": "",
        "createdTime": millis(item.created_at),
        "updatedTime": millis(item.updated_at),
    }


def pushed_order(item: VenueOrder, account: Account) -> JsonDict:
    """An order object as the `order` stream sends it."""
    return {"category": "spot", **order(item, account), "feeCurrency": item.fee_asset, "closedPnl": "0"}


def _time_in_force(item: VenueOrder) -> str:
    return "IOC" if item.type is OrderType.MARKET else _TIME_TEXTS[item.time_in_force]


def _market_unit(item: VenueOrder) -> str:
    if item.type is not OrderType.MARKET:
        return ""
    return "baseCoin" if item.quote_budget is None else "quoteCoin"


def _fees(item: VenueOrder, account: Account) -> JsonDict:
    sums: dict[str, int] = {}
    for fill in item.fills:
        sums[fill.fee_asset] = sums.get(fill.fee_asset, 0) + fill.fee
    return {asset: decimal_text(units, account.scales[asset]) for asset, units in sums.items()}


def execution(item: VenueOrder, fill: VenueFill, account: Account, sequence: int) -> JsonDict:
    """The execution object of `execution/list` and of the `execution` stream; `leavesQty` is as of now."""
    listing = item.listing
    is_maker = fill.liquidity is Liquidity.MAKER
    rate = listing.fees.maker_bps if is_maker else listing.fees.taker_bps
    left = item.quantity - item.filled if item.is_working else 0
    made: JsonDict = {
        "symbol": name_of(listing),
        "orderId": str(item.order_id),
        "orderLinkId": item.client_id,
        "side": SIDES[item.side],
        "orderPrice": listing.price_text(item.price) if item.price is not None else "0",
        "orderQty": item.size_text,
        "leavesQty": listing.quantity_text(left),
        "createType": "CreateByUser",
        "orderType": "Market" if item.type is OrderType.MARKET else "Limit",
        "stopOrderType": "",
        "execFee": decimal_text(fill.fee, account.scales[fill.fee_asset]),
        "execId": str(fill.bill_id),
        "execPrice": listing.price_text(fill.price),
        "execQty": listing.quantity_text(fill.quantity),
        "execType": "Trade",
        "execValue": listing.notional_text(fill.notional),
        "execTime": millis(fill.ts),
        "feeCurrency": fill.fee_asset,
        "isMaker": is_maker,
        "isLeverage": "0",
        "feeRate": decimal_text(int(rate * 10_000), 8),
        "seq": sequence,
    }
    return made | _NOT_SPOT


_NOT_SPOT: dict[str, JsonValue] = dict.fromkeys(
    ("tradeIv", "markIv", "markPrice", "indexPrice", "underlyingPrice", "blockTradeId", "closedSize", "marketUnit"), ""
)
"""fields that are empty for a spot execution"""
