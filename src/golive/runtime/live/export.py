"""`metrics/live_router.prom`: the live series as Prometheus text, for a node exporter's textfile collector.

Several processes write it, one after the other (commands) or side by side (desks): each adds what it has counted since it wrote
last, under a lock, and sets the gauges of its own venues. So counters and histograms go on from one command to the next.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4), CONTRACT "Live router".
"""

from __future__ import annotations

import contextlib
import fcntl
import math
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from golive.metrics.declaration import DECLARED, Metric, MetricType
from golive.metrics.recorder import MemoryRecorder, Series
from golive.model.errors import JournalError
from golive.storage.files import LOG_FILE, make_directory, write_atomic

from .exposition import PREFIX, Kept, Key, MalformedExposition, exposition, read_exposition

DIRECTORY_MODE: Final = 0o755
FILE_MODE: Final = 0o644
"""the collector runs as somebody else"""
PATIENCE_S: Final = 5.0
"""how long another process may keep the file"""
PAUSE_S: Final = 0.01


class LiveExport:
    """One process's part of the file; safe to call from any thread."""

    def __init__(self, path: Path, recorder: MemoryRecorder) -> None:
        self._path = path
        self._recorder = recorder
        self._written: Kept = {}
        """what this process had counted when it wrote last"""
        self._stands: Kept = {}
        self._stamp: tuple[int, int, int] | None = None
        """which file it was that this process wrote, and what stands in it: reading it again costs milliseconds"""
        self._lock = threading.Lock()

    def write(self) -> str:
        """Write what was counted; return what was wrong with the file that was there, '' for nothing.

        A file that is no such export is kept beside the new one, which begins anew. Raises JournalError when it cannot be
        written, or another process keeps it.
        """
        with self._lock:
            make_directory(self._path.parent, DIRECTORY_MODE)
            with self._exclusive():
                kept, problem = self._there()
                now = _live(self._recorder)
                since = {} if kept is None else self._written
                stands = _added(kept or {}, now, since)
                write_atomic(self._path, exposition(stands).encode(), mode=FILE_MODE)
                self._written, self._stands, self._stamp = now, stands, _stamp(self._path)
        return problem

    def _there(self) -> tuple[Kept | None, str]:
        """Return what stands in the file, None when there is none, and why what stood there is none."""
        try:
            if self._stamp is not None and _stamp(self._path) == self._stamp:
                return self._stands, ""
            return read_exposition(self._path.read_text(encoding="utf-8")), ""
        except FileNotFoundError:
            return None, ""
        except OSError as exc:
            raise JournalError(f"{self._path}: cannot be read: {exc.strerror}") from exc
        except (MalformedExposition, UnicodeDecodeError) as exc:
            aside = self._aside()
            return (
                None,
                f"{self._path} was no export of live series ({exc}); it is kept as {aside.name}, and the series begin anew",
            )

    def _aside(self) -> Path:
        """Put the file out of the way, under a name that no collector reads."""
        n = 1
        while (aside := self._path.with_name(f"{self._path.name}.damaged-{n}")).exists():
            n += 1
        try:
            self._path.rename(aside)
        except OSError as exc:
            raise JournalError(f"{self._path}: cannot be put aside: {exc.strerror}") from exc
        return aside

    @contextlib.contextmanager
    def _exclusive(self) -> Iterator[None]:
        path = self._path.with_name(f".{self._path.name}.lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, LOG_FILE)
        except OSError as exc:
            raise JournalError(f"{path}: cannot be opened: {exc.strerror}") from exc
        try:
            deadline = time.monotonic() + PATIENCE_S
            while True:
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError as exc:
                    if time.monotonic() >= deadline:
                        raise JournalError(f"{self._path}: another process has kept it for {PATIENCE_S:g} s") from exc
                    time.sleep(PAUSE_S)
            yield
        finally:
            os.close(descriptor)


def _stamp(path: Path) -> tuple[int, int, int]:
    told = path.stat()
    return told.st_ino, told.st_mtime_ns, told.st_size


def _live(recorder: MemoryRecorder) -> Kept:
    return {
        (metric.name, tuple(labels[name] for name in metric.labels)): series
        for metric, rows in recorder.snapshot()
        if metric.name.startswith(PREFIX)
        for labels, series in rows
    }


def _added(kept: Kept, now: Kept, before: Kept) -> Kept:
    """Return what stands in the file and what this process has counted since `before`."""
    return {**kept, **{key: _sum(key, kept.get(key), series, before.get(key)) for key, series in now.items()}}


def _sum(key: Key, there: Series | None, now: Series, before: Series | None) -> Series:
    metric: Metric = DECLARED[key[0]]
    if there is None or metric.type is MetricType.GAUGE:
        return now
    past = Series(0.0, [0] * len(now.counts)) if before is None else before
    counts = [a + b - c for a, b, c in zip(there.counts, now.counts, past.counts, strict=True)]
    return Series(there.value + now.value - past.value, counts, max(0.0, math.fsum((there.total, now.total, -past.total))))
