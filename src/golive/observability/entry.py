"""Judging one row: breaches, what is missing, stale or invalid, the entry of the report and its warnings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from golive.metrics.declaration import SEVERITIES
from golive.model.clock import SECOND, to_iso
from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import Verdict

from .exchange_metrics import EntrypointRow
from .ratio import rounded
from .threshold import COMPARATOR_OF, HEALTH, NETWORK_ERRORS, RATE_LIMIT, THRESHOLD_OF, holds, json_number, limit_of


@dataclass(frozen=True, slots=True)
class Breach:
    """One limit that was measured and not kept."""

    metric: str
    """`rate_limit`, `network_errors` or `health`"""
    threshold: str
    observed: int | float
    limit: JsonValue
    comparator: str

    def as_json(self) -> dict[str, JsonValue]:
        return {
            "metric": self.metric,
            "threshold": self.threshold,
            "observed": self.observed,
            "limit": self.limit,
            "comparator": self.comparator,
        }


def network_errors(row: EntrypointRow) -> int:
    """Return the errors of the window over all severities; 0 where there is no sample."""
    return sum(row.errors.values())


def errors_by_severity(row: EntrypointRow) -> dict[str, int]:
    return {severity: row.errors.get(severity, 0) for severity in SEVERITIES}


def observed(row: EntrypointRow) -> Mapping[str, int | float | None]:
    """Return what was measured for each metric kind; None = no sample."""
    return {
        RATE_LIMIT: row.rate_limited,
        NETWORK_ERRORS: network_errors(row) if row.errors else None,
        HEALTH: None if row.health is None else row.health.lowest,
    }


def breaches(row: EntrypointRow) -> tuple[Breach, ...]:
    """Return every measured value that breaks its valid limit; what was not measured cannot breach."""
    found: list[Breach] = []
    for kind, value in observed(row).items():
        key = THRESHOLD_OF[kind]
        limit = limit_of(row.profile.thresholds.get(key))
        if value is not None and limit is not None and not holds(kind, value, limit):
            found.append(Breach(kind, key, value, json_number(row.profile.thresholds[key]), COMPARATOR_OF[kind]))
    return tuple(found)


def metric_names(row: EntrypointRow) -> tuple[str, ...]:
    """Return the metric names the entrypoint refers to, defaults filled in; sorted, unique."""
    return tuple(sorted({row.profile.name_of(kind) for kind in THRESHOLD_OF}))


def missing_metrics(row: EntrypointRow) -> tuple[str, ...]:
    return tuple(sorted({row.profile.name_of(kind) for kind, value in observed(row).items() if value is None}))


def missing_severities(row: EntrypointRow) -> tuple[str, ...]:
    return tuple(severity for severity in SEVERITIES if severity not in row.errors)


def stale_metrics(row: EntrypointRow) -> tuple[str, ...]:
    return (row.profile.name_of(HEALTH),) if row.is_stale else ()


def invalid_thresholds(row: EntrypointRow) -> tuple[str, ...]:
    """Return the configured keys whose value is not a finite number ≥ 0."""
    return tuple(sorted(key for key, value in row.profile.thresholds.items() if limit_of(value) is None))


def absent_thresholds(row: EntrypointRow) -> tuple[str, ...]:
    """Return the keys that are not configured at all."""
    return tuple(sorted(key for key in THRESHOLD_OF.values() if key not in row.profile.thresholds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A row and everything that is wrong with it, found once: the entry, the warnings and 33 fields of the summary tell of it."""

    row: EntrypointRow
    status: Verdict
    """`breached` if any breach, else `unknown` if anything was not measured or cannot be judged, else `ok`"""
    metric_names: tuple[str, ...]
    """those the entrypoint refers to, defaults filled in"""
    breaches: tuple[Breach, ...]
    missing_metrics: tuple[str, ...]
    missing_severities: tuple[str, ...]
    stale_metrics: tuple[str, ...]
    invalid_thresholds: tuple[str, ...]
    absent_thresholds: tuple[str, ...]

    @property
    def entrypoint(self) -> str:
        return self.row.entrypoint


