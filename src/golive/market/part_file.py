"""Parts: one month of candles as a Parquet file of int64 ticks and lots (zstd), checked against its digest when it is read."""

from __future__ import annotations

import hashlib
import io
import itertools
from pathlib import Path
from typing import TYPE_CHECKING, Final

from golive.inputs import read_beside
from golive.model.errors import ConfigError

from .durable import write_atomic
from .row_rule import COLUMN_NAMES
from .series import Part

MOST_PART: Final = 2 << 30
"""bytes of one month"""

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Table = npt.NDArray[np.int64]
    """(6, rows) int64: opened_at, open, high, low, close, volume"""


def months_of(opened_at: Table) -> list[tuple[str, int, int]]:
    """Return (YYYY-MM, first row, row after the last) of each UTC month in rising times."""
    import numpy as np

    if not len(opened_at):
        return []
    months = opened_at.view("datetime64[ns]").astype("datetime64[M]")
    cuts = [0, *(np.flatnonzero(np.diff(months.view(np.int64))) + 1).tolist(), len(opened_at)]
    return [(str(months[a]), a, b) for a, b in itertools.pairwise(cuts)]


def write_part(folder: Path, month: str, table: Table) -> Part:
    """Write one month; return its line of the index. Raises JournalError when it cannot be written."""
    import polars as pl

    buffer = io.BytesIO()
    pl.DataFrame(dict(zip(COLUMN_NAMES, table, strict=True))).write_parquet(buffer, compression="zstd", statistics=True)
    data = buffer.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    part = Part(f"{month}.{digest[:12]}.parquet", month, table.shape[1], int(table[0, 0]), int(table[0, -1]), digest)
    write_atomic(folder / part.file, data)
    return part


def read_part(folder: Path, part: Part) -> Table:
    """Return one month as (6, rows) int64; raise ConfigError when the file is gone or is not the one of the index."""
    import numpy as np
    import polars as pl

    path = folder / part.file
    fix = "`golive data remove` the series and bring its data again"
    try:
        data = read_beside(path, most=MOST_PART)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}; {fix}") from exc
    if hashlib.sha256(data).hexdigest() != part.sha256:
        raise ConfigError(f"{path}: its SHA-256 is not the one in index.json; the file was changed or damaged: {fix}")
    frame = pl.read_parquet(io.BytesIO(data))
    if frame.columns != list(COLUMN_NAMES) or frame.height != part.rows:
        raise ConfigError(f"{path}: not the columns and rows that index.json says; {fix}")
    table: Table = np.empty((len(COLUMN_NAMES), frame.height), dtype=np.int64)
    for at, name in enumerate(COLUMN_NAMES):
        table[at] = frame.get_column(name).to_numpy()
    return table
