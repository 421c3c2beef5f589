"""A journal of one file a day, `<name>-<YYYYMMDD>.jsonl` by wall-clock day, in one chain across the files.

Processes of the host share it: whoever writes first on a new day closes yesterday's file and opens the next.
"""

from __future__ import annotations

from pathlib import Path

from golive.model.clock import stamp

from .files import make_directory
from .journal_file import LOCK_PATIENCE_S, JournalFile, Signer
from .segments import SegmentedJournal


class DailyJournal(SegmentedJournal):
    """Appends to the file of the day. Raises JournalError, from the start, when the newest file is not sound."""

    def __init__(self, directory: Path, name: str, signer: Signer, *, patience_s: float = LOCK_PATIENCE_S) -> None:
        """`name` begins the files' names, and is the log id."""
        make_directory(directory)
        super().__init__(directory, name, signer, patience_s)

    def _files(self) -> list[Path]:
        return dated_files(self._directory, self._log_id)

    def _is_over(self, segment: JournalFile) -> bool:
        return segment.path.name < self._next_name()

    def _next_name(self) -> str:
        return f"{self._log_id}-{stamp(self._signer.clock.now())[:8]}.jsonl"


def dated_files(directory: Path, name: str) -> list[Path]:
    """Return the files of a daily journal, oldest first."""
    return sorted(directory.glob(f"{name}-????????.jsonl"))
