"""The manifest of a window's archive: which window, which logs and what verifying their copies found, every file by digest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from golive.audit import canonical
from golive.model.json import JsonValue
from golive.observability.shape import Instant, Sha256, as_json, document_schema

from ..audit_bundle.manifest import BundledFile, BundledLog
from .shown import Kind

SCHEMA: Final = "golive.window_archive.v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowManifest:
    """What is in the archive; its bytes are signed by `manifest.json.sig`."""

    entrypoint: str
    environment: str
    opened_at: Instant
    closed_at: Instant
    gate_report_sha256: Sha256
    """the signed checklist with which the gate was opened first"""
    operators: tuple[str, ...]
    """who opened it"""
    closed_by: str
    made_at: Instant
    code_version: str
    key_id: str
    key_class: str
    dashboards: Kind
    """what the dashboards showed"""
    orders: tuple[str, ...]
    """what verifying the account's order journal found; nothing when it is sound"""
    logs: tuple[BundledLog, ...]
    gone: tuple[str, ...]
    """kept seals of logs that are not there any more"""
    files: tuple[BundledFile, ...]
    """every file but the manifest, the summary, their signatures and SHA256SUMS"""

    def encoded(self) -> bytes:
        value = as_json(self)
        assert isinstance(value, dict)
        return canonical({"schema": SCHEMA, **value}) + b"\n"


def archive_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of a manifest."""
    return document_schema(SCHEMA, "The archive of a window of live trading", WindowManifest)
