"""The session's sign of life in its metrics, and all its series as a text file for a node exporter's textfile collector.

The file is `metrics/session_<entrypoint>.prom`; each of its series bears the label `entrypoint`, so that the files of several
sessions can be collected together. When the session ends its gauges leave the file: they say what is, and it is no more.

Source: https://github.com/prometheus/node_exporter#textfile-collector
"""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Final

from golive.metrics.declaration import BUILD_INFO, HEARTBEAT, JOURNAL_STALLED, MetricType
from golive.metrics.exposition import prometheus_text
from golive.model.clock import SECOND, Clock
from golive.model.errors import JournalError
from golive.storage.files import make_directory, write_atomic

from .facts import SessionFacts

BEAT_S: Final = 1.0
EXPORT_BEATS: Final = 15
DIRECTORY_MODE: Final = 0o755
FILE_MODE: Final = 0o644
"""the collector runs as somebody else"""


class SessionPulse:
    """Beats once a second from `run`; `end` writes the file for the last time."""

    def __init__(self, home: Path, entrypoint: str, facts: SessionFacts, clock: Clock) -> None:
        self.path = home / "metrics" / f"session_{entrypoint}.prom"
        self._entrypoint = entrypoint
        self._facts = facts
        self._clock = clock
        self._has_ended = False
        self._lock = threading.Lock()
        """an export that was under way when the session ended must not come after the last one"""
        facts.recorder.create(HEARTBEAT, entrypoint=entrypoint)
        facts.recorder.create(JOURNAL_STALLED, entrypoint=entrypoint)

    async def run(self) -> None:
        while True:
            for _ in range(EXPORT_BEATS):
                self._beat()
                await asyncio.sleep(BEAT_S)
            await asyncio.to_thread(self._write, with_gauges=True)

    def end(self) -> None:
        """Write what was counted; the gauges are gone."""
        self._has_ended = True
        self._write(with_gauges=False)

    def _beat(self) -> None:
        recorder, journal = self._facts.recorder, self._facts.journal
        recorder.set(HEARTBEAT, self._clock.now() / SECOND, entrypoint=self._entrypoint)
        stalled = 0.0 if journal is None else journal.stalled_s()
        recorder.set(JOURNAL_STALLED, stalled, entrypoint=self._entrypoint)

    def _write(self, *, with_gauges: bool) -> None:
        rows = [
            (metric, series)
            for metric, series in self._facts.recorder.snapshot()
            if with_gauges or metric.type is not MetricType.GAUGE or metric is BUILD_INFO
        ]
        text = prometheus_text(rows, {"entrypoint": self._entrypoint})
        try:
            with self._lock:
                if with_gauges and self._has_ended:
                    return
                make_directory(self.path.parent, DIRECTORY_MODE)
                write_atomic(self.path, text.encode(), mode=FILE_MODE)
        except JournalError as exc:
            self._facts.warn(f"metrics are not exported: {exc}")
