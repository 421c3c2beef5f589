"""Each broken threshold is told once in each window; what cannot be said of a venue is told at the end."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from golive.alerts.throttle import ThrottleRules
from golive.metrics import declaration as m
from golive.model.alert import AlertSeverity
from golive.model.clock import SECOND, Nanos
from golive.model.json import JsonValue
from golive.observability.log_words import LogEvent, field_names
from golive.observability.windows import STABLE, Evaluation, ReferenceWindows
from golive.runtime.clock import SystemClock
from golive.runtime.exchange_watch import ExchangeWatch, tell_judged
from golive.runtime.health_watch import LAST_PROBE_S, HealthWatch, probe_timeout_s
from golive.venues.health import ProbeResult
from support.reports import LABELS, STARTED, adapter_recorder, okx_profile

NAME = "okx_desktop_paper"

BREACH = {"entrypoint": "okx_desktop_paper", "metric": "rate_limit", "threshold": "rate_limit_max", "observed": 1, "limit": 0, "comparator": "<="}  # fmt: skip
SICK = BREACH | {"metric": "health", "threshold": "health_min", "observed": 0.0, "limit": 1.0, "comparator": ">="}


def evaluated(
    *windows: list[dict[str, Any]], statuses: dict[str, str] | None = None, warnings: tuple[str, ...] = ()
) -> Evaluation:
    rows: tuple[JsonValue, ...] = tuple({"index": index, "breaches": list(found)} for index, found in enumerate(windows))
    return Evaluation({}, rows, warnings, "ok", STABLE, statuses or {})


def test_a_broken_threshold_is_told_once_in_its_window_and_again_in_the_next() -> None:
    watch = ExchangeWatch()
    assert watch.look(evaluated([])) == []
    [alert] = watch.look(evaluated([BREACH]))
    assert (alert.category, alert.severity, alert.title) == (
        "exchange", AlertSeverity.ERROR, "okx_desktop_paper: rate_limit_max is broken",
    )  # fmt: skip
    assert alert.body == "rate_limit 1, required <= 0; no further stage opens"
    assert watch.look(evaluated([BREACH | {"observed": 2}])) == []
    assert len(watch.look(evaluated([BREACH], [BREACH, BREACH | {"entrypoint": "kraken_desktop_paper"}]))) == 2
    assert watch.end(evaluated([BREACH], [BREACH, BREACH | {"entrypoint": "kraken_desktop_paper"}])) == []


def test_health_is_told_in_the_category_that_no_shipped_throttle_holds_back() -> None:
    [alert] = ExchangeWatch().end(evaluated([SICK]))
    assert alert.category in ThrottleRules().exclude_categories
    assert alert.body == "health 0.0, required >= 1.0; no further stage opens"


@pytest.mark.parametrize(
    ("warnings", "body"),
    [
        (("[paper:kraken_desktop_paper] health was not measured", "[paper:okx_desktop_paper] x"), "health was not measured"),
        ((), "see the report's windows"),
    ],
)
def test_what_was_not_measured_is_told_at_the_end_alone(warnings: tuple[str, ...], body: str) -> None:
    found = evaluated([], statuses={"kraken_desktop_paper": "unknown", "okx_desktop_paper": "ok"}, warnings=warnings)
    watch = ExchangeWatch()
    assert watch.look(found) == []
    [alert] = watch.end(found)
    assert alert.title == "kraken_desktop_paper: its exchange metrics are unknown"
    assert alert.body == f"{body}; no further stage opens"


class Told:
    """Keeps what a log is told."""

    def __init__(self) -> None:
        self.lines: list[tuple[LogEvent, dict[str, object]]] = []

    def say(self, event: LogEvent, *, error: BaseException | None = None, **fields: object) -> None:
        assert field_names(event) <= set(fields)
        self.lines.append((event, fields))


def test_each_window_that_ended_is_told_once_with_what_it_found() -> None:
    told, recorder = Told(), adapter_recorder()
    windows = ReferenceWindows([okx_profile()], recorder, 60 * SECOND, 90 * SECOND)
    windows.judged = lambda window: tell_judged(window, told)
    windows.start(STARTED)
    recorder.set(m.EXCHANGE_HEALTH, 1.0, **LABELS)
    recorder.count(m.EXCHANGE_RATE_LIMITED, 2, **LABELS)
    windows.health.record(NAME, STARTED + SECOND, True)
    windows.peek(STARTED + 2 * SECOND)
    assert told.lines == []
    windows.advance(STARTED + 60 * SECOND)
    [(event, fields)] = told.lines
    assert (event, fields["entrypoint"], fields["thresholds"], fields["window"]) == (
        LogEvent.WINDOW_BREACHED,
        NAME,
        "rate_limit_max",
        0,
    )
    assert "rate_limit 2 breaches rate_limit_max: required <= 0" in str(fields["reason"])
    windows.health.record(NAME, STARTED + 61 * SECOND, True)
    windows.advance(STARTED + 180 * SECOND)  # well in the second, not looked at for too long in the third
    windows.close(STARTED + 190 * SECOND)
    windows.close(STARTED + 200 * SECOND)
    assert [(event, fields["window"], fields["partial"]) for event, fields in told.lines[1:]] == [
        (LogEvent.WINDOW_UNKNOWN, 2, False), (LogEvent.WINDOW_UNKNOWN, 3, True),
    ]  # fmt: skip
    assert "health is stale" in str(told.lines[-1][1]["reason"])


class Moved:
    """A clock that stands where it is put."""

    def __init__(self, ns: int) -> None:
        self.ns = ns

    def now(self) -> Nanos:
        return Nanos(self.ns)

    def monotonic(self) -> int:
        return self.ns


async def test_a_venue_that_is_not_well_and_is_well_again_is_told_once_each() -> None:
    told, clock = Told(), Moved(STARTED)
    answers = [True, False, False, True, True]

    class Venue:
        async def probe(self) -> ProbeResult:
            ok = answers.pop(0)
            return ProbeResult(clock.now(), ok, None, {"time": "ok" if ok else "no answer", "markets": "ok"})

    async def adapter(name: str) -> Any:
        return Venue()

    windows = ReferenceWindows([okx_profile()], adapter_recorder(), 60 * SECOND, 90 * SECOND)
    watch = HealthWatch([NAME], adapter, windows, clock, interval_s=1, log=told)
    for _ in range(5):
        await watch.probe_main()
        clock.ns += 2 * SECOND
    assert told.lines == [
        (LogEvent.VENUE_DOWN, {"entrypoint": NAME, "reason": "time: no answer"}),
        (LogEvent.VENUE_BACK, {"entrypoint": NAME, "seconds": 4.0}),
    ]


class Hanging:
    """A venue that takes the call and never answers."""

    async def probe(self) -> ProbeResult:
        await asyncio.Event().wait()
        raise AssertionError


class Answering:
    """A venue that answers at once, by the clock of this machine."""

    async def probe(self) -> ProbeResult:
        return ProbeResult(SystemClock().now(), True, None, {"time": "ok"})


def two_venues(clock: SystemClock, window_s: float, **times: float) -> tuple[HealthWatch, ReferenceWindows]:
    """Return a watch over one venue that answers and one that hangs, with windows that have begun."""
    venues = {NAME: Answering(), "kraken_desktop_paper": Hanging()}

    async def adapter(name: str) -> Any:
        return venues[name]

    profiles = [okx_profile(), replace(okx_profile(), entrypoint="kraken_desktop_paper")]
    windows = ReferenceWindows(profiles, adapter_recorder(), int(window_s * SECOND), SECOND)
    windows.start(clock.now())
    return HealthWatch(list(venues), adapter, windows, clock, log=Told(), **times), windows


async def watched(watch: HealthWatch, for_s: float) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(for_s):
            await watch.run()


async def test_a_venue_that_hangs_delays_no_probe_of_another_and_no_end_of_a_window() -> None:
    clock = SystemClock()
    watch, windows = two_venues(clock, 0.4, interval_s=0.05, timeout_s=0.3)
    await watched(watch, 0.6)
    ours = [probe.checked_at for probe in watch.probes]
    assert max(later - earlier for earlier, later in pairwise(ours)) < 0.25 * SECOND
    assert windows.next_end > clock.now(), "it ended while the other venue hung"
    assert windows.health.reading("kraken_desktop_paper", 0, clock.now(), first=True) is not None


async def test_a_window_ends_with_a_probe_of_its_own() -> None:
    clock = SystemClock()
    began = clock.now()
    watch, windows = two_venues(clock, 1.3, interval_s=3600, timeout_s=0.1)
    await watched(watch, 1.5)
    [probe] = watch.probes
    assert began + 0.3 * SECOND <= probe.checked_at <= began + 1.3 * SECOND
    assert windows.next_end > clock.now()


async def test_the_last_probe_keeps_a_session_that_ended_no_longer_than_five_seconds() -> None:
    assert LAST_PROBE_S == 5
    watch, windows = two_venues(SystemClock(), 60, interval_s=1, timeout_s=0.2)
    async with asyncio.timeout(1):
        await watch.probe_last()
    assert [windows.health.probed(name) for name in (NAME, "kraken_desktop_paper")] == [True, True]


@pytest.mark.parametrize(("interval", "stale", "timeout"), [(30, 90, 15), (2, 8, 5.4), (1, 2, 0.9)])
def test_a_probe_may_take_no_longer_than_the_one_before_it_counts(interval: float, stale: float, timeout: float) -> None:
    assert probe_timeout_s(interval, stale) == pytest.approx(timeout)
    assert interval + probe_timeout_s(interval, stale) < stale
