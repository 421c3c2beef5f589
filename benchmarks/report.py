"""What building a run's report costs with 100 monitored entrypoints: judged, as JSON, as Markdown, as HTML.

The session is the one that the tests hold to the published schema (2,400 candles, 24 fills, 1,000 points of equity), with 100
venues beside it instead of one: their series in one recorder, 33 fields over 100 entries, 100 I/O queues, 300 probes. Judging
reads the recorder, as the rewriting of a running session's report does each five seconds; the page is made once, at its end, and
rendered twice, and so is the guardrail report. The floor is the same document through `orjson`, indented alike: what only writing
it down takes.

`python -m benchmarks.report`
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from golive.metrics import declaration as m
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND, from_iso
from golive.observability.exchange_metrics import MonitoredProfile
from golive.observability.guardrail_page import guardrail_page
from golive.observability.guardrail_report import GuardedEntrypoint, guardrail_report
from golive.observability.guardrail_report import document as guardrail_document
from golive.observability.guardrails import GuardrailRecord, Guardrails, QueueFacts, guardrails
from golive.observability.html import html
from golive.observability.markdown import page_markdown
from golive.observability.measured import AdapterFailover, MeasuredFailover, MeasuredProbe
from golive.observability.presentation import page
from golive.observability.report import RunReport, document, document_bytes
from golive.observability.windows import ReferenceWindows
from golive.venues.meter import Meter
from golive.venues.settings import AdapterSettings

GOAL_MS = 50.0
ENTRYPOINTS, PROBES_EACH, ROUNDS = 100, 3, 15
STARTED = from_iso("2026-01-10T10:00:00Z")
ENDED = STARTED + 300 * SECOND
THRESHOLDS = {"rate_limit_max": 0, "network_errors_max": 1, "health_min": 1.0}


class _NoEvents:
    def event(self, **told: object) -> None:
        raise AssertionError(f"nothing happens here: {told}")


def _session() -> RunReport:
    """Return the report of the tests; their folder is no package of ours."""
    sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))
    try:
        from support.reports import run_report
    finally:
        sys.path.pop()
    return run_report()


@dataclass(frozen=True)
class Venues:
    """Everything that is measured of many venues."""

    recorder: MemoryRecorder
    windows: ReferenceWindows
    queues: list[QueueFacts]
    records: list[GuardrailRecord]

    def section(self) -> Guardrails:
        return guardrails(self.queues, self.recorder, self.records, generated_at=ENDED, log_directory="logs/guardrails")


def venues(count: int) -> Venues:
    """Return so many venues, each with all its series, a probe, and what was counted in a quiet run."""
    recorder = MemoryRecorder()
    names = [f"venue{n:03d}" for n in range(count)]
    for name in names:
        settings = AdapterSettings(exchange=name, environment=f"{name}_paper", queue=f"{name}_spot", endpoint="public")
        Meter(settings, recorder, _NoEvents())
    profiles = [
        MonitoredProfile(entrypoint=f"{name}_desktop_paper", environment=f"{name}_paper", exchange=name, thresholds=THRESHOLDS)
        for name in names
    ]
    windows = ReferenceWindows(profiles, recorder, 3600 * SECOND, 90 * SECOND)
    windows.start(STARTED)
    for name in names:
        recorder.set(m.EXCHANGE_HEALTH, 1, exchange=name, environment=f"{name}_paper")
        windows.health.record(f"{name}_desktop_paper", ENDED - SECOND, True)
    queues = [
        QueueFacts(
            environment=f"{name}_paper", queue=f"{name}_spot", max_concurrency=3, burst=6, peak_inflight=2, peak_pending=3,
            refused_total=0,
        )
        for name in names
    ]  # fmt: skip
    records = [
        GuardrailRecord(
            ts=STARTED + n * SECOND, level="warning", event="RATE_LIMIT", exchange=name, environment=f"{name}_paper",
            queue=f"{name}_spot", message="a call waited 0.80 s in the I/O queue", fields={"slot_seconds": 0.8},
        )
        for n, name in enumerate(names[:20])
    ]  # fmt: skip
    return Venues(recorder, windows, queues, records)


def median_ms(work: Callable[[], object]) -> float:
    """Return milliseconds of CPU, the median of the rounds."""
    took = []
    for _ in range(ROUNDS):
        gc.collect()
        gc.disable()
        began = time.process_time()
        work()
        took.append((time.process_time() - began) * 1e3)
        gc.enable()
    return statistics.median(took)


def report_costs(count: int = ENTRYPOINTS) -> tuple[dict[str, float], float, int]:
    """Return what each part takes in ms, what the floor takes, and how many bytes the JSON document has."""
    many, session = venues(count), _session()
    profiles = [each.queue.removesuffix("_spot") for each in many.queues]
    failover = MeasuredFailover(
        0, {f"{name}_desktop_paper": AdapterFailover(False, 0.0, "", False, 0.0, "") for name in profiles}
    )
    probes = tuple(
        MeasuredProbe(STARTED + n * SECOND, True, 0.4, {"balance": "ok", "market": "ok", "skew": "ok", "time": "ok"})
        for n in range(PROBES_EACH * count)
    )
    measured = replace(session.measured, failover_status=failover, probes=probes)

    def judged() -> RunReport:
        return replace(session, evaluation=many.windows.peek(ENDED), guardrails=many.section(), measured=measured)

    report = judged()
    whole = document(report)
    shown = page(whole)
    guarded = [
        GuardedEntrypoint(
            entrypoint=f"{name}_desktop_paper", environment=f"{name}_paper", exchange=name, queue=f"{name}_spot",
            tags=("desktop", "paper"), guardrails=("paper_exchange_metrics", "io_queue"), run_id=session.identity.run_id,
            run_started_at=STARTED, measured_at=ENDED,
        )
        for name in profiles
    ]  # fmt: skip

    def guardrail_files() -> None:
        told = guardrail_document(guardrail_report(report.guardrails, guarded))
        page_markdown(guardrail_page(told))
        document_bytes(told)

    took = {
        "judged": median_ms(judged),
        "document": median_ms(lambda: document(report)),
        "JSON": median_ms(lambda: document_bytes(whole)),
        "page": median_ms(lambda: page(whole)),
        "Markdown": median_ms(lambda: page_markdown(shown)),
        "HTML": median_ms(lambda: html(whole, shown)),
        "guardrail files": median_ms(guardrail_files),
    }
    floor = median_ms(lambda: orjson.dumps(whole, option=orjson.OPT_INDENT_2))
    return took, floor, len(document_bytes(whole))


def print_report() -> None:
    """Print the figures beside goal and floor."""
    took, floor, size = report_costs()
    head = f"a report of {ENTRYPOINTS} entrypoints, {size // 1024:,} KiB of JSON, ms of CPU"
    print(f"\n{head:<52} {'ours':>16}  {'goal':>12}  {'floor':>28}")
    for what, ms in took.items():
        print(f"{what:<52} {ms:>16.2f}  {'':>12}  {f'orjson {floor:.2f}' if what == 'JSON' else '':>28}")
    print(f"{'all of it':<52} {sum(took.values()):>16.1f}  {f'< {GOAL_MS:g}':>12}")


if __name__ == "__main__":
    print_report()