def judged(row: EntrypointRow) -> Judged:
    """Judge one row."""
    broken = breaches(row)
    doubts = (missing_metrics(row), missing_severities(row), stale_metrics(row), invalid_thresholds(row), absent_thresholds(row))
    missing, severities, stale, invalid, absent = doubts
    return Judged(
        row=row,
        status=Verdict.BREACHED if broken else Verdict.UNKNOWN if any(doubts) else Verdict.OK,
        metric_names=metric_names(row),
        breaches=broken,
        missing_metrics=missing,
        missing_severities=severities,
        stale_metrics=stale,
        invalid_thresholds=invalid,
        absent_thresholds=absent,
    )


def entry(found: Judged) -> dict[str, JsonValue]:
    """Return the entry of the entrypoint in `paper_exchange_metrics`, every field of the contract."""
    row = found.row
    age = row.health_age_ns
    thresholds = row.profile.thresholds
    by_severity: JsonObject = errors_by_severity(row)
    return {
        "environment": row.profile.environment,
        "exchange": row.profile.exchange,
        "status": found.status.value,
        "rate_limited_events": row.rate_limited or 0,
        "network_errors": network_errors(row),
        "network_errors_by_severity": by_severity,
        "health_status": None if row.health is None else row.health.lowest,
        "health_checked_at": None if row.health is None else to_iso(row.health.checked_at),
        "health_age_seconds": None if age is None else rounded(age, SECOND),
        "metric_names": {kind: row.profile.name_of(kind) for kind in sorted(THRESHOLD_OF)},
        "thresholds": {key: json_number(thresholds[key]) for key in sorted(thresholds)},
        "breaches": [breach.as_json() for breach in found.breaches],
        "missing_metrics": list(found.missing_metrics),
        "stale_metrics": list(found.stale_metrics),
        "invalid_thresholds": list(found.invalid_thresholds),
        "missing_error_severities": list(found.missing_severities),
        "window": {
            "started_at": to_iso(row.window.started_at),
            "ended_at": to_iso(row.window.ended_at),
            "baseline_at": to_iso(row.window.baseline_at),
        },
    }


def warnings(found: Judged) -> list[str]:
    """Return one line per breach, missing metric or severity, stale health, and invalid or absent threshold."""
    return [f"[paper:{found.entrypoint}] {text}" for text in _texts(found)]


def _texts(found: Judged) -> Sequence[str]:
    row = found.row
    thresholds = row.profile.thresholds
    lines = [f"{b.metric} {b.observed} breaches {b.threshold}: required {b.comparator} {b.limit}" for b in found.breaches]
    if found.missing_metrics:
        unseen = {kind for kind, value in observed(row).items() if value is None}
        for kind, key in THRESHOLD_OF.items():
            if kind in unseen:
                lines.append(f"{kind} was not measured: {row.profile.name_of(kind)} has no sample, {key} cannot be judged")
    errors = row.profile.name_of(NETWORK_ERRORS)
    key = THRESHOLD_OF[NETWORK_ERRORS]
    lines += [f"{errors} has no sample of severity {s}, {key} cannot be judged in full" for s in found.missing_severities]
    if row.is_stale and row.health is not None and row.health_age_ns is not None:
        age, allowed = row.health_age_ns / SECOND, row.stale_after_ns / SECOND
        last = to_iso(row.health.checked_at)
        lines.append(f"health is stale: last probe {last}, {age:.1f} s old, allowed {allowed:g} s; health_min cannot be judged")
    lines += [f"{k} is invalid: {json_number(thresholds[k])!r} is not a finite number >= 0" for k in found.invalid_thresholds]
    lines += [f"{k} is not configured" for k in found.absent_thresholds]
    return lines
