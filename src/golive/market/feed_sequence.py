"""Sequence numbers of a feed: which messages make the book, in which order, and where one is missing.

Rules, as the venue that publishes such feeds prescribes them. Depth updates are increments; a book begins with a snapshot.
Updates that a snapshot or a later update already covers are stale. The next update covers the number that follows the last
one; where it begins later, updates were lost: a gap, and the book is unknown up to the next snapshot. Updates received while
there is no book wait for the snapshot and are applied after it. Quotes and trades before the first snapshot are left out,
since there is nothing they could be held against. Trades are numbered without gaps of their own.
"""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Final

from golive.matching.compiled import compiled, inlined
from golive.matching.kernel.layout import Column, Table
from golive.matching.kernel.tape import BEST, LEVEL, MORE, PRINT, WHOLE

from .feed_level import PRICE, QUANTITY, SIDE
from .feed_scanner import DEPTH, FIRST, KIND, LAST, OTHER, QUOTES, RECEIVED, ROW, SNAPSHOT, STATED, TRADE

# ── what was found ──────────────────────────────────────────────────────────────────────────────────────────────────────
ENTRIES: Final = 0
"""of the order in which messages count"""
GAPS: Final = 1
STALE: Final = 2
"""depth updates, snapshots, quotes and trades that said nothing new"""
WITHOUT_BOOK: Final = 3
"""messages before the first snapshot, and depth updates that no snapshot followed"""
SNAPSHOTS: Final = 4
"""that were applied"""
FINDINGS: Final = 5

# ── one gap ─────────────────────────────────────────────────────────────────────────────────────────────────────────────
AT_MESSAGE: Final = 0
EXPECTED: Final = 1
GAP_WIDTH: Final = 2

_NO_BOOK: Final = -1


@inlined
def _note_gap(gaps: Table, found: MutableSequence[int], message: int, expected: int) -> None:
    gaps[found[GAPS], AT_MESSAGE] = message
    gaps[found[GAPS], EXPECTED] = expected
    found[GAPS] += 1


@inlined
def _enter(order: MutableSequence[int], found: MutableSequence[int], entry: int) -> None:
    order[found[ENTRIES]] = entry
    found[ENTRIES] += 1


@compiled
def _apply(messages: Table, i: int, last: int, order: MutableSequence[int], gaps: Table, found: MutableSequence[int]) -> int:
    """Apply a depth update to a book whose last number is `last`; return its last number then, _NO_BOOK after a gap."""
    if messages[i, LAST] <= last:
        found[STALE] += 1
        return last
    if messages[i, FIRST] > last + 1:
        _note_gap(gaps, found, i, last + 1)
        _enter(order, found, -1 - i)
        return _NO_BOOK
    _enter(order, found, i)
    return messages[i, LAST]


@compiled
def _begin(
    messages: Table, i: int, waiting: int, order: MutableSequence[int], gaps: Table, found: MutableSequence[int]
) -> tuple[int, int]:
    """Apply the snapshot `i`, and after it the depth updates from `waiting` on; return the last number and who waits next."""
    last = messages[i, LAST]
    _enter(order, found, i)
    for j in range(waiting, i):
        if messages[j, KIND] == DEPTH:
            last = _apply(messages, j, last, order, gaps, found)
            if last == _NO_BOOK:
                return last, j
    return last, i


@inlined
def _follow(
    messages: Table, i: int, last: int, has_to_follow: bool, order: MutableSequence[int], gaps: Table, found: MutableSequence[int]
) -> int:
    """Enter a quote or trade that says something new after number `last`; return the last number then."""
    if last != _NO_BOOK:
        if messages[i, LAST] < last or (has_to_follow and messages[i, LAST] == last):
            found[STALE] += 1
            return last
        if has_to_follow and messages[i, LAST] > last + 1:
            _note_gap(gaps, found, i, last + 1)
    _enter(order, found, i)
    return messages[i, LAST]


