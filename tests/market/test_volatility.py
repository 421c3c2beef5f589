"""Volatility and average true range against a plain reading of their definitions."""

from __future__ import annotations

import itertools
import math
import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.market.volatility import annualised_volatility, average_true_range
from golive.model.clock import MINUTE
from support.candles import START, columns_of, walk


def plain_atr(rows: list[tuple[int, int, int, int, int, int]], periods: int) -> float:
    ranges = [max(row[2] - row[3], abs(row[2] - before[4]), abs(row[3] - before[4])) for before, row in itertools.pairwise(rows)]
    average = sum(ranges[:periods]) / periods
    for each in ranges[periods:]:
        average = (average * (periods - 1) + each) / periods
    return average


@given(st.integers(31, 400), st.integers(0, 50))
def test_volatility_is_the_sample_deviation_of_log_returns_of_a_year(count: int, seed: int) -> None:
    rows = walk(count, seed=seed)
    returns = [math.log(row[4] / before[4]) for before, row in itertools.pairwise(rows)]
    found = annualised_volatility(columns_of(rows))
    assert found is not None
    assert found[0] == pytest.approx(statistics.stdev(returns) * math.sqrt(365 * 1440), rel=1e-9)
    assert found[1] == count - 1


def test_a_return_across_a_gap_does_not_count() -> None:
    rows = walk(100)
    jump = [(row[0] + 500 * MINUTE, *(value * 2 for value in row[1:5]), row[5]) for row in walk(100)]
    whole = annualised_volatility(columns_of([*rows, *jump]))
    assert whole is not None
    assert whole[1] == 198
    assert whole[0] < 1.5 * (annualised_volatility(columns_of(rows)) or (0.0, 0))[0]


def test_too_few_candles_say_nothing() -> None:
    assert annualised_volatility(columns_of(walk(30))) is None
    assert annualised_volatility(columns_of(walk(31))) is not None
    assert average_true_range(columns_of(walk(14))) is None
    assert average_true_range(columns_of(walk(15))) is not None


@given(st.integers(15, 280), st.integers(0, 50))
def test_the_true_range_is_wilders(count: int, seed: int) -> None:
    rows = walk(count, seed=seed)
    assert average_true_range(columns_of(rows)) == pytest.approx(plain_atr(rows, 14))


def test_only_the_last_candles_matter_to_the_true_range() -> None:
    rows = walk(5000, start=START)
    assert average_true_range(columns_of(rows)) == pytest.approx(plain_atr(rows, 14), rel=1e-6)
