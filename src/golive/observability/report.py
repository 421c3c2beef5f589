"""The run report: typed parts in, one JSON document of constant shape out, and the schema that document obeys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Final, Literal, TypeAlias

import orjson

from golive.model.json import JsonObject, JsonValue
from golive.model.stage_record import FileDigest, StageRecord
from golive.model.verdict import EvidenceClass, ExitCode, KeyClass, RunStatus, Stage, Verdict

from . import exchange_schema
from .divergence import DivergenceSection
from .guardrails import Guardrails
from .measured import Measured
from .outcome import Outcome, outcome_sha256
from .restart import RestartRow
from .shape import Count, Fragment, Instant, Sha256, Share, as_json, closed_object, object_properties, schema_of
from .windows import Evaluation

SCHEMA: Final = "golive.run_report.v1"
_FILE_DIGEST: Final = closed_object(
    {
        "runtime_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "core_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "execution_sha384": {"type": "string", "pattern": "^[0-9a-f]{96}$"},
    }
)
Mode: TypeAlias = Literal["demo", "paper", "live"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunIdentity:
    """Which run this is and what it is bound to."""

    run_id: str
    mode: Mode
    stage: Stage
    entrypoint: str
    environment: str
    evidence_class: EvidenceClass
    key_class: KeyClass
    endpoint_host: str
    code_version: str
    config_path: str
    trading_digest: Sha256
    file_digest: FileDigest
    seed: int
    speed: Annotated[str, Fragment({"pattern": r"^(max|\d+(\.\d+)?)$"})]
    fill_model: Literal["bar", "book"] | None
    """None when the run ended before it knew its market source"""


@dataclass(frozen=True, slots=True)
class RunTime:
    """Wall clock; `finished_at` is None while the run goes on."""

    started_at: Instant
    finished_at: Instant | None
    duration_seconds: Share


@dataclass(frozen=True, slots=True)
class Gate:
    verdict: Verdict
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RunVerdict:
    status: RunStatus
    exit_code: ExitCode
    errors: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    """of the run itself; the evaluation's are added behind them"""
    gate: Gate


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    environment: str
    strategy: str
    risk_profile: str
    keychain_key: str
    secret_source: str | None
    expected_environment: str
    credentials_validated: bool
    observed_permissions: tuple[str, ...]
    sandbox_mode: bool
    symbols: tuple[str, ...]
    risk_profile_digest: Sha256


@dataclass(frozen=True, slots=True)
class ReportFiles:
    """Where the report is, relative to the home directory."""

    report_json: str
    report_markdown: str
    report_html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveExecutionRow:
    exchange: str
    route: str
    orders: Mapping[str, Count]
    attempts: Mapping[str, Count]
    fallbacks: Count
    latency_p50_ms: Share | None
    latency_p95_ms: Share | None
    latency_p99_ms: Share | None
    latency_max_ms: Share | None
    fill_ratio: Share | None


@dataclass(frozen=True, slots=True)
class LiveExecutionMetrics:
    total: Count
    rows: tuple[LiveExecutionRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """Everything a report is made of."""

    identity: RunIdentity
    time: RunTime
    verdict: RunVerdict
    validation: Validation
    files: ReportFiles
    evaluation: Evaluation
    guardrails: Guardrails
    outcome: Outcome
    measured: Measured
    decision_events: Count
    restarts: tuple[RestartRow, ...] = ()
    divergence: DivergenceSection | None = None
    metrics_endpoint: str | None = None
    stage_record: StageRecord | None = None
    """the record this run required, or wrote"""
    live_execution_metrics: LiveExecutionMetrics | None = None


def document(report: RunReport) -> dict[str, JsonValue]:
    """Return the report as its JSON document; raise ValueError naming a field that JSON cannot carry."""
    outcome = as_json(report.outcome)
    verdict = _object(report.verdict)
    verdict["warnings"] = [*report.verdict.warnings, *report.evaluation.warnings]
    return {
        "schema": SCHEMA,
        **_object(report.identity),
        **_object(report.time),
        **verdict,
        "validation": as_json(report.validation),
        "stage_record": as_json(report.stage_record),
        "metrics_endpoint": report.metrics_endpoint,
        "decision_events": report.decision_events,
        "restarts": [as_json(each) for each in report.restarts],
        "divergence": as_json(report.divergence),
        **_object(report.files),
        "paper_exchange_metrics": report.evaluation.paper_exchange_metrics,
        "paper_exchange_windows": list(report.evaluation.windows),
        "guardrails": as_json(report.guardrails),
        "live_execution_metrics": as_json(report.live_execution_metrics),
        "outcome": outcome,
        "outcome_sha256": outcome_sha256(outcome),
        "measured": as_json(report.measured),
    }


def document_bytes(document: JsonObject) -> bytes:
    """Return the document as the text of its file: UTF-8, indented, a newline at the end; ValueError for what JSON lacks."""
    json.dumps(document, allow_nan=False)  # orjson would write null for a number that is none
    try:
        return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except orjson.JSONEncodeError as exc:
        raise ValueError(f"the document cannot be written as JSON: {exc}") from exc


def document_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema (2020-12) of the document; every object in it is closed."""
    definitions: dict[str, JsonValue] = {**exchange_schema.DEFINITIONS, "FileDigest": _FILE_DIGEST}
    properties: dict[str, JsonValue] = {"schema": {"const": SCHEMA}}
    for part in (RunIdentity, RunTime, RunVerdict, ReportFiles):
        properties |= object_properties(part, definitions)
    properties |= {
        "validation": schema_of(Validation, definitions),
        "stage_record": {"anyOf": [schema_of(StageRecord, definitions), {"type": "null"}]},
        "metrics_endpoint": {"type": ["string", "null"]},
        "decision_events": {"type": "integer", "minimum": 0},
        "restarts": {"type": "array", "items": schema_of(RestartRow, definitions)},
        "divergence": {"anyOf": [schema_of(DivergenceSection, definitions), {"type": "null"}]},
        "paper_exchange_metrics": exchange_schema.METRICS_SCHEMA,
        "paper_exchange_windows": exchange_schema.WINDOWS_SCHEMA,
        "guardrails": schema_of(Guardrails, definitions),
        "live_execution_metrics": {"anyOf": [schema_of(LiveExecutionMetrics, definitions), {"type": "null"}]},
        "outcome": schema_of(Outcome, definitions),
        "outcome_sha256": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
        "measured": schema_of(Measured, definitions),
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:golive:schema:{SCHEMA}",
        "title": "Run report of Golive",
        **closed_object(dict(sorted(properties.items()))),
        "$defs": {name: definitions[name] for name in sorted(definitions)},
    }


def _object(part: object) -> dict[str, JsonValue]:
    value = as_json(part)
    assert isinstance(value, dict)
    return value
