"""The results of one sweep, kept as they come, so that the same command goes on after any end of its process.

A folder `var/state/sweeps/<key>/` belongs to one sweep; its key is the digest of everything the results depend on. One process
at a time uses it.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from golive.model.errors import JournalError, PrerequisiteMissing

from .files import PRIVATE_DIRECTORY, make_directory
from .sweep_folders import lock_folder

_TABLE: Final = """
CREATE TABLE IF NOT EXISTS results (
    part TEXT NOT NULL, number INTEGER NOT NULL, params BLOB NOT NULL, row BLOB NOT NULL, PRIMARY KEY (part, number)
) STRICT, WITHOUT ROWID"""


class SweepResults:
    """Rows of integers by part (a sweep has one, a walk-forward one a window) and number. A context manager.

    Raises PrerequisiteMissing when another process runs the same sweep, JournalError when the file cannot be used.
    """

    def __init__(self, folder: Path, *, is_fresh: bool = False) -> None:
        self.folder = folder
        self._path = folder / "results.sqlite"
        make_directory(folder, PRIVATE_DIRECTORY)
        lock = lock_folder(folder)
        if lock is None:
            raise PrerequisiteMissing(f"this sweep is running already in another process (lock {folder / 'lock'})")
        self._lock = lock
        try:
            with self._translated():
                if is_fresh:
                    for suffix in ("", "-wal", "-shm"):
                        self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)
                self._db = sqlite3.connect(self._path, isolation_level=None)
                for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
                    self._db.execute(f"PRAGMA {pragma}")
                self._db.execute(_TABLE)
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._db.close()
        os.close(self._lock)

    def part(self, name: str) -> PartResults:
        """Return the results of one part."""
        return PartResults(self, name)

    def known(self, part: str) -> dict[int, tuple[tuple[float, ...], bytes]]:
        """Return the rows of a part by number, each with the parameter values it is of."""
        with self._translated():
            found = self._db.execute("SELECT number, params, row FROM results WHERE part = ?", (part,)).fetchall()
        return {number: (struct.unpack(f"<{len(params) // 8}d", params), row) for number, params, row in found}

    def keep(self, part: str, rows: Sequence[tuple[int, tuple[float, ...], bytes]]) -> None:
        """Add rows in one transaction; a number that is known is replaced."""
        packed = [(part, number, struct.pack(f"<{len(values)}d", *values), row) for number, values, row in rows]
        with self._translated():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._db.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?)", packed)
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as exc:
            raise JournalError(f"{self._path}: cannot be used: {exc}; --fresh starts the sweep over") from exc


class PartResults:
    """The results of one part of a sweep."""

    def __init__(self, results: SweepResults, part: str) -> None:
        self._results = results
        self._part = part

    def known(self) -> Mapping[int, tuple[tuple[float, ...], bytes]]:
        return self._results.known(self._part)

    def keep(self, rows: Sequence[tuple[int, tuple[float, ...], bytes]]) -> None:
        self._results.keep(self._part, rows)
