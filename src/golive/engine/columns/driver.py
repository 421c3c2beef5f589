"""`run_columns`: the engine's second driver. It gives the kernel its memory, and more of it where a run says much."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from golive.matching.columns import CandleColumns, FloatColumn, IntColumn
from golive.model.errors import ConfigError, MagnitudeError
from golive.strategy.targets import TargetChanges

from . import layout as at
from .kernel import run
from .result import ColumnRun
from .rows import rows_of, steps_of
from .terms import Terms

RUN: Final[Callable[..., int]] = run
"""the kernel, as arrays see it"""
_LOG_WORDS: Final = 1 << 16
_FILL_ROWS: Final = 1 << 13
NO_WORDS: Final = np.empty(0, np.int64)
_FAULTS: Final = {
    at.BAD_NOTIONAL: "an order's notional does not fit the exact range",
    at.BAD_EQUITY: "equity does not fit the exact range",
    at.BAD_BALANCE: "a fill takes a balance out of the exact range",
    at.BAD_COST: "what a position cost does not fit the exact range",
    at.NO_ROOM: "a step said more than there is room for",
}


class Changes:
    """The target changes of all instruments, one after the other; ConfigError for a target outside 0..1."""

    def __init__(self, changes: Sequence[TargetChanges]) -> None:
        counts = np.array([len(each.index) for each in changes])
        self.ends = np.cumsum(counts)
        self.starts = self.ends - counts
        single = len(changes) == 1
        self.at: IntColumn = _readonly(changes[0].index if single else np.concatenate([each.index for each in changes]))
        self.to: FloatColumn = _readonly(changes[0].target if single else np.concatenate([each.target for each in changes]))
        wrong = np.flatnonzero((self.to < 0) | (self.to > 1))
        if len(wrong):
            raise ConfigError(f"a strategy's targets are shares between 0 and 1, not {self.to[wrong[0]]:g}")


def run_columns(
    candles: Sequence[CandleColumns],
    changes: Sequence[TargetChanges],
    terms: Terms,
    detail: Sequence[CandleColumns] | None = None,
    *,
    began: int | None = None,
) -> ColumnRun:
    """Trade candles by target changes as a session without latency does, and return what it did.

    Args:
        candles: one entry for each instrument; all of one timeframe, `terms.timeframe_ns`.
        changes: what the strategy said of each instrument.
        detail: finer candles of the same instruments, which orders meet instead; they also mark the account.
        began: market time of the confirmation, ns; the opening of the first candle when None.

    Raises:
        ConfigError: candles, targets or instruments that cannot be traded this way.
        MagnitudeError: an amount left the exact range; names the time.
    """
    check(candles, changes, terms)
    ledger = terms.ledger([each.instrument for each in candles])
    account, desks = terms.account(ledger), terms.desks(ledger)
    account[at.KEEPS_ROWS] = 1
    if detail:
        account[at.DETAIL_TIMEFRAME] = detail[0].timeframe_ns
    joined = Changes(changes)
    desks[:, at.CHANGE], desks[:, at.LAST_CHANGE] = joined.starts, joined.ends
    targets, closed = np.zeros(len(candles)), steps_of(candles)
    equity = np.empty(len(closed), np.int64)
    logs = _Pieces((max(_LOG_WORDS, 2 * at.ROOM * len(candles)),))
    fills = _Pieces((max(_FILL_ROWS, 8 * len(candles)), at.FILL_WORDS))
    for rows in rows_of(candles, detail):
        is_last, *columns = rows
        first, stop = 0, len(rows.opened_at)
        while True:
            first = RUN(
                account, desks, targets, *columns, first, stop, is_last, joined.at, joined.to, logs.now, fills.now,
                equity, NO_WORDS,
            )  # fmt: skip
            if account[at.STATUS] != at.FULL:
                break
            account[at.LOGGED] = logs.take(int(account[at.LOGGED]))
            account[at.FILL_ROWS] = fills.take(int(account[at.FILL_ROWS]))
        raise_fault(account)
    logs.take(int(account[at.LOGGED]))
    fills.take(int(account[at.FILL_ROWS]))
    known = int(account[at.EQUITY_ROWS])
    starts = [int(each.opened_at[0]) for each in (*candles, *(detail or ())) if len(each)]
    return ColumnRun(
        ledger, terms, account, desks, joined.to, logs.joined(), fills.joined(), closed[len(closed) - known :], equity[:known],
        min(starts, default=0) if began is None else began,
    )  # fmt: skip


def check(candles: Sequence[CandleColumns], changes: Sequence[TargetChanges], terms: Terms) -> None:
    """Raise ConfigError for candles of another timeframe, or changes that are not those of these candles."""
    for each in candles:
        if each.timeframe_ns != terms.timeframe_ns:
            raise ConfigError(f"{each.instrument.id}: candles of {each.timeframe_ns} ns, the terms say {terms.timeframe_ns}")
    if len(candles) != len(changes):
        raise ConfigError(f"{len(candles)} instruments and target changes of {len(changes)}")
    for one, said in zip(candles, changes, strict=True):
        if len(one) and (not len(said.index) or said.index[0] != 0 or np.any(said.index[1:] <= said.index[:-1])):
            raise ConfigError(f"{one.instrument.id}: target changes begin at bar 0 and rise")


def raise_fault(account: IntColumn) -> None:
    """Raise MagnitudeError when the kernel stopped for an amount, naming the market time."""
    if account[at.STATUS] != at.DONE:
        raise MagnitudeError(f"{_FAULTS[int(account[at.STATUS])]} at market time {account[at.NOW]} ns")


class _Pieces:
    """Memory that is filled piece by piece: what is full is put aside, cut to its length."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._full: list[IntColumn] = []
        self.now = np.empty(shape, np.int64)

    def take(self, count: int) -> int:
        """Put the first `count` rows aside and go on with new memory; return 0, the rows that stand in it."""
        self._full.append(self.now[:count].copy())
        return 0

    def joined(self) -> IntColumn:
        return np.concatenate(self._full) if len(self._full) > 1 else self._full[0]


def _readonly(column: np.ndarray) -> np.ndarray:
    view = np.ascontiguousarray(column)[:]
    view.flags.writeable = False
    return view
