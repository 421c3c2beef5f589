"""Stored candles as files that other programs read: CSV, JSON lines, Parquet, Feather. Never a rounded number."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING, Final

from golive.matching.columns import CandleColumns, IntColumn
from golive.model.errors import ConfigError
from golive.model.instrument import decimals_of

from .durable import make_folder, write_atomic

if TYPE_CHECKING:
    from decimal import Decimal

    import polars as pl

ENDINGS: Final = (".csv", ".jsonl", ".parquet", ".feather")
_DOUBLE_DIGITS: Final = 15


def export_candles(candles: CandleColumns, path: Path) -> None:
    """Write candles by the file's ending; an existing file is replaced whole.

    CSV and JSON lines hold decimal texts; Parquet and Feather doubles, which keep 15 digits.
    Raises ConfigError for another ending, and for a number that a double would not keep; JournalError when it cannot be written.
    """
    if path.suffix.lower() not in ENDINGS:
        raise ConfigError(f"{path}: its ending is not known; give {', '.join(ENDINGS)}")
    data = _encoded(candles, path)
    make_folder(path.parent)
    write_atomic(path, data)


def _encoded(candles: CandleColumns, path: Path) -> bytes:
    import polars as pl

    tick, lot = candles.instrument.tick_size, candles.instrument.lot_size
    frame = pl.DataFrame(
        {
            "timestamp": pl.Series(candles.opened_at).cast(pl.Datetime("ns", "UTC")),
            "open": _texts(candles.open, tick),
            "high": _texts(candles.high, tick),
            "low": _texts(candles.low, tick),
            "close": _texts(candles.close, tick),
            "volume": _texts(candles.volume, lot),
        }
    )
    ending = path.suffix.lower()
    buffer = io.BytesIO()
    if ending in (".csv", ".jsonl"):
        frame = frame.with_columns(pl.col("timestamp").dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if ending == ".csv":
            frame.write_csv(buffer)
        else:
            frame.write_ndjson(buffer)
        return buffer.getvalue()
    _require_doubles(frame, path)
    frame = frame.with_columns(pl.exclude("timestamp").cast(pl.Float64))
    if ending == ".parquet":
        frame.write_parquet(buffer, compression="zstd")
    else:
        frame.write_ipc(buffer, compression="zstd")
    return buffer.getvalue()


def _texts(steps: IntColumn, step: Decimal) -> pl.Series:
    """Return numbers as decimal text with as many decimals as the step has."""
    import polars as pl

    decimals = decimals_of(step)
    scaled = pl.Series("n", steps) * int(step.scaleb(decimals))
    if decimals == 0:
        return scaled.cast(pl.String)
    unit = 10**decimals
    parts = pl.DataFrame({"whole": (scaled // unit).cast(pl.String), "below": (scaled % unit).cast(pl.String)})
    text = pl.concat_str(pl.col("whole"), pl.lit("."), pl.col("below").str.zfill(decimals))
    return parts.select(text.alias("text")).get_column("text")


def _require_doubles(frame: pl.DataFrame, path: Path) -> None:
    import polars as pl

    for name in ("open", "high", "low", "close", "volume"):
        digits = pl.col(name).str.replace(r"\.", "").str.strip_chars_start("0")
        if "." in (frame.get_column(name)[0] if frame.height else ""):
            digits = digits.str.strip_chars_end("0")
        most = frame.select(digits.str.len_bytes().max()).item()
        if most is not None and most > _DOUBLE_DIGITS:
            raise ConfigError(f"{path}: a {name} has {most} digits and a double keeps {_DOUBLE_DIGITS}; export as .csv or .jsonl")
