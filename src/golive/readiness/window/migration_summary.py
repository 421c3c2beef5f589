"""`migration_summary.json`: what a window of live trading came to, and what each part of it is judged by. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import EvidenceClass, ExitCode, Verdict
from golive.observability.shape import Count, Fragment, Instant, Sha256, as_json, document_schema
from golive.observability.slo import SloResult

from ..finding import Finding, Status

SCHEMA: Final = "golive.migration_summary.v1"
Sha384: TypeAlias = Annotated[str, Fragment({"pattern": "^[0-9a-f]{96}$"})]
_OF_FINDING: Final = {
    Status.OK: Verdict.OK,
    Status.BLOCKED: Verdict.BLOCKED,
    Status.UNKNOWN: Verdict.UNKNOWN,
    Status.NOT_APPLICABLE: Verdict.NOT_APPLICABLE,
}


@dataclass(frozen=True, slots=True)
class Observation:
    """The first minutes under canary limits; nothing on the record is unknown."""

    minutes: float
    status: Verdict


@dataclass(frozen=True, slots=True)
class LiveWindow:
    """From the first opening of the gate until the closing of the window."""

    opened_at: Instant
    closed_at: Instant
    duration_seconds: float
    observation: Observation


@dataclass(frozen=True, slots=True)
class Kyc:
    """What `kyc_aml_signoff` found when the window was closed."""

    status: Verdict
    signoffs: Count
    register_sha256: Sha256 | None


@dataclass(frozen=True, slots=True)
class RiskLimits:
    """`breaches`: loss limits that were reached, each counted once a day."""

    status: Verdict
    profile: str
    risk_profile_digest: Sha256
    breaches: Count


@dataclass(frozen=True, slots=True)
class WindowAlerts:
    """Alerts by channel: taken, never taken, and critical ones that were held back."""

    status: Verdict
    delivered: Count
    failed: Count
    suppressed_critical: Count


@dataclass(frozen=True, slots=True)
class WindowSlo:
    """The promises about the service, over the window alone."""

    status: Verdict
    breached: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WindowConfig:
    """What the gate was bound to."""

    core_sha256: Sha256
    runtime_sha256: Sha256
    execution_sha384: Sha384


@dataclass(frozen=True, slots=True)
class Archive:
    """Where it all lies, relative to home."""

    path: str
    manifest_sha256: Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationSummary:
    environment: str
    from_: Literal["paper"]
    to: Literal["live"]
    evidence_class: EvidenceClass
    window: LiveWindow
    kyc: Kyc
    risk_limits: RiskLimits
    alerts: WindowAlerts
    slo: WindowSlo
    config: WindowConfig
    archive: Archive
    warnings: tuple[str, ...]

    @property
    def statuses(self) -> dict[str, Verdict]:
        """By part, in the order of the document."""
        return {
            "observation": self.window.observation.status, "kyc": self.kyc.status, "risk_limits": self.risk_limits.status,
            "alerts": self.alerts.status, "slo": self.slo.status,
        }  # fmt: skip

    @property
    def exit_code(self) -> ExitCode:
        """5 while a part is breached or blocked, else 6 while one is unknown, else 0."""
        return exit_code(self.statuses.values())


def exit_code(statuses: Iterable[Verdict]) -> ExitCode:
    """Return what a command ends with whose parts are judged so; of nothing it cannot say."""
    found = set(statuses)
    if found & {Verdict.BREACHED, Verdict.BLOCKED}:
        return ExitCode.BREACHED
    return ExitCode.UNKNOWN if Verdict.UNKNOWN in found or not found else ExitCode.OK


def document(summary: MigrationSummary) -> JsonObject:
    """Return it as JSON."""
    found = as_json(summary)
    assert isinstance(found, dict)
    return {"schema": SCHEMA, **found}


def summary_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "A window of live trading, summed up", MigrationSummary)


def kyc_of(finding: Finding, register_path: str) -> Kyc:
    """Return what the check found; a digest that it did not rest on is null."""
    measured = finding.measured if isinstance(finding.measured, dict) else {}
    signed = measured.get("signoffs")
    digests = [each.sha256 for each in finding.evidence if each.path == register_path]
    return Kyc(_OF_FINDING[finding.status], len(signed) if isinstance(signed, list) else 0, digests[0] if digests else None)


def slo_of(results: Sequence[SloResult]) -> WindowSlo:
    """Return breach before unknown before ok; no objective at all is unknown."""
    statuses = {each.status for each in results}
    breached = tuple(sorted(each.slo.name for each in results if each.status == "breach"))
    if breached:
        return WindowSlo(Verdict.BREACHED, breached)
    return WindowSlo(Verdict.UNKNOWN if "unknown" in statuses or not statuses else Verdict.OK, ())
