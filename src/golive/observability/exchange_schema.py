"""JSON Schema of `paper_exchange_metrics`, whose keys are entrypoints beside the one key `summary`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from golive.metrics.declaration import SEVERITIES
from golive.model.json import JsonObject, JsonValue

from .shape import INSTANT_PATTERN, closed_object
from .threshold import COMPARATOR_OF, HEALTH, THRESHOLD_OF

_COUNT: Final[JsonObject] = {"type": "integer", "minimum": 0}
_NAMES: Final[JsonObject] = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
_RATIO: Final[JsonObject] = {"type": "number", "minimum": 0, "maximum": 1}
_INSTANT: Final[JsonObject] = {"type": "string", "pattern": INSTANT_PATTERN}
_VERDICT: Final[Sequence[str]] = ("breached", "ok", "unknown")
_SOME_NAMES: Final[JsonObject] = {**_NAMES, "minItems": 1}


def _optional(schema: JsonObject) -> JsonValue:
    return {"anyOf": [schema, {"type": "null"}]}


def _mapping(values: JsonObject) -> JsonObject:
    return {"type": "object", "additionalProperties": values}


def _per_severity(values: JsonObject, *, all_required: bool) -> JsonObject:
    schema = closed_object(dict.fromkeys(sorted(SEVERITIES), values))
    return schema if all_required else {**schema, "required": []}


def _breach(**beside: JsonObject) -> JsonObject:
    """Return the schema of a breach record; each metric has its threshold and relation, and counts are whole."""
    kinds = [
        closed_object(
            {
                **beside,
                "metric": {"const": kind},
                "threshold": {"const": threshold},
                "observed": {"type": "number"} if kind == HEALTH else _COUNT,
                "limit": {"type": "number", "minimum": 0},
                "comparator": {"const": COMPARATOR_OF[kind]},
            }
        )
        for kind, threshold in THRESHOLD_OF.items()
    ]
    return {"oneOf": kinds}


ENTRY: Final[JsonObject] = closed_object(
    {
        "environment": {"type": "string"},
        "exchange": {"type": "string"},
        "status": {"enum": _VERDICT},
        "rate_limited_events": _COUNT,
        "network_errors": _COUNT,
        "network_errors_by_severity": _per_severity(_COUNT, all_required=True),
        "health_status": _optional({"type": "number"}),
        "health_checked_at": _optional(_INSTANT),
        "health_age_seconds": _optional({"type": "number", "minimum": 0}),
        "metric_names": closed_object({kind: {"type": "string"} for kind in sorted(THRESHOLD_OF)}),
        "thresholds": {"type": "object", "additionalProperties": {"type": ["boolean", "null", "number", "string"]}},
        "breaches": {"type": "array", "items": _breach()},
        "missing_metrics": _NAMES,
        "stale_metrics": _NAMES,
        "invalid_thresholds": _NAMES,
        "missing_error_severities": _NAMES,
        "window": closed_object({"started_at": _INSTANT, "ended_at": _INSTANT, "baseline_at": _INSTANT}),
    }
)

SUMMARY_FIELDS: Final[Mapping[str, JsonObject]] = {
    "status": {"enum": [*_VERDICT, "not_configured"]},
    **dict.fromkeys(("entrypoints", "ok_entrypoints", "breached_entrypoints", "unknown_entrypoints"), _COUNT),
    **dict.fromkeys(("total_breaches", "missing_metrics", "invalid_thresholds", "missing_error_severities"), _COUNT),
    **dict.fromkeys(("ok_entrypoint_names", "breached_entrypoint_names", "unknown_entrypoint_names"), _NAMES),
    **dict.fromkeys(("monitored_entrypoint_names", "monitored_metric_names", "monitored_threshold_names"), _NAMES),
    "missing_metrics_entrypoints": _mapping(_SOME_NAMES),
    "invalid_thresholds_entrypoints": _mapping(_SOME_NAMES),
    "breached_thresholds_entrypoints": _mapping(_SOME_NAMES),
    "breach_counts_by_metric": _mapping({"type": "integer", "minimum": 1}),
    "threshold_breach_counts": _mapping({"type": "integer", "minimum": 1}),
    "missing_metric_counts": _mapping({"type": "integer", "minimum": 1}),
    "invalid_threshold_counts": _mapping({"type": "integer", "minimum": 1}),
    "metric_coverage_entrypoints": _mapping(_NAMES),
    "threshold_coverage_entrypoints": _mapping(_NAMES),
    "network_error_severity_coverage_entrypoints": _per_severity(_NAMES, all_required=False),
    "metric_coverage_ratio": _mapping(_RATIO),
    "threshold_coverage_ratio": _mapping(_RATIO),
    "network_error_severity_coverage_ratio": _per_severity(_RATIO, all_required=False),
    "metric_coverage_score": _RATIO,
    "threshold_coverage_score": _RATIO,
    "network_error_severity_totals": _per_severity(_COUNT, all_required=True),
    "missing_error_severity_counts": _per_severity({"type": "integer", "minimum": 1}, all_required=False),
    "missing_error_severity_entrypoints": _per_severity(_SOME_NAMES, all_required=False),
}

SUMMARY_SCHEMA: Final[JsonObject] = closed_object({**SUMMARY_FIELDS, "phase": {"enum": ["stable", "warming_up"]}})

METRICS_SCHEMA: Final[JsonObject] = {
    "type": "object",
    "properties": {"summary": {"$ref": "#/$defs/ExchangeSummary"}},
    "required": ["summary"],
    "additionalProperties": {"$ref": "#/$defs/ExchangeEntry"},
}

WINDOWS_SCHEMA: Final[JsonObject] = {
    "type": "array",
    "items": closed_object(
        {
            "index": _COUNT,
            "started_at": _INSTANT,
            "ended_at": _INSTANT,
            "partial": {"type": "boolean"},
            "status": {"enum": [*_VERDICT, "not_configured"]},
            "breaches": {"type": "array", "items": _breach(entrypoint={"type": "string"})},
        }
    ),
}

DEFINITIONS: Final[Mapping[str, JsonValue]] = {"ExchangeEntry": ENTRY, "ExchangeSummary": SUMMARY_SCHEMA}
