"""Columns of times as ns UTC: ISO-8601, or a number of s, ms, us or ns since 1970; what could mean two things is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from golive.matching.columns import IntColumn
from golive.model.clock import DAY, SECOND, from_iso, to_iso
from golive.model.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

    from .table_file import Table

_UNITS: Final = (("s", SECOND), ("ms", 1_000_000), ("us", 1000), ("ns", 1))
_EARLIEST: Final = from_iso("2000-01-01T00:00:00Z")
_LATEST: Final = from_iso("2100-01-01T00:00:00Z")
"""A moment outside is a sign of a wrong unit or column."""
_NUMBER: Final = r"^[0-9]+(\.[0-9]*)?$"
_ISO: Final = (
    r"^(?P<year>[0-9]{4})-(?P<month>[0-9][0-9])-(?P<day>[0-9][0-9])"
    r"(?:[T ](?P<hour>[0-9][0-9]):(?P<minute>[0-9][0-9])(?::(?P<second>[0-9][0-9])(?:[.,](?P<fraction>[0-9]{1,9}))?)?)?"
    r" ?(?P<zone>Z|UTC|[+-][0-9][0-9]:?[0-9][0-9])?$"
)


def time_column(table: Table, name: str) -> IntColumn:
    """Return a column as ns UTC; a text without a zone is UTC. Raises ConfigError naming the first cell that is no time."""
    import polars as pl

    given = table.columns[name]
    if isinstance(given.dtype, pl.Datetime):
        moments = given.dt.convert_time_zone("UTC") if given.dtype.time_zone else given
        ns = moments.dt.epoch("ns")
    elif given.dtype == pl.Date:
        ns = given.cast(pl.Datetime("ns")).dt.epoch("ns")
    else:
        text = given.cast(pl.Decimal(38, 9) if given.dtype.is_float() else given.dtype).cast(pl.String).str.strip_chars()
        is_number = text.str.contains(_NUMBER).fill_null(False)
        ns = _from_numbers(table, name, text) if len(text) and is_number[0] else _from_iso(text)
    return _checked(table, name, ns)


def _from_numbers(table: Table, name: str, text: pl.Series) -> pl.Series:
    """The unit is the one in which every number is a moment of this century."""
    import polars as pl

    whole = text.str.extract(r"^([0-9]+)(?:\.[0-9]*)?$").cast(pl.Int64, strict=False)
    fraction = text.str.extract(r"\.([0-9]*)$").fill_null("")
    least, most = whole.min(), whole.max()
    if not isinstance(least, int) or not isinstance(most, int):
        return whole
    fitting = [(word, unit) for word, unit in _UNITS if least * unit >= _EARLIEST and most * unit < _LATEST]
    if not fitting:
        raise ConfigError(
            f"{table.path}: column {name}: times from {least} to {most} are moments since 2000 in neither s, ms, us nor ns, "
            "or in different units; choose the right column with --columns timestamp=NAME, or write them as ISO-8601"
        )
    unit = fitting[0][1]
    digits = len(str(unit)) - 1
    below = fraction.str.slice(0, digits).str.pad_end(digits, "0").cast(pl.Int64, strict=False).fill_null(0)
    return whole * unit + below


def _from_iso(text: pl.Series) -> pl.Series:
    import polars as pl

    parts = text.str.extract_groups(_ISO).struct.unnest()
    number = {name: pl.col(name).cast(pl.Int64, strict=False) for name in ("year", "month", "day", "hour", "minute", "second")}
    date = pl.concat_str(pl.col("year"), pl.lit("-"), pl.col("month"), pl.lit("-"), pl.col("day"))
    days = date.str.to_date("%Y-%m-%d", strict=False).cast(pl.Int32).cast(pl.Int64)
    of_day = (number["hour"].fill_null(0) * 60 + number["minute"].fill_null(0)) * 60 + number["second"].fill_null(0)
    is_day = (number["hour"].fill_null(0) < 24) & (number["minute"].fill_null(0) < 60) & (number["second"].fill_null(0) < 60)
    zone = pl.col("zone").str.replace(":", "")
    shift = (zone.str.slice(1, 2).cast(pl.Int64, strict=False) * 60 + zone.str.slice(3, 2).cast(pl.Int64, strict=False)) * 60
    shift = pl.when(zone.str.starts_with("-")).then(-shift).otherwise(shift)
    seconds = of_day - pl.when(zone.str.contains(r"^[+-]")).then(shift).otherwise(pl.lit(0)).fill_null(0)
    below = pl.col("fraction").str.pad_end(9, "0").cast(pl.Int64, strict=False).fill_null(0)
    moment = pl.when(is_day).then(days * DAY + seconds * SECOND + below)
    return parts.select(moment.alias("ns")).get_column("ns")


def _checked(table: Table, name: str, ns: pl.Series) -> IntColumn:
    import numpy as np

    lost: Any = ns.is_null().to_numpy()
    if lost.any():
        row = int(np.argmax(lost))
        cell = table.columns[name][row]
        said = "an empty cell" if cell is None else f"{str(cell)!r:.40}"
        raise ConfigError(
            f"{table.place(row)}: column {name}: {said} is no time; write ISO-8601 "
            "(2024-01-31 22:00:00, UTC where no zone is given) or s, ms, us or ns since 1970, all rows alike"
        )
    out: IntColumn = ns.to_numpy()
    odd = (out < _EARLIEST) | (out >= _LATEST)
    if odd.any():
        row = int(np.argmax(odd))
        raise ConfigError(f"{table.place(row)}: column {name}: {to_iso(int(out[row]))} is not of 2000 to 2099")
    return out
