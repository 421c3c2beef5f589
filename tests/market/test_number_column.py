"""Columns of numbers and of times are read exactly as a reader with unlimited digits would, or refused by row."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.market.number_column import number_column
from golive.market.table_file import Table
from golive.market.time_column import time_column
from golive.model.clock import from_iso
from golive.model.errors import ConfigError


def table(values: list[Any], dtype: Any = pl.String) -> Table:
    return Table(Path("x.csv"), 2, {"n": pl.Series("n", values, dtype=dtype)})


texts = st.from_regex(r"\A[+-]?(\d{1,8}(\.\d{0,9})?|\.\d{1,9})([eE][+-]?\d)?\Z").filter(str.isascii)


@given(st.lists(texts, min_size=1, max_size=20), st.integers(0, 6), st.booleans())
def test_every_text_is_the_number_it_says(values: list[str], decimals: int, is_nearest: bool) -> None:
    column = number_column(table(values), "n")
    rounding = ROUND_HALF_UP if is_nearest else ROUND_DOWN
    expected = [int(Decimal(v).scaleb(decimals).to_integral_value(rounding)) for v in values]
    assert column.scaled(decimals, is_nearest=is_nearest).tolist() == expected
    assert column.is_finite.all()
    seen = max(max(0, -int(Decimal(v).normalize().as_tuple().exponent)) for v in values)
    assert column.decimals == seen


@given(st.lists(st.integers(1, 10**11), min_size=1, max_size=20), st.integers(0, 9))
def test_a_double_is_the_decimal_that_it_was_made_of(steps: list[int], decimals: int) -> None:
    column = number_column(table([step / 10**decimals for step in steps], pl.Float64), "n")
    assert column.scaled(decimals).tolist() == steps


def test_noise_of_the_binary_form_is_cut_off() -> None:
    column = number_column(table([0.1 + 0.2, 0.30000000000000004, 1e-7], pl.Float64), "n")
    assert column.decimals == 7
    assert column.scaled(7).tolist() == [3_000_000, 3_000_000, 1]


def test_what_is_absent_is_marked_and_what_is_no_number_is_refused() -> None:
    column = number_column(table(["1", "", None, "NaN", "-inf", "n/a", " 2 "]), "n")
    assert column.is_finite.tolist() == [True, False, False, False, False, False, True]
    assert column.scaled(0).tolist() == [1, 0, 0, 0, 0, 0, 2]
    assert number_column(table([1.0, math.nan, None, math.inf], pl.Float64), "n").is_finite.tolist() == [
        True,
        False,
        False,
        False,
    ]
    for odd in ("abc", "1,5", "1.2.3", "--1", ".", "1e999", "0x10", "1_000"):
        with pytest.raises(ConfigError, match=r"x\.csv:3: column n: .*(not a number|out of range); repair or remove the row"):
            number_column(table(["1", odd]), "n")


def test_a_half_is_rounded_away_from_zero() -> None:
    assert number_column(table(["0.25", "-0.25", "0.24", "0.35"]), "n").scaled(1, is_nearest=True).tolist() == [3, -3, 2, 4]


def test_too_many_digits_are_refused_by_row() -> None:
    column = number_column(table(["1", "99999999999999999999"]), "n")
    with pytest.raises(ConfigError, match=r"x\.csv:3: column n: has too many digits"):
        column.scaled(0)


MOMENT = from_iso("2024-01-31T22:00:01.5Z")


@pytest.mark.parametrize(
    "text",
    ["1706738401.5", "1706738401500", "1706738401500000", "1706738401500000000", "2024-01-31T22:00:01.5Z",
     "2024-01-31 22:00:01.500", "2024-01-31 23:00:01.5+01:00", "2024-01-31T17:00:01.500000-0500", "2024-01-31 22:00:01.5 UTC"],
)  # fmt: skip
def test_a_moment_is_read_in_every_form(text: str) -> None:
    assert time_column(table([text]), "n").tolist() == [MOMENT]


def test_dates_and_columns_of_moments_are_read() -> None:
    day = from_iso("2024-01-31T00:00:00Z")
    assert time_column(table(["2024-01-31"]), "n").tolist() == [day]
    zone = timezone(timedelta(hours=2))
    moment = datetime(2024, 1, 31, 2, tzinfo=zone)
    assert time_column(table([moment], pl.Datetime("ms", "Europe/Berlin")), "n").tolist() == [day]
    assert time_column(table([datetime(2024, 1, 31)], pl.Datetime("us")), "n").tolist() == [day]
    assert time_column(table([day // 1_000_000], pl.Int64), "n").tolist() == [day]
    assert time_column(table([day / 1e9], pl.Float64), "n").tolist() == [day]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["1706738401", "1706738461000"], "different units"),
        (["20240131"], "neither s, ms, us nor ns"),
        (["5"], "neither s, ms, us nor ns"),
        (["2024-01-31", "31.01.2024"], r"x\.csv:3: column n: '31\.01\.2024' is no time"),
        (["2024-01-31", "2024-02-30"], r"x\.csv:3: .*'2024-02-30' is no time"),
        (["2024-01-31T25:00"], "is no time"),
        (["2024-01-31T20:60"], "is no time"),
        (["2024-01-31T20:00:60"], "is no time"),
        (["2024-01-31", None], "is no time"),
        (["2024-01-31", "1706738401"], "is no time"),
        (["1899-01-01"], "not of 2000 to 2099"),
    ],
)
def test_what_could_mean_two_things_is_refused(values: list[Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        time_column(table(values), "n")
