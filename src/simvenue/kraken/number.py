"""Exact amounts as Kraken writes them: REST texts and WebSocket numbers, both with a fixed count of decimals."""

from __future__ import annotations

from decimal import Decimal
from functools import lru_cache

import orjson

from golive.model.instrument import decimals_of

from ..exchange.listing import Listing


def fixed(value: int, scale: int) -> str:
    """Return value × 10^-scale with exactly `scale` decimals: (1230, 4) → `0.1230`."""
    sign, digits = ("-", str(-value)) if value < 0 else ("", str(value))
    if scale == 0:
        return sign + digits
    digits = digits.rjust(scale + 1, "0")
    return f"{sign}{digits[:-scale]}.{digits[-scale:]}"


def bare(text: str) -> orjson.Fragment:
    """Return a decimal text as a JSON number with every digit kept."""
    return orjson.Fragment(text.encode())


@lru_cache(maxsize=256)
def grid_of(listing: Listing) -> Grid:
    """Return the grid of a listing, made once."""
    return Grid(listing)


class Grid:
    """The decimals of one pair: `pair_decimals` of prices, `lot_decimals` of quantities."""

    __slots__ = ("_lot_step", "_price_step", "listing", "lot_decimals", "pair_decimals")

    def __init__(self, listing: Listing) -> None:
        self.listing = listing
        self.pair_decimals = decimals_of(listing.instrument.tick_size)
        self.lot_decimals = decimals_of(listing.instrument.lot_size)
        self._price_step = int(listing.instrument.tick_size.scaleb(self.pair_decimals))
        self._lot_step = int(listing.instrument.lot_size.scaleb(self.lot_decimals))

    def price(self, ticks: int) -> str:
        return fixed(ticks * self._price_step, self.pair_decimals)

    def quantity(self, lots: int) -> str:
        return fixed(lots * self._lot_step, self.lot_decimals)

    def cost(self, units: int) -> str:
        """Text of an amount in the instrument's own quote units."""
        return fixed(units, self.listing.instrument.quote_scale)

    def average(self, notional: int, lots: int) -> str:
        """Text of the average price of `lots` that cost `notional` quote units; zero when there are none."""
        return self.listing.average_text(notional, lots) if lots else self.price(0)

    def decimals_in(self, text: str) -> int:
        """Return how many decimals a client gave a number."""
        return decimals_of(Decimal(text))
