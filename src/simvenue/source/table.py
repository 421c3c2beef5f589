"""Recorded candles as columns of text, from CSV, Parquet or Feather; tolerant of the usual column names."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from ..errors import UsageError
from ..exchange.bar import SECOND

TIME_NAMES = ("timestamp", "datetime", "date", "time", "open_time", "opentime", "ts", "unix")
VALUE_NAMES = ("open", "high", "low", "close", "volume")
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True, slots=True)
class CandleTable:
    """Columns as texts, in file order; `first_line` is the line of the first row (0: the file has no lines)."""

    path: Path
    first_line: int
    opened: list[int]
    """ns UTC"""
    open: Sequence[str]
    high: Sequence[str]
    low: Sequence[str]
    close: Sequence[str]
    volume: Sequence[str]

    def where(self, index: int) -> str:
        """Name the place of a row for an error message."""
        return f"{self.path}:{index + self.first_line}" if self.first_line else f"{self.path} row {index + 1}"


def read_table(path: Path) -> CandleTable:
    """Read a candle file by its ending; UsageError names file, line and column."""
    suffixes = [s.lower() for s in path.suffixes]
    ending = suffixes[-1] if suffixes else ""
    if ending == ".csv" or suffixes[-2:] == [".csv", ".gz"]:
        return _read_csv(path)
    if ending in (".parquet", ".pq", ".feather", ".arrow", ".ipc"):
        return _read_columns(path, is_parquet=ending in (".parquet", ".pq"))
    raise UsageError(f"{path}: ending {ending or '(none)'!r} is not known; give .csv, .csv.gz, .parquet, .feather or a feed .gz")


def _read_csv(path: Path) -> CandleTable:
    raw = path.read_bytes()
    if path.suffix.lower() == ".gz":
        raw = gzip.decompress(raw)
    try:
        rows = list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))
    except (UnicodeDecodeError, csv.Error) as exc:
        raise UsageError(f"{path}: not a CSV text file ({exc})") from exc
    if not rows:
        raise UsageError(f"{path}:1: the file is empty; a header line with {', '.join(VALUE_NAMES)} and a time column is needed")
    picks = _pick(path, rows[0])
    width = max(picks) + 1
    body = rows[1:]
    while body and not body[-1]:
        body.pop()
    for index, row in enumerate(body):
        if len(row) < width:
            raise UsageError(f"{path}:{index + 2}: {len(row)} fields where the header needs {width}; repair or remove the line")
    columns = list(zip(*body, strict=False)) if body else [()] * width
    time_column, *values = (columns[at] for at in picks)
    opened = _times(path, time_column, 2)
    return CandleTable(path, 2, opened, *values)


def _read_columns(path: Path, *, is_parquet: bool) -> CandleTable:
    import polars

    try:
        frame = polars.read_parquet(path) if is_parquet else polars.read_ipc(path)
    except (polars.exceptions.PolarsError, OSError) as exc:
        raise UsageError(f"{path}: cannot be read ({str(exc).splitlines()[0]:.120})") from exc
    picks = _pick(path, frame.columns)
    time_column = frame.to_series(picks[0])
    if isinstance(time_column.dtype, polars.Datetime):
        has_zone = time_column.dtype.time_zone is not None
        moments = time_column.dt.convert_time_zone("UTC") if has_zone else time_column
        opened = [int(v) for v in moments.dt.epoch("ns").to_list()]
    else:
        opened = _times(path, [str(v) for v in time_column.to_list()], 0)
    values = [[_cell(v) for v in frame.to_series(at).to_list()] for at in picks[1:]]
    return CandleTable(path, 0, opened, *values)


def _cell(value: object) -> str:
    """Return the text of a cell; 15 significant digits of a double, because the 16th and 17th are noise of the binary form."""
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _pick(path: Path, header: Sequence[str]) -> list[int]:
    """Return the positions of time, open, high, low, close, volume."""
    names = [name.strip().lower() for name in header]
    times = [names.index(name) for name in TIME_NAMES if name in names]
    missing = [name for name in VALUE_NAMES if name not in names]
    if not times or missing:
        lack = missing + ([] if times else [f"a time column ({', '.join(TIME_NAMES[:5])})"])
        raise UsageError(f"{path}:1: the header has no {', '.join(lack)}; it has {', '.join(names)[:120]}")
    return [times[0], *(names.index(name) for name in VALUE_NAMES)]


def _times(path: Path, texts: Sequence[str], first_line: int) -> list[int]:
    out: list[int] = []
    for index, text in enumerate(texts):
        try:
            out.append(read_time(text))
        except (ValueError, OverflowError) as exc:
            place = f"{path}:{index + first_line}" if first_line else f"{path} row {index + 1}"
            raise UsageError(f"{place}: time {text!r:.40} is neither ISO-8601 nor a number of s, ms, us or ns") from exc
    return out


def read_time(text: str) -> int:
    """Read ISO-8601 (UTC unless it says otherwise) or a number of s, ms, µs or ns since 1970; return ns."""
    text = text.strip()
    if text.isdigit():
        value = int(text)
        for limit, unit in ((10**11, SECOND), (10**14, 10**6), (10**17, 1000)):
            if value < limit:
                return value * unit
        return value
    if text.replace(".", "", 1).isdigit():
        return round(float(text) * 1000) * 10**6
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    delta = moment - _EPOCH
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds * 1000
