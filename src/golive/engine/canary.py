"""The small beginning of live trading: limits and sizes that are a share of what the profile and the strategy say.

It ends with the act `observed`, which a session takes once all went as it must; a replay follows it as any act.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from golive.model.ids import InstrumentId
from golive.risk import RiskProfile

_SCALED: Final = ("max_daily_loss_pct", "max_position_pct", "portfolio_exposure_pct", "trade_risk_pct", "max_order_notional")
"""Limits of the week's loss and of drawdown are not among them: they count what was lost long before, and a share of them would
refuse a desk that has ever lost that much for good."""


@dataclass(frozen=True, slots=True)
class Canary:
    """What holds until then."""

    profile: RiskProfile
    numerator: int
    denominator: int

    @classmethod
    def of(cls, full: RiskProfile, share: Decimal, instruments: Sequence[InstrumentId]) -> Canary:
        """Return `share` (0 to 1) of the limits, one position, and of the instruments the first alone."""
        scaled = {name: limit * share for name in _SCALED if (limit := getattr(full, name)) is not None}
        locked = tuple(dict.fromkeys((*full.symbol_locks, *(each.symbol for each in instruments[1:]))))
        profile = replace(full, **scaled, max_open_positions=min(1, full.max_open_positions), symbol_locks=locked)
        return cls(profile, *share.as_integer_ratio())

    def wanted(self, small: int, full: int, held: int) -> int:
        """Return the lots that a target comes to: `small` of its share, `full` of the whole, at most and at least.

        What the account holds from before is no reason to sell: that the target itself must say.
        """
        return full if held >= full else max(held, small)

    def part(self, amount: int) -> int:
        """Return the share of an amount, rounded down."""
        return amount * self.numerator // self.denominator
