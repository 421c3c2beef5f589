"""A risk profile: exactly the numbers of the configuration, as exact fractions, with the digest the engine enforces."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from golive.model.errors import ConfigError
from golive.model.money import format_decimal


class Fraction(NamedTuple):
    """An exact share: numerator / denominator."""

    numerator: int
    denominator: int

    @classmethod
    def of(cls, value: Decimal, what: str) -> Fraction:
        """Read a share between 0 and 1; ConfigError naming `what` otherwise."""
        if not value.is_finite() or not 0 <= value <= 1:
            raise ConfigError(f"{what} = {value} must be a share between 0 and 1")
        numerator, denominator = value.as_integer_ratio()
        return cls(numerator, denominator)

    def exceeded_by(self, part: int, whole: int) -> bool:
        """Say whether part / whole > this share."""
        return part * self.denominator > whole * self.numerator

    def reached_by(self, part: int, whole: int) -> bool:
        """Say whether part / whole ≥ this share."""
        return part * self.denominator >= whole * self.numerator


@dataclass(frozen=True, slots=True)
class RiskProfile:
    """The limits one entrypoint trades under; shares of equity. A limit of 0 permits nothing."""

    name: str
    max_daily_loss_pct: Decimal
    hard_drawdown_pct: Decimal
    max_position_pct: Decimal
    max_open_positions: int
    # the same limits, exact
    daily_loss: Fraction = field(init=False, repr=False, compare=False)
    drawdown: Fraction = field(init=False, repr=False, compare=False)
    position: Fraction = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, limit in (
            ("daily_loss", "max_daily_loss_pct"),
            ("drawdown", "hard_drawdown_pct"),
            ("position", "max_position_pct"),
        ):
            object.__setattr__(self, name, Fraction.of(getattr(self, limit), limit))

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical values; readiness compares it with the configuration."""
        values = {key: format_decimal(Decimal(getattr(self, key))) for key in LIMITS}
        return hashlib.sha256(json.dumps({"profile": self.name, **values}, sort_keys=True).encode()).hexdigest()


LIMITS = ("max_daily_loss_pct", "hard_drawdown_pct", "max_position_pct", "max_open_positions")
