"""Many runs over the same candles of which only the sums are wanted: no rows, no log, one number for each period."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np

from golive.engine.opening import opening_of
from golive.matching.columns import CandleColumns, IntColumn
from golive.model.clock import DAY
from golive.model.decision import DecisionCode
from golive.model.errors import ConfigError
from golive.strategy.targets import TargetChanges

from . import layout as at
from .changes import Changes
from .driver import NO_WORDS, RUN, check_terms
from .memory import Memory
from .movement import NO_MOVES, moves_of
from .rows import rows_of
from .terms import Terms

_TEMPLATES: Final = 16
"""terms whose opening memory is kept"""


class Summary(NamedTuple):
    """What became of one run; money in smallest units of the quote asset."""

    samples: IntColumn
    """what the account was worth at the last closing time of each period, the last period included; 0 before there is a price"""
    fills: int
    orders: int
    """approved ones"""
    fees: int
    """those charged in the quote asset"""
    traded_notional: int
    drawdown: tuple[int, int]
    """the deepest fall from a peak, bar by bar, and that peak"""
    bars_held: int
    """bars at whose close a whole lot was held, of all instruments"""
    trades: int
    """round trips that ended, with less held than the venue takes; what is held at the start begins one, at its worth then"""
    wins: int
    """those that brought in more of the quote asset than they cost"""
    decisions: dict[DecisionCode, int]
    """how many decisions were taken, by code"""

    @property
    def final_equity(self) -> int:
        return int(self.samples[-1])


class Replays:
    """Candles on which many parameter sets are tried; may be used by several threads at once, which the kernel lets run."""

    def __init__(
        self,
        candles: Sequence[CandleColumns],
        detail: Sequence[CandleColumns] | None = None,
        *,
        period_ns: int = DAY,
        before: Sequence[CandleColumns] | None = None,
    ) -> None:
        """Take candles, and finer ones where orders are to meet those, as `run_columns` does.

        `before`: candles that come first, of which nothing is traded; what is known of prices then is known from the start.

        Raises ConfigError for candles that cannot be traded, or for none.
        """
        self._candles = candles
        self._detail_ns = detail[0].timeframe_ns if detail else 0
        self._rows = list(rows_of(candles, detail))
        closed = [(int(c.opened_at[0]) + c.timeframe_ns, int(c.opened_at[-1]) + c.timeframe_ns) for c in candles if len(c)]
        if not closed or not any(len(rows.opened_at) for rows in self._rows):
            raise ConfigError("there are no candles to trade")
        first, last = min(one for one, _ in closed), max(one for _, one in closed)
        self._period = period_ns
        self._first_end = -(-first // period_ns) * period_ns
        periods = -(-last // period_ns) - self._first_end // period_ns + 1
        self.ends = np.minimum(self._first_end + np.arange(periods, dtype=np.int64) * period_ns, last)
        """when the periods end, ns UTC: a bar that closes at a period's end is its last; the data may end the last one early"""
        self._before = before
        self._moves: tuple[IntColumn, IntColumn] | None = None
        self._openings: dict[int, tuple[Terms, Memory]] = {}

    def summary(self, changes: Sequence[TargetChanges], terms: Terms) -> Summary:
        """Run one parameter set; raises as `run_columns` does."""
        memory, joined = self._opening(terms), Changes(self._candles, changes)
        memory.follow(joined)
        samples = np.zeros(len(self.ends), np.int64)
        moves = NO_MOVES
        if terms.profile.follows_prices:
            moves, memory.desks[:, at.MOVES] = self._price_moves()
        for is_last, is_regular, per_desk, *columns in self._rows:
            memory.begin(columns[0], is_regular=is_regular, per_desk=per_desk)
            RUN(memory.words, *columns, 0, per_desk or len(columns[0]), is_last, joined.at, joined.to, moves, NO_WORDS, samples)
            memory.is_full()
        account, desks = memory.account, memory.desks
        return Summary(
            samples, int(account[at.FILL_COUNT]), int(account[at.COUNTS + at.APPROVED]), int(account[at.FEES]),
            int(account[at.TURNOVER_HIGH]) * (1 << 62) + int(account[at.TURNOVER]),
            (int(account[at.DRAWDOWN_FALL]), int(account[at.DRAWDOWN_FROM])), int(desks[:, at.BARS_HELD].sum()),
            int(desks[:, at.TRIPS].sum()), int(desks[:, at.WINS].sum()),
            {code: int(account[at.COUNTS + n]) for n, code in enumerate(at.CODES) if account[at.COUNTS + n]},
        )  # fmt: skip

    def _price_moves(self) -> tuple[IntColumn, IntColumn]:
        """Return how much prices moved; reckoned once for all sets."""
        if self._moves is None:
            self._moves = moves_of(self._candles, self._before)
        return self._moves

    def _opening(self, terms: Terms) -> Memory:
        """Return the memory before the first bar; that of the same terms is made once."""
        known = self._openings.get(id(terms))
        if known is None or known[0] is not terms:
            if len(self._openings) >= _TEMPLATES:
                self._openings.clear()
            check_terms(self._candles, terms, self._detail_ns)
            ledger = terms.ledger([each.instrument for each in self._candles])
            memory = Memory(terms, ledger, keeps_rows=False)
            opening = opening_of(ledger, self._candles)
            memory.desks[:, at.TRIP] = 0 if opening is None else [-cost for cost in opening.costs]
            memory.account[at.PERIOD], memory.account[at.NEXT_SAMPLE] = self._period, self._first_end
            if self._detail_ns:
                memory.account[at.DETAIL_TIMEFRAME] = self._detail_ns
            known = self._openings[id(terms)] = (terms, memory)
        return known[1].copy()
