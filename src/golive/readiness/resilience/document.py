"""The documents of a drill (CONTRACT "Resilience and portfolio checks"), their schemas, and the same as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Final

from golive.model.json import JsonValue
from golive.observability.shape import Count, Instant, Sha256, Share, as_json, document_schema

from .service import Scenario, Service, ServiceStatus

FAILOVER: Final = "golive.failover_summary.v1"
AUDIT: Final = "golive.resilience_audit.v1"
HEALING: Final = "golive.self_healing.v1"
ALL: Final = "all"


@dataclass(frozen=True, slots=True)
class ServiceTold:
    """Times are since the fault began; null: it was not seen to happen."""

    name: Scenario
    detect_seconds: Share | None
    failover_seconds: Share | None
    reconcile_seconds: Share | None
    recover_seconds: Share | None
    orders_failed: Count
    orders_duplicated: Count
    max_rto_minutes: Share
    max_rpo_minutes: Share
    status: ServiceStatus


@dataclass(frozen=True, slots=True)
class FailoverSummary:
    drill: str
    """the scenario that was asked for, or all"""
    executed_at: Instant
    services: tuple[ServiceTold, ...]


@dataclass(frozen=True, slots=True)
class FileTold:
    path: str
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class AuditSummary:
    """What the failover summary says, and what an auditor needs to believe it."""

    drill: str
    executed_at: Instant
    services: tuple[ServiceTold, ...]
    status: ServiceStatus
    duration_seconds: Share
    operator: str
    code_version: str
    stage: str
    """rehearsal: live router, simulated venues"""
    evidence_class: str
    endpoint_host: str
    key_class: str
    time_scale: Count
    """lags and deadlines, ours and the venues', were divided by this"""
    files: tuple[FileTold, ...]
    """the other documents of the same drill"""
    decision_log: str
    """where the signed step of this drill is"""


@dataclass(frozen=True, slots=True)
class SignTold:
    at_seconds: float
    """since the fault began"""
    adapter: str
    sign: str
    """what was wrong, or `well again`"""


@dataclass(frozen=True, slots=True)
class HealingTold:
    name: Scenario
    fault_seconds: Share | None
    """how long the venue was broken; 0: a process was killed"""
    interruption_seconds: Share | None
    """until orders were executed again and all books agreed: what max_rto_minutes limits"""
    data_loss_seconds: Share | None
    """how far back goes what venues have and our journals do not: what max_rpo_minutes limits"""
    orders_asked: Count
    """from the fault to the recovery"""
    signs: tuple[SignTold, ...]
    alerts: tuple[str, ...]
    """titles of the alerts that were raised"""


@dataclass(frozen=True, slots=True)
class SelfHealingReport:
    """What the failover summary says, and how each service went from broken to well without anybody's hand."""

    drill: str
    executed_at: Instant
    services: tuple[ServiceTold, ...]
    healing: tuple[HealingTold, ...]


def told(service: Service) -> ServiceTold:
    measured, limits = service.measured, service.limits
    return ServiceTold(
        service.scenario, measured.detect_seconds, measured.failover_seconds, measured.reconcile_seconds,
        measured.recover_seconds, measured.orders_failed, measured.orders_duplicated, _number(limits.max_rto_minutes),
        _number(limits.max_rpo_minutes), service.status,
    )  # fmt: skip


def healing_of(service: Service, signs: Sequence[tuple[float, str, str]], alerts: Sequence[str]) -> HealingTold:
    measured = service.measured
    return HealingTold(
        service.scenario, measured.fault_seconds, measured.interruption_seconds, measured.data_loss_seconds,
        measured.orders_asked, tuple(SignTold(*each) for each in signs), tuple(alerts),
    )  # fmt: skip


def document(told: FailoverSummary | AuditSummary | SelfHealingReport) -> dict[str, JsonValue]:
    """Return one of the three as a JSON document."""
    names = {FailoverSummary: FAILOVER, AuditSummary: AUDIT, SelfHealingReport: HEALING}
    made = as_json(told)
    assert isinstance(made, dict)
    return {"schema": names[type(told)], **made}


def csv_text(summary: FailoverSummary) -> str:
    """Return a row for each service under a header; what is null is empty."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    names = [each.name for each in fields(ServiceTold)]
    shown = as_json(summary)
    assert isinstance(shown, dict)
    writer.writerow(["drill", "executed_at", *names])
    for row in shown["services"]:
        assert isinstance(row, dict)
        values = [row[name] for name in names]
        writer.writerow([shown["drill"], shown["executed_at"], *("" if value is None else value for value in values)])
    return stream.getvalue()


def failover_schema() -> dict[str, JsonValue]:
    return document_schema(FAILOVER, "What a resilience drill measured", FailoverSummary)


def audit_schema() -> dict[str, JsonValue]:
    return document_schema(AUDIT, "What a resilience drill measured, for an auditor", AuditSummary)


def healing_schema() -> dict[str, JsonValue]:
    return document_schema(HEALING, "How what a resilience drill broke became well again", SelfHealingReport)


def _number(value: Decimal) -> float:
    return float(value)
