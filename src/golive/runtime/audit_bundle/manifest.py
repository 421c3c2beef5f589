"""The manifest of a bundle: which window, which logs and what verifying their copies found, and every file by its digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from golive.audit import canonical
from golive.model.json import JsonValue
from golive.observability.shape import Count, Instant, Sha256, as_json, document_schema

SCHEMA: Final = "golive.audit_bundle.v1"


@dataclass(frozen=True, slots=True)
class BundledFile:
    """One file, relative to the bundle."""

    path: str
    size: Count
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class BundledLog:
    """One log, all its files oldest first."""

    log_id: str
    files: tuple[str, ...]
    kept_seals: str | None
    records: Count
    in_window: Count
    sealed_seq: int | None
    """the auditor can check records up to here; those behind only this installation can, by their MACs"""
    soundness: str
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What is in the bundle; its bytes are signed by `manifest.json.sig`."""

    made_at: Instant
    operator: str
    code_version: str
    key_id: str
    key_class: str
    since: Instant | None
    until: Instant | None
    """not included"""
    logs: tuple[BundledLog, ...]
    gone: tuple[str, ...]
    """kept seals of logs that are not there any more"""
    files: tuple[BundledFile, ...]
    """every file but the manifest, its signature and SHA256SUMS"""

    def encoded(self) -> bytes:
        value = as_json(self)
        assert isinstance(value, dict)
        return canonical({"schema": SCHEMA, **value}) + b"\n"


def bundle_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of a manifest."""
    return document_schema(SCHEMA, "What was handed over to an auditor", Manifest)
