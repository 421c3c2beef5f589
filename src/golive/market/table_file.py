"""Files of market data as columns, numbers still as the text they were written with; nothing is interpreted here."""

from __future__ import annotations

import gzip
import io
import json
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from golive.inputs import open_named
from golive.model.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

ENDINGS: Final = (".csv", ".csv.gz", ".parquet", ".pq", ".feather", ".arrow", ".ipc", ".jsonl", ".jsonl.gz", ".ndjson", ".json")
MOST_PLAIN: Final = 2 << 30
"""bytes of a text file, unpacked; a small archive can hold more than any machine has"""
_EMPTY_LINE: Final = re.compile(rb"\n\r?(?=\n)")
_CANDLE_ORDER: Final = ("timestamp", "open", "high", "low", "close", "volume")


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of one file in its order; text where the file has text, else what the file holds."""

    path: Path
    first_line: int
    """line of the first row; 0 where a file has no lines"""
    columns: Mapping[str, pl.Series]

    def place(self, row: int) -> str:
        """Name row number `row` (from 0) for a message."""
        return f"{self.path}:{row + self.first_line}" if self.first_line else f"{self.path} row {row + 1}"

    def __len__(self) -> int:
        return max((len(column) for column in self.columns.values()), default=0)


def read_table(path: Path) -> Table:
    """Read a file by its ending; raise ConfigError naming file, place and fix."""
    name = path.name.lower()
    if not name.endswith(ENDINGS):
        raise ConfigError(f"{path}: its ending is not known; give {', '.join(ENDINGS)}, or a recorded feed as .gz")
    if name.endswith((".parquet", ".pq", ".feather", ".arrow", ".ipc")):
        return _columns_file(path, is_parquet=name.endswith((".parquet", ".pq")))
    data = _bytes_of(path)
    if name.endswith((".csv", ".csv.gz")):
        return _csv(path, data)
    return _json_array(path, data) if data.lstrip()[:1] == b"[" and name.endswith(".json") else _json_lines(path, data)


def _bytes_of(path: Path) -> bytes:
    try:
        with open_named(path) as file, gzip.GzipFile(fileobj=file) if path.suffix.lower() == ".gz" else file as plain:
            data: bytes = plain.read(MOST_PLAIN + 1)
    except (OSError, EOFError, zlib.error) as exc:
        raise ConfigError(f"{path}: cannot be read to its end ({exc}); give a readable, whole file") from exc
    if len(data) > MOST_PLAIN:
        raise ConfigError(f"{path}: longer than {MOST_PLAIN >> 20} MiB as text; split it, or give it as Parquet")
    return data


def _columns_file(path: Path, *, is_parquet: bool) -> Table:
    import polars as pl

    try:
        with open_named(path):  # a FIFO would be waited for
            pass
        frame = pl.read_parquet(path) if is_parquet else pl.read_ipc(path)
    except (pl.exceptions.PolarsError, OSError) as exc:
        raise ConfigError(f"{path}: cannot be read ({str(exc).splitlines()[0]:.160})") from exc
    return Table(path, 0, {name: frame.get_column(name) for name in frame.columns})


def _csv(path: Path, data: bytes) -> Table:
    import polars as pl

    data = data.removeprefix(b"\xef\xbb\xbf").rstrip(b"\r\n")
    _require_text(path, data)
    head = data.split(b"\n", 1)[0].rstrip(b"\r")
    if not head.strip():
        raise ConfigError(f"{path}:1: no header; the first line must name the columns")
    separator = max(",;\t", key=lambda mark: head.count(mark.encode()))
    names = [field.strip().strip('"') for field in head.decode("utf-8", "replace").split(separator)]
    has_header = not any(_is_number(name) for name in names)
    if has_header:
        _require_apart(path, names)
    try:
        frame = pl.read_csv(io.BytesIO(data), separator=separator, has_header=has_header, infer_schema=False)
    except pl.exceptions.PolarsError as exc:
        raise ConfigError(f"{path}: not a CSV file ({str(exc).splitlines()[0]:.160}); repair the line") from exc
    if not has_header:
        return Table(path, 1, {str(at + 1): frame.to_series(at) for at in range(frame.width)})
    return Table(path, 2, {name.strip(): frame.get_column(name) for name in frame.columns})


def _require_text(path: Path, data: bytes) -> None:
    if b"\0" in data[:1024]:
        raise ConfigError(f"{path}: not UTF-8 text; write it anew as UTF-8")
    empty = _EMPTY_LINE.search(data)
    if empty is not None:
        raise ConfigError(f"{path}:{data.count(10, 0, empty.start()) + 2}: an empty line; remove it")


def _require_apart(path: Path, names: Sequence[str]) -> None:
    twice = next((name for at, name in enumerate(names) if name and name in names[:at]), None)
    if twice is not None:
        raise ConfigError(f"{path}:1: two columns are named {twice}; rename or remove one")


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _json_lines(path: Path, data: bytes) -> Table:
    return _rows_table(path, 1, _parsed_lines(path, data))


def _parsed_lines(path: Path, data: bytes) -> Iterator[Any]:
    for number, line in enumerate(data.splitlines(), 1):
        if not line.strip():
            raise ConfigError(f"{path}:{number}: an empty line; remove it")
        try:
            yield _parsed(line)
        except ValueError as exc:
            raise ConfigError(f"{path}:{number}: not JSON ({exc}); repair the line") from exc


def _parsed(data: bytes) -> Any:
    """Return JSON with its numbers as text; raises ValueError, also for an object that has a name twice."""
    return json.loads(data, parse_float=str, parse_int=str, parse_constant=str, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for at, (name, _) in enumerate(pairs) if name in [other for other, _ in pairs[:at]])
        raise ValueError(f"{twice!r} twice in one object")
    return found


def _json_array(path: Path, data: bytes) -> Table:
    try:
        rows = _parsed(data)
    except ValueError as exc:
        raise ConfigError(f"{path}: not JSON ({exc})") from exc
    return _rows_table(path, 0, iter(rows))


def _rows_table(path: Path, first_line: int, rows: Iterator[Any]) -> Table:
    """Rows are objects with the same names, or lists in the order time, open, high, low, close, volume."""
    import polars as pl

    columns: dict[str, list[str | None]] = {}
    for at, row in enumerate(rows):
        cells = dict(zip(_CANDLE_ORDER, row, strict=False)) if isinstance(row, Sequence) and not isinstance(row, str) else row
        if not isinstance(cells, Mapping) or (columns and columns.keys() != cells.keys()):
            place = f"{path}:{at + first_line}" if first_line else f"{path} row {at + 1}"
            raise ConfigError(f"{place}: not an object with the same names as the row before, nor a list of six numbers")
        for name, value in cells.items():
            if value is not None and not isinstance(value, (str, bool)):
                place = f"{path}:{at + first_line}" if first_line else f"{path} row {at + 1}"
                raise ConfigError(f"{place}: column {name}: not a number or text")
            columns.setdefault(name, []).append(None if value is None else str(value))
    return Table(path, first_line, {name: pl.Series(name, values, dtype=pl.String) for name, values in columns.items()})
