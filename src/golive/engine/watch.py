"""The watch over the account: its value at every mark, handed to risk, and the moment a loss limit is reached."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from golive.model.alert import AlertSeverity
from golive.model.clock import DAY
from golive.model.command import Alert, Command
from golive.risk import RiskEngine

from .valuation import Valuation


class Breach(NamedTuple):
    """A loss limit was reached at market time `ts` (ns UTC); limit and value as decimal texts."""

    limit: str
    ts: int
    allowed: str
    used: str


class Watch:
    """Shows risk what the account is worth whenever that, or the UTC day, has changed."""

    def __init__(self, valuation: Valuation, risk: RiskEngine, day_began: Callable[[int], None]) -> None:
        """`day_began` is told the first mark of each UTC day, after risk was."""
        self.breaches: list[Breach] = []
        self._day_began = day_began
        self._valuation = valuation
        self._risk = risk
        self._seen_version = self._day_ends = -1
        self._low = self._high = 0
        """while the seen version and day last, equity within these is no news to risk; most bars end here"""
        self._reached: set[str] = set()

    def observe(self, ts: int, commands: list[Command]) -> None:
        """Look at the account at market time `ts`; a limit that is reached for the first time is told."""
        valuation, risk = self._valuation, self._risk
        equity = valuation.equity
        if ts < self._day_ends and valuation.version == self._seen_version and equity is not None:
            if equity is risk.equity:
                return
            if self._low <= equity <= self._high:
                risk.equity = risk.track.last = equity
                return
        is_new_day = ts >= self._day_ends
        self._seen_version, self._day_ends = valuation.version, ts - ts % DAY + DAY
        deeper = risk.observe(equity, ts, valuation.largest, valuation.open_positions, valuation.exposure)
        if is_new_day and equity is not None:
            self._day_began(ts)
        if deeper and risk.has_reached_a_stop:
            self._tell(ts, commands)
        self._low, self._high = risk.unremarkable(valuation.rest)

    def _tell(self, ts: int, commands: list[Command]) -> None:
        for use in self._risk.uses():
            if use.is_reached_by_a_loss and use.limit not in self._reached:
                self._reached.add(use.limit)
                self.breaches.append(Breach(use.limit, ts, use.allowed, use.used))
                title = f"{use.limit} reached: {use.used} of {use.allowed}"
                commands.append(Alert("risk", AlertSeverity.CRITICAL, title, "risk-increasing orders are refused"))
