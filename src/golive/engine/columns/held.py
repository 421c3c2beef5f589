"""Which limits of a risk profile the compiled driver holds; where it does not, history has to be gone through event by event.

Some limits need no code there, because over closed bars they cannot bind. An order that increases risk is decided when a bar of
its instrument has closed, at most once for each bar:

    stale_data_seconds    the bar has just been heard of
    price_collar_pct      the order's price is that bar's close, which is the only reference too; nothing lies between them
    duplicate window      the last order of the same kind was decided a bar before, where that is longer ago than the window
"""

from __future__ import annotations

from collections.abc import Iterator

from golive.model.clock import MINUTE
from golive.model.money import LIMIT
from golive.risk import RiskProfile

_EXACT = ("daily_loss", "drawdown", "position")
_APPROVALS: int = 3
"""that one closed bar leads to at most: an entry, and the order that protects what was held before or is held then"""


def unheld(profile: RiskProfile, timeframe_ns: int, instruments: int, detail_ns: int = 0) -> tuple[str, ...]:
    """Return the limits, as named in the configuration, that a run over columns cannot be judged by; () when it holds all.

    `instruments`: how many are traded; `detail_ns`: the length of the candles that orders meet, 0 where those are the
    strategy's own.
    """
    return tuple(_unheld(profile, timeframe_ns, instruments, detail_ns))


def _unheld(profile: RiskProfile, timeframe_ns: int, instruments: int, detail_ns: int) -> Iterator[str]:
    for name, limit in (
        ("max_daily_loss_pct", profile.daily_loss), ("hard_drawdown_pct", profile.drawdown),
        ("max_position_pct", profile.position),
    ):  # fmt: skip
        if max(limit) >= LIMIT:
            yield name
    for name in (
        "weekly_loss_pct", "portfolio_exposure_pct", "target_volatility", "stop_loss_atr_multiple", "trade_risk_pct",
        "max_cost_to_profit_ratio", "max_order_notional", "cooldown_after_loss_minutes", "stop_loss_guard_count",
        "max_consecutive_losses",
    ):  # fmt: skip
        if getattr(profile, name) is not None:
            yield name
    for name in ("max_order_quantity", "symbol_locks", "trading_windows"):
        if getattr(profile, name):
            yield name
    bars = -(-MINUTE // timeframe_ns) + (-(-MINUTE // detail_ns) if detail_ns else 0)
    rate, repeated = profile.max_orders_per_minute, profile.repeated_execution_limit
    if rate is not None and _APPROVALS * instruments * bars >= rate:
        yield "max_orders_per_minute"
    if profile.duplicate_window_ns is not None and profile.duplicate_window_ns > timeframe_ns:
        yield "duplicate_window_seconds"
    if profile.max_open_orders is not None and instruments > profile.max_open_orders:
        yield "max_open_orders"
    if repeated is not None and repeated <= bars:
        yield "repeated_execution_limit"
