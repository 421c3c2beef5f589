"""An instrument and its exact grid: ticks, lots and the smallest units of its two assets."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache

from .errors import MagnitudeError
from .ids import InstrumentId
from .money import EXACT, LIMIT, format_decimal, format_units, parse_money, steps_down, steps_exact, steps_nearest

ASSET_SCALE = 8
"""Least number of decimals kept for any asset; an instrument may need more."""


def decimals_of(step: Decimal) -> int:
    """Return how many decimals `step` needs: 0.1 → 1, 1E-8 → 8, 5 → 0."""
    exponent = step.normalize(EXACT).as_tuple().exponent
    assert isinstance(exponent, int)
    return max(0, -exponent)


@dataclass(frozen=True, slots=True)
class Instrument:
    """A spot instrument with its grid and limits, as its venue publishes them.

    Price = int ticks of `tick_size` quote per base; quantity = int lots of `lot_size` base. `base_scale` and
    `quote_scale` are the decimals of the assets' smallest units; quote_scale is large enough that
    tick × lot is a whole number of units, so a notional is exact.

    Raises MagnitudeError on construction when a grid is not positive or an amount at the maxima would not fit.
    """

    id: InstrumentId
    tick_size: Decimal
    lot_size: Decimal
    min_quantity: int
    """lots"""
    max_quantity: int
    """lots, per limit order"""
    min_notional: int = 0
    """smallest units of the quote asset"""
    max_price: int = 1 << 40
    """ticks; a sanity bound that keeps notionals inside the exact range"""
    base_scale: int = field(init=False)
    quote_scale: int = field(init=False)
    _quote_per_tick_lot: int = field(init=False, repr=False)
    _base_per_lot: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if self.tick_size <= 0 or self.lot_size <= 0 or self.min_quantity <= 0:
            raise MagnitudeError(f"{self.id}: tick, lot and minimum quantity must be positive")
        base_scale = max(ASSET_SCALE, decimals_of(self.lot_size))
        quote_scale = max(ASSET_SCALE, decimals_of(self.tick_size) + decimals_of(self.lot_size))
        set_field = object.__setattr__
        set_field(self, "base_scale", base_scale)
        set_field(self, "quote_scale", quote_scale)
        one_tick_lot = EXACT.multiply(self.tick_size, self.lot_size)
        set_field(self, "_quote_per_tick_lot", steps_exact(one_tick_lot, Decimal(1).scaleb(-quote_scale), "tick × lot"))
        set_field(self, "_base_per_lot", steps_exact(self.lot_size, Decimal(1).scaleb(-base_scale), "lot"))

    @classmethod
    def from_text(
        cls, instrument: str, *, tick_size: str, lot_size: str, min_quantity: str, max_quantity: str, min_notional: str = "0"
    ) -> Instrument:
        """Build an instrument from the venue's decimal texts (quantities in base, notional in quote)."""
        tick = parse_money(tick_size, f"{instrument} tick size")
        lot = parse_money(lot_size, f"{instrument} lot size")
        quote_scale = max(ASSET_SCALE, decimals_of(tick) + decimals_of(lot))
        floor = parse_money(min_notional, f"{instrument} minimum notional", allow_zero=True)
        return cls(
            id=InstrumentId.parse(instrument),
            tick_size=tick,
            lot_size=lot,
            min_quantity=max(1, steps_exact(parse_money(min_quantity, f"{instrument} minimum"), lot, f"{instrument} minimum")),
            max_quantity=steps_down(parse_money(max_quantity, f"{instrument} maximum"), lot, f"{instrument} maximum"),
            min_notional=steps_exact(floor, Decimal(1).scaleb(-quote_scale), f"{instrument} minimum notional"),
        )

    @property
    def base(self) -> str:
        return self.id.base

    @property
    def quote(self) -> str:
        return self.id.quote

    def notional(self, ticks: int, lots: int) -> int:
        """Return price × quantity, exact, in smallest units of the quote asset; MagnitudeError beyond 2^62."""
        value = ticks * lots * self._quote_per_tick_lot
        if not -LIMIT < value < LIMIT:
            raise MagnitudeError(f"{self.id}: notional of {lots} lots at {ticks} ticks does not fit the exact range")
        return value

    def base_units(self, lots: int) -> int:
        """Return a quantity in smallest units of the base asset."""
        return lots * self._base_per_lot

    def value_of_base(self, units: int, ticks: int) -> int:
        """Return what `units` of the base asset are worth at `ticks`, in quote units, rounded down to a whole unit."""
        return units * ticks * self._quote_per_tick_lot // self._base_per_lot

    def lots_for(self, quote_units: int, ticks: int) -> int:
        """Return how many whole lots `quote_units` buy at a price of `ticks` (rounded down); 0 for a price of 0."""
        per_lot = ticks * self._quote_per_tick_lot
        return quote_units // per_lot if per_lot > 0 else 0

    def ticks(self, text: str) -> int:
        """Read a price exactly on the tick grid."""
        return steps_exact(parse_money(text, f"{self.id} price"), self.tick_size, f"{self.id} price")

    def ticks_nearest(self, text: str) -> int:
        """Read a market-data price, rounding half-even to the grid."""
        return steps_nearest(parse_money(text, f"{self.id} price"), self.tick_size, f"{self.id} price")

    def lots(self, text: str) -> int:
        """Read a positive quantity exactly on the lot grid."""
        return steps_exact(parse_money(text, f"{self.id} quantity"), self.lot_size, f"{self.id} quantity")

    def lots_down(self, text: str) -> int:
        """Read a market-data quantity (zero allowed), rounded down to the grid."""
        return steps_down(parse_money(text, f"{self.id} quantity", allow_zero=True), self.lot_size, f"{self.id} quantity")

    def price_text(self, ticks: int) -> str:
        return _text(ticks, self.tick_size)

    def quantity_text(self, lots: int) -> str:
        return _text(lots, self.lot_size)

    def quote_text(self, units: int) -> str:
        return format_units(units, self.quote_scale)

    def base_text(self, units: int) -> str:
        return format_units(units, self.base_scale)


@lru_cache(maxsize=1024)
def _text(steps: int, step: Decimal) -> str:
    """An order's numbers are written when it leaves and compared when it is acknowledged."""
    return format_decimal(EXACT.multiply(Decimal(steps), step))