@compiled
def arrange(messages: Table, count: int, order: MutableSequence[int], gaps: Table, found: MutableSequence[int]) -> None:
    """Find the order in which the first `count` messages make a book.

    Args:
        messages: (n, MESSAGE_WIDTH) int64, as they were received.
        count: of messages.
        order: (2 * count,) int64; gets the messages in order, -1 - i where the book became unknown by the gap before message i.
        gaps: (count, GAP_WIDTH) int64; gets the missing sequence numbers, of depth updates and of trades.
        found: (FINDINGS,) int64, zeros; gets the counts.
    """
    last, last_trade, last_quote, waiting = _NO_BOOK, _NO_BOOK, _NO_BOOK, 0
    for i in range(count):
        kind = messages[i, KIND]
        if kind == SNAPSHOT:
            if messages[i, LAST] < last:
                found[STALE] += 1
                continue
            found[SNAPSHOTS] += 1
            last, waiting = _begin(messages, i, waiting if last == _NO_BOOK else i, order, gaps, found)
        elif kind == DEPTH:
            if last != _NO_BOOK:
                last = _apply(messages, i, last, order, gaps, found)
                waiting = i
        elif kind != OTHER and found[SNAPSHOTS] == 0:
            found[WITHOUT_BOOK] += 1
        elif kind == TRADE:
            last_trade = _follow(messages, i, last_trade, True, order, gaps, found)
        elif kind == QUOTES:
            last_quote = _follow(messages, i, last_quote, False, order, gaps, found)
    if last == _NO_BOOK:
        for i in range(waiting, count):
            found[WITHOUT_BOOK] += messages[i, KIND] == DEPTH


@compiled
def lay_out(
    messages: Table, count: int, rows: Table, row_count: int, order: Column, entries: int, is_book: bool, tape: Table
) -> int:
    """Write the rows of the messages in `order` as a tape; return how many.

    Args:
        messages: (n, MESSAGE_WIDTH) int64, `count` of them.
        count: of messages.
        rows: (r, ROW_WIDTH) int64, `row_count` of them.
        row_count: of rows.
        order: as `arrange` found it, `entries` of them.
        entries: of the order.
        is_book: depth and trades; otherwise quotes and trades.
        tape: (7, row_count + entries) int64; gets time, venue's time, kind, side, price, quantity, sequence.
    """
    at, now = 0, 0
    for entry in range(entries):
        i = order[entry]
        is_gap = i < 0
        if is_gap:
            i = -1 - i
        now = max(now, messages[i, RECEIVED])
        kind = messages[i, KIND]
        if (kind == QUOTES) == is_book and kind != TRADE:
            continue
        start = messages[i, ROW]
        stop = messages[i + 1, ROW] if i + 1 < count else row_count
        if is_gap or (kind == SNAPSHOT and start == stop):  # nothing is known to be there
            _write(tape, at, now, messages[i, STATED], LEVEL + WHOLE, 1, 1, 0, messages[i, LAST])
            at += 1
            continue
        for row in range(start, stop):
            what = PRINT if kind == TRADE else BEST if kind == QUOTES else LEVEL
            if kind != TRADE and row + 1 < stop:
                what += MORE
            if kind == SNAPSHOT and row == start:
                what += WHOLE
            price = rows[row, PRICE]
            _write(
                tape, at, now, messages[i, STATED], what, rows[row, SIDE], max(price, 1), rows[row, QUANTITY], messages[i, LAST]
            )
            at += 1
    return at


@inlined
def _write(tape: Table, at: int, ts: int, stated: int, kind: int, side: int, price: int, quantity: int, sequence: int) -> None:
    tape[0, at] = ts
    tape[1, at] = stated
    tape[2, at] = kind
    tape[3, at] = side
    tape[4, at] = price
    tape[5, at] = quantity
    tape[6, at] = sequence
