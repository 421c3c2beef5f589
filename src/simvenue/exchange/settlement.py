"""Orders and money: what a working limit order locks of its account, and what a fill exchanges there, with its fee."""

from __future__ import annotations

from golive.matching.book import Execution

from .account import Account
from .listing import Listing
from .order import Liquidity, Side, VenueFill, VenueOrder
from .refusal import Reason, Refusal


def require_notional(listing: Listing, price: int, lots: int) -> None:
    """Raise Refusal NOTIONAL_TOO_SMALL for an order worth less than the listing's least."""
    if listing.instrument.notional(price, lots) < listing.instrument.min_notional:
        raise Refusal(Reason.NOTIONAL_TOO_SMALL)


def lock(account: Account, order: VenueOrder, lots: int, price: int) -> None:
    """Lock what `lots` of a limit order at `price` need, instead of what it had locked; Refusal INSUFFICIENT_FUNDS."""
    needed = _needed(order, lots, price)
    if needed > order.locked:
        account.lock(order.given_asset, needed - order.locked)
    else:
        account.unlock(order.given_asset, order.locked - needed)
    order.locked = needed


def settle(
    account: Account, order: VenueOrder, execution: Execution, liquidity: Liquidity, trade_id: int, bill_id: int, now: int
) -> VenueFill:
    """Exchange what an execution gives and takes, unlock what the order no longer needs; return the fill, added to the order."""
    listing, lots, price = order.listing, execution.quantity, execution.price
    notional = listing.instrument.notional(price, lots)
    base_units, quote_units = listing.base_units(lots), listing.quote_units(notional)
    given, received = (quote_units, base_units) if order.side is Side.BUY else (base_units, quote_units)
    fee, fee_asset = listing.fee(order.side, price, lots, liquidity)
    if fee_asset == order.given_asset:
        # Several fills may round up where the lock rounded once: never charge what is neither locked nor free.
        fee = min(fee, account.available(fee_asset) + order.locked - given)
        given += fee
    else:
        received -= fee
    _release(account, order, lots, given)
    account.exchange(order.given_asset, given, order.received_asset, received, now)
    order.filled += lots
    order.notional += notional
    order.fee += fee
    fill = VenueFill(trade_id, bill_id, price, lots, notional, fee, fee_asset, liquidity, now)
    order.fills.append(fill)
    return fill


def _needed(order: VenueOrder, lots: int, price: int) -> int:
    """Return the account units a limit order of `lots` must keep locked: what it may pay, with the fee on top."""
    listing = order.listing
    if order.side is Side.SELL:
        return listing.base_units(lots)
    notional = listing.instrument.notional(price, lots)
    return listing.quote_units(notional) + listing.fee_on_top(order.side, notional)


def _release(account: Account, order: VenueOrder, lots: int, given: int) -> None:
    """Unlock what a fill of `lots` for `given` account units no longer needs."""
    if not order.locked:
        return
    still = _needed(order, order.quantity - order.filled - lots, order.price or 0)
    still = min(still, account.available(order.given_asset) + order.locked - given)
    account.unlock(order.given_asset, order.locked - still)
    order.locked = still
