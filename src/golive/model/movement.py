"""What one fill does to an account: the amounts of its assets, exact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from .errors import MagnitudeError
from .instrument import Instrument
from .money import EXACT
from .order import Fill


def movements(fill: Fill, instrument: Instrument) -> Mapping[str, Decimal]:
    """Return by how much each asset changes, > 0 for what comes in; the fee is part of the asset it is charged in.

    A buy on OKX or Bybit pays its fee in the base asset, so less arrives than was bought; Kraken charges the quote asset.
    Raises MagnitudeError for a fee in an asset of neither side.
    """
    if fill.fee_asset not in (instrument.base, instrument.quote):
        raise MagnitudeError(f"the fee of {fill.fill_id.trade_id} is in {fill.fee_asset}, an asset of neither side")
    base = fill.side.sign * instrument.base_units(fill.quantity)
    quote = -fill.side.sign * instrument.notional(fill.price, fill.quantity)
    if fill.fee_asset == instrument.base:
        base -= fill.fee
    else:
        quote -= fill.fee
    return {
        instrument.base: Decimal(base).scaleb(-instrument.base_scale, EXACT),
        instrument.quote: Decimal(quote).scaleb(-instrument.quote_scale, EXACT),
    }


def total(changes: Iterable[Mapping[str, Decimal]]) -> Mapping[str, Decimal]:
    """Return the sum of all changes by asset, exact."""
    amounts: dict[str, Decimal] = {}
    for change in changes:
        for asset, amount in change.items():
            amounts[asset] = EXACT.add(amounts.get(asset, Decimal(0)), amount)
    return amounts
