"""What a rule of risk says when it refuses, put into words from the numbers that the kernel judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from golive.matching.bits import float_of
from golive.model.clock import to_iso
from golive.model.instrument import Instrument
from golive.risk import RiskProfile
from golive.risk.rules import share_text
from golive.risk.rules.pace import executions_text

from . import layout as at

_AMOUNTS: Final = ("equity", "day_start_equity", "peak_equity")
"""by the bits of MISSING_INPUT"""
_COUNTS: Final = frozenset({
    at.MAX_OPEN_POSITIONS, at.MAX_QUANTITY, at.MESSAGE_RATE, at.OPEN_ORDERS, at.STOP_GUARD,
    at.LOSSES_IN_A_ROW, at.STOP_DISTANCE,
})  # fmt: skip
"""codes of which the judged number is said as it is"""
_TIMES: Final = frozenset({at.OUTSIDE_WINDOW, at.COOLDOWN})


class Objections:
    """Words for the refusals under one profile."""

    def __init__(self, profile: RiskProfile, instruments: Sequence[Instrument]) -> None:
        self._instruments = instruments
        self._repeated = profile.repeated_execution_limit
        self._limits: Mapping[int, str] = {
            at.MISSING_INPUT: "known",
            at.LOCKED: "not locked",
            at.OUTSIDE_WINDOW: ", ".join(profile.trading_windows),
            at.DAILY_LOSS: str(profile.max_daily_loss_pct),
            at.WEEKLY_LOSS: str(profile.weekly_loss_pct),
            at.DRAWDOWN: str(profile.hard_drawdown_pct),
            at.MAX_NOTIONAL: str(profile.max_order_notional),
            at.MAX_POSITION: str(profile.max_position_pct),
            at.MAX_OPEN_POSITIONS: str(profile.max_open_positions),
            at.MAX_EXPOSURE: str(profile.portfolio_exposure_pct),
            at.TARGET_VOLATILITY: str(profile.target_volatility),
            at.TRADE_RISK: str(profile.trade_risk_pct),
            at.MESSAGE_RATE: str(profile.max_orders_per_minute),
            at.OPEN_ORDERS: str(profile.max_open_orders),
            at.REPEATED_EXECUTION: str(profile.repeated_execution_limit),
            at.COOLDOWN: str(profile.cooldown_after_loss_minutes),
            at.STOP_GUARD: str(profile.stop_loss_guard_count),
            at.LOSSES_IN_A_ROW: str(profile.max_consecutive_losses),
            at.COST_RATIO: str(profile.max_cost_to_profit_ratio),
        }

    def words(self, instrument: Instrument, code: int, part: int, whole: int) -> tuple[str, str]:
        """Return the limit, and the value that broke it, as the rule itself would say them."""
        if code == at.MAX_QUANTITY:
            return str(whole), str(part)
        if code == at.STOP_DISTANCE:
            return f"{float_of(whole):.6g}", str(part)
        return self._limits[code], self._value(instrument, code, part, whole)

    def _value(self, instrument: Instrument, code: int, part: int, whole: int) -> str:
        if code == at.MISSING_INPUT:
            return "missing: " + self._missing(part, whole)
        if code == at.REPEATED_EXECUTION:
            return executions_text(part, self._repeated or 0)
        if code in _COUNTS:
            return str(part)
        if code in _TIMES:
            return to_iso(part)
        if code == at.LOCKED:
            return instrument.id.symbol
        if code == at.TARGET_VOLATILITY:
            return f"{float_of(part):.6g}"
        if code == at.COST_RATIO and whole <= 0:
            return "no profit"
        return share_text(part, whole)

    def _missing(self, part: int, whole: int) -> str:
        if part == at.NO_ATR:
            return "average true range"
        if part == at.NO_VOLATILITY:
            return f"volatility of {self._instruments[whole].id}"
        return ", ".join(name for bit, name in enumerate(_AMOUNTS) if part >> bit & 1)
