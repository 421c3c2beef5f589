"""What measuring costs: one instrumented exchange call beside the same call without instruments, one scrape, one evaluation.

Instrumented is everything that the call path records of a call that goes well: the queue's two gauges at entry and at exit, the
round trip, the count. Bare is the same coroutine with a meter that records nothing. A scrape is a GET of `/metrics` over
loopback by a fresh connection, of a recorder with 1,000 series in Prometheus' sense (lines of samples). The evaluation is what a
report says of 100 monitored entrypoints – entries, summary, windows, warnings – read from a recorder and written as JSON.

`python -m benchmarks.metrics`
"""

from __future__ import annotations

import asyncio
import gc
import http.client
import json
import statistics
import time
from dataclasses import dataclass
from typing import Protocol

from golive.metrics.declaration import EXCHANGE_HEALTH, EXCHANGE_RATE_LIMITED
from golive.metrics.exposition import prometheus_text
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND
from golive.observability.exchange_metrics import MonitoredProfile
from golive.observability.windows import ReferenceWindows
from golive.runtime.clock import SystemClock
from golive.runtime.recorder import SessionRecorder
from golive.services.metrics_http import OPENMETRICS, MetricsEndpoint
from golive.venues.meter import Meter
from golive.venues.queue import IoQueue
from golive.venues.settings import AdapterSettings

CALL_GOAL_US, SCRAPE_GOAL_MS, EVALUATION_GOAL_MS = 3.0, 10.0, 50.0
CALLS, ROUNDS = 20_000, 9
SERIES, SCRAPES = 1_000, 60
ENTRYPOINTS, EVALUATIONS = 100, 20


@dataclass(frozen=True)
class CallCost:
    """Microseconds of one call, medians over the rounds."""

    instrumented: float
    bare: float

    @property
    def added(self) -> float:
        return self.instrumented - self.bare


class _Meter(Protocol):
    """What the call path tells its meter about a call that goes well."""

    def queue_changed(self, inflight: int, pending: int) -> None: ...

    def queue_waited(self, admission_s: float, slot_s: float) -> None: ...

    def budget_waited(self, wait_s: float) -> None: ...

    def attempt_ok(self, seconds: float) -> None: ...


class _Silent:
    """A meter that records nothing."""

    def queue_changed(self, inflight: int, pending: int) -> None:
        pass

    def queue_waited(self, admission_s: float, slot_s: float) -> None:
        pass

    def budget_waited(self, wait_s: float) -> None:
        pass

    def attempt_ok(self, seconds: float) -> None:
        pass


class _NoEvents:
    def event(self, **told: object) -> None:
        raise AssertionError(f"a call that goes well is no event: {told}")


def call_cost() -> CallCost:
    """Measure both in turns, so that a noisy moment of the machine strikes both."""
    settings = AdapterSettings(exchange="okx", environment="okx_paper", queue="okx_spot", endpoint="public")
    recorder = SessionRecorder()
    meters: dict[str, _Meter] = {"bare": _Silent(), "instrumented": Meter(settings, recorder, _NoEvents())}
    took: dict[str, list[float]] = {name: [] for name in meters}
    for _ in range(ROUNDS):
        for name, meter in meters.items():
            took[name].append(asyncio.run(_calls(meter)) / CALLS * 1e6)
    return CallCost(*(statistics.median(took[name]) for name in ("instrumented", "bare")))


async def _calls(meter: _Meter) -> float:
    """Return the seconds of CPU that all calls take, each through a queue of its adapter."""
    clock = SystemClock()
    queue = IoQueue(3, 6, clock=clock, observer=meter)
    gc.collect()
    gc.disable()
    began = time.process_time()
    for _ in range(CALLS):
        asked = clock.monotonic()
        meter.budget_waited((clock.monotonic() - asked) / SECOND)
        async with queue.slot():
            begun = clock.monotonic()
            await _call()
            meter.attempt_ok((clock.monotonic() - begun) / SECOND)
    took = time.process_time() - began
    gc.enable()
    return took


async def _call() -> None:
    """What the venue would do."""


