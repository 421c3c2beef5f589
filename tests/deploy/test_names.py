"""Every name in rules and dashboards is one that Golive exports, with labels it has; every exported metric is documented."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from golive.execution.rule import RejectReason
from golive.metrics.declaration import DECLARED, PAPER_REJECT_REASONS, MetricType
from golive.metrics.exposition import prometheus_text
from golive.model.live_order import AttemptResult, FallbackReason
from golive.runtime.live.pulse import DeskPulse
from support.configuration import ROOT
from support.forked_golive import ForkedHome
from support.promql import asked, metric_of
from support.promtool import needs_promtool, promtool
from support.router_desk import RouterDesk


def expressions() -> Iterator[tuple[str, str]]:
    """Yield where each expression stands, and the expression."""
    for path in sorted((ROOT / "deploy/prometheus").glob("*.rules.yml")):
        for group in yaml.safe_load(path.read_text(encoding="utf-8"))["groups"]:
            for rule in group["rules"]:
                yield f"{path.name} {rule['alert']}", rule["expr"]
    for path in sorted((ROOT / "deploy/grafana").glob("*.json")):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel["targets"]:
                yield f"{path.name} {panel['title']}", target["expr"]


EXPRESSIONS = list(expressions())


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS)
def test_an_expression_asks_for_declared_series_by_labels_they_have(where: str, expression: str) -> None:
    wanted = asked(expression)
    assert wanted.series
    for name, matchers in wanted.series.items():
        metric = metric_of(name)
        assert metric is not None, f"{where}: {name} is no series of ours"
        for label, operator, value in matchers:
            assert label in metric.labels, f"{where}: {name} has no label {label}"
            closed = metric.closed.get(label)
            if closed is not None and operator == "MatchOp.Equal":
                assert value in closed, f"{where}: {name} never has {label}={value}"
        assert wanted.grouped <= {*metric.labels, "le"}, f"{where}: {name} has not all labels of {wanted.grouped}"


def test_names_are_read_as_promql_and_not_as_text() -> None:
    wanted = asked('sum by (le) (rate(a_bucket{b="c"}[5m])) > 1 unless on (d) e{f=~"rate|sum"} offset 1h')
    assert wanted.series == {"a_bucket": {("b", "MatchOp.Equal", "c")}, "e": {("f", "MatchOp.Re", "rate|sum")}}
    with pytest.raises(ValueError, match="parenthesis"):
        asked("sum by (rate(x[5m])")
    assert metric_of("live_execution_latency_seconds_bucket") is DECLARED["live_execution_latency_seconds"]
    assert metric_of("live_execution_latency_seconds") is None, "a histogram has no series of its own name"
    assert metric_of("live_orders_total_bucket") is None


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The series that a real session leaves in its file."""
    home = ForkedHome(tmp_path_factory.mktemp("home"))
    done = home.run("demo", "--candles", "400")
    assert done.code == 0, done.stderr
    return (home.path / "metrics/session_okx_desktop_paper.prom").read_text()


@pytest.fixture(scope="module")
def live() -> str:
    """The series that live execution has before anything has happened."""
    desk = RouterDesk()
    DeskPulse(desk.recorder, ["okx"])
    return prometheus_text(desk.recorder.snapshot())


@pytest.fixture(scope="module")
def exported(session: str, live: str) -> dict[str, set[str]]:
    """The label names of every series of a real session, and of live execution, by the name of the series."""
    return names(session) | {name: labels | {"entrypoint"} for name, labels in names(live).items()}


def names(text: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


GAUGES_OF_A_RUN = {
    metric.name for metric in DECLARED.values() if metric.type is MetricType.GAUGE and not metric.name.startswith("live_")
}
"""they leave the file with the session; test_prometheus.py sees them while it runs"""


def test_every_series_in_rules_and_dashboards_is_really_exported(exported: dict[str, set[str]]) -> None:
    wanted = {name for _, expression in EXPRESSIONS for name in asked(expression).series}
    assert wanted - exported.keys() <= GAUGES_OF_A_RUN


def test_every_counter_and_histogram_that_is_declared_exists_from_the_start(exported: dict[str, set[str]]) -> None:
    for metric in DECLARED.values():
        name = f"{metric.name}_bucket" if metric.type is MetricType.HISTOGRAM else metric.name
        if metric.name not in GAUGES_OF_A_RUN:
            assert exported[name] == {*metric.labels, "entrypoint", *(["le"] if metric.buckets else [])}, metric.name


def test_every_value_of_a_closed_label_is_there_though_it_never_happened(session: str, live: str) -> None:
    found: dict[tuple[str, str], set[str]] = {}
    for family in (*text_string_to_metric_families(session), *text_string_to_metric_families(live)):
        for sample in family.samples:
            for label, value in sample.labels.items():
                found.setdefault((sample.name, label), set()).add(value)
    for metric in DECLARED.values():
        name = f"{metric.name}_count" if metric.type is MetricType.HISTOGRAM else metric.name
        if metric.name not in GAUGES_OF_A_RUN:
            assert {label: found[name, label] for label in metric.closed} == {
                label: set(values) for label, values in metric.closed.items()
            }, metric.name


def test_closed_label_sets_are_those_of_the_code() -> None:
    assert set(PAPER_REJECT_REASONS) == set(RejectReason)
    assert set(DECLARED["live_orders_fallback_total"].closed["reason"]) == set(FallbackReason)
    assert set(DECLARED["live_order_attempts_total"].closed["result"]) == set(AttemptResult)


@needs_promtool
def test_promtool_takes_the_exposition_of_a_session(session: str) -> None:
    assert promtool("check", "metrics", given=session) == ""


def documented() -> dict[str, tuple[str, set[str]]]:
    """Type and labels of each metric in the table of docs/monitoring.md."""
    text = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z]\w+)` \| (\w+) \| (.*?) \| .+ \|$", text, re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in rows}


def test_every_metric_is_documented_with_its_type_and_labels() -> None:
    assert documented() == {metric.name: (metric.type.value, set(metric.labels)) for metric in DECLARED.values()}


def test_every_alert_is_documented() -> None:
    text = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")
    alerts = {where.split()[1] for where, _ in EXPRESSIONS if ".rules.yml" in where}
    assert alerts == set(re.findall(r"^\| `([A-Z]\w+)` \|", text, re.MULTILINE))
