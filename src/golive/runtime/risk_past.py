"""What the limits of an entrypoint that does not run say of now: its rows are of then, what stands in the way is of this moment.

An account at a venue goes on from its last order by hand; a session begins anew, except for a stop that stands.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Final

from golive.config.resolved import ResolvedEntrypoint
from golive.model.clock import DAY, MINUTE, week_of_day
from golive.model.json import JsonObject
from golive.model.trading_window import minute_of_week
from golive.risk import RiskProfile
from golive.risk.flow import SHUT

from .risk_rows import LimitRow, limit_rows
from .risk_stop import DRAWDOWN

_LOSSES: Final = ("max_daily_loss_pct", "weekly_loss_pct", DRAWDOWN)
_SIZES: Final = ("max_position_pct", "max_open_positions", "portfolio_exposure_pct", "target_volatility")


def past_limits(
    rows: Iterable[JsonObject],
    entrypoint: ResolvedEntrypoint,
    profile: RiskProfile,
    *,
    told_at: int | None,
    now: int,
    stands: bool,
) -> tuple[LimitRow, ...]:
    """Return the limits as they were told, at `told_at` where an account goes on from there (ns UTC), None by a run that is over.

    `holds` and `refuses` are of `now`, by `profile`, the limits of now; `stands`: whether the entrypoint's drawdown stop does.
    """
    moment = _Moment(entrypoint, profile, told_at, now, stands)
    return tuple(moment.row(row) for row in limit_rows(rows))


class _Moment:
    """One moment after the figures were told."""

    def __init__(self, entrypoint: ResolvedEntrypoint, profile: RiskProfile, told_at: int | None, now: int, stands: bool) -> None:
        self._symbols = {each.symbol for each in entrypoint.instruments}
        self._profile = profile
        self._told_at = told_at
        self._now = now
        self._stands = stands

    def row(self, row: LimitRow) -> LimitRow:
        holds = self._holds(row)
        refuses = holds or (self._told_at is not None and self._refuses(row, self._told_at))
        return replace(row, holds=holds, refuses=refuses)

    def _holds(self, row: LimitRow) -> bool:
        """A drawdown holds while its stop stands; what an account has lost of a day or week, until that is over.

        A stop that is 0 now holds always.
        """
        if row.limit in _LOSSES and getattr(self._profile, row.limit) == 0:
            return True
        if row.band != "breach" or row.limit == DRAWDOWN:
            return row.band == "breach" and self._stands
        told_at, now, profile = self._told_at, self._now, self._profile
        if told_at is None:
            return False
        limit: Decimal | None = None
        if row.limit == "max_daily_loss_pct" and told_at // DAY == now // DAY:
            limit = profile.max_daily_loss_pct
        elif row.limit == "weekly_loss_pct" and week_of_day(told_at // DAY) == week_of_day(now // DAY):
            limit = profile.weekly_loss_pct
        return limit is not None and Decimal(row.used or 0) >= limit

    def _refuses(self, row: LimitRow, told_at: int) -> bool:
        """What was counted then, where it counts still, and the clock and the configuration of now."""
        profile, age = self._profile, self._now - told_at
        limit = getattr(profile, row.limit, None)
        if limit is None:
            return False
        allowed, used = Decimal(limit) if isinstance(limit, int | Decimal) else Decimal(0), _number(row.used)
        match row.limit:
            case "repeated_execution_limit" if row.note.startswith(SHUT):
                return True
            case "repeated_execution_limit" | "max_orders_per_minute":
                return age < MINUTE and used >= allowed
            case "max_open_orders":
                return used >= allowed
            case size if size in _SIZES:
                return not allowed
            case "max_consecutive_losses":
                return told_at // DAY == self._now // DAY and used >= allowed
            case "stop_loss_guard_count":
                return age < profile.guard_ns and used >= allowed
            case "cooldown_after_loss_minutes":
                return used > 0 and age < (used - _number(row.allowed) + allowed) * MINUTE
            case "max_cost_to_profit_ratio":
                return row.refuses if row.used == "no profit" else used > allowed
            case "trading_windows":
                return profile.week is not None and not profile.week[minute_of_week(self._now)]
            case "symbol_locks":
                return not self._symbols.isdisjoint(profile.locks)
        return False


def _number(text: str | None) -> Decimal:
    """Return what was told of a count; 0 of what is none."""
    try:
        return Decimal(text or 0)
    except InvalidOperation:
        return Decimal(0)
