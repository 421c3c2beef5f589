"""What a market order takes: decided before it is accepted, so that one that takes nothing or cannot be paid is refused whole."""

from __future__ import annotations

from .account import Account
from .market import Market
from .order import Side, VenueOrder
from .refusal import Reason, Refusal


def takes_now(market: Market, account: Account, order: VenueOrder) -> int:
    """Return how many lots a market order takes now; Refusal when it can take none or cannot be paid."""
    instrument = order.listing.instrument
    left, cost, lots = order.quantity, 0, 0
    for price, quantity in market.book.offers(order.side, None, order.account, order.self_trade):
        if order.quote_budget is not None:
            part = min(quantity, instrument.lots_for(order.quote_budget - cost, price))
        else:
            part = min(quantity, left)
        if part == 0:
            break
        cost += instrument.notional(price, part)
        lots += part
        left -= part
        if part < quantity:
            break
    if lots < instrument.min_quantity:
        if order.quote_budget is not None and _is_offered_any(market, order):
            raise Refusal(Reason.QUANTITY_TOO_SMALL, "sz")
        raise Refusal(Reason.NO_LIQUIDITY, order.listing.symbol)
    if cost < instrument.min_notional:
        raise Refusal(Reason.NOTIONAL_TOO_SMALL)
    _require_means(account, order, lots, cost)
    return lots


def _is_offered_any(market: Market, order: VenueOrder) -> bool:
    return next(market.book.offers(order.side, None, order.account, order.self_trade), None) is not None


def _require_means(account: Account, order: VenueOrder, lots: int, cost: int) -> None:
    """Refuse an order whose account lacks what it asks to spend; `cost` of the `lots` it takes in quote units."""
    listing = order.listing
    if order.side is Side.BUY:
        wanted = cost if order.quote_budget is None else order.quote_budget
        account.require(listing.quote, listing.quote_units(wanted) + listing.fee_on_top(order.side, cost))
    else:
        wanted = lots if order.quote_budget is not None else order.quantity
        account.require(listing.base, listing.base_units(wanted))
