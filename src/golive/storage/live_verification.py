"""Whether the decision log of live orders keeps its bounds, and says what the order journals say: each end and note once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from typing import Final

from golive.audit import Entry, Fault, Soundness, canonical
from golive.audit.entry import HEADER_TYPE, KEY_EVOLVED, SEGMENT_CLOSED, SEGMENT_OPENED, TAIL_CUT

from .decision_step import CHECKLIST_STEP
from .live_log import ORDER, LogDraft
from .sealed_log import SealedFile

ADDED = ("journal", "journal_seq", "key_class")
"""members that a record of the log has beside what its journal says"""
_OF_ANYBODY: Final = frozenset((CHECKLIST_STEP, HEADER_TYPE, KEY_EVOLVED, SEGMENT_CLOSED, SEGMENT_OPENED, TAIL_CUT))
"""records of whoever wrote first, or next"""


def bound_faults(entries: Iterable[tuple[int, Entry]], threshold_ms: int, operators: Collection[str]) -> Iterator[Fault]:
    """Yield the first order that took longer than the bound, and the first record of an operator nobody knows.

    `entries` come with their line numbers. An order that no venue ever answered has no latency. `operators` are those the order
    journals name; without any nobody can be said to be unknown. Steps of the checklist are done by people who need not trade.
    """
    slow, foreign = False, not operators
    for line, entry in entries:
        if not slow and (fault := slow_order(line, entry, threshold_ms)) is not None:
            slow = True
            yield fault
        if not foreign and (fault := unknown_operator(line, entry, operators)) is not None:
            foreign = True
            yield fault


def slow_order(line: int, entry: Entry, threshold_ms: int) -> Fault | None:
    """Return the fault of an order that took longer than the bound; None of any other record."""
    latency = entry.body.get("latency_ms")
    if entry.type != ORDER or not isinstance(latency, int | float) or latency <= threshold_ms:
        return None
    text = f"order {entry.body.get('client_order_id')} took {latency} ms, the bound is {threshold_ms} ms"
    return Fault(Soundness.OUT_OF_BOUNDS, line, entry.seq, text)


def unknown_operator(line: int, entry: Entry, operators: Collection[str]) -> Fault | None:
    """Return the fault of a record in the name of somebody who never opened an order journal; None of any other record.

    Who did a step, or was the first to write to a file of the log, need not trade.
    """
    if entry.type in _OF_ANYBODY or entry.operator in operators:
        return None
    return Fault(Soundness.TAMPERED, line, entry.seq, f"operator {entry.operator!r} never opened an order journal here")


def bounds_of(file: SealedFile, threshold_ms: int, operators: Collection[str]) -> Iterator[Fault]:
    """Yield what `bound_faults` does, of a file that was believed by its seal; only lines that could be at fault are decoded."""
    for at in _slow_places(file.data, threshold_ms):
        if (fault := slow_order(0, file.record_at(at), threshold_ms)) is not None:
            yield replace(fault, line=file.line_of(at))
            break
    for at in _foreign_places(file.data, operators) if operators else ():
        if (fault := unknown_operator(0, file.record_at(at), operators)) is not None:
            yield replace(fault, line=file.line_of(at))
            return


def _slow_places(data: bytes, threshold_ms: int) -> Iterator[int]:
    """Yield where a latency beyond the bound is written; canonical JSON has no such text in a value."""
    digits = len(str(threshold_ms))
    for found in re.finditer(rb'"latency_ms":(\d{%d,}(?:\.\d+)?|\d[\d.]*e\+\d+)' % digits, data):
        if float(found[1]) > threshold_ms:
            yield found.start()


def _foreign_places(data: bytes, operators: Collection[str]) -> Iterator[int]:
    """Yield where somebody else's name stands as a record's operator."""
    known = {b'"operator":' + canonical(name) + b',"prev":' for name in operators}
    if sum(map(data.count, known)) == data.count(b"\n"):
        return
    for found in re.finditer(rb'"operator":"(?:[^"\\]|\\.)*","prev":', data):
        if found[0] not in known:
            yield found.start()


def differences(journal: str, drafts: Iterable[LogDraft], entries: Iterable[Entry], *, is_closed: bool) -> Iterator[Fault]:
    """Yield where the log and one order journal disagree; both in the order of the journal's rows.

    `drafts` are what the journal has to say, `entries` the whole log. A journal that was not closed in order may be ahead of
    the log: its next opening appends what is missing.
    """
    told = ((entry, seq) for entry in entries if (seq := _row_of(entry, journal)) is not None)
    entry = next(told, None)
    newest = 0
    for draft in drafts:
        while entry is not None and entry[1] < draft.journal_seq:
            yield _not_there(entry, journal, newest)
            entry = next(told, None)
        what = f"row {draft.journal_seq} of {journal} ({_name(draft)})"
        if entry is None or entry[1] > draft.journal_seq:
            lags = entry is None and not is_closed
            says = (
                "is not in the log yet: its next opening appends it"
                if lags
                else "is missing from the log: if an older copy of it was put back, the next start appends all it lacks"
            )
            yield Fault(Soundness.CANNOT_SAY if lags else Soundness.TAMPERED, 0, None, f"{what} {says}")
            continue
        if not says_the_same(entry[0], draft):
            text = f"{what}: the log says something else than the journal"
            yield Fault(Soundness.TAMPERED, 0, entry[0].seq, text)
        newest = draft.journal_seq
        entry = next(told, None)
    while entry is not None:
        if is_closed or entry[1] == newest:
            yield _not_there(entry, journal, newest)
        else:
            text = f"row {entry[1]} of {journal} was written after the journal was read ({entry[0].type})"
            yield Fault(Soundness.CANNOT_SAY, 0, entry[0].seq, text)
        entry = next(told, None)


def says_the_same(entry: Entry, draft: LogDraft) -> bool:
    """Return whether a record of the log says what the journal's row has to say."""
    return entry.type == draft.type and _content(entry) == canonical(draft.body)


def unknown_journals(entries: Iterable[Entry], journals: Collection[str]) -> Iterator[Fault]:
    """Yield, once each, the journals that the log names and that are not there."""
    gone: set[str] = set()
    for entry in entries:
        journal = entry.body.get("journal")
        if isinstance(journal, str) and journal not in journals and journal not in gone:
            gone.add(journal)
            yield Fault(Soundness.TAMPERED, 0, entry.seq, f"comes from the order journal {journal}, which is not there")


def _row_of(entry: Entry, journal: str) -> int | None:
    seq = entry.body.get("journal_seq")
    return seq if entry.body.get("journal") == journal and isinstance(seq, int) else None


def _not_there(entry: tuple[Entry, int], journal: str, newest: int) -> Fault:
    says = (
        "stands in the log again"
        if entry[1] == newest
        else "says nothing of the kind: if an older copy of that journal was put back, restore journal and seal as new as the log"
    )
    return Fault(Soundness.TAMPERED, 0, entry[0].seq, f"row {entry[1]} of {journal} {says} ({entry[0].type})")


def _content(entry: Entry) -> bytes:
    return canonical({name: value for name, value in entry.body.items() if name not in ADDED})


def _name(draft: LogDraft) -> str:
    return f"order {draft.body.get('client_order_id')}" if draft.type == ORDER else draft.type
