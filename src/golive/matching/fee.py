"""Venue fees: a rate per liquidity, rounded half-even once, in the asset the venue charges."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument
from golive.model.money import EXACT, rate_of
from golive.model.order import Liquidity, Side

_PER_BPS = 10_000
_PARTS = 10_000  # rates are kept to a ten-thousandth of a basis point


class FeeAsset(StrEnum):
    """Which asset a venue charges: the one received (OKX, Bybit) or always the quote (Kraken)."""

    RECEIVED = "received"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Maker and taker rates in basis points of what is charged; a negative rate is a rebate.

    Raises MagnitudeError for a rate finer than 0.0001 bps or beyond ±1000 bps.
    """

    maker_bps: Decimal
    taker_bps: Decimal
    asset: FeeAsset = FeeAsset.RECEIVED

    def __post_init__(self) -> None:
        for rate in (self.maker_bps, self.taker_bps):
            scaled = EXACT.multiply(rate, Decimal(_PARTS))
            if scaled != scaled.to_integral_value() or abs(rate) > 1000:
                raise MagnitudeError(f"fee rate {rate} bps is finer than 0.0001 bps or beyond 1000 bps")

    def fee(self, instrument: Instrument, side: Side, ticks: int, lots: int, liquidity: Liquidity) -> tuple[int, str]:
        """Return (fee in smallest units, asset) of one fill; positive is charged."""
        rate = int((self.maker_bps if liquidity is Liquidity.MAKER else self.taker_bps) * _PARTS)
        if self.asset is FeeAsset.RECEIVED and side is Side.BUY:
            return rate_of(instrument.base_units(lots), rate, _PER_BPS * _PARTS), instrument.base
        return rate_of(instrument.notional(ticks, lots), rate, _PER_BPS * _PARTS), instrument.quote
