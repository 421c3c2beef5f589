"""`alerting`: the newest self-test that the audit has: every critical channel took its message, nothing was held back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from golive.model.clock import to_iso

from ..finding import Evidence, Finding, Status
from ..objection import Objection, age_seconds, blocked, finding_of, of_development, too_old, unknown

ID: Final = "alerting"
SELFTEST: Final = "golive alerts selftest --severity critical"
DELIVERED: Final = "delivered"
_VERIFY: Final = "golive audit verify --all"
_CONFIGURE: Final = "golive config check"


@dataclass(frozen=True, slots=True)
class ChannelTold:
    """One channel of a self-test: what the test says of it, and whether the audit has the row that it was delivered."""

    channel: str
    outcome: str
    audited: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SelftestTold:
    """A self-test whose digest the audit has."""

    generated_at: int
    """ns UTC"""
    status: str
    key_class: str
    channels: tuple[ChannelTold, ...]
    suppressed: int
    """alerts of critical categories that were held back in the 24 hours before it"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertEvidence:
    """What is known of alerts of one live environment."""

    environment: str
    is_rehearsal: bool
    now: int
    """ns UTC"""
    max_age_hours: int
    critical: tuple[str, ...]
    """channels of the configuration that are critical"""
    backend: str
    exempts_critical: bool
    """the environment's throttle never holds a critical alert back"""
    audit_status: Status = Status.OK
    """blocked: the audit is not what was written; unknown: nobody can say"""
    audit_fault: str = ""
    suppressed_now: int = 0
    """rows of the last 24 hours that must not be there"""
    selftest: SelftestTold | None = None
    selftest_status: Status = Status.OK
    selftest_fault: str = ""
    """why the newest one is not believed"""
    files: tuple[Evidence, ...] = ()


def alerting(evidence: AlertEvidence) -> Finding:
    """Judge configuration, audit and newest self-test."""
    test = evidence.selftest
    return finding_of(
        ID,
        (*_of_configuration(evidence), *_of_audit(evidence), *_of_selftest(evidence)),
        measured={
            "selftest_at": None if test is None else to_iso(test.generated_at),
            "age_seconds": None if test is None else age_seconds(test.generated_at, evidence.now),
            "channels": {} if test is None else {each.channel: each.outcome for each in test.channels},
            "suppressed_critical": evidence.suppressed_now,
            "audit_backend": evidence.backend,
        },
        threshold={
            "channels": dict.fromkeys(sorted(evidence.critical), DELIVERED), "suppressed_critical": 0,
            "max_age_hours": evidence.max_age_hours, "audit_backend": "file",
        },
        evidence=evidence.files,
    )  # fmt: skip


def _of_configuration(evidence: AlertEvidence) -> Iterator[Objection]:
    where = f"environments.{evidence.environment}"
    if not evidence.critical:
        yield blocked("no alert channel is critical: core.yaml: alerts.channels.<name>.critical: true", _CONFIGURE)
    if evidence.backend != "file":
        yield blocked(f"{where}.alert_audit.backend is {evidence.backend}, and must be file", _CONFIGURE)
    if not evidence.exempts_critical:
        yield blocked(f"{where}.alert_throttle.exclude_severities lacks critical", _CONFIGURE)


def _of_audit(evidence: AlertEvidence) -> Iterator[Objection]:
    if evidence.audit_fault:
        yield Objection(evidence.audit_status, f"the audit of alerts: {evidence.audit_fault}", _VERIFY)
    if evidence.suppressed_now:
        yield blocked(
            f"{evidence.suppressed_now} alerts of critical categories were held back within 24 hours", "golive alerts list"
        )


def _of_selftest(evidence: AlertEvidence) -> Iterator[Objection]:
    test = evidence.selftest
    if evidence.selftest_fault:
        yield Objection(evidence.selftest_status, evidence.selftest_fault, SELFTEST)
    if test is None:
        if not evidence.selftest_fault:
            yield unknown("no self-test stands in the audit of alerts", SELFTEST)
        return
    yield from too_old("the self-test", test.generated_at, evidence.now, evidence.max_age_hours, SELFTEST)
    yield from of_development("the self-test", test.key_class, is_rehearsal=evidence.is_rehearsal, next_command=SELFTEST)
    if test.status != "ok":
        status = Status.BLOCKED if test.status == "failed" else Status.UNKNOWN
        yield Objection(status, f"the self-test ended {test.status}", SELFTEST)
    if test.suppressed:
        yield blocked(f"the self-test found {test.suppressed} alerts of critical categories that were held back", SELFTEST)
    told = {each.channel: each for each in test.channels}
    for channel in evidence.critical:
        found = told.get(channel)
        if found is None:
            yield unknown(f"channel {channel} was not tested", SELFTEST)
        elif found.outcome != DELIVERED:
            yield blocked(f"channel {channel}: {found.outcome}", SELFTEST)
        elif not found.audited:
            yield blocked(f"channel {channel}: the audit has no row that it was delivered", SELFTEST)
