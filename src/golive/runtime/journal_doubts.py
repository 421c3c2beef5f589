"""Whether the signed decision journal tells of a session what its store tells: why not, record by record."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from golive.audit import NO_KEYS, Entry
from golive.model.json import JsonObject, JsonValue
from golive.storage import decision_journal
from golive.storage.journal_search import find_records
from golive.storage.keys import SigningKeys
from golive.storage.session_store import StoredRecord

from .session_rows import SessionHead

PATIENCE_S: Final = 2.0
"""how long the journal of a session that runs may take to follow its store"""
PAUSE_S: Final = 0.05


class _Written(NamedTuple):
    """What the journal has of one session."""

    bodies: Mapping[tuple[JsonValue, JsonValue], Sequence[JsonObject]]
    faults: tuple[str, ...]


def journal_doubts(
    head: SessionHead,
    home: Path,
    stored: Sequence[StoredRecord],
    *,
    patience_s: float = PATIENCE_S,
) -> tuple[str, ...]:
    """Return why what was read of a session cannot be believed; () when store and journal are sound and say the same.

    `stored` are all records of its store, in order, read before this is called. JournalError when the journal cannot be read.
    """
    deadline = time.monotonic() + (patience_s if head.state == "open" else 0.0)
    while True:
        written = _written(home, head.run_id)
        found = (
            *written.faults,
            *decision_journal.compare(head.run_id, stored, written.bodies),
            *_added(head, stored, written),
        )
        if not found or time.monotonic() >= deadline:
            break
        time.sleep(PAUSE_S)
    return found if head.verified else (f"the session's store is not verified: {head.not_verified}", *found)


def _written(home: Path, run_id: str) -> _Written:
    keys = SigningKeys.load(home)
    entries: list[Entry] = []
    faults: list[str] = []
    newest = 0
    for path in decision_journal.journal_files(home / decision_journal.DIRECTORY):
        for record in find_records(path, f'"run_id":"{run_id}"', NO_KEYS if keys is None else keys.logs):
            name = f"{path.name}, record {'?' if record.entry is None else record.entry.seq}"
            if record.fault:
                faults.append(f"{name}: {record.fault}")
            if record.entry is None or record.entry.body.get("run_id") != run_id:
                continue
            entries.append(record.entry)
            seq = record.entry.body.get("record_seq")
            if isinstance(seq, int):
                if seq < newest:
                    faults.append(f"{name}: record {seq} of run {run_id} stands behind a later one")
                newest = max(newest, seq)
    return _Written(decision_journal.index(entries), tuple(faults))


def _added(head: SessionHead, stored: Sequence[StoredRecord], written: _Written) -> Iterator[str]:
    """Yield what the journal has and the store has not; a session that runs may have gone on since its store was read."""
    known = {record.record_seq for record in stored}
    last = max(known, default=0)
    for (_, seq), bodies in written.bodies.items():
        if isinstance(seq, int) and seq not in known and not (head.state == "open" and seq > last):
            yield f"record {seq} ({bodies[0].get('event')}) of run {head.run_id}: stands in the journal and not in the store"
