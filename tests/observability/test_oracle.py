"""The worked example of the contract (three venues, 7/9) and the all-clear reference run, number for number."""

from __future__ import annotations

from typing import Any

import pytest

from golive.metrics import declaration as m
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import SECOND
from golive.observability.exchange_metrics import MonitoredProfile
from golive.observability.summary import SUMMARY
from golive.observability.windows import Evaluation, ReferenceWindows

START = 1_768_039_200 * SECOND  # 2026-01-10T10:00:00Z
NETWORK_ERRORS_MAX = {"bybit": 0, "kraken": 0, "okx": 1}
PAPER = ["bybit_desktop_paper", "kraken_desktop_paper", "okx_desktop_paper"]


def shipped_profiles() -> list[MonitoredProfile]:
    return [
        MonitoredProfile(
            entrypoint=f"{label}_desktop_paper",
            environment=f"{label}_paper",
            exchange=label,
            thresholds={"rate_limit_max": 0, "network_errors_max": limit, "health_min": 1.0},
        )
        for label, limit in NETWORK_ERRORS_MAX.items()
    ]


def labels(label: str) -> dict[str, str]:
    return {"exchange": label, "environment": f"{label}_paper"}


@pytest.fixture
def oracle() -> Evaluation:
    recorder = MemoryRecorder()
    windows = ReferenceWindows(shipped_profiles(), recorder, 3600 * SECOND, 90 * SECOND)
    windows.start(START)
    for label, events in {"kraken": 2, "okx": 0, "bybit": 0}.items():
        recorder.count(m.EXCHANGE_RATE_LIMITED, events, **labels(label))
    recorder.count(m.EXCHANGE_ERRORS, 1, severity="error", **labels("kraken"))
    recorder.count(m.EXCHANGE_ERRORS, 3, severity="warning", **labels("okx"))
    for label, healthy in {"kraken": True, "okx": False}.items():
        recorder.set(m.EXCHANGE_HEALTH, float(healthy), **labels(label))
        windows.health.record(f"{label}_desktop_paper", START + SECOND, healthy)
    return windows.close(START + 10 * SECOND)


@pytest.fixture
def summary(oracle: Evaluation) -> dict[str, Any]:
    found = oracle.paper_exchange_metrics["summary"]
    assert isinstance(found, dict)
    return found


def test_the_oracle_has_every_number_of_the_contract(summary: dict[str, Any]) -> None:
    expected: dict[str, Any] = {
        "status": "breached",
        "entrypoints": 3,
        "ok_entrypoints": 0,
        "breached_entrypoints": 2,
        "unknown_entrypoints": 1,
        "total_breaches": 4,
        "missing_metrics": 2,
        "invalid_thresholds": 0,
        "missing_error_severities": 7,
        "ok_entrypoint_names": [],
        "breached_entrypoint_names": ["kraken_desktop_paper", "okx_desktop_paper"],
        "unknown_entrypoint_names": ["bybit_desktop_paper"],
        "monitored_entrypoint_names": PAPER,
        "missing_metrics_entrypoints": {"bybit_desktop_paper": ["bot_exchange_errors_total", "bot_exchange_health_status"]},
        "invalid_thresholds_entrypoints": {},
        "breached_thresholds_entrypoints": {
            "kraken_desktop_paper": ["network_errors_max", "rate_limit_max"],
            "okx_desktop_paper": ["health_min", "network_errors_max"],
        },
        "breach_counts_by_metric": {"health": 1, "network_errors": 2, "rate_limit": 1},
        "threshold_breach_counts": {"health_min": 1, "network_errors_max": 2, "rate_limit_max": 1},
        "missing_metric_counts": {"bot_exchange_errors_total": 1, "bot_exchange_health_status": 1},
        "invalid_threshold_counts": {},
        "metric_coverage_entrypoints": {
            "bot_exchange_errors_total": ["kraken_desktop_paper", "okx_desktop_paper"],
            "bot_exchange_health_status": ["kraken_desktop_paper", "okx_desktop_paper"],
            "bot_exchange_rate_limited_total": PAPER,
        },
        "threshold_coverage_entrypoints": {"health_min": PAPER, "network_errors_max": PAPER, "rate_limit_max": PAPER},
        "network_error_severity_coverage_entrypoints": {
            "critical": [],
            "error": ["kraken_desktop_paper"],
            "warning": ["okx_desktop_paper"],
        },
        "metric_coverage_ratio": {
            "bot_exchange_errors_total": 0.6667,
            "bot_exchange_health_status": 0.6667,
            "bot_exchange_rate_limited_total": 1.0,
        },
        "threshold_coverage_ratio": {"health_min": 1.0, "network_errors_max": 1.0, "rate_limit_max": 1.0},
        "network_error_severity_coverage_ratio": {"critical": 0.0, "error": 0.3333, "warning": 0.3333},
        "metric_coverage_score": 0.7778,
        "threshold_coverage_score": 1.0,
        "monitored_metric_names": [
            "bot_exchange_errors_total",
            "bot_exchange_health_status",
            "bot_exchange_rate_limited_total",
        ],
        "monitored_threshold_names": ["health_min", "network_errors_max", "rate_limit_max"],
        "network_error_severity_totals": {"critical": 0, "error": 1, "warning": 3},
        "missing_error_severity_counts": {"critical": 3, "error": 2, "warning": 2},
        "missing_error_severity_entrypoints": {
            "critical": PAPER,
            "error": ["bybit_desktop_paper", "okx_desktop_paper"],
            "warning": ["bybit_desktop_paper", "kraken_desktop_paper"],
        },
        "phase": "warming_up",
    }
    assert summary == expected


