"""A risk profile: exactly the numbers of the configuration, as exact fractions, with the digest the engine enforces."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Final, NamedTuple

from golive.model.clock import MINUTE, SECOND
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.money import format_decimal, steps_down
from golive.model.trading_window import TradingWindow, week_of


class Fraction(NamedTuple):
    """An exact share or ratio: numerator / denominator."""

    numerator: int
    denominator: int

    @classmethod
    def of(cls, value: Decimal, what: str) -> Fraction:
        """Read a share between 0 and 1; ConfigError naming `what` otherwise."""
        if not value.is_finite() or not 0 <= value <= 1:
            raise ConfigError(f"{what} = {value} must be a share between 0 and 1")
        return cls(*value.as_integer_ratio())

    @classmethod
    def ratio(cls, value: Decimal, what: str) -> Fraction:
        """Read a ratio of 0 or more; ConfigError naming `what` otherwise."""
        if not value.is_finite() or value < 0:
            raise ConfigError(f"{what} = {value} must be a number of 0 or more")
        return cls(*value.as_integer_ratio())

    def exceeded_by(self, part: int, whole: int) -> bool:
        """Say whether part / whole > this share."""
        return part * self.denominator > whole * self.numerator

    def reached_by(self, part: int, whole: int) -> bool:
        """Say whether part / whole ≥ this share."""
        return part * self.denominator >= whole * self.numerator


@dataclass(frozen=True, slots=True)
class RiskProfile:
    """The limits one entrypoint trades under. A limit of 0 permits nothing; one that is None is not set, and judges nothing.

    Shares are of equity unless said otherwise; money is in whole units of the account's quote asset.
    """

    name: str
    max_daily_loss_pct: Decimal
    hard_drawdown_pct: Decimal
    max_position_pct: Decimal
    max_open_positions: int
    weekly_loss_pct: Decimal | None = None
    portfolio_exposure_pct: Decimal | None = None
    target_volatility: Decimal | None = None
    """a year's, of what is held"""
    stop_loss_atr_multiple: Decimal | None = None
    """least distance of a protective stop, in average true ranges; where a strategy has none, the fall that is reckoned with"""
    trade_risk_pct: Decimal | None = None
    max_cost_to_profit_ratio: Decimal | None = None
    """fees over the profit before fees, of 30 days"""
    price_collar_pct: Decimal | None = None
    reference_max_age_seconds: Decimal = Decimal(5)
    max_order_quantity: Mapping[str, Decimal] = field(default_factory=dict)
    """by base asset"""
    max_order_notional: Decimal | None = None
    max_orders_per_minute: int | None = None
    duplicate_window_seconds: Decimal | None = None
    max_open_orders: int | None = None
    repeated_execution_limit: int | None = None
    """orders of one instrument and side that were executed within a minute"""
    cooldown_after_loss_minutes: Decimal | None = None
    stop_loss_guard_count: int | None = None
    stop_loss_guard_minutes: Decimal = Decimal(60)
    max_consecutive_losses: int | None = None
    symbol_locks: tuple[str, ...] = ()
    trading_windows: tuple[str, ...] = ()
    """`mon-fri 08:00-20:00`, UTC; none = always"""
    stale_data_seconds: Decimal | None = None

    # the same limits, exact and ready to be compared with
    daily_loss: Fraction = field(init=False, repr=False, compare=False)
    drawdown: Fraction = field(init=False, repr=False, compare=False)
    position: Fraction = field(init=False, repr=False, compare=False)
    weekly_loss: Fraction | None = field(init=False, repr=False, compare=False)
    exposure: Fraction | None = field(init=False, repr=False, compare=False)
    trade_risk: Fraction | None = field(init=False, repr=False, compare=False)
    collar: Fraction | None = field(init=False, repr=False, compare=False)
    cost_ratio: Fraction | None = field(init=False, repr=False, compare=False)
    notional: Fraction | None = field(init=False, repr=False, compare=False)
    volatility: float | None = field(init=False, repr=False, compare=False)
    atr_multiple: float | None = field(init=False, repr=False, compare=False)
    windows: tuple[TradingWindow, ...] = field(init=False, repr=False, compare=False)
    week: bytes | None = field(init=False, repr=False, compare=False)
    """by minute, Monday's first: 1 where the windows let trade; None = always"""
    locks: frozenset[str] = field(init=False, repr=False, compare=False)
    reference_max_age_ns: int = field(init=False, repr=False, compare=False)
    duplicate_window_ns: int | None = field(init=False, repr=False, compare=False)
    stale_ns: int | None = field(init=False, repr=False, compare=False)
    cooldown_ns: int | None = field(init=False, repr=False, compare=False)
    guard_ns: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name, limit in _SHARES.items():
            value = getattr(self, limit)
            object.__setattr__(self, name, None if value is None else Fraction.of(value, limit))
        for name, limit in (("cost_ratio", "max_cost_to_profit_ratio"), ("notional", "max_order_notional")):
            value = getattr(self, limit)
            object.__setattr__(self, name, None if value is None else Fraction.ratio(value, limit))
        for name, limit in (("volatility", "target_volatility"), ("atr_multiple", "stop_loss_atr_multiple")):
            value = getattr(self, limit)
            object.__setattr__(self, name, None if value is None else float(Decimal(_not_negative(value, limit))))
        for name, (limit, unit) in _TIMES.items():
            value = getattr(self, limit)
            object.__setattr__(self, name, None if value is None else int(_not_negative(value, limit) * unit))
        object.__setattr__(self, "windows", tuple(TradingWindow.parse(text) for text in self.trading_windows))
        object.__setattr__(self, "week", week_of(self.windows) if self.windows else None)
        object.__setattr__(self, "locks", frozenset(self.symbol_locks))

    @property
    def digest(self) -> str:
        """SHA-256 of the canonical values; readiness compares it with the configuration."""
        values = {name: _canonical(getattr(self, name)) for name in LIMITS}
        return hashlib.sha256(json.dumps({"profile": self.name, **values}, sort_keys=True).encode()).hexdigest()

    @property
    def stops_at_once(self) -> bool:
        """Whether a loss limit is 0: it is reached before anything is lost, and nothing that increases risk is ever allowed."""
        return 0 in (self.max_daily_loss_pct, self.weekly_loss_pct, self.hard_drawdown_pct)

    @property
    def follows_prices(self) -> bool:
        """Whether a limit needs the volatility or the average true range of what is traded."""
        return self.volatility is not None or self.atr_multiple is not None or self.trade_risk is not None

    def lot_limits(self, instruments: Iterable[Instrument]) -> dict[InstrumentId, int]:
        """Return the most lots that one order may have, of the instruments whose base asset has such a limit."""
        limits = self.max_order_quantity
        return {each.id: steps_down(limits[each.base], each.lot_size) for each in instruments if each.base in limits}


