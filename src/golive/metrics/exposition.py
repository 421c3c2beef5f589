"""Series as text that a monitoring system reads: Prometheus' own format and OpenMetrics.

Sources: https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4) and
https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md (1.0.0).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import TypeAlias

from .declaration import Metric, MetricType
from .recorder import Series

Rows: TypeAlias = Iterable[tuple[Metric, Sequence[tuple[Mapping[str, str], Series]]]]
"""each metric once, with its labelled series, as `MemoryRecorder.snapshot` yields them"""
NOTHING_MORE: Mapping[str, str] = {}


def prometheus_text(rows: Rows, more: Mapping[str, str] = NOTHING_MORE) -> str:
    """Return the series in Prometheus' text format; a series that lacks a label of `more` gets it."""
    lines: list[str] = []
    for metric, series in rows:
        lines += (f"# HELP {metric.name} {_escaped(metric.help)}", f"# TYPE {metric.name} {metric.type}")
        lines += _samples(metric, series, more)
    return "\n".join([*lines, ""])


def openmetrics_text(rows: Rows, more: Mapping[str, str] = NOTHING_MORE) -> str:
    """Return the series as OpenMetrics text: the family of a counter is its name without `_total`, and the end is marked."""
    lines: list[str] = []
    for metric, series in rows:
        family = metric.name.removesuffix("_total") if metric.type is MetricType.COUNTER else metric.name
        lines += (f"# HELP {family} {_escaped(metric.help, quoted=True)}", f"# TYPE {family} {metric.type}")
        lines += _samples(metric, series, more)
    return "\n".join([*lines, "# EOF", ""])


def _samples(metric: Metric, rows: Sequence[tuple[Mapping[str, str], Series]], more: Mapping[str, str]) -> Iterator[str]:
    name = metric.name
    if metric.type is not MetricType.HISTOGRAM:
        for labels, series in rows:
            inside = _inside(labels, more)
            yield f"{name}{{{inside}}} {number(series.value)}" if inside else f"{name} {number(series.value)}"
        return
    bounds = _bounds(metric.buckets)
    for labels, series in rows:
        inside = _inside(labels, more)
        start = f"{name}_bucket{{{inside}{',' if inside else ''}"
        so_far = 0
        for bound, count in zip(bounds, series.counts, strict=True):
            so_far += count
            yield f"{start}{bound} {so_far}"
        braces = f"{{{inside}}}" if inside else ""
        yield f"{name}_sum{braces} {number(series.total)}"
        yield f"{name}_count{braces} {so_far}"


def _inside(labels: Mapping[str, str], more: Mapping[str, str]) -> str:
    return ",".join([f'{name}="{_value(text)}"' for name, text in ({**more, **labels} if more else labels).items()])


@lru_cache(maxsize=64)
def _bounds(buckets: tuple[float, ...]) -> tuple[str, ...]:
    return (*(f'le="{float(bound)!r}"}}' for bound in buckets), 'le="+Inf"}')


@lru_cache(maxsize=4096)
def _value(text: str) -> str:
    return _escaped(text, quoted=True)


def _escaped(text: str, *, quoted: bool = False) -> str:
    text = text.replace("\\", "\\\\").replace("\n", "\\n")
    return text.replace('"', '\\"') if quoted else text


def number(value: float) -> str:
    """Return a sample's value as both formats write it."""
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) else repr(float(value))