def test_the_summary_has_exactly_33_fields_beside_the_phase(summary: dict[str, Any]) -> None:
    assert len(SUMMARY) == 33
    assert list(summary) == [*SUMMARY, "phase"]


def test_the_oracle_warns_once_per_breach_missing_metric_and_severity(oracle: Evaluation) -> None:
    expected = [
        "[paper:bybit_desktop_paper] network_errors was not measured: bot_exchange_errors_total has no sample, "
        "network_errors_max cannot be judged",
        "[paper:bybit_desktop_paper] health was not measured: bot_exchange_health_status has no sample, "
        "health_min cannot be judged",
        *(
            f"[paper:bybit_desktop_paper] bot_exchange_errors_total has no sample of severity {severity}, "
            "network_errors_max cannot be judged in full"
            for severity in ("critical", "error", "warning")
        ),
        "[paper:kraken_desktop_paper] rate_limit 2 breaches rate_limit_max: required <= 0",
        "[paper:kraken_desktop_paper] network_errors 1 breaches network_errors_max: required <= 0",
        *(
            f"[paper:kraken_desktop_paper] bot_exchange_errors_total has no sample of severity {severity}, "
            "network_errors_max cannot be judged in full"
            for severity in ("critical", "warning")
        ),
        "[paper:okx_desktop_paper] network_errors 3 breaches network_errors_max: required <= 1",
        "[paper:okx_desktop_paper] health 0.0 breaches health_min: required >= 1.0",
        *(
            f"[paper:okx_desktop_paper] bot_exchange_errors_total has no sample of severity {severity}, "
            "network_errors_max cannot be judged in full"
            for severity in ("critical", "error")
        ),
    ]
    assert list(oracle.warnings) == expected


def test_the_entry_of_a_breached_venue_has_the_fields_of_the_contract(oracle: Evaluation) -> None:
    assert oracle.paper_exchange_metrics["kraken_desktop_paper"] == {
        "environment": "kraken_paper",
        "exchange": "kraken",
        "status": "breached",
        "rate_limited_events": 2,
        "network_errors": 1,
        "network_errors_by_severity": {"critical": 0, "error": 1, "warning": 0},
        "health_status": 1.0,
        "health_checked_at": "2026-01-10T10:00:01Z",
        "health_age_seconds": 9.0,
        "metric_names": {
            "health": "bot_exchange_health_status",
            "network_errors": "bot_exchange_errors_total",
            "rate_limit": "bot_exchange_rate_limited_total",
        },
        "thresholds": {"health_min": 1.0, "network_errors_max": 0, "rate_limit_max": 0},
        "breaches": [
            {"metric": "rate_limit", "threshold": "rate_limit_max", "observed": 2, "limit": 0, "comparator": "<="},
            {"metric": "network_errors", "threshold": "network_errors_max", "observed": 1, "limit": 0, "comparator": "<="},
        ],
        "missing_metrics": [],
        "stale_metrics": [],
        "invalid_thresholds": [],
        "missing_error_severities": ["critical", "warning"],
        "window": {
            "started_at": "2026-01-10T10:00:00Z",
            "ended_at": "2026-01-10T10:00:10Z",
            "baseline_at": "2026-01-10T10:00:00Z",
        },
    }


def test_the_reference_run_is_all_clear() -> None:
    recorder = MemoryRecorder()
    windows = ReferenceWindows(shipped_profiles(), recorder, 3600 * SECOND, 90 * SECOND)
    windows.start(START)
    for label in NETWORK_ERRORS_MAX:
        recorder.create(m.EXCHANGE_RATE_LIMITED, **labels(label))
        for severity in m.SEVERITIES:
            recorder.create(m.EXCHANGE_ERRORS, severity=severity, **labels(label))
        recorder.set(m.EXCHANGE_HEALTH, 1, **labels(label))
        windows.health.record(f"{label}_desktop_paper", START + SECOND, True)
    evaluation = windows.close(START + 30 * SECOND)
    summary = evaluation.paper_exchange_metrics["summary"]
    assert isinstance(summary, dict)
    assert (evaluation.status, evaluation.phase, evaluation.warnings) == ("ok", "stable", ())
    assert summary["status"] == "ok"
    assert summary["phase"] == "stable"
    assert summary["ok_entrypoint_names"] == summary["monitored_entrypoint_names"] == PAPER
    assert summary["breached_entrypoint_names"] == summary["unknown_entrypoint_names"] == []
    fields = list(SUMMARY)
    for number in (*range(14, 21), 32, 33):
        assert summary[fields[number - 1]] == {}, fields[number - 1]
    for number in (24, 25, 26):
        assert set(summary[fields[number - 1]].values()) == {1.0}
    assert summary["metric_coverage_score"] == summary["threshold_coverage_score"] == 1.0
    assert summary["network_error_severity_totals"] == {"critical": 0, "error": 0, "warning": 0}
    assert evaluation.windows == (
        {
            "index": 0,
            "started_at": "2026-01-10T10:00:00Z",
            "ended_at": "2026-01-10T10:00:30Z",
            "partial": True,
            "status": "ok",
            "breaches": [],
        },
    )
