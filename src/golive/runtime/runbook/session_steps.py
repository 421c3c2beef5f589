"""Steps that rest on sessions: one is run where no fresh record of it stands, and its report is judged as the runbooks say."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from golive.inputs import read_bytes
from golive.metrics import declaration as m
from golive.model.clock import DAY, from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import ExitCode, Stage, Verdict
from golive.storage.stage_records import StageRecords

from ..clock import SystemClock
from ..code_version import code_version
from ..host_signer import host_signer
from ..signed_report import parse_signed_report
from ..stored_guardrails import stored_guardrails
from .place import Done, Place, blocked, judged, ok, unknown

_EMPTY: Final = (
    "breached_entrypoint_names", "breached_thresholds_entrypoints", "missing_metrics_entrypoints", "breach_counts_by_metric",
    "threshold_breach_counts", "missing_metric_counts", "missing_error_severity_counts", "missing_error_severity_entrypoints",
)  # fmt: skip
_METRICS: Final = (m.EXCHANGE_ERRORS.name, m.EXCHANGE_HEALTH.name, m.EXCHANGE_RATE_LIMITED.name)
_LIMITS: Final = ("rate_limit_max", "network_errors_max", "health_min")


def demo_session(place: Place, stage: str) -> Done:
    """A demo session of the entrypoint has passed, with this configuration and code; it is run where none has."""
    return _passed(place, Stage.DEMO, _report(place, Stage.DEMO) or _walked(place, Stage.DEMO))


def paper_session(place: Place, stage: str) -> Done:
    """A paper session has passed, and its report says what the runbooks ask for; demo and paper are run where none has."""
    report = _report(place, Stage.PAPER)
    if report is None:
        if _report(place, Stage.DEMO) is None and _walked(place, Stage.DEMO) is None:
            return _passed(place, Stage.DEMO, None)
        report = _walked(place, Stage.PAPER)
    return _passed(place, Stage.PAPER, report) if report is None else paper_report(place, stage)


def paper_report(place: Place, stage: str) -> Done:
    """The newest passed paper session's report says what the runbooks ask for, field by field."""
    report = _report(place, Stage.PAPER)
    if report is None:
        return _none(place)
    bad = list(_unlike(report, place))
    return judged(f"{_name(report)}: summary ok, nothing breached or missing", bad, "golive report open", *_files(place, report))


def paper_warnings(place: Place, stage: str) -> Done:
    """The newest paper session warned of no threshold."""
    report = _report(place, Stage.PAPER)
    if report is None:
        return _none(place)
    warnings = report.get("warnings")
    bad = (
        [str(each) for each in warnings if any(word in str(each) for word in _LIMITS)] if isinstance(warnings, list) else ["none"]
    )
    return judged(f"{_name(report)}: no warning of {', '.join(_LIMITS)}", bad, "golive alerts list", *_files(place, report))


def paper_health(place: Place, stage: str) -> Done:
    """The venue was healthy when the newest paper session ended."""
    report = _report(place, Stage.PAPER)
    if report is None:
        return _none(place)
    health = _object(_object(report.get("paper_exchange_metrics")).get(place.paper.name)).get("health_status")
    bad = [] if health == 1 else [f"health_status is {health}"]
    return judged(f"{_name(report)}: health_status 1", bad, "golive venue list", *_files(place, report))


def guardrails(place: Place, stage: str) -> Done:
    """The queues and the event log of the entrypoint's newest run show no throttling and no error."""
    command = f"golive report guardrails --tag {place.paper.exchange} --tag paper"
    found = stored_guardrails(place.home, place.configuration, place.clock.now(), tags=(place.paper.exchange, "paper"))
    told = f"queues {found.status}, {len(found.log_records)} events"
    if found.status == "ok" and not found.log_records:
        return ok(told)
    return unknown(told, command) if found.status in ("unknown", "not_applicable") else blocked(told, command)


def _walked(place: Place, stage: Stage) -> JsonObject | None:
    """Run a session and return its report; None unless it passed."""
    code = place.walk(str(stage), place.paper.name)
    return _report(place, stage) if code is ExitCode.OK else None


