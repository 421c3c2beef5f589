"""Volatility and average true range, beside their formulas worked out from the whole history."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import DAY, MINUTE
from golive.risk.statistics import YEAR_NS, PriceStatistics

Bars = list[tuple[int, int, int]]
bars_drawn = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50), st.integers(900, 1100)), max_size=40).map(
    lambda rows: [(close + up, close - down, close) for up, down, close in rows]
)


def volatility(bars: Bars, timeframe_ns: int) -> float | None:
    """RiskMetrics: v = 0.94 v + 0.06 r², from the first return on; a year has 365 days."""
    returns = [math.log(after[2] / before[2]) for before, after in pairwise(bars)]
    if len(returns) < 20:
        return None
    variance = returns[0] ** 2
    for each in returns[1:]:
        variance = 0.94 * variance + 0.06 * each**2
    return math.sqrt(variance * 365 * DAY / timeframe_ns)


def true_range(bars: Bars) -> float | None:
    """Wilder: the mean of 14 true ranges, then (13 a + r) / 14."""
    ranges = [max(high, before[2]) - min(low, before[2]) for before, (high, low, _) in pairwise(bars)]
    if len(ranges) < 14:
        return None
    average = sum(ranges[:14]) / 14
    for each in ranges[14:]:
        average = (13 * average + each) / 14
    return average


def same(figure: float | None, by_formula: float | None) -> None:
    assert (figure is None) is (by_formula is None)
    assert by_formula is None or figure == pytest.approx(by_formula, rel=1e-9, abs=1e-12)


@given(bars_drawn, st.sampled_from([MINUTE, DAY]), st.integers(0, 40))
def test_figures_are_those_of_the_formulas_whenever_they_are_asked_for(bars: Bars, timeframe_ns: int, asked_at: int) -> None:
    statistics = PriceStatistics(timeframe_ns)
    for n, bar in enumerate(bars):
        statistics.add(*bar)
        assert statistics.pending, "somebody who waits for news sees some"
        if n == asked_at:
            _ = statistics.volatility, statistics.atr
            assert not statistics.pending
    same(statistics.volatility, volatility(bars, timeframe_ns))
    same(statistics.atr, true_range(bars))
    assert (statistics.volatility, statistics.atr) == (statistics.volatility, statistics.atr), "asking changes nothing"


def test_each_bar_from_the_first_figure_on_follows_the_formulas() -> None:
    """Long enough that both averages have begun and gone on; drawn lists are seldom that long."""
    bars = [(1010 + n * n % 17, 990 - n * 7 % 13, 1003 + n * n % 23 - n % 5) for n in range(60)]
    bars[0] = (1010, 990, 1000)  # the first return is one, too
    for timeframe_ns in (MINUTE, DAY):
        both, alone = PriceStatistics(timeframe_ns), PriceStatistics(timeframe_ns)
        for n, bar in enumerate(bars, 1):
            both.add(*bar)
            same(both.atr, true_range(bars[:n]))
            same(both.volatility, volatility(bars[:n], timeframe_ns))
            alone.add(*bar)
            same(alone.volatility, volatility(bars[:n], timeframe_ns))
    assert YEAR_NS == 365 * DAY


def test_figures_begin_with_enough_bars() -> None:
    bars = [(1010 + n % 3, 990, 1000 + n % 5) for n in range(22)]
    statistics = PriceStatistics(MINUTE)
    known = []
    for bar in bars:
        statistics.add(*bar)
        known.append((statistics.atr is not None, statistics.volatility is not None))
    assert known == [(n >= 14, n >= 20) for n in range(22)]


def test_many_bars_are_not_kept() -> None:
    bars = [(1010 + n % 7, 990 - n % 3, 1000 + n % 5) for n in range(2500)]
    statistics = PriceStatistics(MINUTE)
    most = 0
    for bar in bars:
        statistics.add(*bar)
        most = max(most, len(statistics.pending))
    assert most == 1000
    assert statistics.volatility == pytest.approx(volatility(bars, MINUTE))
    assert statistics.atr == pytest.approx(true_range(bars))
