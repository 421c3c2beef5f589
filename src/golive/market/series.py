"""The index of one stored series: its grid, its parts with their digests, where its candles came from. Values and JSON only."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from golive.inputs import parse_json, read_beside
from golive.model.clock import from_iso, to_iso
from golive.model.errors import ConfigError, GoliveError
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonValue
from golive.model.money import format_decimal

from .timeframe import timeframe_ns

SCHEMA: Final = "golive.candles.v1"
INDEX_NAME: Final = "index.json"
FIX: Final = "`golive data remove` the series and bring its data again"


@dataclass(frozen=True, slots=True)
class Gap:
    """Candles that are not there, between two that are."""

    first: int
    """when the first missing candle would have opened, ns"""
    until: int
    """when the next candle opens, ns"""
    missing: int
    """candles"""


@dataclass(frozen=True, slots=True)
class Part:
    """One month of candles in one file that never changes; its name holds the start of its digest."""

    file: str
    month: str
    """YYYY-MM"""
    rows: int
    first: int
    last: int
    """opening times of its first and last candle, ns"""
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where candles of a series came from, and how many rows it gave that were new."""

    name: str
    rows: int
    stored_at: int
    """when it last gave some, ns"""
    digest: str = ""
    """of a series that this one was made of: its digest then"""


@dataclass(frozen=True, slots=True)
class SeriesIndex:
    """What `index.json` says."""

    instrument: Instrument
    timeframe: str
    rows: int
    first: int
    last: int
    """opening times, ns"""
    gaps: int
    missing_rows: int
    parts: tuple[Part, ...]
    sources: tuple[Source, ...]

    @property
    def digest(self) -> str:
        """16 hex digits that change whenever a candle or the grid does."""
        grid = _grid_json(self.instrument)
        parts = [[part.month, part.rows, part.sha256] for part in self.parts]
        text = json.dumps([grid["id"], grid["tick_size"], grid["lot_size"], self.timeframe, parts])
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def with_source(self, source: Source) -> tuple[Source, ...]:
        """Return the sources with one more, or with the rows added to the one of that name."""
        before = {known.name: known for known in self.sources}
        known = before.get(source.name)
        before[source.name] = replace(source, rows=source.rows + known.rows) if known else source
        return tuple(before.values())

    def to_json(self) -> dict[str, JsonValue]:
        return {
            "schema": SCHEMA,
            "instrument": _grid_json(self.instrument),
            "timeframe": self.timeframe,
            "rows": self.rows,
            "first": to_iso(self.first),
            "last": to_iso(self.last),
            "gaps": self.gaps,
            "missing_rows": self.missing_rows,
            "digest": self.digest,
            "parts": [
                {
                    "file": part.file,
                    "month": part.month,
                    "rows": part.rows,
                    "first": to_iso(part.first),
                    "last": to_iso(part.last),
                    "sha256": part.sha256,
                }
                for part in self.parts
            ],
            "sources": [_source_json(source) for source in self.sources],
        }


def series_folder(root: Path, instrument: InstrumentId, timeframe: str) -> Path:
    """Return where a series lies below the root of a store; raises ConfigError for an unknown timeframe."""
    timeframe_ns(timeframe)
    return root / "candles" / instrument.venue / f"{instrument.base}-{instrument.quote}" / timeframe


def read_index(folder: Path) -> SeriesIndex | None:
    """Return the index of a series; None when there is none. Raises ConfigError naming what is wrong with it."""
    path = folder / INDEX_NAME
    try:
        text = read_beside(path)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    try:
        document: Any = parse_json(text)
        index = index_of(document)
        words = _contradiction(index, str(document["digest"]), folder)
    except (ValueError, KeyError, TypeError, AttributeError, GoliveError) as exc:
        raise ConfigError(f"{path}: not an index of candles ({exc!r}); {FIX}") from exc
    if words:
        raise ConfigError(f"{path}: {words}; {FIX}")
    return index


def _contradiction(index: SeriesIndex, digest: str, folder: Path) -> str:
    """Return what an index says against its folder or against itself, '' for nothing."""
    grid = index.instrument.id
    if (grid.venue, f"{grid.base}-{grid.quote}", index.timeframe) != folder.parts[-3:]:
        return f"is the index of {grid} {index.timeframe}, not of this folder"
    if not index.parts or index.rows != sum(part.rows for part in index.parts):
        return "its rows are not those of its parts"
    if (index.first, index.last) != (index.parts[0].first, index.parts[-1].last):
        return "its first and last time are not those of its parts"
    if digest != index.digest:
        return f"its digest {digest} is not that of its grid and parts, {index.digest}: something in it was changed"
    return ""


def same_grid(one: Instrument, other: Instrument) -> bool:
    """Return whether ticks and lots of both mean the same."""
    return one.tick_size == other.tick_size and one.lot_size == other.lot_size


def _grid_json(instrument: Instrument) -> dict[str, str]:
    return {
        "id": str(instrument.id),
        "tick_size": format_decimal(instrument.tick_size),
        "lot_size": format_decimal(instrument.lot_size),
        "min_quantity": instrument.quantity_text(instrument.min_quantity),
        "max_quantity": instrument.quantity_text(instrument.max_quantity),
        "min_notional": instrument.quote_text(instrument.min_notional),
    }


def _source_json(source: Source) -> dict[str, JsonValue]:
    made_of: dict[str, JsonValue] = {"digest": source.digest} if source.digest else {}
    return {"name": source.name, "rows": source.rows, "stored_at": to_iso(source.stored_at), **made_of}


def index_of(value: Mapping[str, Any]) -> SeriesIndex:
    """Read what `to_json` has written; KeyError, ValueError, TypeError or GoliveError for anything else."""
    if value["schema"] != SCHEMA:
        raise ValueError(f"schema {value['schema']!r} is not {SCHEMA}")
    timeframe_ns(value["timeframe"])
    grid = value["instrument"]
    return SeriesIndex(
        instrument=Instrument.from_text(
            grid["id"],
            tick_size=grid["tick_size"],
            lot_size=grid["lot_size"],
            min_quantity=grid["min_quantity"],
            max_quantity=grid["max_quantity"],
            min_notional=grid["min_notional"],
        ),
        timeframe=value["timeframe"],
        rows=int(value["rows"]),
        first=from_iso(value["first"]),
        last=from_iso(value["last"]),
        gaps=int(value["gaps"]),
        missing_rows=int(value["missing_rows"]),
        parts=tuple(
            Part(part["file"], part["month"], int(part["rows"]), from_iso(part["first"]), from_iso(part["last"]), part["sha256"])
            for part in value["parts"]
        ),
        sources=tuple(Source(s["name"], int(s["rows"]), from_iso(s["stored_at"]), s.get("digest", "")) for s in value["sources"]),
    )