def recorder_of(series: int) -> MemoryRecorder:
    """Return a recorder whose page has at least so many lines of samples, of every metric of the call path."""
    recorder = MemoryRecorder()
    for n in range(series):
        settings = AdapterSettings(exchange=f"venue{n}", environment=f"venue{n}_paper", queue=f"venue{n}_spot", endpoint="public")
        Meter(settings, recorder, _NoEvents())
        if _lines(prometheus_text(recorder.snapshot())) >= series:
            break
    return recorder


def _lines(text: str) -> int:
    return sum(not line.startswith("#") for line in text.splitlines())


def scrape_ms(recorder: MemoryRecorder) -> tuple[float, float, int]:
    """Return median and worst of `SCRAPES` scrapes in milliseconds, and how many lines of samples each had."""
    served = MetricsEndpoint(recorder)
    took, lines = [], 0
    try:
        for _ in range(SCRAPES):
            began = time.perf_counter()
            connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=5)
            connection.request("GET", "/metrics", headers={"Accept": OPENMETRICS})
            body = connection.getresponse().read()
            connection.close()
            took.append((time.perf_counter() - began) * 1e3)
            lines = _lines(body.decode())
    finally:
        served.close()
    return statistics.median(took), max(took), lines


def evaluation_ms() -> tuple[float, float]:
    """Return median and worst of `EVALUATIONS` evaluations in milliseconds; every entrypoint has breached a limit."""
    recorder = MemoryRecorder()
    thresholds = {"rate_limit_max": 0, "network_errors_max": 0, "health_min": 1.0}
    profiles = []
    for n in range(ENTRYPOINTS):
        exchange, environment = f"venue{n}", f"venue{n}_paper"
        settings = AdapterSettings(exchange=exchange, environment=environment, queue=f"venue{n}_spot", endpoint="public")
        Meter(settings, recorder, _NoEvents())
        recorder.set(EXCHANGE_HEALTH, 1, exchange=exchange, environment=environment)
        profiles.append(
            MonitoredProfile(entrypoint=environment, environment=environment, exchange=exchange, thresholds=thresholds)
        )
    windows = ReferenceWindows(profiles, recorder, 3600 * SECOND, 90 * SECOND)
    windows.start(0)
    for profile in profiles:
        windows.health.record(profile.entrypoint, SECOND, True)
        recorder.count(EXCHANGE_RATE_LIMITED, 1, exchange=profile.exchange, environment=profile.environment)
    took = []
    for _ in range(EVALUATIONS):
        began = time.perf_counter()
        found = windows.peek(9 * SECOND)
        json.dumps([found.paper_exchange_metrics, found.windows, found.warnings])
        took.append((time.perf_counter() - began) * 1e3)
    return statistics.median(took), max(took)


def print_metrics() -> None:
    """Print the figures beside their goals."""
    cost = call_cost()
    print(f"\n{'what measuring costs':<52} {'ours':>16}  {'goal':>12}  {'floor':>28}")
    bare = f"bare call {cost.bare:.2f}, with {cost.instrumented:.2f}"
    print(f"{'added to one exchange call, us of CPU':<52} {cost.added:>16.2f}  {f'<= {CALL_GOAL_US:g}':>12}  {bare:>28}")
    recorder = recorder_of(SERIES)
    median, worst, lines = scrape_ms(recorder)
    empty, _, _ = scrape_ms(MemoryRecorder())
    told = f"an empty page {empty:.2f}"
    what = f"scrape of /metrics, {lines:,} series, ms p50 / max"
    print(f"{what:<52} {f'{median:.2f} / {worst:.2f}':>16}  {f'< {SCRAPE_GOAL_MS:g}':>12}  {told:>28}")
    median, worst = evaluation_ms()
    what = f"exchange metrics of {ENTRYPOINTS} entrypoints, ms p50 / max"
    print(f"{what:<52} {f'{median:.2f} / {worst:.2f}':>16}  {f'< {EVALUATION_GOAL_MS:g}':>12}")


if __name__ == "__main__":
    print_metrics()
