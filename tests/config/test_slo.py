from __future__ import annotations

import pytest

from golive.model.indicator import INDICATORS
from support.configuration import CORE, changed, only_problem, parse


def test_the_shipped_objectives_are_those_of_the_contract() -> None:
    shipped = {each.name: each for each in parse().core.observability.slo}
    told = {name: (s.indicator, s.aggregation, s.comparison, str(s.target)) for name, s in shipped.items()}
    assert told == {
        "decision_latency_p95": ("decision_latency_ms", "p95", "<=", "220"),
        "trade_cost_bps": ("trade_cost_bps", "average", "<=", "12"),
        "fill_ratio": ("fill_ratio", "average", ">=", "0.94"),
        "ui_event_to_frame": ("bot_ui_event_to_frame_p95_ms", "p95", "<=", "60"),
        "risk_service_latency": ("risk_service_decision_latency_seconds", "p95", "<=", "0.05"),
        "risk_service_available": ("risk_service_up", "ratio", ">=", "0.999"),
    }
    assert all(each.window_minutes == 1440 and not each.label_filters for each in shipped.values())


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("name: trade_cost_bps", "name: fill_ratio", "name of another objective"),
        ("indicator: decision_latency_ms", "indicator: decision_latency", "decision_latency"),
        ("aggregation: ratio", "aggregation: p95", "has no p95"),
        ("aggregation: p95", "aggregation: ratio", "has no ratio"),
        ("target: 0.999", "target: 99.9", "no share"),
        ("warning_threshold: 45", "warning_threshold: 61", "beyond the target"),
        ("comparison: '<='", "comparison: '<'", "comparison"),
        ("severity: critical", "severity: info", "severity"),
        ("severity: critical", "severity: critical\n      window_minutes: 0", "window_minutes"),
        ("severity: critical", "severity: critical\n      label_filters: {stage: papers}", "there is no stage papers"),
        ("severity: critical", "severity: critical\n      label_filters: {entrypoint: okx}", "there is no entrypoint okx"),
        ("severity: critical", "severity: critical\n      label_filters: {venue: okx}", "venue"),
    ],
)
def test_an_objective_that_cannot_be_meant_is_refused(old: str, new: str, says: str) -> None:
    assert says in str(only_problem(core=changed(CORE, old, new)))


def test_a_maximum_is_bounded_from_above() -> None:
    core = changed(CORE, "aggregation: p95\n      comparison: '<='", "aggregation: max\n      comparison: '>='")
    assert "one good value" in str(only_problem(core=core))


def test_every_indicator_says_what_it_is() -> None:
    assert all(each.doc.endswith(".") and each.name == name for name, each in INDICATORS.items())
