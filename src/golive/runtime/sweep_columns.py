"""Candles of a sweep as one file that every worker of this host maps, named by the digest of its bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from golive.matching.columns import CandleColumns
from golive.model.errors import JournalError
from golive.model.instrument import Instrument

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class ColumnPlace:
    """Where the columns of one instrument are, and how to know that they are the right ones."""

    instrument: Instrument
    timeframe_ns: int
    rows: int
    digest: str
    """SHA-256 of the bytes: opened_at, open, high, low, close, volume, each little-endian int64"""
    path: str


def write_columns(candles: CandleColumns, folder: Path) -> ColumnPlace:
    """Write the columns into `folder`, unless they are there; raise JournalError when that fails."""
    import numpy as np

    digest = candles.sha256()
    path = folder / f"{digest}.i64"
    try:
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".tmp")
            with temporary.open("wb") as file:
                for column in candles.columns:
                    file.write(np.ascontiguousarray(column, dtype="<i8").data)
            temporary.rename(path)
    except OSError as exc:
        raise JournalError(f"{path}: cannot write the candles for the workers: {exc.strerror}") from exc
    return ColumnPlace(candles.instrument, candles.timeframe_ns, len(candles), digest, str(path))


def has_columns(place: ColumnPlace) -> bool:
    """Say whether this host has the file, whole and unchanged."""
    path = Path(place.path)
    if not path.is_file() or path.stat().st_size != place.rows * 6 * 8:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == place.digest


def map_columns(place: ColumnPlace) -> CandleColumns:
    """Map the file; JournalError when it is not there."""
    import numpy as np

    try:
        whole = np.memmap(place.path, dtype="<i8", mode="r", shape=(6, place.rows))
    except (OSError, ValueError) as exc:
        raise JournalError(f"{place.path}: the candles of the sweep cannot be read: {exc}") from exc
    return columns_of(place, np.asarray(whole))


def columns_of(place: ColumnPlace, whole: npt.NDArray[np.int64]) -> CandleColumns:
    """Return candles over a (6, rows) array."""
    return CandleColumns(place.instrument, place.timeframe_ns, *whole)
