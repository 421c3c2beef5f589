"""A recorded market as columns, and its replay through the compiled book at full speed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from golive.matching.kernel import growth, layout, tape
from golive.matching.kernel.layout import NO_ROOM, SHORT, Book, Column
from golive.model.errors import MalformedPayload

_NEVER = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Tape:
    """Level statements and prints in the order in which they became known; columns of equal length, int64, read only.

    `kind`, `side`, `price` and `quantity` mean what `golive.matching.kernel.tape` says. An empty side of a quote has
    quantity 0 at price 1; so has the statement, naming nothing else, that the whole book is unknown.
    """

    ts: Column
    """ns by the recorder's clock, not falling"""
    stated: Column
    """ns by the venue's clock, 0 where the message has no time"""
    kind: Column
    side: Column
    price: Column
    """ticks"""
    quantity: Column
    """lots"""
    sequence: Column
    """last sequence number of the message; the id of a trade"""

    def __len__(self) -> int:
        return len(self.ts)

    @property
    def columns(self) -> tuple[Column, Column, Column, Column, Column]:
        """What the kernel replays: ts, kind, side, price, quantity."""
        return self.ts, self.kind, self.side, self.price, self.quantity


def replay(recorded: Tape, book: Book) -> Book:
    """Apply a whole tape to a book without named orders; return that book, or a larger one where it had to grow.

    Raises MalformedPayload naming the row that a book cannot follow.
    """
    import numpy as np

    fills: Any = np.empty((len(recorded) + 1, tape.FILL_COLUMNS), dtype=np.int64)  # never touched: there is nobody to fill
    at, run = 0, tape.replay.compiled
    while at < len(recorded):
        at = run(book, *recorded.columns, at, _NEVER, fills)
        if book[SHORT] == NO_ROOM:
            book = growth.grown(book, _statement_rows(recorded, at))
        elif book[SHORT]:
            raise MalformedPayload(f"row {at} of the tape: not a statement or print a book can follow ({book[SHORT]})")
    return book


def _statement_rows(recorded: Tape, at: int) -> int:
    stop = at
    while recorded.kind[stop] & tape.MORE:
        stop += 1
    return stop + 1 - at


def book_at_end(recorded: Tape, *, levels: int = 4096) -> Book:
    """Return the book after a whole tape; `levels` is the room on each side at first."""
    return replay(recorded, layout.new_book(levels, 16, statement=levels))