_SHARES: Final = {
    "daily_loss": "max_daily_loss_pct",
    "drawdown": "hard_drawdown_pct",
    "position": "max_position_pct",
    "weekly_loss": "weekly_loss_pct",
    "exposure": "portfolio_exposure_pct",
    "trade_risk": "trade_risk_pct",
    "collar": "price_collar_pct",
}
_TIMES: Final = {
    "reference_max_age_ns": ("reference_max_age_seconds", SECOND),
    "duplicate_window_ns": ("duplicate_window_seconds", SECOND),
    "stale_ns": ("stale_data_seconds", SECOND),
    "cooldown_ns": ("cooldown_after_loss_minutes", MINUTE),
    "guard_ns": ("stop_loss_guard_minutes", MINUTE),
}

LIMITS: Final = tuple(each.name for each in fields(RiskProfile) if each.init and each.name != "name")
"""the keys of a profile, as in the configuration"""


def _not_negative(value: Decimal, what: str) -> Decimal:
    if not value.is_finite() or value < 0:
        raise ConfigError(f"{what} = {value} must be a number of 0 or more")
    return value


def _canonical(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _canonical(each) for name, each in value.items()}
    if isinstance(value, tuple):
        return [_canonical(each) for each in value]
    return format_decimal(Decimal(value)) if isinstance(value, Decimal | int) else value
