"""A file of candles or trades into the store, whole or not at all, and the report of what that has made of the series."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from golive.config.core_file import DataQuality
from golive.inputs import open_named
from golive.market.candle_import import Imported, ImportTerms, import_file
from golive.market.quality import Quality, Status, nothing_to_judge
from golive.market.quality_report import Dataset, FileRows, report_document, write_report
from golive.market.series import read_index, series_folder
from golive.market.store import AppendResult, CandleStore
from golive.market.timeframe import timeframe_ns
from golive.market.wording import counted
from golive.model.errors import ConfigError, GoliveError, JournalError
from golive.model.ids import InstrumentId
from golive.model.json import JsonValue
from golive.model.money import format_decimal
from golive.model.verdict import ExitCode

from .signed_evidence import sign_evidence
from .stored_document import ImportedFile, Issue, StoredRows, import_document
from .stored_quality import breaches_of, judge_stored


@dataclass(frozen=True, kw_only=True, slots=True)
class ImportOrder:
    """What is to be imported, and how."""

    path: Path
    instrument: InstrumentId
    timeframe: str | None
    volume_unit: str
    columns: Mapping[str, str]
    tick_size: Decimal | None
    lot_size: Decimal | None
    drops_bad: bool
    """leave impossible and unaligned rows out instead of refusing the file"""
    replaces: bool
    """a row of the file counts where it differs from a stored one"""
    may_mix: bool
    """a downloaded series takes the file's rows"""

    @property
    def source(self) -> str:
        return f"import {self.path.name}"


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of a file."""

    imported: Imported
    quality: Quality
    """of the whole series, with what was found in the file; of nothing, when nothing of the file is stored"""
    report: Path
    stored: AppendResult | None
    """None when the file was refused"""
    problem: str
    """why nothing of the file is stored, '' when something is"""
    bad_rows: int
    """impossible or unaligned"""
    breaches: tuple[str, ...]
    """limits of the environment that the series breaks"""

    @property
    def exit_code(self) -> ExitCode:
        if self.problem:
            return ExitCode.VALIDATION_FAILED
        return ExitCode.BREACHED if self.breaches else ExitCode.OK

    def document(self, environment: str) -> dict[str, JsonValue]:
        """Return it as a JSON document."""
        imported, stored = self.imported, self.stored
        return import_document(
            ImportedFile(
                environment=environment,
                file=str(imported.path),
                kind=imported.kind,
                instrument=str(imported.instrument.id),
                timeframe=imported.timeframe,
                tick_size=format_decimal(imported.instrument.tick_size),
                lot_size=format_decimal(imported.instrument.lot_size),
                rows=len(imported.raw),
                bad_rows=self.bad_rows,
                rounded_prices=imported.rounded,
                cut_volumes=imported.cut,
                stored=None
                if stored is None
                else StoredRows(stored.added, stored.known, stored.replaced, stored.unclosed, stored.was_sorted, stored.rows),
                problem=self.problem or None,
                quality=self.quality.summary.status,
                file_quality=imported.quality.summary.status,
                issues=Issue.all_of(self.quality),
                breaches=self.breaches,
                quality_report=str(self.report),
                notes=tuple(imported.notes),
                exit_code=int(self.exit_code),
            )
        )


def import_into(store: CandleStore, home: Path, order: ImportOrder, limits: DataQuality, now: int) -> ImportOutcome:
    """Read, judge and store a file, then judge and report the series; `now` is the wall clock in ns.

    Raises ConfigError for what cannot be read, and for rows that contradict each other or stored ones; JournalError when a file
    cannot be written. The report then says that there is no data of the file.
    """
    try:
        imported = import_file(order.path, _with_stored_grid(store, order))
    except GoliveError as exc:
        _report_failure(home, order, None, str(exc), now)
        raise
    bad = int(imported.impossible.sum())
    refusal = _refusal(imported, bad, order)
    stored = None
    if not refusal:
        try:
            stored = store.append(
                imported.instrument,
                imported.timeframe,
                imported.storable(),
                source=order.source,
                now=now,
                replace=order.replaces,
                may_mix=order.may_mix,
            )
        except GoliveError as exc:
            _report_failure(home, order, imported, str(exc), now)
            raise
        if stored.unclosed == len(imported.raw) - bad:
            refusal = "none of its candles has ended"
    is_held = read_index(series_folder(store.root, order.instrument, imported.timeframe)) is not None
    is_critical = imported.quality.summary.status is Status.CRITICAL
    if not refusal or (is_critical and is_held):
        quality, report = _judge_series(store, home, order, imported, stored, refusal, now)
    else:
        quality = imported.quality if is_critical else nothing_to_judge(timeframe_ns(imported.timeframe))
        report = _report_file(home, order, imported, quality, refusal, now)
    breaches = () if refusal else breaches_of(quality.summary, limits)
    return ImportOutcome(imported, quality, report, stored, refusal, bad, breaches)


def _refusal(imported: Imported, bad: int, order: ImportOrder) -> str:
    if not len(imported.raw):
        return "it holds no whole candle"
    if bad and not order.drops_bad:
        return f"{counted(bad, 'row')} that cannot be a candle; repair the file, or give --drop-bad"
    return "no row of it can be a candle; repair the file" if bad == len(imported.raw) else ""


def _judge_series(
    store: CandleStore, home: Path, order: ImportOrder, imported: Imported, stored: AppendResult | None, refusal: str, now: int
) -> tuple[Quality, Path]:
    held = 0 if stored is None else stored.added + stored.known + stored.replaced
    of_file = imported.quality
    file = FileRows(
        order.path.name, imported.sha256, len(imported.raw), held, of_file.summary.status, of_file.issues, refusal or None
    )
    return judge_stored(
        store, order.instrument, imported.timeframe, home=home, source=order.source, tags=("import", imported.kind), now=now,
        imported=(of_file, file),
    )  # fmt: skip


def _report_failure(home: Path, order: ImportOrder, imported: Imported | None, problem: str, now: int) -> None:
    """Report that there is no data, if the file was there; a disk that takes no candles may take no report either."""
    timeframe = order.timeframe if imported is None else imported.timeframe
    quality = nothing_to_judge(None if timeframe is None else timeframe_ns(timeframe))
    if order.path.is_file():
        with contextlib.suppress(JournalError):  # the failure of the import is the one to tell
            _report_file(home, order, imported, quality, problem, now)


def _report_file(home: Path, order: ImportOrder, imported: Imported | None, quality: Quality, problem: str, now: int) -> Path:
    """Write the report of a file of which nothing is stored."""
    if imported is None:
        timeframe, sha256, tags = order.timeframe, _digest(order.path), ["import"]
        file = FileRows(order.path.name, sha256, 0, 0, Status.NO_DATA, (), problem)
    else:
        timeframe, sha256, tags = imported.timeframe, imported.sha256, ["import", imported.kind]
        of_file = imported.quality
        file = FileRows(order.path.name, sha256, len(imported.raw), 0, of_file.summary.status, of_file.issues, problem)
    dataset = Dataset(str(order.instrument), timeframe, order.path.name, sha256, file)
    report = write_report(home, report_document(quality, dataset, source=order.source, tags=tags, now=now), now)
    sign_evidence(home, report, now)
    return report


def _digest(path: Path) -> str:
    try:
        with open_named(path) as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc


def _with_stored_grid(store: CandleStore, order: ImportOrder) -> ImportTerms:
    """A file without steps of its own is read on the grid of its series, or of another series of its instrument."""
    terms = ImportTerms(
        instrument=order.instrument,
        timeframe=order.timeframe,
        volume_unit=order.volume_unit,
        columns=order.columns,
        tick_size=order.tick_size,
        lot_size=order.lot_size,
    )
    if terms.timeframe is not None:
        index = read_index(series_folder(store.root, terms.instrument, terms.timeframe))
        if index is not None:
            return replace(terms, grid=index.instrument)
    grids = {entry.instrument for entry in store.series() if entry.instrument.id == terms.instrument}
    if len(grids) > 1 and terms.tick_size is None:
        raise ConfigError(
            f"{terms.instrument}: its stored series have different grids; give --timeframe, or --tick-size and --lot-size"
        )
    return replace(terms, grid=grids.pop()) if grids else terms
