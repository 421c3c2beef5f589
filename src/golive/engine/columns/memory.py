"""The memory of one run, and what is taken out of it when a region is full."""

from __future__ import annotations

from typing import Final

import numpy as np

from golive.matching.columns import IntColumn
from golive.model.errors import MagnitudeError
from golive.portfolio import Ledger

from . import layout as at
from .changes import Changes
from .terms import Terms

_FILLS: Final = 1 << 13
_LOG_WORDS: Final = 1 << 16
_MOST_EXPECTED: Final = 1 << 16
"""target changes for which room is kept from the start; what is not used of it is never touched"""
_FAULTS: Final = {
    at.BAD_NOTIONAL: "an order's notional does not fit the exact range",
    at.BAD_EQUITY: "equity does not fit the exact range",
    at.BAD_BALANCE: "a fill takes a balance out of the exact range",
    at.BAD_COST: "what a position cost does not fit the exact range",
    at.BAD_CANDLE: "a candle has no positive price, or a negative volume,",
    at.NO_ROOM: "a step said more than there is room for",
}


class Memory:
    """The words that the kernel works in. With `keeps_rows` nothing that is said or filled is lost; else only sums are kept."""

    def __init__(self, terms: Terms, ledger: Ledger, *, keeps_rows: bool, changes: int = 0) -> None:
        account, desks = terms.account(ledger), terms.desks(ledger)
        count = len(desks)
        expected = min(changes, _MOST_EXPECTED)
        fills = max(_FILLS, 8 * count, expected) if keeps_rows else 0
        log = max(_LOG_WORDS, 2 * at.ROOM * count, 16 * expected) if keeps_rows else 0
        fills_start = at.FIRST_DESK + desks.size
        log_start = fills_start + fills * at.FILL_WORDS
        self.words = np.empty(log_start + log, np.int64)
        self.account = self.words[: at.FIRST_DESK]
        self.desks = self.words[at.FIRST_DESK : fills_start].reshape(count, at.DESK_WORDS)
        self.account[:], self.desks[:] = account, desks
        self.account[at.KEEPS_ROWS] = keeps_rows
        self.account[at.LAST_DESK] = fills_start - at.DESK_WORDS
        self.account[[at.FILLS_START, at.FILLS_NEXT]], self.account[at.FILLS_END] = fills_start, log_start
        self.account[[at.LOG_START, at.LOGGED]], self.account[at.LOG_END] = log_start, len(self.words)
        self._fills: list[IntColumn] = []
        self._log: list[IntColumn] = []

    def copy(self) -> Memory:
        """Return the same memory once more; for one that keeps no rows."""
        same = object.__new__(Memory)
        same.words = self.words.copy()
        same.account = same.words[: at.FIRST_DESK]
        same.desks = same.words[at.FIRST_DESK : at.FIRST_DESK + self.desks.size].reshape(self.desks.shape)
        same._fills, same._log = [], []
        return same

    def begin(self, opened: IntColumn, *, is_regular: bool, per_desk: int) -> None:
        """Be ready for rows whose candles opened then."""
        self.account[at.IS_REGULAR], self.account[at.PER_DESK], self.account[at.HORIZON] = is_regular, per_desk, 0
        self.account[at.FIRST_OPENED] = opened[0] if len(opened) else 0

    def follow(self, changes: Changes) -> None:
        """Let each desk begin with its first target change."""
        self.desks[:, at.CHANGE], self.desks[:, at.LAST_CHANGE] = changes.starts, changes.ends

    def is_full(self) -> bool:
        """Return whether the kernel stopped for want of room; raise MagnitudeError when it did for an amount."""
        status = int(self.account[at.STATUS])
        if status not in (at.DONE, at.FULL):
            raise MagnitudeError(f"{_FAULTS[status]} at market time {self.account[at.NOW]} ns")
        return status == at.FULL

    def take(self) -> None:
        """Put aside what fills and log hold, so that they are empty again."""
        account = self.account
        fills, log = self._standing()
        self._fills.append(fills.copy())
        self._log.append(log.copy())
        account[at.FILLS_NEXT], account[at.LOGGED] = account[at.FILLS_START], account[at.LOG_START]

    def fills(self) -> IntColumn:
        """Return all fills, one a row."""
        standing = self._standing()[0]
        return np.concatenate([*self._fills, standing]) if self._fills else standing

    def log(self) -> IntColumn:
        """Return the whole log."""
        standing = self._standing()[1]
        return np.concatenate([*self._log, standing]) if self._log else standing

    def _standing(self) -> tuple[IntColumn, IntColumn]:
        account = self.account
        fills = self.words[account[at.FILLS_START] : account[at.FILLS_NEXT]].reshape(-1, at.FILL_WORDS)
        return fills, self.words[account[at.LOG_START] : account[at.LOGGED]]