def _report(place: Place, stage: Stage) -> JsonObject | None:
    """Return the report of the newest session that passed `stage` today with this configuration and code; None without one.

    Raises JournalError for records that are not sound.
    """
    signer = host_signer(place.home, SystemClock(), place.operator)
    record = StageRecords(place.home, signer, operator=place.operator).latest(place.paper.name, stage)
    digest = place.configuration.file_digest
    if record is None or record.verdict is not Verdict.OK or record.code_version != code_version():
        return None
    if (record.file_digest.runtime_sha256, record.file_digest.core_sha256) != (digest.runtime_sha256, digest.core_sha256):
        return None
    if not 0 <= place.clock.now() - from_iso(record.finished_at) < DAY:
        return None
    try:
        report = parse_signed_report(read_bytes(place.home, record.report), record)
    except (OSError, ValueError) as exc:
        raise JournalError(f"{record.report}: the signed report of the session cannot be read: {exc}; run it again") from exc
    if report is None:
        raise JournalError(f"{record.report}: is not the report that was signed; run the session again")
    return report


def _passed(place: Place, stage: Stage, report: JsonObject | None) -> Done:
    if report is None:
        command = f"golive run --mode {stage} --entrypoint {place.paper.name}"
        return blocked(f"the {stage} session of {place.paper.name} did not pass", command)
    return ok(f"{_name(report)}: passed", *_files(place, report))


def _none(place: Place) -> Done:
    told = f"no paper session of {place.paper.name} passed in the last 24 hours with this configuration and code"
    return unknown(told, f"golive run --mode paper --entrypoint {place.paper.name}")


def _unlike(report: JsonObject, place: Place) -> list[str]:
    """Return where the report is not as the runbooks want it."""
    metrics = _object(report.get("paper_exchange_metrics"))
    summary, own = _object(metrics.get("summary")), _object(metrics.get(place.paper.name))
    monitored = _paper_entrypoints(place)
    wanted: list[tuple[str, JsonValue, JsonValue]] = [
        ("summary.status", summary.get("status"), "ok"),
        (f"{place.paper.name}.status", own.get("status"), "ok"),
        ("breaches", own.get("breaches"), []),
        ("summary.monitored_entrypoint_names", summary.get("monitored_entrypoint_names"), list(monitored)),
        ("summary.monitored_metric_names", summary.get("monitored_metric_names"), sorted(_METRICS)),
        ("summary.metric_coverage_ratio", summary.get("metric_coverage_ratio"), dict.fromkeys(_METRICS, 1.0)),
        ("summary.metric_coverage_score", summary.get("metric_coverage_score"), 1.0),
        ("summary.threshold_coverage_score", summary.get("threshold_coverage_score"), 1.0),
        ("summary.network_error_severity_totals", summary.get("network_error_severity_totals"), dict.fromkeys(m.SEVERITIES, 0)),
        (
            "summary.network_error_severity_coverage_ratio",
            summary.get("network_error_severity_coverage_ratio"),
            dict.fromkeys(m.SEVERITIES, 1.0),
        ),
    ]
    bad = [f"{name} is {found}, wanted is {want}" for name, found, want in wanted if found != want]
    bad += [f"summary.{name} is {summary.get(name)}" for name in _EMPTY if summary.get(name, None) not in ([], {})]
    for field, keys in (("metric_coverage_entrypoints", _METRICS), ("network_error_severity_coverage_entrypoints", m.SEVERITIES)):
        covered = _object(summary.get(field))
        for key in keys:
            names = covered.get(key)
            if not isinstance(names, list) or place.paper.name not in names:
                bad.append(f"summary.{field}.{key} lacks {place.paper.name}")
    return bad


def _paper_entrypoints(place: Place) -> tuple[str, ...]:
    names = sorted(place.configuration.runtime.trading.entrypoints)
    return tuple(name for name in names if place.configuration.resolve(name).environment_type == "paper")


def _object(value: JsonValue) -> Mapping[str, JsonValue]:
    return value if isinstance(value, Mapping) else {}


def _name(report: JsonObject) -> str:
    return f"{report.get('stage')} {str(report.get('run_id'))[:8]}"


def _files(place: Place, report: JsonObject) -> tuple[Path, ...]:
    return (place.home / str(report.get("report_json")),)
