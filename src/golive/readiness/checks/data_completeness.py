"""`data_completeness`: the candles of each traded instrument were judged lately and are whole, the risk snapshot is as fresh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from golive.model.clock import DAY, to_iso
from golive.model.json import JsonValue

from ..finding import Evidence, Finding, Status
from ..objection import HOUR, Objection, age_seconds, blocked, finding_of, of_development, too_old, unknown

ID: Final = "data_completeness"
_BAD: Final = ("critical", "no_data")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportTold:
    """The newest quality report of one instrument; where `fault` says why it cannot be believed, nothing else of it counts."""

    instrument: str
    path: str = ""
    """'' where there is none"""
    fault: str = ""
    fault_status: Status = Status.UNKNOWN
    generated_at: int = 0
    """ns UTC"""
    key_class: str = ""
    status: str = ""
    ok_ratio: Decimal = Decimal(0)
    longest_gap_minutes: Decimal = Decimal(0)
    last_at: int | None = None
    """opening time of the last candle, ns UTC"""
    is_of_stored: bool = False
    """the candles that it judged are those that are stored now"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotTold:
    """The risk snapshot of the environment; `fault` as above."""

    path: str
    fault: str = ""
    fault_status: Status = Status.UNKNOWN
    generated_at: int = 0
    """ns UTC"""
    key_class: str = ""
    environment: str = ""
    evidence_class: str = ""
    endpoint_host: str = ""
    status: str = ""
    unknowns: Mapping[str, str]
    """instrument → what is not known of it; '' where all is"""
    risk_profile_digest: str = ""
    """of the live entrypoint's limits, as the snapshot has them"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEvidence:
    """The data of one live environment."""

    environment: str
    evidence_class: str
    endpoint_host: str
    is_rehearsal: bool
    now: int
    """ns UTC"""
    max_age_hours: int
    min_ok_ratio: Decimal
    max_gap_minutes: int
    risk_profile_digest: str
    """of the limits that are configured"""
    reports: tuple[ReportTold, ...]
    """one for each traded instrument"""
    snapshot: SnapshotTold
    files: tuple[Evidence, ...] = ()


def data_completeness(evidence: DataEvidence) -> Finding:
    """Judge reports and snapshot. Production also wants the candles to end within the same time."""
    objections = [each for report in evidence.reports for each in _of_report(evidence, report)]
    if not evidence.reports:
        objections.append(blocked(f"{evidence.environment} trades no instrument of its exchange", "golive config check"))
    objections += _of_snapshot(evidence)
    reports: dict[str, JsonValue] = {
        each.instrument: {
            "status": each.status,
            "ok_ratio": str(each.ok_ratio),
            "longest_gap_minutes": str(each.longest_gap_minutes),
            "age_seconds": age_seconds(each.generated_at, evidence.now),
        }
        for each in evidence.reports
        if not each.fault
    }
    at = evidence.snapshot.generated_at
    snapshot: JsonValue = None
    if not evidence.snapshot.fault:
        snapshot = {"status": evidence.snapshot.status, "age_seconds": age_seconds(at, evidence.now)}
    return finding_of(
        ID, objections, measured={"reports": reports, "risk_snapshot": snapshot},
        threshold={
            "max_age_hours": evidence.max_age_hours, "min_ok_ratio": str(evidence.min_ok_ratio),
            "max_gap_minutes": evidence.max_gap_minutes, "risk_snapshot": "ok",
        },
        evidence=evidence.files,
    )  # fmt: skip


def _of_report(evidence: DataEvidence, report: ReportTold) -> Iterator[Objection]:
    verify = f"golive data verify --environment {evidence.environment}"
    symbol = report.instrument.partition(":")[2]
    download = f"golive data download --symbol {symbol} --environment {evidence.environment}"
    what = f"the quality report of {report.instrument}"
    if report.fault:
        month = f"{download} --since {to_iso(evidence.now - 30 * DAY)[:10]}"
        yield Objection(report.fault_status, report.fault, verify if report.path else month)
        return
    yield from too_old(what, report.generated_at, evidence.now, evidence.max_age_hours, verify)
    yield from of_development(what, report.key_class, is_rehearsal=evidence.is_rehearsal, next_command=verify)
    if not report.is_of_stored:
        yield unknown(f"{what} judged other candles than are stored now", verify)
    if report.status in _BAD:
        yield blocked(f"the candles of {report.instrument} are {report.status}", download)
    elif report.status not in ("ok", "warning"):
        yield unknown(f"{what} ends {report.status!r:.40}", verify)
    if report.ok_ratio < evidence.min_ok_ratio:
        yield blocked(f"{report.instrument}: ok_ratio is {report.ok_ratio}, min_ok_ratio is {evidence.min_ok_ratio}", download)
    if report.longest_gap_minutes > evidence.max_gap_minutes:
        longest = f"the longest gap lasts {report.longest_gap_minutes} min"
        yield blocked(f"{report.instrument}: {longest}, max_gap_minutes is {evidence.max_gap_minutes}", download)
    is_behind = report.last_at is None or evidence.now - report.last_at > evidence.max_age_hours * HOUR
    if is_behind and not evidence.is_rehearsal:
        ended = "nowhere" if report.last_at is None else f"at {to_iso(report.last_at)}"
        yield blocked(f"the stored candles of {report.instrument} end {ended}", download)


def _of_snapshot(evidence: DataEvidence) -> Iterator[Objection]:
    snapshot, take = evidence.snapshot, f"golive data snapshot --environment {evidence.environment}"
    what = "the risk snapshot"
    if snapshot.fault:
        yield Objection(snapshot.fault_status, snapshot.fault, take)
        return
    yield from too_old(what, snapshot.generated_at, evidence.now, evidence.max_age_hours, take)
    yield from of_development(what, snapshot.key_class, is_rehearsal=evidence.is_rehearsal, next_command=take)
    wanted = (evidence.environment, evidence.evidence_class, evidence.endpoint_host)
    found = (snapshot.environment, snapshot.evidence_class, snapshot.endpoint_host)
    if found != wanted:
        yield unknown(f"{what} is of {' '.join(found)}, not of {' '.join(wanted)}", take)
    if snapshot.status != "ok":
        yield unknown(f"{what} ends {snapshot.status!r:.40}", take)
    for report in evidence.reports:
        why = snapshot.unknowns.get(report.instrument)
        if why is None:
            yield unknown(f"{what} does not tell of {report.instrument}", take)
        elif why:
            yield unknown(f"{what}: {report.instrument}: {why}", take)
    if snapshot.risk_profile_digest != evidence.risk_profile_digest:
        yield unknown(f"{what} has other limits than the configuration", take)
