"""A file of candles or trades into the store: judged and reported first, stored whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from golive.market.candle_import import Imported, ImportTerms, import_file
from golive.market.quality_report import Dataset, report_document, write_report
from golive.market.series import read_index, series_folder
from golive.market.store import AppendResult, CandleStore
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.json import JsonValue
from golive.model.money import format_decimal
from golive.model.verdict import ExitCode

from .stored_document import ImportedFile, Issue, StoredRows, import_document


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


@dataclass(frozen=True, slots=True)
class ImportOutcome:
    """What became of a file; `stored` is None when it was refused."""

    imported: Imported
    report: Path
    stored: AppendResult | None
    bad_rows: int
    """impossible or unaligned"""

    @property
    def exit_code(self) -> ExitCode:
        return ExitCode.VALIDATION_FAILED if self.stored is None else ExitCode.OK

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
                stored=None
                if stored is None
                else StoredRows(stored.added, stored.known, stored.replaced, stored.unclosed, stored.was_sorted, stored.rows),
                quality=imported.quality.summary.status,
                issues=Issue.all_of(imported.quality),
                quality_report=str(self.report),
                notes=tuple(imported.notes),
                exit_code=int(self.exit_code),
            )
        )


def import_into(store: CandleStore, home: Path, order: ImportOrder, now: int) -> ImportOutcome:
    """Read, judge, report and store a file; `now` is the wall clock in ns.

    Raises ConfigError for what cannot be read, and for rows that contradict each other or stored ones.
    """
    terms = ImportTerms(
        instrument=order.instrument,
        timeframe=order.timeframe,
        volume_unit=order.volume_unit,
        columns=order.columns,
        tick_size=order.tick_size,
        lot_size=order.lot_size,
    )
    imported = import_file(order.path, _with_stored_grid(store, terms))
    source = f"import {order.path.name}"
    dataset = Dataset(str(order.instrument), imported.timeframe, order.path.name, imported.sha256)
    document = report_document(imported.quality, dataset, source=source, tags=["import", imported.kind], now=now)
    report = write_report(home, document, now)
    bad = int(imported.impossible.sum())
    if (bad and not order.drops_bad) or bad == len(imported.raw):
        return ImportOutcome(imported, report, None, bad)
    stored = store.append(
        imported.instrument,
        imported.timeframe,
        imported.storable(),
        source=source,
        now=now,
        replace=order.replaces,
        may_mix=order.may_mix,
    )
    return ImportOutcome(imported, report, stored, bad)


def _with_stored_grid(store: CandleStore, terms: ImportTerms) -> ImportTerms:
    """A file without steps of its own is read on the grid of its series, or of another series of its instrument."""
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
