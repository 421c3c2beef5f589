"""Series as text: what Prometheus' own client writes for them, byte for byte or read back, in both formats."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import Final

from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from prometheus_client import Metric as Family
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.exposition import generate_latest as generate_openmetrics
from prometheus_client.openmetrics.parser import text_string_to_metric_families as parse_openmetrics
from prometheus_client.parser import text_string_to_metric_families as parse_prometheus
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from golive.metrics import declaration as m
from golive.metrics.exposition import openmetrics_text, prometheus_text
from golive.metrics.recorder import MemoryRecorder
from support.promtool import needs_promtool, promtool
from support.reports import adapter_recorder

TEXTS: Final = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters='\n"\\{},='), max_size=12)
SECONDS: Final = st.floats(0, 20, allow_subnormal=False)


def samples(families: Iterable[Family]) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    return {(s.name, frozenset(s.labels.items())): s.value for family in families for s in family.samples}


class Told(Collector):
    """A recorder as prometheus_client takes one: the oracle."""

    def __init__(self, recorder: MemoryRecorder) -> None:
        self._recorder = recorder

    def collect(self) -> Iterator[Family]:
        for metric, rows in self._recorder.snapshot():
            if metric.type is m.MetricType.HISTOGRAM:
                histogram = HistogramMetricFamily(metric.name, metric.help, labels=metric.labels)
                for labels, series in rows:
                    bounds = [*map(floatToGoString, metric.buckets), "+Inf"]
                    below = [sum(series.counts[: n + 1]) for n in range(len(bounds))]
                    histogram.add_metric([labels[n] for n in metric.labels], list(zip(bounds, below, strict=True)), series.total)
                yield histogram
                continue
            kind = CounterMetricFamily if metric.type is m.MetricType.COUNTER else GaugeMetricFamily
            family = kind(metric.name, metric.help, labels=metric.labels)
            for labels, series in rows:
                family.add_metric([labels[n] for n in metric.labels], series.value)
            yield family


@st.composite
def recorders(draw: st.DrawFn) -> MemoryRecorder:
    recorder = adapter_recorder()
    for _ in range(draw(st.integers(0, 6))):
        recorder.set(m.BUILD_INFO, draw(st.floats(allow_nan=False)), version=draw(TEXTS), revision=draw(TEXTS))
        recorder.count(m.PAPER_NOTIONAL, draw(st.floats(0, 1e18)), exchange=draw(TEXTS))
        recorder.observe(m.LIVE_LATENCY, draw(SECONDS), exchange=draw(TEXTS), route=draw(TEXTS), result="accepted")
    return recorder


@given(recorders())
def test_both_formats_read_back_as_those_of_prometheus_own_client(recorder: MemoryRecorder) -> None:
    registry = CollectorRegistry()
    registry.register(Told(recorder))
    plain, openmetrics = prometheus_text(recorder.snapshot()), openmetrics_text(recorder.snapshot())
    assert samples(parse_prometheus(plain)) == samples(parse_prometheus(generate_latest(registry).decode()))
    theirs = generate_openmetrics(registry).decode()  # type: ignore[no-untyped-call]  # untyped in prometheus_client
    assert samples(parse_openmetrics(openmetrics)) == samples(parse_openmetrics(theirs))  # type: ignore[no-untyped-call]  # untyped in prometheus_client
    heads = [line for line in openmetrics.splitlines() if line.startswith("# ")]
    assert heads == [line for line in theirs.splitlines() if line.startswith("# ")], "families, types, helps and the end"


def test_values_are_written_whole_where_they_are() -> None:
    recorder = MemoryRecorder()
    for version, value in (("a", 3.0), ("b", 0.1), ("c", math.inf), ("d", -math.inf), ("e", 1e300), ("f", -0.5)):
        recorder.set(m.BUILD_INFO, value, version=version, revision="r")
    lines = [line for line in prometheus_text(recorder.snapshot()).splitlines() if not line.startswith("#")]
    assert [line.rpartition(" ")[2] for line in lines] == ["3", "0.1", "+Inf", "-Inf", str(int(1e300)), "-0.5"]


def test_a_label_that_is_added_leaves_those_of_the_metric_alone() -> None:
    recorder = MemoryRecorder()
    recorder.create(m.RISK_USED, entrypoint="a", limit="max_position_pct")
    recorder.create(m.LIVE_UNKNOWN, exchange="okx")
    lines = prometheus_text(recorder.snapshot(), {"entrypoint": "b"}).splitlines()
    assert 'risk_used_ratio{entrypoint="a",limit="max_position_pct"} 0' in lines
    assert 'live_orders_unknown{entrypoint="b",exchange="okx"} 0' in lines


def test_nothing_recorded_is_an_empty_page() -> None:
    assert prometheus_text([]) == ""
    assert openmetrics_text([]) == "# EOF\n"


@needs_promtool
def test_promtool_takes_every_metric_that_is_declared() -> None:
    recorder = MemoryRecorder()
    for metric in m.DECLARED.values():
        recorder.create(metric, **{name: metric.closed.get(name, ("x",))[0] for name in metric.labels})
    assert promtool("check", "metrics", given=prometheus_text(recorder.snapshot())) == ""
