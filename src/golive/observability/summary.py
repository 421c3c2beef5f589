"""`paper_exchange_metrics.summary`: one small function per field, one table; rows in, JSON out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from operator import attrgetter
from typing import Final, TypeAlias

from golive.metrics.declaration import SEVERITIES
from golive.model.json import JsonValue
from golive.model.verdict import Verdict

from .entry import Judged
from .ratio import mean, rounded

Rows: TypeAlias = Sequence[Judged]
NOT_CONFIGURED: Final = "not_configured"


def overall_status(rows: Rows) -> str:
    """Return `not_configured` without entrypoints, else the worst status of any."""
    if not rows:
        return NOT_CONFIGURED
    found = {row.status for row in rows}
    return next(v for v in (Verdict.BREACHED, Verdict.UNKNOWN, Verdict.OK) if v in found).value


def _names(rows: Iterable[Judged]) -> list[str]:
    return sorted(row.entrypoint for row in rows)


def _with_status(verdict: Verdict) -> Callable[[Rows], list[str]]:
    return lambda rows: _names(row for row in rows if row.status is verdict)


def _how_many(names: Callable[[Rows], list[str]]) -> Callable[[Rows], int]:
    return lambda rows: len(names(rows))


def _total(items: Callable[[Judged], Sequence[object]]) -> Callable[[Rows], int]:
    return lambda rows: sum(len(items(row)) for row in rows)


def _per_entrypoint(items: Callable[[Judged], Iterable[str]]) -> Callable[[Rows], JsonValue]:
    """{entrypoint: [item, unique and sorted]}, entrypoints without one left out."""

    def field(rows: Rows) -> JsonValue:
        found = {row.entrypoint: sorted(set(items(row))) for row in rows}
        return {name: found[name] for name in sorted(found) if found[name]}

    return field


def _per_item(items: Callable[[Judged], Iterable[str]]) -> Callable[[Rows], JsonValue]:
    """{item: how often over all entrypoints}, items that never occur left out."""

    def field(rows: Rows) -> JsonValue:
        counts = Counter(item for row in rows for item in items(row))
        return {item: counts[item] for item in sorted(counts)}

    return field


_breaches: Final = attrgetter("breaches")
_missing_metrics: Final = attrgetter("missing_metrics")
_invalid_thresholds: Final = attrgetter("invalid_thresholds")
_missing_severities: Final = attrgetter("missing_severities")


def _breached_keys(row: Judged) -> list[str]:
    return [breach.threshold for breach in row.breaches]


def _breached_metrics(row: Judged) -> list[str]:
    return [breach.metric for breach in row.breaches]


def metric_universe(rows: Rows) -> list[str]:
    """Return every metric name an entrypoint refers to."""
    return sorted({name for row in rows for name in row.metric_names})


def threshold_universe(rows: Rows) -> list[str]:
    """Return every threshold key configured anywhere, valid or not."""
    return sorted({key for row in rows for key in row.row.profile.thresholds})


def _severity_universe(rows: Rows) -> list[str]:
    return sorted(SEVERITIES) if rows else []


def _metric_present(row: Judged, name: str) -> bool:
    return name in row.metric_names and name not in row.missing_metrics


def _threshold_valid(row: Judged, key: str) -> bool:
    return key in row.row.profile.thresholds and key not in row.invalid_thresholds


def _severity_present(row: Judged, severity: str) -> bool:
    return severity not in row.missing_severities


def _covered(universe: Callable[[Rows], list[str]], present: Callable[[Judged, str], bool]) -> Callable[[Rows], JsonValue]:
    """{item: [entrypoints that have it]}, every item of the universe a key."""
    return lambda rows: {item: _names([row for row in rows if present(row, item)]) for item in universe(rows)}


def _metric_ratios(rows: Rows) -> dict[str, Fraction]:
    """Share of the entrypoints referring to a metric for which it is present; unrounded."""
    ratios = {}
    for name in metric_universe(rows):
        referring = [row for row in rows if name in row.metric_names]
        ratios[name] = Fraction(sum(_metric_present(row, name) for row in referring), len(referring))
    return ratios


def _threshold_ratios(rows: Rows) -> dict[str, Fraction]:
    """Share of all entrypoints with a valid limit; unrounded."""
    return {key: Fraction(sum(_threshold_valid(row, key) for row in rows), len(rows)) for key in threshold_universe(rows)}


def _severity_ratios(rows: Rows) -> dict[str, Fraction]:
    return {s: Fraction(sum(_severity_present(row, s) for row in rows), len(rows)) for s in _severity_universe(rows)}


def _rounded(ratios: Callable[[Rows], dict[str, Fraction]]) -> Callable[[Rows], JsonValue]:
    return lambda rows: {name: rounded(ratio) for name, ratio in ratios(rows).items()}


def severity_totals(rows: Rows) -> JsonValue:
    """Return {severity: errors over all entrypoints}, always three keys."""
    return {severity: sum(row.row.errors.get(severity, 0) for row in rows) for severity in sorted(SEVERITIES)}


def _missing_severity_entrypoints(rows: Rows) -> JsonValue:
    found = {s: _names([row for row in rows if s in row.missing_severities]) for s in sorted(SEVERITIES)}
    return {severity: names for severity, names in found.items() if names}


SUMMARY: Final[Mapping[str, Callable[[Rows], JsonValue]]] = {
    "status": overall_status,
    "entrypoints": len,
    "ok_entrypoints": _how_many(_with_status(Verdict.OK)),
    "breached_entrypoints": _how_many(_with_status(Verdict.BREACHED)),
    "unknown_entrypoints": _how_many(_with_status(Verdict.UNKNOWN)),
    "total_breaches": _total(_breaches),
    "missing_metrics": _total(_missing_metrics),
    "invalid_thresholds": _total(_invalid_thresholds),
    "missing_error_severities": _total(_missing_severities),
    "ok_entrypoint_names": _with_status(Verdict.OK),
    "breached_entrypoint_names": _with_status(Verdict.BREACHED),
    "unknown_entrypoint_names": _with_status(Verdict.UNKNOWN),
    "monitored_entrypoint_names": _names,
    "missing_metrics_entrypoints": _per_entrypoint(_missing_metrics),
    "invalid_thresholds_entrypoints": _per_entrypoint(_invalid_thresholds),
    "breached_thresholds_entrypoints": _per_entrypoint(_breached_keys),
    "breach_counts_by_metric": _per_item(_breached_metrics),
    "threshold_breach_counts": _per_item(_breached_keys),
    "missing_metric_counts": _per_item(_missing_metrics),
    "invalid_threshold_counts": _per_item(_invalid_thresholds),
    "metric_coverage_entrypoints": _covered(metric_universe, _metric_present),
    "threshold_coverage_entrypoints": _covered(threshold_universe, _threshold_valid),
    "network_error_severity_coverage_entrypoints": _covered(_severity_universe, _severity_present),
    "metric_coverage_ratio": _rounded(_metric_ratios),
    "threshold_coverage_ratio": _rounded(_threshold_ratios),
    "network_error_severity_coverage_ratio": _rounded(_severity_ratios),
    "metric_coverage_score": lambda rows: mean(list(_metric_ratios(rows).values())),
    "threshold_coverage_score": lambda rows: mean(list(_threshold_ratios(rows).values())),
    "monitored_metric_names": metric_universe,
    "monitored_threshold_names": threshold_universe,
    "network_error_severity_totals": severity_totals,
    "missing_error_severity_counts": _per_item(_missing_severities),
    "missing_error_severity_entrypoints": _missing_severity_entrypoints,
}
"""The 33 fields in the order of the contract; `phase` stands beside them (`windows.py`)."""


def summarize(rows: Rows, phase: str) -> dict[str, JsonValue]:
    """Return the whole summary; its shape is the same for any rows."""
    return {field: compute(rows) for field, compute in SUMMARY.items()} | {"phase": phase}
