"""Which limits of a risk profile the compiled driver holds; where it does not, history has to be gone through event by event.

Some limits need no code there, because over closed bars they cannot bind. An order that increases risk is decided when a bar of
its instrument has closed, at most once for each bar:

    stale_data_seconds          the bar has just been heard of
    price_collar_pct            the order's price is that bar's close, which is the only reference too
    duplicate_window_seconds    the last such order was decided a bar before: that is as long ago as the window, or longer
    repeated_execution_limit    in a minute that holds no more than one bar, an instrument's buys are executed once at most
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from golive.model.clock import MINUTE
from golive.model.money import LIMIT
from golive.risk import LIMITS, RiskProfile

from . import layout as at
from .limits import fractions_of

_HELD: Final = frozenset({
    "max_daily_loss_pct", "hard_drawdown_pct", "max_position_pct", "max_open_positions", "weekly_loss_pct",
    "portfolio_exposure_pct", "target_volatility", "stop_loss_atr_multiple", "trade_risk_pct", "max_cost_to_profit_ratio",
    "price_collar_pct", "reference_max_age_seconds", "max_order_quantity", "max_order_notional", "max_orders_per_minute",
    "duplicate_window_seconds", "max_open_orders", "repeated_execution_limit", "cooldown_after_loss_minutes",
    "stop_loss_guard_count", "stop_loss_guard_minutes", "max_consecutive_losses", "symbol_locks", "trading_windows",
    "stale_data_seconds",
})  # fmt: skip
"""what the kernel knows, or need not know"""


def unheld(profile: RiskProfile, timeframe_ns: int, instruments: int, detail_ns: int = 0) -> tuple[str, ...]:
    """Return the limits, as named in the configuration, that a run over columns cannot be judged by; () when it holds all.

    `instruments`: how many are traded; `detail_ns`: the length of the candles that orders meet, 0 where those are the
    strategy's own.
    """
    return tuple(_unheld(profile, timeframe_ns, instruments, detail_ns))


def _unheld(profile: RiskProfile, timeframe_ns: int, instruments: int, detail_ns: int) -> Iterator[str]:
    yield from (name for name in LIMITS if name not in _HELD and getattr(profile, name) is not None)
    yield from (name for name, share in fractions_of(profile).items() if share is not None and max(share) >= LIMIT)
    closes = instruments * (_in_a_minute(timeframe_ns) + (_in_a_minute(detail_ns) if detail_ns else 0))
    if profile.max_orders_per_minute is not None and closes > at.RATE_RING_TIMES:
        yield "max_orders_per_minute"
    if profile.duplicate_window_ns is not None and profile.duplicate_window_ns > timeframe_ns:
        yield "duplicate_window_seconds"
    repeated = profile.repeated_execution_limit
    if repeated is not None and timeframe_ns < MINUTE and 0 < repeated <= 1 + _in_a_minute(timeframe_ns):
        yield "repeated_execution_limit"
    guard = profile.stop_loss_guard_count
    if guard is not None and guard + 2 * instruments > at.STOP_RING_TIMES:
        yield "stop_loss_guard_count"


def _in_a_minute(length_ns: int) -> int:
    """Return how many bars of this length close within a minute at most."""
    return -(-MINUTE // length_ns)
