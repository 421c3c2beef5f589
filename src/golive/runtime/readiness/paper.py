"""Gathers what `paper_gate` and `limits_vs_paper` judge: stage records, session stores and reports of paper."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from golive.config.digest import trading_digest
from golive.config.resolved import ResolvedEntrypoint
from golive.inputs import read_beside, read_bytes
from golive.model.clock import SECOND, from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.model.stage_record import StageRecord
from golive.model.verdict import Stage, Verdict
from golive.readiness.checks.limits_vs_paper import WATCHED, LimitsEvidence
from golive.readiness.finding import Evidence, Status
from golive.readiness.paper_record import PaperEvidence, PaperReport, PaperSession, PassedPaper, paper_time
from golive.storage.keys import SigningKeys
from golive.storage.lease import lease_holder
from golive.storage.session_identity import ABLE, READ_ONLY, SCOPE, TRADING_DIGEST
from golive.storage.session_proof import stored_session
from golive.storage.sessions import session_stores
from golive.storage.stage_records import DIRECTORY, stage_records

from ..allocation import configured_strategy
from ..code_version import code_version
from ..risk_limits import risk_profile_of
from ..signed_report import parse_signed_report
from .scene import Scene

_ALL: Final = "all"


def paper_evidence(scene: Scene) -> PaperEvidence:
    """Return what paper says of the live entrypoint; what cannot be believed is said in it."""
    rules = scene.configuration.core.readiness
    evidence = PaperEvidence(
        paper_entrypoint=scene.paper.name,
        trading_digest=digest_of(scene, scene.live),
        is_rehearsal=scene.is_rehearsal,
        sessions=(),
        paper_days=rules.paper_days,
        max_age_days=rules.paper_max_age_days,
        min_ok_ratio=rules.min_ok_window_ratio,
        window_ns=int(scene.configuration.runtime.execution.reference_window_seconds * SECOND),
        now=scene.clock.now(),
    )
    try:
        records = [each for each in stage_records(scene.home, scene.paper.name) if each.stage is Stage.PAPER]
        sessions = tuple(sorted(_sessions(scene, records), key=lambda each: each.started_at))
    except JournalError as exc:
        blocked = not isinstance(exc.__cause__, OSError) and "tampered" in str(exc)
        told = str(exc).replace(f"{scene.home}/", "")
        return replace(evidence, fault=told, fault_status=Status.BLOCKED if blocked else Status.UNKNOWN)
    evidence = replace(evidence, sessions=sessions)
    by_report = {each.report: each for each in records}
    reports, files = [], list(_stage_file(scene, evidence))
    for session in paper_time(evidence).counted:
        if session.passed is not None:
            record = by_report[session.passed.report]
            data = _read(scene.home, record.report)
            reports.append(_report(session.name, record, data))
            if isinstance(data, bytes):
                files.append(_evidence(scene, Path(record.report), data, session.ended_at))
    return replace(evidence, reports=tuple(reports), files=tuple(files))


def limits_evidence(scene: Scene) -> LimitsEvidence:
    """Return the limits that live would trade under, and what paper used of them."""
    profile = risk_profile_of(scene.live)
    values = {name: getattr(profile, name) for name in WATCHED}
    limits = {name: Decimal(value) for name, value in values.items() if value is not None}
    return LimitsEvidence(profile=profile.name, limits=limits, paper=paper_evidence(scene))


def digest_of(scene: Scene, entrypoint: ResolvedEntrypoint) -> str:
    """Return the trading digest of an entrypoint as it would trade now. Raises ConfigError for a strategy that is not there."""
    found = configured_strategy(scene.configuration, entrypoint.strategy, entrypoint.timeframe, scene.home)
    return trading_digest(entrypoint, code_version(), found.source_sha256)


def _sessions(scene: Scene, records: list[StageRecord]) -> Iterator[PaperSession]:
    """Yield each session once: those that left a stage record, and those that only their store tells of."""
    told = {}
    for record in records:
        name = Path(record.report).stem.removeprefix("run_local_bot_")
        told[name.removeprefix("paper_")] = record
        yield _passed(name, record)
    keys = SigningKeys.load(scene.home)
    if keys is None:
        return
    running = lease_holder(scene.home, scene.paper.name) is not None
    for position, path in enumerate(session_stores(scene.home, stage=Stage.PAPER, entrypoint=scene.paper.name)):
        if path.stem.removeprefix(f"paper_{scene.paper.name}_") in told:
            continue
        found = stored_session(path, keys)
        rules = found.identity.terms.rules
        if rules.get(READ_ONLY) != ABLE or rules.get(SCOPE) != _ALL:
            continue  # it was never meant to count
        if position == 0 and running and not found.has_ended:
            continue
        yield PaperSession(
            name=path.stem,
            started_at=found.identity.started_at,
            ended_at=found.ended_at,
            trading_digest=rules.get(TRADING_DIGEST, ""),
            passed=None,
        )


def _passed(name: str, record: StageRecord) -> PaperSession:
    finished = from_iso(record.finished_at)
    passed = PassedPaper(
        finished_at=finished,
        ok_ns=min(int(Decimal(str(record.ok_window_seconds)) * SECOND), finished - from_iso(record.started_at)),
        speed=record.speed,
        evidence_class=record.evidence_class,
        key_class=record.key_class,
        report=record.report,
    )
    return PaperSession(
        name=name,
        started_at=from_iso(record.started_at),
        ended_at=finished,
        trading_digest=record.trading_digest,
        passed=passed if record.verdict is Verdict.OK else None,
    )


def _read(home: Path, name: str) -> bytes | str:
    """Return a file below home, or why it cannot be read."""
    try:
        return read_bytes(home, name)
    except OSError as exc:
        return exc.strerror or "cannot be read"


def _report(session: str, record: StageRecord, data: bytes | str) -> PaperReport:
    if isinstance(data, str):
        return PaperReport(session=session, fault=f"its report {record.report} cannot be read: {data}")
    try:
        report = parse_signed_report(data, record)
    except ValueError as exc:
        return PaperReport(session=session, fault=f"its report {record.report} cannot be read: {exc}")
    if report is None:
        return PaperReport(session=session, fault=f"its report {record.report} is not the one that was signed")
    windows = report.get("paper_exchange_windows")
    if not isinstance(windows, list) or any(not isinstance(each, dict) or each.get("status") != "ok" for each in windows):
        return PaperReport(session=session, fault=f"its report {record.report} has a window that is not ok")
    return PaperReport(session=session, used=_used(report))


def _used(report: JsonObject) -> Mapping[str, Decimal]:
    """Return the most that was used of each limit, as the report tells it."""
    rows = _member(_member(report.get("outcome"), "risk"), "limits")
    used = {}
    for row in rows if isinstance(rows, list) else []:
        name, value = _member(row, "limit"), _member(row, "used")
        if isinstance(name, str) and isinstance(value, str):
            used[name] = Decimal(value)
    return used


def _member(value: JsonValue, name: str) -> JsonValue:
    return value.get(name) if isinstance(value, dict) else None


def _stage_file(scene: Scene, evidence: PaperEvidence) -> Iterator[Evidence]:
    path = DIRECTORY / f"{scene.paper.name}.jsonl"
    if evidence.sessions and (scene.home / path).exists():
        yield _evidence(scene, path, read_beside(scene.home / path), max(each.ended_at for each in evidence.sessions))


def _evidence(scene: Scene, path: Path, data: bytes, at: int) -> Evidence:
    age = round(max(0, scene.clock.now() - at) / SECOND, 3)
    return Evidence(path.as_posix(), hashlib.sha256(data).hexdigest(), age)
