"""The decision log of orders that really leave: `audit/decision_logs/live_execution.jsonl`, made from the order journals.

One record for each order at its end, and one for each note that a person must find again. The order journal is the durable
form; this log follows it, names where it got each record (`journal`, `journal_seq`), and catches up after a crash. The
accounts of an installation share the log: one chain, in files of 64 MB that continue each other.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from golive.audit import Entry, EntryError, decode_entry
from golive.inputs import open_beside
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .files import MOST_LOG
from .journal_file import Draft, Signer
from .live_segments import DIRECTORY, LOG_NAME, SEGMENT_BYTES, LiveSegments, log_files

ORDER: Final = "order"
NOTES: Final = frozenset(
    {
        "baseline",
        "adopted",
        "left",
        "canceled_foreign",
        "absence_signed",
        "reappeared",
        "symbol_frozen",
        "symbol_released",
        "degraded_to_paper",
        "fell_back",
        "emergency_mode_activated",
        "emergency_mode_cleared",
    }
)
"""Events of an order journal's notes that stand in the log under their own name."""
RECORDS_PER_LOCK: Final = 250
"""other accounts wait no longer than it takes to write so many"""
_READ_BYTES: Final = 1 << 20


class LogDraft(NamedTuple):
    """What one row of an order journal says in the log."""

    journal_seq: int
    type: str
    """`order`, or one of `NOTES`"""
    body: JsonObject
    operator: str
    """'' = whose run it is"""


class LiveOrderLog:
    """Writes what one order journal says to the shared log. Raises JournalError, and is unusable, when it cannot.

    `journal` names the order journal, `okx_spot_main`; `segment_bytes` is when a file is closed and the next one begins.
    """

    def __init__(self, home: Path, signer: Signer, journal: str, *, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._signer = signer
        self._name = journal
        self._log = LiveSegments(home / DIRECTORY, signer, segment_bytes)
        self.newest = newest_record(home, journal)
        """the newest record of this order journal when the log was opened; None: it had none"""
        self._written = 0 if self.newest is None else _row_of(self.newest)

    @property
    def written(self) -> int:
        """The row of the order journal that the log's newest record of it stands for; 0 before the first."""
        return self._written

    @property
    def path(self) -> Path:
        """The file that is written now."""
        return self._log.path

    def append(self, drafts: Sequence[LogDraft]) -> None:
        """Append what has not been appended before, in the order of the rows; durable after `sync`."""
        new = [draft for draft in drafts if draft.journal_seq > self._written]
        for start in range(0, len(new), RECORDS_PER_LOCK):
            some = new[start : start + RECORDS_PER_LOCK]
            self._log.append([self._record(draft) for draft in some])
            self._written = some[-1].journal_seq

    def _record(self, draft: LogDraft) -> Draft:
        source: JsonObject = {"journal": self._name, "journal_seq": draft.journal_seq}
        return draft.type, {**draft.body, **source}, draft.operator or self._signer.operator

    def sync(self) -> None:
        """Make what was appended durable."""
        self._log.sync()

    def close(self) -> None:
        """Seal the file and give it up."""
        self._log.close()


def newest_row(home: Path, journal: str) -> int:
    """Return the row of the order journal `journal` that its newest record in the log stands for; 0: the log has none of it.

    Raises JournalError when the log cannot be read.
    """
    newest = newest_record(home, journal)
    return 0 if newest is None else _row_of(newest)


def newest_record(home: Path, journal: str) -> Entry | None:
    """Return the newest record that the log has of the order journal `journal`; JournalError when it cannot be read."""
    for path in reversed(log_files(home / DIRECTORY)):
        for entry in entries_backwards(path):
            if entry.body.get("journal") == journal and isinstance(entry.body.get("journal_seq"), int):
                return entry
    return None


def _row_of(entry: Entry) -> int:
    seq = entry.body["journal_seq"]
    assert isinstance(seq, int)  # `newest_record` returns no other
    return seq


def is_log_file(path: Path) -> bool:
    """Return whether a file is one of the log's, by its name."""
    return path.parent.name == DIRECTORY.name and path.suffix == ".jsonl" and path.stem.partition("-")[0] == LOG_NAME


def entries_backwards(path: Path) -> Iterator[Entry]:
    """Yield the records of a journal file that was verified before, newest first; a torn tail is left out.

    Raises JournalError when the file cannot be read, or holds a line that is no record.
    """
    try:
        for line in _lines_backwards(path):
            yield decode_entry(line)[0]
    except (OSError, EntryError) as exc:
        raise JournalError(f"{path}: cannot be read: {exc}") from exc


def _lines_backwards(path: Path) -> Iterator[bytes]:
    with open_beside(path, most=MOST_LOG) as file:
        end = file.seek(0, os.SEEK_END)
        rest, has_ended = b"", False
        while end > 0:
            start = max(0, end - _READ_BYTES)
            file.seek(start)
            lines = (file.read(end - start) + rest).split(b"\n")
            end = start
            if not has_ended and len(lines) > 1:
                has_ended = True
                lines.pop()  # what follows the last newline: nothing, or a torn tail
            rest = lines.pop(0)
            yield from reversed(lines)
        if has_ended:
            yield rest
