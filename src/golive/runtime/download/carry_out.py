"""Carries a download out for a face: until it is done, stopped by a signal, or the venue cannot be asked; then the judgement."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golive.config.configuration import Configuration
from golive.market.origin import market_of
from golive.market.quality import Quality
from golive.market.series import read_index, series_folder
from golive.model.clock import Clock
from golive.model.errors import MalformedPayload, VenueError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.verdict import ExitCode

from ..risk_snapshot.measured import Measured, measure
from ..risk_snapshot.snapshot import Written, write_snapshot
from ..stored_quality import judge_stored
from .document import DownloadResult, download_document
from .download import Download, Progress
from .plan import DownloadPlan
from .venue import OpenVenue


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a download. `stopped` says why it did not end by itself, '' when it did."""

    plan: DownloadPlan
    download: Download
    stopped: str
    quality: Quality
    quality_report: Path
    snapshot: Written | None
    """None when the download did not end by itself"""

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.UNKNOWN if self.stopped else ExitCode.OK

    def document(self) -> dict[str, JsonValue]:
        """Return it as a JSON document."""
        plan, download = self.plan, self.download
        index = read_index(series_folder(plan.root, plan.instrument, plan.timeframe))
        whole = download.whole
        return download_document(
            DownloadResult(
                environment=plan.entrypoint.environment,
                instrument=str(plan.instrument),
                timeframe=plan.timeframe,
                source=market_of(plan.source),
                evidence_class=str(plan.entrypoint.evidence_class),
                since=plan.since,
                until=None if whole is None else whole.until,
                wanted_rows=download.wanted,
                added_rows=download.added,
                absent_rows=download.absent,
                requests=download.requests,
                seconds=round(download.seconds, 3),
                stored_rows=0 if index is None else index.rows,
                stored_gaps=0 if index is None else index.gaps,
                quality=self.quality.summary.status,
                quality_report=str(self.quality_report),
                risk_snapshot=None if self.snapshot is None else str(self.snapshot.path),
                risk_snapshot_status=None if self.snapshot is None else self.snapshot.snapshot.status,
                stopped=self.stopped or None,
                exit_code=int(self.exit_code),
            )
        )


def carry_out(
    plan: DownloadPlan, configuration: Configuration, home: Path, clock: Clock, show: Callable[[Progress], None]
) -> Outcome:
    """Download and judge; raises ConfigError for an instrument that is not listed, and for what the store refuses."""
    download = Download(plan, home, clock, show)
    asked: list[Measured] = []

    async def behind(venue: OpenVenue, known: Mapping[InstrumentId, Instrument]) -> None:
        asked.append(await measure(venue.adapter, plan.entrypoint.instruments, clock, known))

    stopped = asyncio.run(_until_stopped(download.run(behind)))
    quality, path = judge_stored(
        plan.store, plan.instrument, plan.timeframe, home=home, source=plan.source, tags=("download",), now=clock.now()
    )
    market = market_of(plan.source)
    snapshots = [
        write_snapshot(configuration, home, clock.now(), plan.entrypoint, plan.profile, each, market=market) for each in asked
    ]
    return Outcome(plan, download, stopped, quality, path, next(iter(snapshots), None))


async def _until_stopped(work: Coroutine[Any, Any, None]) -> str:
    """Return why the work stopped early, '' when it ended; SIGINT and SIGTERM stop it."""
    task = asyncio.create_task(work)
    with _stopping(task):
        try:
            await task
        except asyncio.CancelledError:
            return "interrupted"
        except (VenueError, MalformedPayload) as exc:
            return str(exc)
    return ""


@contextlib.contextmanager
def _stopping(task: asyncio.Task[None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, task.cancel)
    try:
        yield
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
