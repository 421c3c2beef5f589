"""`golive slo report`: every objective of the configuration, judged by what is stored; the document `golive.slo_report.v1`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, Literal

from golive.config import Configuration
from golive.config.adapter_table import KNOWN_LABELS
from golive.config.slo_section import Slo
from golive.model.clock import MINUTE, SECOND, to_iso
from golive.model.errors import ConfigError, JournalError
from golive.model.indicator import INDICATORS, RISK_UP, IndicatorKind
from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import ExitCode, Stage
from golive.observability.shape import Count, Instant, document_schema
from golive.observability.slo import Measurements, SloResult, Span, Status, Window, judge
from golive.storage.indicator_store import RunRow, Stored, entrypoints_measured, read_indicator

SCHEMA: Final = "golive.slo_report.v1"
STATUSES: Final[tuple[Status, ...]] = ("ok", "warning", "breach", "unknown")
RUNNING_NS: Final = 5 * SECOND
"""a run that was seen so lately still runs"""
FUTURE_NS: Final = 5 * SECOND
"""a value stamped further after now says that the clock was set back"""
_DIGITS: Final = 9


@dataclass(frozen=True, slots=True)
class SloReport:
    """All objectives as of `at`, ns UTC, in the order of the configuration."""

    at: int
    results: tuple[SloResult, ...]

    @property
    def exit_code(self) -> ExitCode:
        """5 while a promise is broken, else 6 while one cannot be judged, else 0."""
        statuses = {each.status for each in self.results}
        if "breach" in statuses:
            return ExitCode.BREACHED
        return ExitCode.UNKNOWN if "unknown" in statuses or not statuses else ExitCode.OK


def slo_report(
    home: Path,
    configuration: Configuration,
    now: int,
    *,
    names: Collection[str] = (),
    window_minutes: int | None = None,
    filters: Mapping[str, str] | None = None,
) -> SloReport:
    """Judge the objectives of the configuration (those named, all of them by default) over their windows, or one of this length.

    `filters` narrow every objective further. Raises ConfigError for a name that no objective has, and for a
    filter by what there is not.
    """
    objectives = configuration.core.observability.slo
    known = [each.name for each in objectives]
    for name in names:
        if name not in known:
            raise ConfigError(
                f"there is no objective {name} in core.yaml: observability.slo; there are {', '.join(known) or 'none'}"
            )
    _demand_known(home, configuration, filters or {})
    results = []
    for slo in objectives:
        if names and slo.name not in names:
            continue
        window = Window(now - (window_minutes or slo.window_minutes) * MINUTE, now)
        results.append(judge(slo, measured(home, slo, window, filters or {}), window))
    return SloReport(now, tuple(results))


def _demand_known(home: Path, configuration: Configuration, filters: Mapping[str, str]) -> None:
    """An entrypoint that is configured no more but has measured is known, too."""
    entrypoints = {*configuration.runtime.trading.entrypoints, *entrypoints_measured(home)}
    known = {"entrypoint": sorted(entrypoints), "exchange": KNOWN_LABELS, "stage": tuple(Stage)}
    for label, value in filters.items():
        if value not in known[label]:
            raise ConfigError(f"--label {label}={value}: there is no such {label}; there are {', '.join(known[label])}")


def measured(home: Path, slo: Slo, window: Window, filters: Mapping[str, str]) -> Measurements:
    """Return what is stored of an objective's indicator; what cannot be read is a doubt."""
    labels = dict(slo.label_filters)
    for label, value in filters.items():
        if labels.setdefault(label, value) != value:
            return Measurements(doubts=(f"it is about {label} {labels[label]} alone",))
    values: list[int] = []
    spans: list[Span] = []
    doubts: list[str] = []
    for entrypoint in entrypoints_measured(home):
        if labels.get("entrypoint", entrypoint) != entrypoint:
            continue
        try:
            stored = read_indicator(
                home, entrypoint, slo.indicator, window.start, exchange=labels.get("exchange"), stage=labels.get("stage")
            )
        except JournalError as exc:
            doubts.append(str(exc))
            continue
        values += [value for at, value in stored.samples if at <= window.end]
        spans += [Span(*each) for each in stored.spans]
        if slo.indicator == RISK_UP.name:
            spans += cut_off(stored.runs, window.end, labels)
        doubts += _doubts(entrypoint, stored, window)
    return Measurements(values, spans, tuple(doubts))


