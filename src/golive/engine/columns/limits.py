"""The limits of a profile as the words that the kernel judges by."""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np

from golive.matching.bits import word_of
from golive.matching.columns import IntColumn
from golive.model.clock import DAY, MINUTE
from golive.model.errors import MagnitudeError
from golive.model.money import LIMIT
from golive.model.trading_window import TradingWindow
from golive.risk import RiskProfile
from golive.risk.profile import Fraction
from golive.risk.statistics import YEAR_NS

from . import layout as at

_MONDAY: Final = 4 * DAY
"""the first one of 1970"""
_UNSET: Final = -1


def write_limits(words: IntColumn, profile: RiskProfile, timeframe_ns: int, quote_unit: int) -> None:
    """Write a profile into the words of an account; MagnitudeError for a limit that is too fine, or too large, for them."""
    shares = fractions_of(profile)
    for place, (name, share) in zip(_PLACES, shares.items(), strict=True):
        if share is not None:
            if max(share) >= LIMIT:
                raise MagnitudeError(f"{name} of risk profile {profile.name} is too fine")
            words[place], words[place + 1] = share
    words[at.QUOTE_UNIT] = quote_unit
    words[at.OPEN_POSITIONS] = profile.max_open_positions
    if profile.volatility is not None:
        words[at.HAS_VOLATILITY], words[at.VOLATILITY_LIMIT] = 1, word_of(profile.volatility)
    if profile.atr_multiple is not None:
        words[at.HAS_ATR_MULTIPLE], words[at.ATR_MULTIPLE] = 1, word_of(profile.atr_multiple)
    words[at.FOLLOWS_PRICES], words[at.BARS_A_YEAR] = profile.follows_prices, word_of(YEAR_NS / timeframe_ns)
    for place, number in (
        (at.ORDERS_LIMIT, profile.max_open_orders), (at.RATE_LIMIT, profile.max_orders_per_minute),
        (at.REPEATED_LIMIT, profile.repeated_execution_limit), (at.COOLDOWN_NS, profile.cooldown_ns),
        (at.GUARD_LIMIT, profile.stop_loss_guard_count), (at.STREAK_LIMIT, profile.max_consecutive_losses),
    ):  # fmt: skip
        words[place] = _UNSET if number is None else min(number, LIMIT)
    words[at.GUARD_NS] = min(profile.guard_ns, LIMIT)
    if profile.windows:
        words[at.HAS_WINDOWS] = 1
        words[at.WINDOWS : at.WINDOWS + at.WINDOW_WORDS] = _minutes(profile.windows)
    words[at.WEEKLY_BREACHED] = profile.weekly_loss is None  # nothing is left to be told of it
    words[at.HAS_MORE] = has_more(profile)


def fractions_of(profile: RiskProfile) -> dict[str, Fraction | None]:
    """Return the limits that are compared with as exact fractions, by their names in the configuration."""
    return {
        "max_daily_loss_pct": profile.daily_loss, "hard_drawdown_pct": profile.drawdown, "max_position_pct": profile.position,
        "weekly_loss_pct": profile.weekly_loss, "portfolio_exposure_pct": profile.exposure,
        "max_order_notional": profile.notional, "trade_risk_pct": profile.trade_risk,
        "max_cost_to_profit_ratio": profile.cost_ratio,
    }  # fmt: skip


_PLACES: Final = (
    at.DAILY_PART, at.DRAWDOWN_PART, at.POSITION_PART, at.WEEKLY_PART, at.EXPOSURE_PART, at.NOTIONAL_PART, at.RISK_PART,
    at.COST_PART,
)  # fmt: skip


def has_more(profile: RiskProfile) -> bool:
    """Say whether a limit is set beside losses, positions and their count."""
    numbers = (
        profile.exposure, profile.notional, profile.trade_risk, profile.cost_ratio, profile.volatility, profile.atr_multiple,
        profile.max_open_orders, profile.max_orders_per_minute, profile.repeated_execution_limit, profile.cooldown_ns,
        profile.stop_loss_guard_count, profile.max_consecutive_losses,
    )  # fmt: skip
    return any(each is not None for each in numbers) or bool(profile.windows or profile.locks or profile.max_order_quantity)


@cache
def _minutes(windows: tuple[TradingWindow, ...]) -> IntColumn:
    """Return a bit for each minute of the week, 32 a word: whether it lies in a window."""
    words = np.zeros(at.WINDOW_WORDS, np.int64)
    for minute in range(7 * 24 * 60):
        if any(window.holds(_MONDAY + minute * MINUTE) for window in windows):
            words[minute // 32] |= 1 << minute % 32
    words.flags.writeable = False
    return words
