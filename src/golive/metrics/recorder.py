"""The recorder protocol that call paths write to, and the in-process recorder that keeps the samples.

A sample *exists* once it was created (at zero) or written; what was never created is absent, and absence means
"not measured" everywhere in Golive.
"""

from __future__ import annotations

import math
import threading
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from .declaration import DECLARED, Metric, MetricType

_INFINITY: Final = math.inf
Write = Callable[[float], None]
"""writes one labelled sample, whose name and labels were checked when it was made"""


class Recorder(Protocol):
    """Where measurements go; the core never sees Prometheus."""

    def create(self, metric: Metric, **labels: str) -> None:
        """Make the labelled sample exist at zero; an existing one is left alone."""
        ...

    def count(self, metric: Metric, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        ...

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        """Set a gauge."""
        ...

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        """Add one observation to a histogram."""
        ...

    def counter(self, metric: Metric, **labels: str) -> Write:
        """Create the sample and return what adds to it: `count` for hot paths."""
        ...

    def gauge(self, metric: Metric, **labels: str) -> Write:
        """Create the sample and return what sets it."""
        ...

    def histogram(self, metric: Metric, **labels: str) -> Write:
        """Create the sample and return what adds an observation."""
        ...


class Samples(Protocol):
    """Read access to what was recorded."""

    def value(self, metric_name: str, **labels: str) -> float | None:
        """Counter or gauge value of exactly these labels, the observation count of a histogram; None if absent."""
        ...

    def total(self, metric_name: str, **labels: str) -> float | None:
        """Sum of a histogram's observations for exactly these labels; None if absent or not a histogram."""
        ...


@dataclass(slots=True)
class Series:
    """One labelled sample. `counts` are per bucket plus overflow, not cumulative; empty unless a histogram."""

    value: float
    counts: list[int]
    total: float = 0.0


class MemoryRecorder:
    """Keeps every series of the process; safe to write from any thread."""

    def __init__(self) -> None:
        self._series: dict[tuple[str, tuple[str, ...]], Series] = {}
        self._metrics: dict[str, Metric] = {}
        self._lock = threading.Lock()

    def _get(self, metric: Metric, labels: Mapping[str, str]) -> Series:
        if len(labels) == len(metric.labels):  # the common case: it exists
            known = self._series.get((metric.name, tuple([labels.get(name, "") for name in metric.labels])))
            if known is not None:
                return known
        if set(labels) != set(metric.labels):
            raise ValueError(f"{metric.name} takes labels {metric.labels}, not {tuple(sorted(labels))}")
        key = (metric.name, tuple(labels[name] for name in metric.labels))
        series = self._series.get(key)
        if series is None:
            if DECLARED.get(metric.name) is not metric:
                raise ValueError(f"{metric.name} is not declared in golive.metrics.declaration")
            for name, allowed in metric.closed.items():
                if labels[name] not in allowed:
                    raise ValueError(f"{metric.name}: {name}={labels[name]!r} is not one of {allowed}")
            counts = [0] * (len(metric.buckets) + 1) if metric.type is MetricType.HISTOGRAM else []
            series = self._series[key] = Series(0.0, counts)
            self._metrics[metric.name] = metric
        return series

    def create(self, metric: Metric, **labels: str) -> None:
        with self._lock:
            self._get(metric, labels)

    def count(self, metric: Metric, amount: float = 1, **labels: str) -> None:
        self.counter(metric, **labels)(amount)

    def set(self, metric: Metric, value: float, **labels: str) -> None:
        self.gauge(metric, **labels)(value)

    def observe(self, metric: Metric, value: float, **labels: str) -> None:
        self.histogram(metric, **labels)(value)

    def counter(self, metric: Metric, **labels: str) -> Write:
        series, lock = self._of(MetricType.COUNTER, metric, labels), self._lock

        def count(amount: float) -> None:
            if not 0 <= amount < _INFINITY:
                raise ValueError(f"{metric.name}: count({amount}) needs a counter and a finite amount ≥ 0")
            with lock:
                series.value += amount

        return count

    def gauge(self, metric: Metric, **labels: str) -> Write:
        series = self._of(MetricType.GAUGE, metric, labels)

        def set_to(value: float) -> None:
            if value != value:  # noqa: PLR0124  # not a number
                raise ValueError(f"{metric.name}: set({value}) needs a gauge and a number")
            series.value = value  # one store: whoever reads sees the old value or the new one, so it needs no lock

        return set_to

    def histogram(self, metric: Metric, **labels: str) -> Write:
        series, lock = self._of(MetricType.HISTOGRAM, metric, labels), self._lock
        counts, buckets = series.counts, metric.buckets

        def observe(value: float) -> None:
            if not -_INFINITY < value < _INFINITY:
                raise ValueError(f"{metric.name}: observe({value}) needs a histogram and a finite number")
            with lock:
                counts[bisect_left(buckets, value)] += 1
                series.value += 1
                series.total += value

        return observe

    def _of(self, kind: MetricType, metric: Metric, labels: Mapping[str, str]) -> Series:
        if metric.type is not kind:
            raise ValueError(f"{metric.name}: this needs a {kind.value}, it is a {metric.type.value}")
        with self._lock:
            return self._get(metric, labels)

    def value(self, metric_name: str, **labels: str) -> float | None:
        with self._lock:
            series = self._find(metric_name, labels)
            return None if series is None else series.value

    def total(self, metric_name: str, **labels: str) -> float | None:
        with self._lock:
            series = self._find(metric_name, labels)
            return None if series is None or not series.counts else series.total

    def _find(self, metric_name: str, labels: Mapping[str, str]) -> Series | None:
        metric = self._metrics.get(metric_name)
        if metric is None or len(labels) != len(metric.labels):
            return None
        try:
            return self._series.get((metric_name, tuple([labels[name] for name in metric.labels])))
        except KeyError:  # other labels than it has
            return None

    def snapshot(self) -> Iterator[tuple[Metric, list[tuple[dict[str, str], Series]]]]:
        """Yield each metric with its labelled series, names and labels sorted; each series is a consistent copy.

        The lock is held for one series at a time, so that nobody who measures waits for whoever reads.
        """
        with self._lock:
            every = list(self._series.items())
        lock, rows = self._lock, dict[str, list[tuple[dict[str, str], Series]]]()
        for (name, values), series in sorted(every, key=_by_key):
            labels = dict(zip(DECLARED[name].labels, values, strict=True))
            with lock:
                copy = Series(series.value, series.counts.copy(), series.total)
            rows.setdefault(name, []).append((labels, copy))
        for name, series_rows in rows.items():
            yield DECLARED[name], series_rows


def _by_key(item: tuple[tuple[str, tuple[str, ...]], Series]) -> tuple[str, tuple[str, ...]]:
    return item[0]
