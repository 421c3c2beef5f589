"""Venue fees: a rate per liquidity, rounded half-even once, in the asset the venue charges; and tables of rates by volume.

The tables that venues publish stand in their profiles.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise

from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument
from golive.model.money import EXACT, rate_of
from golive.model.order import Liquidity, Side

_PER_BPS = 10_000
_PARTS = 10_000  # rates are kept to a ten-thousandth of a basis point


class FeeAsset(StrEnum):
    """Which asset a venue charges: the one received (OKX, Bybit) or always the quote (Kraken).

    A venue that charges what is received pays a maker's rebate in what is given, the asset its taker is charged in.
    Source: VENUES §6 ("maker rebate reverses").
    """

    RECEIVED = "received"
    QUOTE = "quote"


@dataclass(frozen=True, slots=True)
class FeeSchedule:
    """Maker and taker rates in basis points of what is charged; a negative rate is a rebate to us.

    Raises MagnitudeError for a rate finer than 0.0001 bps or beyond ±1000 bps.
    """

    maker_bps: Decimal
    taker_bps: Decimal
    asset: FeeAsset = FeeAsset.RECEIVED
    maker: int = field(init=False, repr=False, compare=False)
    taker: int = field(init=False, repr=False, compare=False)
    """the rates in ten-thousandths of a basis point"""

    def __post_init__(self) -> None:
        for name, rate in (("maker", self.maker_bps), ("taker", self.taker_bps)):
            scaled = EXACT.multiply(rate, Decimal(_PARTS))
            if scaled != scaled.to_integral_value() or abs(rate) > 1000:
                raise MagnitudeError(f"fee rate {rate} bps is finer than 0.0001 bps or beyond 1000 bps")
            object.__setattr__(self, name, int(scaled))

    @property
    def dearer(self) -> Liquidity:
        """Which of the two costs more."""
        return Liquidity.MAKER if self.maker > self.taker else Liquidity.TAKER

    def fee(self, instrument: Instrument, side: Side, ticks: int, lots: int, liquidity: Liquidity) -> tuple[int, str]:
        """Return (fee in smallest units, asset) of one fill; positive is charged."""
        rate = self.maker if liquidity is Liquidity.MAKER else self.taker
        if self.asset is FeeAsset.RECEIVED and (side is Side.BUY) is (rate >= 0):
            return rate_of(instrument.base_units(lots), rate, _PER_BPS * _PARTS), instrument.base
        return rate_of(instrument.notional(ticks, lots), rate, _PER_BPS * _PARTS), instrument.quote


@dataclass(frozen=True, slots=True)
class FeeTier:
    """The rates of accounts that traded at least `volume` in 30 days, whole US dollars."""

    volume: int
    maker_bps: Decimal
    taker_bps: Decimal


@dataclass(frozen=True, slots=True)
class FeeTable:
    """What a venue publishes for spot: tiers by rising volume, the first for everybody; anything else is a MagnitudeError."""

    asset: FeeAsset
    tiers: tuple[FeeTier, ...]

    @classmethod
    def of(cls, asset: FeeAsset, *rows: tuple[int, str, str]) -> FeeTable:
        """Build a table from rows of volume, maker and taker rate in basis points."""
        return cls(asset, tuple(FeeTier(volume, Decimal(maker), Decimal(taker)) for volume, maker, taker in rows))

    def __post_init__(self) -> None:
        volumes = [tier.volume for tier in self.tiers]
        if not volumes or volumes[0] != 0 or any(a >= b for a, b in pairwise(volumes)):
            raise MagnitudeError(f"fee tiers begin at volume 0 and rise; these are {volumes}")

    def schedule(self, volume: int = 0) -> FeeSchedule:
        """Return the rates of an account that traded `volume` US dollars in 30 days; without it those of a fresh account."""
        tier = max((t for t in self.tiers if t.volume <= volume), key=lambda t: t.volume, default=self.tiers[0])
        return FeeSchedule(tier.maker_bps, tier.taker_bps, self.asset)
