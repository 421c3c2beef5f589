"""What a market order pays beside the price it aims at: always the same rate, or one drawn from observed ones.

Slippage is never to our advantage: rates are not negative, and ticks are rounded against us.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final, Protocol

from golive.model.errors import MagnitudeError
from golive.model.money import EXACT
from golive.model.order import Side

from .draw import draw

_PARTS: Final = 10_000
"""rates are kept to a ten-thousandth of a basis point"""
_WHOLE: Final = 10_000 * _PARTS


class Slippage(Protocol):
    """A price made worse; pure, so that an order's price can be computed again."""

    def worsened(self, ticks: int, side: Side, number: int) -> int:
        """Return what an order of `side` pays or gets in ticks when it aims at `ticks`; `number` is that of the order."""
        ...


@dataclass(frozen=True, slots=True)
class ConstantSlippage:
    """Every order pays `bps` basis points. Raises MagnitudeError for a rate that is negative, too fine or above 10 000 bps."""

    bps: Decimal = Decimal(5)
    parts: int = field(init=False, repr=False, compare=False)
    """the rate in ten-thousandths of a basis point"""

    def __post_init__(self) -> None:
        _check((self.bps,))
        object.__setattr__(self, "parts", int(self.bps * _PARTS))

    def worsened(self, ticks: int, side: Side, number: int) -> int:
        return _worse_by(self.parts, ticks, side)


@dataclass(frozen=True, slots=True)
class DrawnSlippage:
    """Each order pays a rate drawn, with replacement, from `observed_bps`: a rate that stands there twice comes twice as often.

    Raises MagnitudeError when there is none, or for a rate as in `ConstantSlippage`.
    """

    observed_bps: tuple[Decimal, ...]
    seed: int

    def __post_init__(self) -> None:
        if not self.observed_bps:
            raise MagnitudeError("slippage is drawn from at least one rate")
        _check(self.observed_bps)

    def worsened(self, ticks: int, side: Side, number: int) -> int:
        rate = self.observed_bps[draw(self.seed, number, len(self.observed_bps))]
        return _worse_by(int(rate * _PARTS), ticks, side)


def _check(rates: Iterable[Decimal]) -> None:
    for rate in rates:
        scaled = EXACT.multiply(rate, Decimal(_PARTS))
        if not rate.is_finite() or not 0 <= rate <= 10_000 or scaled != scaled.to_integral_value():
            raise MagnitudeError(f"slippage of {rate} bps is negative, above 10 000 or finer than 0.0001 bps")


def _worse_by(parts: int, ticks: int, side: Side) -> int:
    slip = -(-ticks * parts // _WHOLE)
    return ticks + slip if side is Side.BUY else max(1, ticks - slip)
