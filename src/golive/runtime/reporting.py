"""From a session's state to its report files: JSON first, Markdown and HTML rendered from that JSON."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from golive.model.clock import SECOND, stamp
from golive.model.json import JsonObject, JsonValue
from golive.model.redaction import redacted
from golive.model.stage_record import FileDigest, StageRecord
from golive.model.verdict import EvidenceClass, Stage, Verdict
from golive.observability.guardrails import Guardrails
from golive.observability.measured import (
    AdapterFailover,
    DurableFigures,
    LatencyFigures,
    Measured,
    MeasuredFailover,
    MeasuredVenue,
)
from golive.observability.outcome import nothing_done
from golive.observability.report import (
    Gate,
    ReportFiles,
    RunIdentity,
    RunReport,
    RunTime,
    RunVerdict,
    Validation,
    document,
    document_bytes,
)
from golive.observability.status import Decision
from golive.observability.windows import Evaluation
from golive.storage.files import write_atomic
from golive.storage.keys import installed_class
from golive.venues.failover import FailoverStatus

from .code_version import code_version
from .facts import SessionFacts
from .judgement import NOT_JUDGED
from .memory import peak_mib
from .plan import Plan


@dataclass(frozen=True, slots=True)
class ReportPlaces:
    """Where the three files go; absolute, and as they are named in the report (relative to home where possible)."""

    json: Path
    markdown: Path
    html: Path
    named: ReportFiles


def report_places(plan: Plan, run_id: str, started_at: int) -> ReportPlaces:
    stem = f"run_local_bot_{plan.mode}_{stamp(started_at)}_{run_id[:8]}"
    json_path = plan.home / plan.options.report_dir / f"{stem}.json"
    markdown, html = (plan.home / plan.options.report_markdown_dir / f"{stem}{suffix}" for suffix in (".md", ".html"))
    names = [_named(path, plan.home) for path in (json_path, markdown, html)]
    return ReportPlaces(json_path, markdown, html, ReportFiles(*names))


def report_document(
    plan: Plan, facts: SessionFacts, places: ReportPlaces, evaluation: Evaluation, decision: Decision, guardrails: Guardrails,
    *, now: int, finished: bool,
) -> dict[str, JsonValue]:  # fmt: skip
    """Return the whole report; while the session runs `finished` is False."""
    digest = plan.config.file_digest
    return document(
        RunReport(
            identity=RunIdentity(
                run_id=facts.run_id,
                mode=plan.mode,
                stage=plan.stage,
                entrypoint=plan.entrypoint.name,
                environment=plan.entrypoint.environment,
                evidence_class=plan.evidence_class,
                key_class=installed_class(plan.home),
                endpoint_host=facts.endpoint_host,
                code_version=code_version(),
                config_path=_named(plan.config_path.absolute(), plan.home),
                trading_digest=plan.trading_digest,
                file_digest=FileDigest(digest.runtime_sha256, digest.core_sha256, digest.execution_sha384),
                seed=plan.options.seed,
                speed=plan.speed,
                fill_model=facts.market.fill_model if facts.market else None,
            ),
            time=RunTime(facts.started_at, now if finished else None, (now - facts.started_at) / SECOND),
            verdict=RunVerdict(
                status=decision.status,
                exit_code=decision.exit_code,
                errors=tuple(map(redacted, facts.errors)),
                warnings=tuple(map(redacted, facts.warnings)),
                gate=_gate(plan, facts),
            ),
            validation=_validation(plan, facts),
            files=places.named,
            # A blocked session measured nothing, on purpose; saying so six times would bury the reason.
            evaluation=evaluation if facts.blocked is None else replace(evaluation, warnings=()),
            guardrails=guardrails,
            outcome=facts.outcome() or nothing_done(plan.risk_profile.name),
            measured=_measured(facts),
            decision_events=facts.journal.records if facts.journal else 0,
            restarts=() if facts.restart is None else facts.restart.rows,
            divergence=facts.divergence(),
            metrics_endpoint=facts.metrics_endpoint,
            stage_record=facts.stage_record,
            live_execution_metrics=None if facts.live is None else facts.live.metrics(),
        )
    )


def write_json(places: ReportPlaces, report: JsonObject) -> None:
    """Replace the JSON report as a whole."""
    write_atomic(places.json, document_bytes(report))


def write_all(places: ReportPlaces, report: JsonObject) -> None:
    """Write JSON, then Markdown and HTML from exactly that JSON."""
    from golive.observability.html import html
    from golive.observability.markdown import page_markdown
    from golive.observability.presentation import page

    write_json(places, report)
    shown = page(report)
    write_atomic(places.markdown, page_markdown(shown).encode())
    write_atomic(places.html, html(report, shown).encode())


def stage_record_of(
    plan: Plan, report: JsonObject, outcome_sha256: str, report_digest: str, ok_window_seconds: float
) -> StageRecord:
    """Return the record that a passed session leaves."""
    digest = plan.config.file_digest
    return StageRecord(
        stage=Stage(plan.stage),
        entrypoint=plan.entrypoint.name,
        environment=plan.entrypoint.environment,
        evidence_class=EvidenceClass(plan.evidence_class),
        key_class=installed_class(plan.home),
        endpoint_host=str(report["endpoint_host"]),
        trading_digest=plan.trading_digest,
        file_digest=FileDigest(digest.runtime_sha256, digest.core_sha256, digest.execution_sha384),
        code_version=code_version(),
        verdict=Verdict.OK,
        report=str(report["report_json"]),
        report_sha256=report_digest,
        outcome_sha256=outcome_sha256,
        speed=plan.speed,
        ok_window_seconds=ok_window_seconds,
        started_at=str(report["started_at"]),
        finished_at=str(report["finished_at"]),
    )


def _named(path: Path, home: Path) -> str:
    try:
        return path.resolve().relative_to(home.resolve()).as_posix()
    except ValueError:
        return path.as_posix()


def _gate(plan: Plan, facts: SessionFacts) -> Gate:
    if facts.blocked is not None:
        return Gate(Verdict.BLOCKED, (redacted(facts.blocked),))
    if facts.live_ended is not None:
        return Gate(Verdict.BLOCKED, (facts.live_ended,))
    if plan.is_live_dry_run:
        return Gate(Verdict.UNKNOWN, (NOT_JUDGED,))
    return Gate(Verdict.NOT_APPLICABLE if plan.stage is Stage.DEMO else Verdict.OK)


def _validation(plan: Plan, facts: SessionFacts) -> Validation:
    entrypoint = plan.entrypoint
    return Validation(
        environment=entrypoint.environment,
        strategy=entrypoint.strategy,
        risk_profile=entrypoint.risk_profile,
        keychain_key=entrypoint.keychain_key,
        secret_source=facts.secret_source,
        expected_environment=entrypoint.environment_type,
        credentials_validated=facts.credentials_validated,
        observed_permissions=facts.permissions,
        sandbox_mode=plan.sandbox,
        symbols=tuple(i.symbol for i in plan.instruments),
        risk_profile_digest=plan.risk_profile.digest,
    )


def _failover(adapters: Mapping[str, FailoverStatus]) -> MeasuredFailover:
    rows = {name: AdapterFailover(**asdict(status)) for name, status in sorted(adapters.items())}
    return MeasuredFailover(sum(row.reconnect_required for row in rows.values()), rows)


def _measured(facts: SessionFacts) -> Measured:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    wall = (time.monotonic_ns() - facts.began) / SECOND
    driven = facts.driven_seconds()
    durable = facts.journal.durations() if facts.journal else None
    return Measured(
        wall_seconds=wall,
        startup_seconds=facts.startup_seconds,
        steps=facts.steps,
        steps_per_second=facts.steps / driven if driven > 0 and facts.steps else None,
        requests_total=facts.requests(),
        latency_ms=LatencyFigures.of(facts.recorder.round_trips_ms),
        durable_ms=None if durable is None else DurableFigures(durable.p50, durable.p99, durable.max),
        memory_mib=peak_mib(),
        venue=MeasuredVenue(facts.venue_url, facts.venue_pid),
        failover_status=_failover(facts.failover),
        probes=tuple(facts.probes),
        cpu_seconds=usage.ru_utime + usage.ru_stime,
    )