def cut_off(runs: Sequence[RunRow], now: int, labels: Mapping[str, str]) -> list[Span]:
    """Return the times in which nobody could be asked because a run was cut off: until the entrypoint's next run, or now.

    `runs` are those of one entrypoint, in the order in which they began; only what carries the `labels` counts.
    """
    found = []
    for number, run in enumerate(runs, 1):
        if labels.get("exchange", run.exchange) != run.exchange or labels.get("stage", run.stage) != run.stage:
            continue
        after = runs[number] if number < len(runs) else None
        until = now if after is None else after.began
        if not run.in_order and until > run.seen and not (after is None and now - run.seen <= RUNNING_NS):
            found.append(Span(run.seen, until, False))
    return found


def _doubts(entrypoint: str, stored: Stored, window: Window) -> list[str]:
    found = []
    late = sum(1 for at, _ in stored.samples if at > window.end + FUTURE_NS)
    late += sum(1 for _, ended, _ in stored.spans if ended > window.end + FUTURE_NS)
    if late:
        found.append(f"{entrypoint}: {late} of its values are of after now, so its clock was set back")
    if stored.lost:
        found.append(f"{entrypoint}: {stored.lost} values could not be kept")
    if stored.kept_since > window.start:
        found.append(f"{entrypoint}: values of before {to_iso(stored.kept_since)} were dropped for want of room")
    return found


# -- the document -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BudgetDocument:
    """Shares of the window. null: no share is defined for this aggregation, or nothing was measured."""

    allowed: float | None
    used: float | None
    remaining: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultDocument:
    indicator: str
    aggregation: str
    value: float | None
    unit: str
    target: float
    comparison: Literal["<=", ">="]
    warning_threshold: float | None
    label_filters: Mapping[str, str]
    status: Status
    severity: Literal["warning", "error", "critical"]
    error_budget: BudgetDocument
    sample_size: Count
    window_start: Instant
    window_end: Instant
    reason: str


@dataclass(frozen=True, slots=True)
class SummaryDocument:
    evaluated: Count
    status_counts: Mapping[Status, Count]
    breached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReportDocument:
    generated_at: Instant
    results: Mapping[str, ResultDocument]
    summary: SummaryDocument


def slo_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "Service levels held against their objectives", ReportDocument)


def document(report: SloReport) -> JsonObject:
    """Return the report as a JSON document; numbers with nine decimals."""
    statuses = [each.status for each in report.results]
    return {
        "schema": SCHEMA,
        "generated_at": to_iso(report.at),
        "results": {each.slo.name: _row(each) for each in report.results},
        "summary": {
            "evaluated": len(statuses),
            "status_counts": {status: statuses.count(status) for status in STATUSES},
            "breached": [each.slo.name for each in report.results if each.status == "breach"],
        },
    }


def _row(result: SloResult) -> JsonObject:
    slo, budget = result.slo, result.budget
    return {
        "indicator": slo.indicator,
        "aggregation": slo.aggregation,
        "value": _number(result.value),
        "unit": unit_of(slo),
        "target": float(slo.target),
        "comparison": slo.comparison,
        "warning_threshold": None if slo.warning_threshold is None else float(slo.warning_threshold),
        "label_filters": dict(slo.label_filters),
        "status": result.status,
        "severity": slo.severity,
        "error_budget": {
            "allowed": _number(budget.allowed),
            "used": _number(budget.used),
            "remaining": _number(budget.remaining),
        },
        "sample_size": result.sample_size,
        "window_start": to_iso(result.window.start),
        "window_end": to_iso(result.window.end),
        "reason": result.reason,
    }


def unit_of(slo: Slo) -> str:
    """Return the unit of an objective's value; empty for a share."""
    return INDICATORS[slo.indicator].unit


def is_state(slo: Slo) -> bool:
    return INDICATORS[slo.indicator].kind is IndicatorKind.STATE


def _number(value: Fraction | None) -> float | None:
    return None if value is None else round(float(value), _DIGITS)
