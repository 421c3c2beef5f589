"""The files of `audit/decision_logs/live_execution.jsonl`: one chain in files of 64 MB, shared by all who write to it."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .journal_file import JournalFile, Signer
from .segments import SegmentedJournal

DIRECTORY: Final = Path("audit/decision_logs")
LOG_NAME: Final = "live_execution"
PATIENCE_S: Final = 5.0
"""the log follows: nothing waits for it but what is committed next, and a journal that stalls lets no order out meanwhile"""
SEGMENT_BYTES: Final = 64 * 1000 * 1000


class LiveSegments(SegmentedJournal):
    """The log as one writer has it open; `segment_bytes` is when a file is closed and the next one begins.

    Raises JournalError, and is unusable, when it cannot be written.
    """

    def __init__(self, directory: Path, signer: Signer, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._segment_bytes = segment_bytes
        super().__init__(directory, LOG_NAME, signer, PATIENCE_S)

    def _files(self) -> list[Path]:
        return log_files(self._directory)

    def _is_over(self, segment: JournalFile) -> bool:
        return segment.size >= self._segment_bytes

    def _next_name(self) -> str:
        count = len(self._files())
        return f"{LOG_NAME}-{count + 1:04}.jsonl" if count else f"{LOG_NAME}.jsonl"


def log_files(directory: Path) -> list[Path]:
    """Return the files of the log, oldest first."""
    first = directory / f"{LOG_NAME}.jsonl"
    return [*([first] if first.exists() else []), *sorted(directory.glob(f"{LOG_NAME}-[0-9][0-9][0-9][0-9].jsonl"))]
