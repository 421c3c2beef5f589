"""The files of `audit/decision_logs/live_execution.jsonl`: one chain in files of 64 MB, shared by all who write to it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from golive.audit import Chain

from .daily_journal import last_closing, segment_end
from .journal_file import Draft, JournalFile, Signer

DIRECTORY: Final = Path("audit/decision_logs")
LOG_NAME: Final = "live_execution"
PATIENCE_S: Final = 5.0
"""the log follows: nothing waits for it but what is committed next, and a journal that stalls lets no order out meanwhile"""
SEGMENT_BYTES: Final = 64 * 1000 * 1000


class LiveSegments:
    """The log as one writer has it open; `segment_bytes` is when a file is closed and the next one begins.

    Raises JournalError, and is unusable, when it cannot be written.
    """

    def __init__(self, directory: Path, signer: Signer, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._directory = directory
        self._signer = signer
        self._segment_bytes = segment_bytes
        self._journal = self._open_latest()

    @property
    def path(self) -> Path:
        """The file that is written now."""
        return self._journal.path

    @property
    def unsealed(self) -> int:
        """Records that this writer appended since the last seal."""
        return self._journal.unsealed

    def append(self, records: Sequence[Draft]) -> None:
        """Append records under one lock; durable after `sync`."""
        while True:
            with self._journal.exclusive():
                if not self._journal.is_closed_segment and self._journal.size < self._segment_bytes:
                    self._journal.append_all(records, durable=False)
                    return
                successor = self._successor()
            self._journal.close()
            self._journal = successor

    def sync(self) -> None:
        """Make what was appended durable."""
        self._journal.sync()

    def seal(self) -> None:
        """Sign the log as it stands."""
        self._journal.seal()

    def close(self) -> None:
        """Seal the file and give it up."""
        try:
            self._journal.seal()
        finally:
            self._journal.close()

    def _open_latest(self) -> JournalFile:
        files = log_files(self._directory)
        if not files:
            return self._open(self._directory / f"{LOG_NAME}.jsonl", None)
        before = segment_end(files[-2], self._signer.keys.mac_keys) if len(files) > 1 else None
        return self._open(files[-1], before)

    def _successor(self) -> JournalFile:
        """Close the present segment unless somebody did, and open the one that continues it; under the lock."""
        if not self._journal.is_closed_segment:
            self._journal.close_segment(f"{LOG_NAME}-{len(log_files(self._directory)) + 1:04}.jsonl")
        return self._open(self._directory / last_closing(self._journal.path), self._journal.chain)

    def _open(self, path: Path, after: Chain | None) -> JournalFile:
        seal = path.with_suffix(".seal.json")
        return JournalFile.open(path, LOG_NAME, self._signer, seal_path=seal, held=False, after=after, patience_s=PATIENCE_S)


def log_files(directory: Path) -> list[Path]:
    """Return the files of the log, oldest first."""
    first = directory / f"{LOG_NAME}.jsonl"
    return [*([first] if first.exists() else []), *sorted(directory.glob(f"{LOG_NAME}-[0-9][0-9][0-9][0-9].jsonl"))]
