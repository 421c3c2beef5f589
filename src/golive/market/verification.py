"""Whether what is stored is what was stored: digests, rules of rows, order, and the derived columns beside the parts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from golive.model.clock import to_iso
from golive.model.errors import ConfigError

from . import row_rule
from .column_file import columns_folder, map_columns
from .contents import without_index
from .part_file import months_of, read_part
from .row_rule import COLUMN_NAMES
from .series import FIX, INDEX_NAME, Part, SeriesIndex, read_index
from .timeframe import timeframe_ns

if TYPE_CHECKING:
    from .part_file import Table


def faults_of(folder: Path) -> list[str]:
    """Return every fault of a stored series, each naming file and place; empty when it is sound. Nothing is changed."""
    try:
        index = read_index(folder)
    except ConfigError as exc:
        return [str(exc)]
    if index is None:
        return [without_index(folder)]
    faults: list[str] = []
    tables: list[Table] = []
    latest = -1
    for part in index.parts:
        try:
            table = read_part(folder, part)
        except ConfigError as exc:
            faults.append(str(exc))
            continue
        faults += _faults_of_part(folder, part, table, latest, timeframe_ns(index.timeframe))
        latest = int(table[0, -1])
        tables.append(table)
    if not faults:
        faults += _faults_of_columns(folder, index, tables)
        faults += _faults_of_counts(folder, index, tables)
    return faults


def _faults_of_part(folder: Path, part: Part, table: Table, latest: int, length: int) -> list[str]:
    import numpy as np

    place = folder / part.file
    opened_at, open_, high, low, close, volume = table
    rising = np.diff(opened_at) > 0
    questions = {
        "is not after the row before it": ~np.append(int(opened_at[0]) > latest, rising),
        "is off the timeframe": row_rule.is_unaligned(opened_at, length),
        "has a price of zero or less, or a volume below zero": row_rule.is_not_positive(open_, high, low, close, volume),
        "has prices that contradict each other": row_rule.is_inconsistent(open_, high, low, close),
    }
    faults = [
        f"{place}: row {int(np.argmax(mask)) + 1} ({to_iso(int(opened_at[np.argmax(mask)]))}) {words}"
        for words, mask in questions.items()
        if mask.any()
    ]
    months = {month for month, _, _ in months_of(opened_at)}
    if months != {part.month} or (part.first, part.last) != (int(opened_at[0]), int(opened_at[-1])):
        faults.append(f"{place}: not the times that index.json says")
    return faults


def _faults_of_counts(folder: Path, index: SeriesIndex, tables: list[Table]) -> list[str]:
    import numpy as np

    length = timeframe_ns(index.timeframe)
    steps = np.diff(np.concatenate([table[0] for table in tables])) // length
    gaps, missing = int((steps > 1).sum()), int((steps - 1).sum())
    if (index.gaps, index.missing_rows) == (gaps, missing):
        return []
    said = f"gaps {index.gaps}, missing_rows {index.missing_rows}"
    return [f"{folder / INDEX_NAME}: {said}, but the parts have {gaps} and {missing}; {FIX}"]


def _faults_of_columns(folder: Path, index: SeriesIndex, tables: list[Table]) -> list[str]:
    import numpy as np

    mapped = map_columns(folder, index.digest, index.rows)
    if mapped is None:
        return []  # made again by the next read
    base = columns_folder(folder, index.digest)
    whole = np.concatenate(tables, axis=1)
    return [
        f"{base / name}.i64: differs from the parts; remove the folder {base.name}, it is made again"
        for at, name in enumerate(COLUMN_NAMES)
        if not np.array_equal(mapped[at], whole[at])
    ]
