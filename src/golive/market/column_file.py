"""The derived copy of a series that backtests read: one raw int64 file a column, mapped into memory.

It can be thrown away at any time; it is made again from the parts. Its folder is named after the digest of the index, so a
reader never mixes two states, and one that has its columns open keeps them when a writer removes the folder.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from golive.matching.columns import IntColumn
from golive.model.errors import ConfigError, JournalError

from .durable import sync, temporary_beside
from .row_rule import COLUMN_NAMES

if TYPE_CHECKING:
    from collections.abc import Sequence

_WIDTH: Final = 8
"""bytes of a number"""


def columns_folder(folder: Path, digest: str) -> Path:
    return folder / f"columns.{digest}"


def map_columns(folder: Path, digest: str, rows: int) -> list[IntColumn] | None:
    """Return the six columns mapped read-only; None when they are not there or not whole."""
    import numpy as np

    base = columns_folder(folder, digest)
    columns: list[IntColumn] = []
    for name in COLUMN_NAMES:
        path = base / f"{name}.i64"
        try:
            if path.stat().st_size != rows * _WIDTH:
                return None
            columns.append(np.memmap(path, dtype="<i8", mode="r").view(np.ndarray))
        except FileNotFoundError:
            return None
        except OSError as exc:
            raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    return columns


def write_columns(folder: Path, digest: str, pieces: Callable[[int], Iterator[IntColumn]]) -> None:
    """Write the columns of a state; `pieces(column)` yields a column's numbers in order.

    Appears at once or not at all. Raises JournalError when it cannot be written.
    """
    final = columns_folder(folder, digest)
    temporary = temporary_beside(final)
    try:
        temporary.mkdir(mode=0o750)
        for at, name in enumerate(COLUMN_NAMES):
            path = temporary / f"{name}.i64"
            with path.open("wb") as out:
                for piece in pieces(at):
                    out.write(_little_endian(piece))
            sync(path)
        sync(temporary)
        _put_in_place(temporary, final)
    except OSError as exc:
        raise JournalError(f"{final}: cannot write: {exc.strerror}") from exc
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def remove_columns(folder: Path, keep: Sequence[str]) -> None:
    """Remove the columns of all other states."""
    kept = {columns_folder(folder, digest).name for digest in keep}
    for path in folder.glob("columns.*"):
        if path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)


def _little_endian(piece: IntColumn) -> Any:
    import numpy as np

    return np.ascontiguousarray(piece, dtype="<i8").data


def _put_in_place(temporary: Path, final: Path) -> None:
    try:
        temporary.rename(final)
    except OSError:
        # Another process made the same columns first, or what stands there is not whole: move it aside, then take its place.
        aside = temporary_beside(final)
        with contextlib.suppress(FileNotFoundError):
            final.rename(aside)
        temporary.rename(final)
        shutil.rmtree(aside, ignore_errors=True)
    sync(final.parent)
