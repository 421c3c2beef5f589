"""From a candle's enter and exit signals to a target: in from an entry on, until an exit, minimal_roi or the stop.

The position is followed on the candles alone, so that history and session say the same: it is taken to be bought at the open
after the entry signal, and a stop to have fired in a later candle that reaches it. What was really paid, slippage included, is
the engine's to know; the resting stop is the engine's order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from golive.strategy.protocol import Bar

_MINUTE: Final = 60_000_000_000
_EQUAL: Final = 1e-12
"""a price that is a level but for the rounding of floats reaches it"""
_IN: Final = 1.0
_IN_AGAIN: Final = math.nextafter(1.0, 0.0)
"""all in, as a number of its own: an entry on the candle whose stop fired is a new signal, not the old one going on"""


class Exits(NamedTuple):
    """What ends a position beside a signal; shares of the entry price, 0 = none."""

    roi: tuple[tuple[int, float], ...]
    """(minutes since the entry, profit that ends it from then on), rising in minutes"""
    uses_signal: bool
    signal_profit: float | None
    """an exit signal counts only above this profit; None = always"""
    entry_spares_roi: bool
    """an entry signal keeps minimal_roi from ending the position"""
    stop: float = 0.0
    trail: float = 0.0
    take_profit: float = 0.0

    @classmethod
    def of(cls, strategy: Any, params: Any) -> Exits:
        """Return a strategy's rules, with the distances that its order parameters ask for."""
        table = {int(minutes): float(profit) for minutes, profit in dict(strategy.minimal_roi).items()}
        return cls(
            roi=tuple(sorted(table.items())),
            uses_signal=bool(strategy.use_exit_signal),
            signal_profit=float(strategy.exit_profit_offset) if strategy.exit_profit_only else None,
            entry_spares_roi=bool(strategy.ignore_roi_if_entry_signal),
            stop=params.stop_loss_pct,
            trail=params.trailing_stop_pct,
            take_profit=params.take_profit_pct,
        )


def stop_distances(strategy: type) -> Mapping[str, float]:
    """Return the class's `stoploss` as order parameters: of a stop, or of a trailing stop; empty when it is out of reach."""
    distance = -float(strategy.stoploss)  # type: ignore[attr-defined]
    if not 0 < distance <= 0.95:
        return {}
    return {"trailing_stop_pct" if strategy.trailing_stop else "stop_loss_pct": distance}  # type: ignore[attr-defined]


@dataclass(slots=True)
class Position:
    """A position as the candles tell it; prices in quote per base."""

    target: float = 0.0
    entry: float = 0.0
    """0 until the candle after the entry signal has shown its open"""
    entered_at: int = 0
    best: float = 0.0
    """the highest price since the stop rests"""

    def move(self, bar: Bar, enters: bool, exits: bool, rules: Exits, bar_ns: int) -> float:
        """Return the target after a closed candle with these signals; both at once count as neither."""
        entering, exiting = enters and not exits, exits and not enters
        if not self.target:
            self.target = _IN if entering else 0.0
            return self.target
        if not self.entry:
            self.entry = bar.open
            self.entered_at = bar.ts - bar_ns
        elif self._is_stopped(bar, rules):
            again = _IN if self.target == _IN_AGAIN else _IN_AGAIN
            self._leave()
            self.target = again if entering else 0.0
            return self.target
        if self._is_over(bar, enters, exiting, rules):
            self._leave()
        return self.target

    def _leave(self) -> None:
        self.target = self.entry = self.best = 0.0

    def _is_stopped(self, bar: Bar, rules: Exits) -> bool:
        """Say whether the resting order fired; it rests from the candle after the entry on."""
        if rules.take_profit and bar.high >= self.entry * (1.0 + rules.take_profit) * (1.0 - _EQUAL):
            return True
        self.best = max(self.best, bar.high)
        level = self.entry * (1.0 - rules.stop) if rules.stop else 0.0
        if rules.trail:  # whether the high or the low came first is not known: it fires if it may have fired
            level = self.best - self.entry * rules.trail
        return bar.low <= level * (1.0 + _EQUAL)

    def _is_over(self, bar: Bar, enters: bool, exiting: bool, rules: Exits) -> bool:
        profit = bar.close / self.entry - 1.0
        if exiting and rules.uses_signal and (rules.signal_profit is None or profit > rules.signal_profit):
            return True
        if enters and rules.entry_spares_roi:
            return False
        asked = None
        for minutes, share in rules.roi:
            if minutes * _MINUTE <= bar.ts - self.entered_at:
                asked = share
        return asked is not None and profit > asked
