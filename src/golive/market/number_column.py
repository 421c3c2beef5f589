"""Columns of decimal texts as whole numbers of a power of ten, digit by digit: no binary float comes near them.

A column that a file holds as doubles is read by their first 15 significant digits, which is what a double always keeps of a
decimal; the 16th and 17th are noise of the binary form.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from golive.matching.columns import IntColumn
from golive.model.errors import ConfigError

if TYPE_CHECKING:
    import polars as pl

    from .row_rule import Mask
    from .table_file import Table

MOST_DECIMALS: Final = 12
"""of a price whose step is not given"""
_ABSENT: Final = ("", "nan", "+nan", "-nan", "inf", "+inf", "-inf", "infinity", "-infinity", "null", "none", "na", "n/a")
_DOUBLE_DIGITS: Final = 15
_FORM: Final = r"^([+-]?)([0-9]*)\.?([0-9]*)$"


@dataclass(frozen=True, slots=True)
class NumberColumn:
    """Sign, whole part and decimals of each number; empty where there is none."""

    table: Table
    name: str
    _digits: pl.DataFrame
    is_finite: Mask

    @property
    def decimals(self) -> int:
        """The most decimals a number of the column has, trailing zeros not counted."""
        most = self._digits.get_column("fraction").str.len_bytes().max()
        return most if isinstance(most, int) else 0

    def has_more_decimals_than(self, decimals: int) -> Mask:
        """Return the rows whose number is cut off by `scaled(decimals)`."""
        found: Mask = (self._digits.get_column("fraction").str.len_bytes() > decimals).to_numpy()
        return found

    def place(self, row: int) -> str:
        """Name a cell for a message."""
        return f"{self.table.place(row)}: column {self.name}"

    def cell(self, row: int) -> str:
        """Return what stands in a row, as the file has it."""
        return str(self.table.columns[self.name][row])

    def scaled(self, decimals: int, *, is_nearest: bool = False) -> IntColumn:
        """Return the numbers × 10^decimals, cut off beyond (or rounded half away from zero); 0 where there is none.

        Raises ConfigError naming the first number that does not fit.
        """
        import numpy as np
        import polars as pl

        fraction = pl.col("fraction")
        text = pl.concat_str(pl.col("whole"), fraction.str.slice(0, decimals).str.pad_end(decimals, "0"))
        value = text.cast(pl.Int64, strict=False)
        if is_nearest:
            value = value + (fraction.str.slice(decimals, 1).cast(pl.Int64, strict=False).fill_null(0) >= 5).cast(pl.Int64)
        signed = pl.when(pl.col("sign") == "-").then(-value).otherwise(value)
        column = self._digits.select(signed.alias("value")).get_column("value")
        lost: Any = column.is_null().to_numpy() & self.is_finite
        if lost.any():
            raise _error(self.table, int(np.argmax(lost)), self.name, "has too many digits")
        out: IntColumn = column.fill_null(0).to_numpy()
        return out


def number_column(table: Table, name: str) -> NumberColumn:
    """Take a column apart; raise ConfigError naming the first cell that is not a number."""
    import numpy as np
    import polars as pl

    given = table.columns[name]
    is_float = given.dtype.is_float()
    text = _texts_of_doubles(given) if is_float else given.cast(pl.String).str.strip_chars()
    is_absent = (text.is_null() | text.str.to_lowercase().is_in(_ABSENT)).to_numpy()
    text = _without_exponents(table, name, text, is_absent)
    groups = text.str.extract_groups(_FORM).struct.unnest()
    groups.columns = ["sign", "whole", "fraction"]
    is_number = (groups.get_column("whole").str.len_bytes() + groups.get_column("fraction").str.len_bytes()).fill_null(0) > 0
    odd: Any = ~is_number.to_numpy() & ~is_absent
    if odd.any():
        row = int(np.argmax(odd))
        raise _error(table, row, name, f"{text[row]!r:.40} is not a number")
    absent = pl.Series("absent", is_absent)
    digits = groups.with_columns(
        pl.when(absent).then(pl.lit("0")).otherwise(pl.col("whole")).alias("whole"),
        pl.when(absent).then(pl.lit("")).otherwise(pl.col("fraction").str.strip_chars_end("0")).alias("fraction"),
        pl.col("sign").fill_null(""),
    ).with_columns(pl.when(pl.col("whole") == "").then(pl.lit("0")).otherwise(pl.col("whole")).alias("whole"))
    return NumberColumn(table, name, digits, ~is_absent)


def _texts_of_doubles(given: pl.Series) -> pl.Series:
    import polars as pl

    text = given.cast(pl.Float64).cast(pl.String)
    at = text.str.len_bytes().gt(_DOUBLE_DIGITS).fill_null(False).arg_true()
    rounded = [f"{value:.{_DOUBLE_DIGITS}g}" for value in given.gather(at).to_list()]
    return text.scatter(at, pl.Series(rounded, dtype=pl.String)) if rounded else text


def _without_exponents(table: Table, name: str, text: pl.Series, is_absent: Mask) -> pl.Series:
    import numpy as np
    import polars as pl

    at: Any = np.flatnonzero(text.str.contains(r"[eE]").fill_null(False).to_numpy() & ~is_absent)
    if not len(at):
        return text
    plain = []
    for row in at.tolist():
        try:
            value = Decimal(text[row])
        except InvalidOperation:
            raise _error(table, row, name, f"{text[row]!r:.40} is not a number") from None
        if abs(value.adjusted()) > 40:
            raise _error(table, row, name, f"{text[row]!r:.40} is out of range")
        plain.append(f"{value:f}")
    return text.scatter(at, pl.Series(plain, dtype=pl.String))


def _error(table: Table, row: int, name: str, words: str) -> ConfigError:
    return ConfigError(f"{table.place(row)}: column {name}: {words}; repair or remove the row")
