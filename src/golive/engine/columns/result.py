"""What a run over columns did: fills and equity as columns, everything else read from its log when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import NamedTuple

from golive.engine.desk import InactionRun
from golive.engine.watch import Breach
from golive.matching.columns import CandleColumns, FloatColumn, IntColumn
from golive.model.command import Command
from golive.model.decision import DecisionCode
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.portfolio import Ledger
from golive.risk import LimitUse, RiskEngine

from . import layout as at
from .memory import Memory
from .rows import steps_of
from .terms import Terms


class FillColumns(NamedTuple):
    """Fills in the order they happened. `instrument` is the number of the instrument, `order` that of the proposal."""

    ts: IntColumn
    bar: IntColumn
    """number of the instrument's bar that they happened in"""
    order: IntColumn
    instrument: IntColumn
    is_buy: IntColumn
    ticks: IntColumn
    lots: IntColumn
    fee: IntColumn
    """smallest units of the fee's asset"""
    fee_in_base: IntColumn
    is_maker: IntColumn
    position: IntColumn
    """whole lots held afterwards"""


class ColumnRun:
    """One run; money in smallest units of the ledger, prices in ticks, quantities in lots, times in ns UTC."""

    def __init__(
        self,
        ledger: Ledger,
        terms: Terms,
        memory: Memory,
        targets: FloatColumn,
        candles: Sequence[CandleColumns],
        equity: IntColumn,
        began: int,
    ) -> None:
        self._candles = candles
        self.equity = equity
        """one row a closing time, when all its candles were seen; none before there is a price"""
        self.terms = terms
        self.opening = ledger
        """the opening balances, scales and instruments"""
        self.began = began
        self.log = memory.log()
        self.targets = targets
        self._account = memory.account.copy()
        self._desks = memory.desks.copy()
        self._fills = memory.fills()

    @cached_property
    def equity_ts(self) -> IntColumn:
        """The closing times of `equity`."""
        closed = steps_of(self._candles)
        return closed[len(closed) - len(self.equity) :]

    @property
    def instruments(self) -> tuple[Instrument, ...]:
        return tuple(self.opening.instruments.values())

    @property
    def fills(self) -> FillColumns:
        rows = self._fills
        flags = rows[:, at.FILL_FLAGS]
        return FillColumns(
            rows[:, at.FILL_TS], rows[:, at.FILL_BAR], rows[:, at.FILL_ORDER], flags >> at.INSTRUMENT_SHIFT,
            flags & at.IS_BUY_FLAG, rows[:, at.FILL_TICKS], rows[:, at.FILL_LOTS], rows[:, at.FILL_FEE],
            (flags & at.BASE_FEE_FLAG) // at.BASE_FEE_FLAG, (flags & at.MAKER_FLAG) // at.MAKER_FLAG, rows[:, at.FILL_POSITION],
        )  # fmt: skip

    @property
    def balances(self) -> dict[str, int]:
        """What is owned at the end, by asset."""
        return self._by_asset(self._account[at.FREE] + self._account[at.RESERVED], at.BASE_FREE, at.BASE_RESERVED)

    @property
    def fees(self) -> dict[str, int]:
        """What was charged, by asset."""
        return self._by_asset(self._account[at.FEES], at.BASE_FEES)

    @property
    def traded_notional(self) -> int:
        return int(self._account[at.TURNOVER_HIGH]) * (1 << 62) + int(self._account[at.TURNOVER])

    @property
    def decisions(self) -> dict[DecisionCode, int]:
        """How many decisions were taken, by code."""
        counts = self._account[at.COUNTS : at.COUNTS + len(at.CODES)]
        return {code: int(count) for code, count in zip(at.CODES, counts, strict=True) if count}

    @property
    def signals(self) -> int:
        """How often a target asked for a decision."""
        return int(self._desks[:, at.SIGNALS].sum())

    @property
    def inaction(self) -> dict[DecisionCode, int]:
        """How many bars nothing was done on, by its code; the sum of what `runs` yields."""
        counts = self._account[at.IDLE_BARS : at.IDLE_BARS + len(at.CODES)]
        return {code: int(count) for code, count in zip(at.CODES, counts, strict=True) if count}

    @property
    def bars_held(self) -> tuple[int, ...]:
        """Bars at whose close a whole lot was held, by instrument."""
        return tuple(int(count) for count in self._desks[:, at.BARS_HELD])

    @property
    def worst_drawdown(self) -> tuple[int, int]:
        """The deepest fall from a peak, bar by bar, and that peak."""
        return int(self._account[at.DRAWDOWN_FALL]), int(self._account[at.DRAWDOWN_FROM])

    @property
    def worst_day_loss(self) -> tuple[int, int]:
        return int(self._account[at.LOSS_FALL]), int(self._account[at.LOSS_FROM])

    @property
    def worst_week_loss(self) -> tuple[int, int]:
        return int(self._account[at.WEEK_LOSS_FALL]), int(self._account[at.WEEK_LOSS_FROM])

    def uses(self) -> tuple[LimitUse, ...]:
        """Return each limit of risk with the worst use seen."""
        account = self._account
        largest = int(account[at.LARGEST]), int(account[at.LARGEST_OF])
        exposure = int(account[at.EXPOSURE]), int(account[at.EXPOSURE_WHOLE])
        falls = self.worst_day_loss, self.worst_week_loss, self.worst_drawdown
        return uses_of(self.terms, *falls, largest, int(account[at.MOST_OPEN]), exposure)

    def commands(self) -> Iterator[Command]:
        """Yield what the engine asks for in a session over the same candles, in order, its bodies included."""
        from .commands import commands_of

        return commands_of(self, self._fills)

    @property
    def breaches(self) -> list[Breach]:
        from .reading import breaches_of

        if all(use.band != "breach" for use in self.uses()):
            return []
        return breaches_of(self)

    def runs(self) -> Iterator[tuple[InstrumentId, InactionRun]]:
        """Yield every closed run of inaction, by instrument."""
        from .reading import runs_of

        return runs_of(self)

    def _by_asset(self, quote: int, *base: int) -> dict[str, int]:
        amounts = {self.opening.quote: int(quote)}
        for row, instrument in zip(self._desks, self.instruments, strict=True):
            amounts[instrument.base] = sum(int(row[place]) for place in base)
        return amounts


def uses_of(
    terms: Terms,
    day_loss: tuple[int, int],
    week_loss: tuple[int, int],
    drawdown: tuple[int, int],
    largest: tuple[int, int] = (0, 1),
    most_open: int = 0,
    exposure: tuple[int, int] = (0, 1),
) -> tuple[LimitUse, ...]:
    """Return what risk says of each limit after these worst falls and sizes."""
    risk = RiskEngine(terms.profile)
    part, whole = largest
    risk.observe(whole, 0, part, most_open)
    part, whole = exposure
    risk.observe(whole, 0, 0, most_open, part)
    risk.track.worst_day_loss, risk.track.worst_week_loss, risk.track.worst_drawdown = day_loss, week_loss, drawdown
    return risk.uses()
