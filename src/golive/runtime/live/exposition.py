"""Live series as Prometheus text, and back: only what was written here is read, anything else is no export.

Source: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple, TypeAlias

from golive.metrics.declaration import DECLARED, Metric, MetricType
from golive.metrics.exposition import prometheus_text
from golive.metrics.recorder import Series

PREFIX: Final = "live_"
_PARTS: Final = ("_bucket", "_sum", "_count")

Key: TypeAlias = tuple[str, tuple[str, ...]]
"""name of a metric, and the values of its labels in their order"""
Kept: TypeAlias = Mapping[Key, Series]


class MalformedExposition(ValueError):
    """The text is not one of live series as they are declared."""


class _Sample(NamedTuple):
    name: str
    labels: Mapping[str, str]
    value: float


def exposition(series: Kept) -> str:
    """Return the series as text, names and labels sorted."""
    rows: dict[str, list[tuple[Mapping[str, str], Series]]] = {}
    for (name, values), each in sorted(series.items(), key=lambda item: item[0]):
        rows.setdefault(name, []).append((dict(zip(DECLARED[name].labels, values, strict=True)), each))
    return prometheus_text((DECLARED[name], series_rows) for name, series_rows in rows.items())


def read_exposition(text: str) -> Kept:
    """Return the series of a text that `exposition` made. Raises MalformedExposition for any other; an empty one has none."""
    if text and not text.endswith("\n"):
        raise MalformedExposition("it ends in the middle of a line")
    found: dict[Key, Series] = {}
    for sample in _parsed(text):
        metric, part = _metric(sample.name)
        le = sample.labels.get("le", "")
        labels = {name: value for name, value in sample.labels.items() if not (part == "_bucket" and name == "le")}
        if set(labels) != set(metric.labels):
            raise MalformedExposition(f"{sample.name} has labels {sorted(sample.labels)}")
        if any(labels[name] not in allowed for name, allowed in metric.closed.items()):
            raise MalformedExposition(f"{sample.name} has a label value that it never has")
        key = (metric.name, tuple(labels[name] for name in metric.labels))
        if metric.type is not MetricType.GAUGE and not 0 <= sample.value < math.inf:
            raise MalformedExposition(f"{sample.name} is {sample.value}")
        series = found.setdefault(key, Series(0.0, []))
        _take(metric, part, le, sample.value, series)
    for (name, _), series in found.items():
        _finish(DECLARED[name], series)
    return found


def _parsed(text: str) -> Iterable[_Sample]:
    from prometheus_client.parser import text_string_to_metric_families

    try:
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                yield _Sample(sample.name, sample.labels, float(sample.value))
    except (ValueError, IndexError, KeyError, TypeError) as exc:  # what the parser raises for text that it cannot read
        raise MalformedExposition(f"it cannot be read as metrics: {exc}") from exc


def _metric(name: str) -> tuple[Metric, str]:
    part = next((each for each in _PARTS if name.endswith(each) and name.removesuffix(each) in DECLARED), "")
    metric = DECLARED.get(name.removesuffix(part))
    if metric is None or not metric.name.startswith(PREFIX) or (metric.type is MetricType.HISTOGRAM) is not bool(part):
        raise MalformedExposition(f"{name} is no live series")
    return metric, part


def _take(metric: Metric, part: str, le: str, value: float, series: Series) -> None:
    """Put a sample into its series; buckets stay cumulative until all are there."""
    match part:
        case "_bucket":
            bounds = (*metric.buckets, math.inf)
            if len(series.counts) >= len(bounds) or float(le) != bounds[len(series.counts)] or value != int(value):
                raise MalformedExposition(f"{metric.name} has a bucket of {le} that it does not have now")
            series.counts.append(int(value))
        case "_sum":
            series.total = value
        case _:
            series.value = value


def _finish(metric: Metric, series: Series) -> None:
    if metric.type is not MetricType.HISTOGRAM:
        return
    counts = [now - before for before, now in zip([0, *series.counts], series.counts, strict=False)]
    if len(counts) != len(metric.buckets) + 1 or min(counts) < 0 or sum(counts) != series.value:
        raise MalformedExposition(f"{metric.name} does not add up")
    series.counts[:] = counts
