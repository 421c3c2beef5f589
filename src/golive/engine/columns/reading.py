"""The log of a run read back: its entries, and what follows from them alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from golive.engine.desk import InactionRun
from golive.engine.watch import Breach
from golive.matching.columns import IntColumn
from golive.model.ids import InstrumentId
from golive.risk import LimitUse

from . import layout as at
from .result import ColumnRun, uses_of

_CODE_MASK: Final = (1 << at.CODE_BITS) - 1


class Entry(NamedTuple):
    """One thing said at market time `ts`; `detail` and `words` as in `layout`."""

    kind: int
    desk: int
    detail: int
    ts: int
    words: list[int]


def entries_of(log: IntColumn) -> Iterator[Entry]:
    """Yield what was said, in order."""
    chunk = 1 << 15
    words: list[int] = []
    place, ts, start = 0, 0, 0
    while start < len(log) or place < len(words):
        if len(words) - place < max(at.LENGTHS) and start < len(log):
            words = words[place:] + log[start : start + chunk].tolist()
            place, start = 0, start + chunk
        head = words[place]
        kind = head & 255
        length = at.LENGTHS[kind]
        if kind == at.TIME:
            ts = words[place + 1]
        else:
            yield Entry(kind, head >> 8 & 0xFFFF, head >> 24, ts, words[place + 1 : place + length])
        place += length


class Stops:
    """Judges the falls that a log holds, each limit once."""

    def __init__(self, run: ColumnRun) -> None:
        self._run = run
        self._reached: set[str] = set()

    def reached(self, entry: Entry) -> list[LimitUse]:
        """Return the limits that a LOSS entry shows as reached for the first time."""
        day_fall, day_from, fall, peak, week_fall, week_from = entry.words
        uses = uses_of(self._run.terms, (day_fall, day_from), (week_fall, week_from), (fall, peak))
        new = [use for use in uses if use.is_reached_by_a_loss and use.limit not in self._reached]
        self._reached.update(use.limit for use in new)
        return new


def breaches_of(run: ColumnRun) -> list[Breach]:
    """Return when loss limits were reached."""
    stops = Stops(run)
    return [
        Breach(use.limit, entry.ts, use.allowed, use.used)
        for entry in entries_of(run.log)
        if entry.kind == at.LOSS
        for use in stops.reached(entry)
    ]


def run_of(entry: Entry) -> InactionRun:
    """Return the run of inaction that an INACTION entry is about."""
    since, until = entry.words
    return InactionRun(at.CODES[entry.detail & _CODE_MASK], since, until, entry.detail >> at.CODE_BITS)


def runs_of(run: ColumnRun) -> Iterator[tuple[InstrumentId, InactionRun]]:
    """Yield every closed run of inaction, by instrument."""
    found: list[list[InactionRun]] = [[] for _ in run.instruments]
    for entry in entries_of(run.log):
        if entry.kind == at.INACTION:
            found[entry.desk].append(run_of(entry))
    for instrument, runs in zip(run.instruments, found, strict=True):
        for one in runs:
            yield instrument.id, one
