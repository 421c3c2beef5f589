"""The documents of downloads: `golive.download.v1`, and the record of what a venue does not have and is still to be fetched."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final

from golive.market.quality import Status
from golive.model.json import JsonValue
from golive.observability.shape import Count, Fragment, Instant, Share, as_json, document_schema

SCHEMA: Final = "golive.download.v1"
RECORD: Final = "golive.download_record.v1"


@dataclass(frozen=True, slots=True)
class DownloadResult:
    """What came of one download."""

    environment: str
    instrument: str
    timeframe: str
    source: str
    evidence_class: str
    since: Instant
    until: Instant | None
    """null when the venue could not be asked where its market ends"""
    wanted_rows: Count
    added_rows: Count
    absent_rows: Count
    requests: Count
    seconds: Share
    stored_rows: Count
    stored_gaps: Count
    quality: Status
    quality_report: str
    risk_snapshot: str | None
    risk_snapshot_status: str | None
    stopped: str | None
    """why it did not end by itself; null when it did"""
    exit_code: Annotated[int, Fragment({"enum": [0, 6]})]


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is known of one source beside its candles; stretches by time and apart."""

    source: str
    empty: tuple[tuple[Instant, Instant], ...]
    """it has no candles there"""
    unfinished: tuple[tuple[Instant, Instant], ...]
    """a download was begun there and has not ended by itself"""


def download_document(result: DownloadResult) -> dict[str, JsonValue]:
    """Return what came of a download as a JSON document."""
    return _document(SCHEMA, result)


def record_document(record: Recorded) -> dict[str, JsonValue]:
    """Return the record as it is stored."""
    return _document(RECORD, record)


def download_schema() -> dict[str, JsonValue]:
    return document_schema(SCHEMA, "What came of a download", DownloadResult)


def record_schema() -> dict[str, JsonValue]:
    return document_schema(RECORD, "What a venue does not have, and what of it is still to be fetched", Recorded)


def _document(schema: str, value: DownloadResult | Recorded) -> dict[str, JsonValue]:
    found = as_json(value)
    assert isinstance(found, dict)
    return {"schema": schema, **found}
