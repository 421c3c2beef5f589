"""What the engine remembers about one instrument, and its runs of inaction."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from golive.model.decision import DecisionCode
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument


@dataclass(slots=True)
class InactionRun:
    """Consecutive bars on which nothing was done, for one reason; times are market time ns."""

    code: DecisionCode
    since: int
    until: int
    bars: int


@dataclass(slots=True)
class Desk:
    """One instrument's trading state; only the engine changes it."""

    instrument: Instrument
    strategy_state: Any  # belongs to the strategy; the engine only hands it back
    mark: int = 0
    """ticks; 0 = no mark yet"""
    ask: int = 0
    target: float | None = None
    signal_id: str = ""
    signals: int = 0
    wants_action: bool = False
    """A signal is waiting for its decision."""
    canceling: ClientOrderId | None = None
    standing: DecisionCode = DecisionCode.ON_TARGET
    """Why nothing is done while no signal waits."""
    run: InactionRun | None = None
    closed_runs: list[InactionRun] = field(default_factory=list)

    def idle(self, code: DecisionCode, opened_at: int, ts: int) -> InactionRun | None:
        """Extend the run of `code`; return the run that ended because the reason changed, if one did."""
        if self.run is not None and self.run.code is code:
            self.run.until = ts
            self.run.bars += 1
            return None
        ended = self.end_run()
        self.run = InactionRun(code, opened_at, ts, 1)
        return ended

    def end_run(self) -> InactionRun | None:
        ended, self.run = self.run, None
        if ended is not None:
            self.closed_runs.append(ended)
        return ended
