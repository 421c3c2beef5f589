"""`run_columns`: the engine's second driver. It gives the kernel its memory, and takes out of it what a run says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from golive.matching.columns import CandleColumns
from golive.model.errors import ConfigError
from golive.strategy.targets import TargetChanges

from . import layout as at
from .changes import Changes
from .held import unheld
from .kernel import run
from .memory import Memory
from .movement import NO_MOVES, moves_of
from .result import ColumnRun
from .rows import rows_of, steps_of
from .terms import Terms

RUN: Final[Callable[..., int]] = run
"""the kernel, as arrays see it"""
NO_WORDS: Final = np.empty(0, np.int64)


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
        ConfigError: candles, targets, instruments or limits (`unheld`) that cannot be traded this way.
        MagnitudeError: an amount left the exact range; names the time.
    """
    check_terms(candles, terms, detail[0].timeframe_ns if detail else 0)
    ledger = terms.ledger([each.instrument for each in candles])
    joined = Changes(candles, changes)
    memory = Memory(terms, ledger, keeps_rows=True, changes=len(joined.at))
    memory.follow(joined)
    if detail:
        memory.account[at.DETAIL_TIMEFRAME] = detail[0].timeframe_ns
    moves = NO_MOVES
    if terms.profile.follows_prices:
        moves, memory.desks[:, at.MOVES] = moves_of(candles)
    equity = np.empty(len(candles[0]) if len(candles) == 1 else len(steps_of(candles)), np.int64)
    for is_last, is_regular, per_desk, *columns in rows_of(candles, detail):
        memory.begin(columns[0], is_regular=is_regular, per_desk=per_desk)
        first, stop = 0, per_desk or len(columns[0])
        while True:
            first = RUN(memory.words, *columns, first, stop, is_last, joined.at, joined.to, moves, equity, NO_WORDS)
            if not memory.is_full():
                break
            memory.take()
    known = int(memory.account[at.EQUITY_ROWS])
    starts = [int(each.opened_at[0]) for each in (*candles, *(detail or ())) if len(each)]
    return ColumnRun(
        ledger, terms, memory, joined.to, candles, equity[:known], min(starts, default=0) if began is None else began
    )  # fmt: skip


def check_terms(candles: Sequence[CandleColumns], terms: Terms, detail_ns: int) -> None:
    """Raise ConfigError for limits that the kernel does not hold, and for candles of another timeframe than the terms'."""
    if limits := unheld(terms.profile, terms.timeframe_ns, len(candles), detail_ns):
        raise ConfigError(f"risk profile {terms.profile.name}: {', '.join(limits)} can only be kept event by event")
    for each in candles:
        if each.timeframe_ns != terms.timeframe_ns:
            raise ConfigError(f"{each.instrument.id}: candles of {each.timeframe_ns} ns, the terms say {terms.timeframe_ns}")
