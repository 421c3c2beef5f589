"""Expressions of rules and dashboards, read by a PromQL parser: which series and which of their labels they ask for."""

from __future__ import annotations

from typing import NamedTuple

import promql_parser

from golive.metrics.declaration import DECLARED, Metric, MetricType

_PARTS = ("_bucket", "_sum", "_count")


class Asked(NamedTuple):
    """What one expression asks for: series by name with their matchers (label, operator, value), and labels it groups by."""

    series: dict[str, set[tuple[str, str, str]]]
    grouped: set[str]


def asked(expression: str) -> Asked:
    """Return what the expression asks for; ValueError for one that is no PromQL."""
    series: dict[str, set[tuple[str, str, str]]] = {}
    grouped: set[str] = set()

    def visit(node: object) -> None:
        if isinstance(node, promql_parser.VectorSelector) and node.name is not None:
            matchers = {(each.name, str(each.op), each.value) for each in node.matchers.matchers}
            series.setdefault(node.name, set()).update(matchers)
        if isinstance(node, promql_parser.AggregateExpr) and node.modifier is not None:
            grouped.update(node.modifier.labels)

    promql_parser.walk(promql_parser.parse(expression), visit)
    return Asked(series, grouped)


def metric_of(series: str) -> Metric | None:
    """Return the metric a series belongs to: a histogram has its parts only, any other metric its name only."""
    for part in _PARTS:
        metric = DECLARED.get(series.removesuffix(part))
        if series.endswith(part) and metric is not None and metric.type is MetricType.HISTOGRAM:
            return metric
    metric = DECLARED.get(series)
    return metric if metric is not None and metric.type is not MetricType.HISTOGRAM else None
