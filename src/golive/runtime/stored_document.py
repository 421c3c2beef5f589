"""What programs read of stored data: the documents of `golive data list`, `verify` and `import`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Final, TypeAlias

from golive.market.quality import Quality, Status
from golive.model.json import JsonValue
from golive.model.money import format_decimal
from golive.observability.shape import Amount, Count, Fragment, Instant, as_json, document_schema

from .data_choice import StoredData, StoredSeries

LIST: Final = "golive.data_list.v1"
VERIFY: Final = "golive.data_verify.v1"
IMPORT: Final = "golive.data_import.v1"
_CODES: Final = (
    "gap", "duplicate", "out_of_order", "non_positive", "not_finite", "ohlc_inconsistent", "stale", "outlier", "unaligned"
)  # fmt: skip
Code: TypeAlias = Annotated[str, Fragment({"enum": list(_CODES)})]
Exit: TypeAlias = Annotated[int, Fragment({"enum": [0, 4, 6]})]


@dataclass(frozen=True, slots=True)
class Series:
    """One stored series."""

    environment: str
    instrument: str
    timeframe: str
    rows: Count
    first: Instant
    last: Instant
    gaps: Count
    missing_rows: Count
    tick_size: Amount
    lot_size: Amount
    digest: Annotated[str, Fragment({"pattern": "^[0-9a-f]{16}$"})]
    """of the digests of its parts"""
    sources: tuple[str, ...]
    stale: str | None
    """why a series that was made of a finer one may not be read now; null for one that may"""
    path: str


@dataclass(frozen=True, slots=True)
class Damaged:
    """A series that cannot be read."""

    environment: str
    path: str
    fault: str


@dataclass(frozen=True, slots=True)
class SeriesList:
    """Every stored series."""

    series: tuple[Series, ...]
    damaged: tuple[Damaged, ...]
    exit_code: Annotated[int, Fragment({"enum": [0, 4]})]


@dataclass(frozen=True, slots=True)
class Issue:
    """One kind of fault in candles."""

    code: Code
    message: str

    @classmethod
    def all_of(cls, quality: Quality | None) -> tuple[Issue, ...]:
        """Return what was found; nothing where nothing could be judged."""
        return () if quality is None else tuple(cls(issue.code, issue.message) for issue in quality.issues)


@dataclass(frozen=True, slots=True)
class VerifiedSeries:
    """What was found of one series; `quality` is null where its files are damaged."""

    environment: str
    path: str
    faults: tuple[str, ...]
    quality: Status | None
    issues: tuple[Issue, ...]
    quality_report: str | None


@dataclass(frozen=True, slots=True)
class Verification:
    """Every series, verified."""

    series: tuple[VerifiedSeries, ...]
    exit_code: Exit


@dataclass(frozen=True, slots=True)
class StoredRows:
    """What became of a file's rows."""

    added: Count
    known: Count
    replaced: Count
    unclosed: Count
    was_sorted: bool
    rows: Count
    """of the series, afterwards"""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """One file; `stored` is null when it was refused."""

    environment: str
    file: str
    kind: Annotated[str, Fragment({"enum": ["candles", "trades", "feed"]})]
    instrument: str
    timeframe: str
    tick_size: Amount
    lot_size: Amount
    rows: Count
    bad_rows: Count
    rounded_prices: Count
    cut_volumes: Count
    stored: StoredRows | None
    problem: str | None
    """why nothing of it is stored; null when something is"""
    quality: Status
    """of the series that it went into; the file's own, where that is worse"""
    file_quality: Status
    issues: tuple[Issue, ...]
    """of the series, and what was found in the file alone"""
    breaches: tuple[str, ...]
    """limits of the environment that the series breaks"""
    quality_report: str
    notes: tuple[str, ...]
    exit_code: Annotated[int, Fragment({"enum": [0, 4, 5]})]


def list_document(stored: StoredData, exit_code: int) -> dict[str, JsonValue]:
    """Return the stored series as a JSON document."""
    damaged = tuple(Damaged(environment, str(each.path), each.fault) for environment, each in stored.damaged)
    return _document(LIST, SeriesList(tuple(map(_series, stored.series)), damaged, exit_code))


def verify_document(rows: Iterable[VerifiedSeries], exit_code: int) -> dict[str, JsonValue]:
    """Return what was verified as a JSON document."""
    return _document(VERIFY, Verification(tuple(rows), exit_code))


def import_document(imported: ImportedFile) -> dict[str, JsonValue]:
    """Return what came of an import as a JSON document."""
    return _document(IMPORT, imported)


def list_schema() -> dict[str, JsonValue]:
    return document_schema(LIST, "Stored series of candles", SeriesList)


def verify_schema() -> dict[str, JsonValue]:
    return document_schema(VERIFY, "Verification of the stored series", Verification)


def import_schema() -> dict[str, JsonValue]:
    return document_schema(IMPORT, "What came of the import of a file", ImportedFile)


def _document(schema: str, value: SeriesList | Verification | ImportedFile) -> dict[str, JsonValue]:
    found = as_json(value)
    assert isinstance(found, dict)
    return {"schema": schema, **found}


def _series(row: StoredSeries) -> Series:
    entry = row.entry
    grid = entry.instrument
    return Series(
        row.environment, str(grid.id), entry.timeframe, entry.rows, entry.first, entry.last, entry.gaps, entry.missing_rows,
        format_decimal(grid.tick_size), format_decimal(grid.lot_size), entry.digest, tuple(entry.sources), entry.stale or None,
        str(entry.path),
    )  # fmt: skip
