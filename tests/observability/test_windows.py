"""Reference windows: increases, probes, staleness, worst of all, and what arbitrary configuration does to them."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.metrics import declaration as m
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND, to_iso
from golive.observability.entry import entry, judged, warnings
from golive.observability.exchange_metrics import EntrypointRow, MonitoredProfile, WindowSpan
from golive.observability.health import HealthReading
from golive.observability.summary import SUMMARY, summarize
from golive.observability.windows import Evaluation, ReferenceWindows
from support.reports import LABELS, STARTED, adapter_recorder, okx_profile

HOUR = 3600 * SECOND
STALE = 90 * SECOND
NAME = "okx_desktop_paper"


def started(recorder: MemoryRecorder, profile: MonitoredProfile | None = None) -> ReferenceWindows:
    windows = ReferenceWindows([profile or okx_profile()], recorder, HOUR, STALE)
    windows.start(STARTED)
    return windows


def probe(windows: ReferenceWindows, recorder: MemoryRecorder, at: int, ok: bool = True) -> None:
    recorder.set(m.EXCHANGE_HEALTH, float(ok), **LABELS)
    windows.health.record(NAME, at, ok)


def entry_of(evaluation: Evaluation) -> dict[str, Any]:
    entry = evaluation.paper_exchange_metrics[NAME]
    assert isinstance(entry, dict)
    return entry


def summary_of(evaluation: Evaluation) -> dict[str, Any]:
    summary = evaluation.paper_exchange_metrics["summary"]
    assert isinstance(summary, dict)
    return summary


# ---- thresholds × what happened -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rate_limited", "errors", "healthy", "broken"),
    [
        (0, 0, True, None),
        (1, 0, True, "rate_limit_max"),
        (0, 1, True, None),  # exactly at network_errors_max
        (0, 2, True, "network_errors_max"),
        (0, 0, False, "health_min"),
    ],
)
def test_equality_never_breaches_and_one_beyond_does(rate_limited: int, errors: int, healthy: bool, broken: str | None) -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED + SECOND, healthy)
    recorder.count(m.EXCHANGE_RATE_LIMITED, rate_limited, **LABELS)
    recorder.count(m.EXCHANGE_ERRORS, errors, severity="critical", **LABELS)
    evaluation = windows.close(STARTED + 5 * SECOND)
    assert evaluation.status == ("breached" if broken else "ok")
    assert [breach["threshold"] for breach in entry_of(evaluation)["breaches"]] == ([broken] if broken else [])
    assert len(evaluation.warnings) == (1 if broken else 0)
    assert all(line.startswith(f"[paper:{NAME}] ") and str(broken) in line for line in evaluation.warnings)


def test_network_errors_are_the_sum_of_all_severities() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED)
    for severity in m.SEVERITIES:
        recorder.count(m.EXCHANGE_ERRORS, 1, severity=severity, **LABELS)
    assert entry_of(windows.close(STARTED + SECOND))["network_errors"] == 3


@pytest.mark.parametrize("key", ["rate_limit_max", "network_errors_max", "health_min"])
@pytest.mark.parametrize(
    "value",
    [
        *(None, True, False, "", "0", "abc", float("nan"), float("inf"), -1, -0.5, [], {}, object()),
        *(Decimal("NaN"), Decimal("sNaN"), Decimal("-1"), Decimal("1E+999999"), Decimal("1E-999999"), 10**5000),
    ],
    ids=lambda value: f"{value!s:.12}" if not isinstance(value, int) or value < 10 else "huge",
)
def test_a_threshold_that_is_no_finite_number_is_unknown_and_said_so(key: str, value: object) -> None:
    recorder = adapter_recorder()
    profile = okx_profile()
    windows = started(recorder, MonitoredProfile(**(_fields(profile) | {"thresholds": {**profile.thresholds, key: value}})))
    probe(windows, recorder, STARTED)
    evaluation = windows.close(STARTED + SECOND)
    assert evaluation.status == "unknown"
    assert entry_of(evaluation)["invalid_thresholds"] == [key]
    assert summary_of(evaluation)["threshold_coverage_ratio"][key] == 0.0
    assert summary_of(evaluation)["threshold_coverage_score"] == 0.6667
    assert [line for line in evaluation.warnings if f"{key} is invalid" in line] == list(evaluation.warnings)
    json.dumps(evaluation.paper_exchange_metrics, allow_nan=False)


@pytest.mark.parametrize("value", [0, 0.0, Decimal("0"), Decimal("1E-7"), Fraction(1, 3), 1e-9])
def test_any_finite_number_is_a_limit(value: object) -> None:
    recorder = adapter_recorder()
    profile = okx_profile()
    windows = started(
        recorder, MonitoredProfile(**(_fields(profile) | {"thresholds": {**profile.thresholds, "health_min": value}}))
    )
    probe(windows, recorder, STARTED)
    assert windows.close(STARTED + SECOND).status == "ok"


def test_an_absent_threshold_is_unknown_and_said_so() -> None:
    recorder = adapter_recorder()
    profile = okx_profile()
    windows = started(recorder, MonitoredProfile(**(_fields(profile) | {"thresholds": {"rate_limit_max": 0, "health_min": 1}})))
    probe(windows, recorder, STARTED)
    evaluation = windows.close(STARTED + SECOND)
    assert evaluation.status == "unknown"
    assert entry_of(evaluation)["invalid_thresholds"] == []
    assert summary_of(evaluation)["monitored_threshold_names"] == ["health_min", "rate_limit_max"]
    assert evaluation.warnings == (f"[paper:{NAME}] network_errors_max is not configured",)


@pytest.mark.parametrize(
    ("kind", "name", "key"),
    [
        ("rate_limit", "somebody_elses_total", "rate_limit_max"),
        ("network_errors", "somebody_elses_errors_total", "network_errors_max"),
        ("health", "somebody_elses_health", "health_min"),
    ],
)
def test_a_metric_that_nobody_records_is_missing(kind: str, name: str, key: str) -> None:
    recorder = adapter_recorder()
    windows = started(recorder, MonitoredProfile(**(_fields(okx_profile()) | {"metric_names": {kind: name}})))
    probe(windows, recorder, STARTED)
    evaluation = windows.close(STARTED + SECOND)
    assert evaluation.status == "unknown"
    assert entry_of(evaluation)["missing_metrics"] == [name]
    assert summary_of(evaluation)["metric_coverage_ratio"][name] == 0.0
    assert all(key in line for line in evaluation.warnings)
    assert any(name in line for line in evaluation.warnings)


def test_a_missing_severity_alone_is_unknown() -> None:
    recorder = MemoryRecorder()
    recorder.create(m.EXCHANGE_RATE_LIMITED, **LABELS)
    for severity in ("error", "warning"):
        recorder.create(m.EXCHANGE_ERRORS, severity=severity, **LABELS)
    windows = started(recorder)
    probe(windows, recorder, STARTED)
    evaluation = windows.close(STARTED + SECOND)
    assert evaluation.status == "unknown"
    assert entry_of(evaluation)["missing_metrics"] == []
    assert entry_of(evaluation)["missing_error_severities"] == ["critical"]


@pytest.mark.parametrize(("age", "status"), [(STALE, "ok"), (STALE + 1, "unknown")])
def test_health_is_stale_only_beyond_the_allowed_age(age: int, status: str) -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED)
    evaluation = windows.close(STARTED + age)
    assert evaluation.status == status
    assert entry_of(evaluation)["stale_metrics"] == ([] if status == "ok" else ["bot_exchange_health_status"])
    assert all("health_min" in line for line in evaluation.warnings)
    assert len(evaluation.warnings) == (status == "unknown")


def test_health_without_a_completed_probe_is_no_sample_though_the_gauge_stands_at_zero() -> None:
    recorder = adapter_recorder()
    evaluation = started(recorder).close(STARTED + SECOND)
    assert (evaluation.status, evaluation.phase) == ("unknown", "warming_up")
    entry = entry_of(evaluation)
    assert entry["missing_metrics"] == ["bot_exchange_health_status"]
    assert (entry["health_status"], entry["health_checked_at"], entry["health_age_seconds"]) == (None, None, None)


def test_an_open_circuit_shows_in_the_gauge_and_breaches() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED)
    recorder.set(m.EXCHANGE_HEALTH, 0, **LABELS)
    assert windows.close(STARTED + SECOND).status == "breached"


def test_a_gauge_that_fell_because_the_probe_grew_old_is_unknown_and_no_breach() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED)
    recorder.set(m.EXCHANGE_HEALTH, 0, **LABELS)
    assert windows.close(STARTED + STALE + SECOND).status == "unknown"


def test_a_metric_is_covered_among_the_entrypoints_that_refer_to_it() -> None:
    recorder = adapter_recorder()
    other = MonitoredProfile(
        entrypoint="other_paper",
        environment="okx_paper",
        exchange="okx",
        thresholds=okx_profile().thresholds,
        metric_names={"rate_limit": "somebody_elses_total"},
    )
    windows = ReferenceWindows([okx_profile(), other], recorder, HOUR, STALE)
    windows.start(STARTED)
    for name in (NAME, "other_paper"):
        windows.health.record(name, STARTED, True)
    recorder.set(m.EXCHANGE_HEALTH, 1, **LABELS)
    summary = summary_of(windows.close(STARTED + SECOND))
    assert summary["metric_coverage_ratio"] == {
        "bot_exchange_errors_total": 1.0,
        "bot_exchange_health_status": 1.0,
        "bot_exchange_rate_limited_total": 1.0,
        "somebody_elses_total": 0.0,
    }
    assert summary["metric_coverage_score"] == 0.75


# ---- windows ------------------------------------------------------------------------------------------------------


def test_what_happened_before_the_start_is_not_counted() -> None:
    recorder = adapter_recorder()
    recorder.count(m.EXCHANGE_RATE_LIMITED, 5, **LABELS)
    windows = started(recorder)
    probe(windows, recorder, STARTED)
    assert entry_of(windows.close(STARTED + SECOND))["rate_limited_events"] == 0


def test_each_window_counts_only_its_own_increase() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    for hour, errors in enumerate((1, 1, 0)):
        probe(windows, recorder, STARTED + hour * HOUR + HOUR - SECOND)
        recorder.count(m.EXCHANGE_ERRORS, errors, severity="error", **LABELS)
        [window] = windows.advance(STARTED + (hour + 1) * HOUR)
        assert (window.index, window.status, window.partial) == (hour, "ok", False)
    evaluation = windows.close(STARTED + 3 * HOUR)
    assert evaluation.status == "ok"
    assert len(evaluation.windows) == 3, "a window without length is not reported"


def test_the_worst_window_is_the_report_and_the_latest_among_equals() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    for hour, limited in enumerate((0, 1, 2, 0)):
        probe(windows, recorder, STARTED + hour * HOUR + HOUR - SECOND)
        recorder.count(m.EXCHANGE_RATE_LIMITED, limited, **LABELS)
        windows.advance(STARTED + (hour + 1) * HOUR)
    probe(windows, recorder, STARTED + 4 * HOUR + SECOND)
    evaluation = windows.close(STARTED + 4 * HOUR + 2 * SECOND)
    assert evaluation.status == "breached"
    assert entry_of(evaluation)["rate_limited_events"] == 2
    assert entry_of(evaluation)["window"]["started_at"] == to_iso(STARTED + 2 * HOUR)
    statuses = [window["status"] for window in evaluation.windows if isinstance(window, dict)]
    assert statuses == ["ok", "breached", "breached", "ok", "ok"]
    assert [window["partial"] for window in evaluation.windows if isinstance(window, dict)] == [False] * 4 + [True]
    assert evaluation.statuses == {"okx_desktop_paper": "breached"}


def test_breached_outweighs_unknown_and_unknown_outweighs_ok() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED + HOUR - SECOND)
    recorder.count(m.EXCHANGE_RATE_LIMITED, 1, **LABELS)
    windows.advance(STARTED + HOUR)
    windows.advance(STARTED + 2 * HOUR)  # no probe for an hour
    assert windows.peek(STARTED + 2 * HOUR + SECOND).status == "breached"
    quiet = adapter_recorder()
    windows = started(quiet)
    windows.advance(STARTED + HOUR)
    probe(windows, quiet, STARTED + HOUR + SECOND)
    evaluation = windows.close(STARTED + HOUR + 2 * SECOND)
    assert evaluation.status == "unknown"
    assert evaluation.phase == "stable", "the probe of a later window ends the warming up"
    assert summary_of(evaluation)["phase"] == "stable"


def test_one_failed_probe_spoils_its_window_and_no_other() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED + 10 * SECOND, ok=False)
    probe(windows, recorder, STARTED + HOUR - SECOND)
    [first] = windows.advance(STARTED + HOUR)
    probe(windows, recorder, STARTED + 2 * HOUR - SECOND)
    [second] = windows.advance(STARTED + 2 * HOUR)
    assert (first.status, second.status) == ("breached", "ok")


def test_a_failed_probe_stands_until_the_next_one() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    windows.health.record(NAME, STARTED + HOUR - SECOND, False)
    recorder.set(m.EXCHANGE_HEALTH, 1, **LABELS)
    windows.advance(STARTED + HOUR)
    entry = entry_of(windows.close(STARTED + HOUR + 2 * SECOND))
    assert (entry["status"], entry["health_status"]) == ("breached", 0.0)
    assert entry["window"]["started_at"] == to_iso(STARTED + HOUR), "the second window, which had no probe of its own"


def test_a_probe_at_the_boundary_belongs_to_the_window_it_ends() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED + HOUR, ok=False)
    [first] = windows.advance(STARTED + HOUR)
    probe(windows, recorder, STARTED + HOUR + SECOND)
    assert first.status == "breached"
    assert windows.close(STARTED + HOUR + 2 * SECOND).windows[1] == {
        "index": 1,
        "started_at": to_iso(STARTED + HOUR),
        "ended_at": to_iso(STARTED + HOUR + 2 * SECOND),
        "partial": True,
        "status": "ok",
        "breaches": [],
    }


def test_a_probe_after_the_end_of_a_window_says_nothing_about_it() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED + HOUR - SECOND)
    probe(windows, recorder, STARTED + HOUR + SECOND, ok=False)
    recorder.set(m.EXCHANGE_HEALTH, 1, **LABELS)
    [first] = windows.advance(STARTED + HOUR + 2 * SECOND)
    assert first.status == "ok"
    assert windows.close(STARTED + HOUR + 3 * SECOND).status == "breached"


def test_a_probe_recorded_late_still_counts_in_its_place() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED + 5 * SECOND)
    windows.health.record(NAME, STARTED + 2 * SECOND, False)
    entry = entry_of(windows.close(STARTED + 6 * SECOND))
    assert (entry["health_status"], entry["health_checked_at"]) == (0.0, to_iso(STARTED + 5 * SECOND))


def test_after_a_long_pause_nothing_counted_is_lost() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    recorder.count(m.EXCHANGE_RATE_LIMITED, 3, **LABELS)
    due = windows.advance(STARTED + 3 * HOUR + SECOND)
    assert [window.judged[0].row.rate_limited for window in due] == [3, 0, 0]
    assert windows.next_end == STARTED + 4 * HOUR


def test_a_counter_that_started_anew_counts_from_zero() -> None:
    before, after = adapter_recorder(), adapter_recorder()
    before.count(m.EXCHANGE_RATE_LIMITED, 7, **LABELS)
    after.count(m.EXCHANGE_RATE_LIMITED, 2, **LABELS)

    class Restarted:
        recorder = before

        def value(self, metric_name: str, **labels: str) -> float | None:
            return self.recorder.value(metric_name, **labels)

        def total(self, metric_name: str, **labels: str) -> float | None:
            return self.recorder.total(metric_name, **labels)

    samples = Restarted()
    windows = ReferenceWindows([okx_profile()], samples, HOUR, STALE)
    windows.start(STARTED)
    samples.recorder = after
    assert entry_of(windows.close(STARTED + SECOND))["rate_limited_events"] == 2


def test_peeking_changes_nothing() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED)
    recorder.count(m.EXCHANGE_ERRORS, 1, severity="error", **LABELS)
    assert entry_of(windows.peek(STARTED + SECOND))["network_errors"] == 1
    recorder.count(m.EXCHANGE_ERRORS, 1, severity="error", **LABELS)
    final = windows.close(STARTED + 2 * SECOND)
    assert (entry_of(final)["network_errors"], len(final.windows)) == (2, 1)


def test_closing_twice_gives_the_same_evaluation() -> None:
    recorder = adapter_recorder()
    windows = started(recorder)
    probe(windows, recorder, STARTED)
    assert windows.close(STARTED + SECOND) is windows.close(STARTED + HOUR)


def test_a_run_that_never_started_is_unknown_in_full_shape() -> None:
    windows = ReferenceWindows([okx_profile()], MemoryRecorder(), HOUR, STALE)
    peeked = windows.peek(STARTED)
    closed = windows.close(STARTED)
    for evaluation in (peeked, closed):
        assert (evaluation.status, evaluation.phase, len(evaluation.windows)) == ("unknown", "warming_up", 1)
        assert list(summary_of(evaluation)) == [*SUMMARY, "phase"]


def test_nothing_monitored_is_not_configured_in_full_shape() -> None:
    windows = ReferenceWindows([], MemoryRecorder(), HOUR, STALE)
    windows.start(STARTED)
    evaluation = windows.close(STARTED + SECOND)
    summary = summary_of(evaluation)
    assert (evaluation.status, summary["status"], summary["entrypoints"]) == ("not_configured", "not_configured", 0)
    assert summary["metric_coverage_score"] == summary["threshold_coverage_score"] == 0.0
    assert summary["network_error_severity_coverage_entrypoints"] == {}
    assert summary["network_error_severity_totals"] == {"critical": 0, "error": 0, "warning": 0}


def test_every_key_of_the_section_stands_in_its_alphabetical_place() -> None:
    names = ["zebra_paper", "okx_desktop_paper"]
    profiles = [MonitoredProfile(**(_fields(okx_profile()) | {"entrypoint": name})) for name in names]
    section = ReferenceWindows(profiles, adapter_recorder(), HOUR, STALE).close(STARTED).paper_exchange_metrics
    assert list(section) == ["okx_desktop_paper", "summary", "zebra_paper"]


@pytest.mark.parametrize("names", [["summary"], ["a", "a"]])
def test_a_name_that_would_hide_another_is_refused(names: list[str]) -> None:
    profiles = [MonitoredProfile(**(_fields(okx_profile()) | {"entrypoint": name})) for name in names]
    with pytest.raises(ValueError, match="monitored entrypoints must be unique"):
        ReferenceWindows(profiles, MemoryRecorder(), HOUR, STALE)


def test_starting_twice_or_asking_for_an_end_before_the_start_is_an_error() -> None:
    windows = ReferenceWindows([okx_profile()], MemoryRecorder(), HOUR, STALE)
    with pytest.raises(ValueError, match="have not been started"):
        _ = windows.next_end
    assert windows.advance(STARTED + 9 * HOUR) == []
    windows.start(STARTED)
    with pytest.raises(ValueError, match="have been started already"):
        windows.start(STARTED)


# ---- any rows at all ----------------------------------------------------------------------------------------------

_NAMES = st.sampled_from(["a_paper", "b_paper", "c_paper", "ż"])
_THRESHOLD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5), st.decimals(), st.just(10**400), st.fractions()
)
_KEYS = st.sampled_from(["rate_limit_max", "network_errors_max", "health_min", "else_max"])
_METRIC_NAMES = st.dictionaries(st.sampled_from(["rate_limit", "network_errors", "health"]), st.sampled_from(["x", "y", ""]))


@st.composite
def _rows(draw: st.DrawFn) -> list[EntrypointRow]:
    return [
        EntrypointRow(
            profile=MonitoredProfile(
                entrypoint=name,
                environment="env",
                exchange="okx",
                thresholds=draw(st.dictionaries(_KEYS, _THRESHOLD)),
                metric_names=draw(_METRIC_NAMES),
            ),
            window=WindowSpan(0, 10, 0),
            rate_limited=draw(st.none() | st.integers(0, 5)),
            errors=draw(st.dictionaries(st.sampled_from(m.SEVERITIES), st.integers(0, 5))),
            health=draw(st.none() | st.builds(HealthReading, st.sampled_from([0.0, 1.0]), st.integers(-5, 10))),
            stale_after_ns=5,
        )
        for name in draw(st.lists(_NAMES, unique=True))
    ]


def _shape(value: object) -> object:
    return {key: type(item) for key, item in value.items()} if isinstance(value, dict) else type(value)


@given(_rows())
def test_any_rows_give_a_summary_of_the_same_shape_that_json_can_carry(rows: list[EntrypointRow]) -> None:
    summary = summarize(list(map(judged, rows)), "stable")
    assert _shape(summary) == _shape(summarize([], "stable"))
    json.dumps(summary, allow_nan=False)


@given(_rows())
def test_the_summary_agrees_with_the_entries_it_sums_up(rows: list[EntrypointRow]) -> None:
    summary: dict[str, Any] = summarize(list(map(judged, rows)), "stable")
    entries: dict[str, Any] = {row.entrypoint: entry(judged(row)) for row in rows}
    counts = {
        status: [name for name in sorted(entries) if entries[name]["status"] == status]
        for status in ("ok", "breached", "unknown")
    }
    for status, names in counts.items():
        assert summary[f"{status}_entrypoints"] == len(names)
        assert summary[f"{status}_entrypoint_names"] == names
    assert summary["entrypoints"] == len(entries) == sum(len(names) for names in counts.values())
    for field, part in (
        ("total_breaches", "breaches"),
        ("missing_metrics", "missing_metrics"),
        ("invalid_thresholds", "invalid_thresholds"),
        ("missing_error_severities", "missing_error_severities"),
    ):
        assert summary[field] == sum(len(found[part]) for found in entries.values())
    assert summary["total_breaches"] == sum(summary["breach_counts_by_metric"].values())
    assert summary["total_breaches"] == sum(summary["threshold_breach_counts"].values())
    assert sum(summary["network_error_severity_totals"].values()) == sum(e["network_errors"] for e in entries.values())
    for row in rows:
        lines = warnings(judged(row))
        assert bool(lines) == (entries[row.entrypoint]["status"] != "ok")
        assert len(lines) >= len(entries[row.entrypoint]["breaches"])


def _fields(profile: MonitoredProfile) -> dict[str, Any]:
    return {name: getattr(profile, name) for name in ("entrypoint", "environment", "exchange", "thresholds", "metric_names")}
