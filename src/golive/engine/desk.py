"""What the engine remembers about one instrument, and its runs of inaction."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from golive.model.decision import DecisionCode
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import Fill, Side
from golive.risk.statistics import PriceStatistics
from golive.strategy.protocol import MemberSaid

from .valuation import Worth


@dataclass(slots=True)
class InactionRun:
    """Consecutive bars on which nothing was done, for one reason; times are market time ns."""

    code: DecisionCode
    since: int
    until: int
    bars: int
    members: tuple[MemberSaid, ...] = ()
    """of OUTSIDE_SCHEDULE who was held back, as on the last bar"""


@dataclass(slots=True)
class Desk:
    """One instrument's trading state; only the engine changes it."""

    instrument: Instrument
    worth: Worth
    strategy_state: Any  # belongs to the strategy; the engine only hands it back
    id: InstrumentId = field(init=False)
    name: str = field(init=False)
    """the instrument's, in words"""
    tick: float = field(init=False)
    lot: float = field(init=False)
    """what a tick and a lot are as the floats that strategies see"""
    ask: int = 0
    book_at: int = 0
    """when the book was last heard of, ns UTC; 0 = never"""
    close: int = 0
    closed_at: int = 0
    """the last bar's close, in ticks, and when that was; 0 = there was none"""
    statistics: PriceStatistics | None = None
    """how much the price moves, where a limit asks for that"""
    volatility: float = math.nan
    """a year's, as it was worked out last; NaN while it is not known"""
    realized: int = 0
    """what the instrument had earned when nothing of it was held last, smallest quote units"""
    target: float | None = None
    signal_id: str = ""
    signals: int = 0
    wants_action: bool = False
    """A signal is waiting for its decision."""
    canceling: ClientOrderId | None = None
    full_lots: int = 0
    """lots of a full target where the strategy trades a fixed quantity; 0 = a share of equity"""
    entry_lots: int = 0
    entry_cost: int = 0
    """what was bought since nothing was held: lots, and ticks × lots"""
    protective: ClientOrderId | None = None
    """the order that protects the position, while it has not ended"""
    is_exposed: bool = False
    """the venue refused to protect the position as it is now"""
    standing: DecisionCode = DecisionCode.ON_TARGET
    """Why nothing is done while no signal waits."""
    run: InactionRun | None = None
    closed_runs: list[InactionRun] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id, self.name = self.instrument.id, str(self.instrument.id)
        self.tick, self.lot = float(self.instrument.tick_size), float(self.instrument.lot_size)

    @property
    def mark(self) -> int:
        """ticks; 0 = no mark yet"""
        return self.worth.mark

    def traded(self, fill: Fill, held: int) -> None:
        """Follow what the position cost; `held` = whole lots after the fill. Less than the venue's minimum is nothing."""
        self.is_exposed = False
        if fill.side is Side.BUY:
            self.entry_lots += fill.quantity
            self.entry_cost += fill.quantity * fill.price
        elif held < self.instrument.min_quantity:
            self.entry_lots = self.entry_cost = 0

    def idle(self, code: DecisionCode, opened_at: int, ts: int, members: tuple[MemberSaid, ...] = ()) -> InactionRun | None:
        """Extend the run of `code` and of the same members; return the run that ended because the reason changed, if one did."""
        run = self.run
        if run is not None and run.code is code and _names(run.members) == _names(members):
            run.until, run.members = ts, members
            run.bars += 1
            return None
        ended = self.end_run()
        self.run = InactionRun(code, opened_at, ts, 1, members)
        return ended

    def end_run(self) -> InactionRun | None:
        ended, self.run = self.run, None
        if ended is not None:
            self.closed_runs.append(ended)
        return ended


def _names(members: tuple[MemberSaid, ...]) -> list[str]:
    return [each.strategy for each in members]
