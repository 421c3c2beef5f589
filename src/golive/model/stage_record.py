"""A stage record: what is kept as proof that an entrypoint passed a stage (CONTRACT "Run report")."""

from __future__ import annotations

from dataclasses import dataclass

from .verdict import EvidenceClass, KeyClass, Stage, Verdict


@dataclass(frozen=True, slots=True)
class FileDigest:
    """Digests of the two configuration files and of the section `execution`, hex."""

    runtime_sha256: str
    core_sha256: str
    execution_sha384: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StageRecord:
    """One passed (or judged) stage of one entrypoint."""

    stage: Stage
    entrypoint: str
    environment: str
    evidence_class: EvidenceClass
    key_class: KeyClass
    endpoint_host: str
    trading_digest: str
    file_digest: FileDigest
    code_version: str
    verdict: Verdict
    report: str
    """path of the JSON report, relative to home"""
    report_sha256: str
    outcome_sha256: str
    speed: str
    """`max`, `1` or another factor"""
    ok_window_seconds: float
    started_at: str
    """wall clock, ISO-8601 `Z`"""
    finished_at: str
