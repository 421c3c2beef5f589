"""Indicators: the incremental forms equal the batch forms, the batch forms equal the textbook written out."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.strategy import Bar
from golive.strategy import indicators as inc
from golive.strategy.indicators import batch

Column = npt.NDArray[np.float64]
CAPACITY = 64


def market(seed: int, bars: int) -> list[Bar]:
    """Leaps, standstills, bars without a range and without volume."""
    rng = np.random.default_rng(seed)
    close = np.maximum(1.0, 20_000 + np.cumsum(rng.integers(-300, 301, bars) * (rng.random(bars) < 0.8))) * 0.5
    opened = np.concatenate((close[:1], close[:-1]))
    high, low = np.maximum(opened, close) + rng.integers(0, 3, bars), np.minimum(opened, close) - rng.integers(0, 2, bars) * 0.25
    volume = rng.integers(0, 4, bars) * 0.25
    return [Bar(n, *row) for n, row in enumerate(zip(opened, high, low, close, volume, strict=True))]


def column(rows: list[Bar], name: str) -> Column:
    return np.array([getattr(row, name) for row in rows], np.float64)


def moved(rows: list[Bar], state: Any, move: Callable[[Any, Bar], float]) -> Column:
    return np.array([move(state, row) for row in rows], np.float64)


def hlc(rows: list[Bar]) -> tuple[Column, Column, Column]:
    return column(rows, "high"), column(rows, "low"), column(rows, "close")


EXACT: dict[str, tuple[Callable[[], Any], Callable[[Any, Bar, int], float], Callable[[list[Bar], int], Column]]] = {
    "ema": (inc.Ema, lambda s, b, n: inc.ema(s, b.close, n), lambda r, n: batch.ema(column(r, "close"), n)),
    "wilder": (inc.Wilder, lambda s, b, n: inc.wilder(s, b.close, n), lambda r, n: batch.wilder(column(r, "close"), n)),
    "rsi": (inc.Rsi, lambda s, b, n: inc.rsi(s, b.close, n), lambda r, n: batch.rsi(column(r, "close"), n)),
    "macd": (
        inc.Macd,
        lambda s, b, n: inc.macd(s, b.close, n, 2 * n, 9),
        lambda r, n: batch.macd(column(r, "close"), n, 2 * n, 9)[0],
    ),
    "macd signal": (
        inc.Macd,
        lambda s, b, n: (inc.macd(s, b.close, n, 2 * n, 9), s.signal.value)[1],
        lambda r, n: batch.macd(column(r, "close"), n, 2 * n, 9)[1],
    ),
    "roc": (
        lambda: inc.Lagged.of(CAPACITY),
        lambda s, b, n: inc.rate_of_change(s, b.close, n),
        lambda r, n: batch.rate_of_change(column(r, "close"), n),
    ),
    "atr": (inc.Atr, inc.atr, lambda r, n: batch.atr(*hlc(r), n)),
    "adx": (inc.Adx, inc.adx, lambda r, n: batch.adx(*hlc(r), n)),
}

WINDOWED: dict[str, tuple[Callable[[], Any], Callable[[Any, Bar, int], float], Callable[[list[Bar], int], Column]]] = {
    "sma": (
        lambda: inc.Window.of(CAPACITY),
        lambda s, b, n: inc.sma(s, b.close, n),
        lambda r, n: batch.sma(column(r, "close"), n),
    ),
    "stochastic": (
        lambda: inc.Stochastic.of(CAPACITY, 8),
        lambda s, b, n: inc.stochastic(s, b, n, 3),
        lambda r, n: batch.stochastic(*hlc(r), n, 3)[1],
    ),
    "vwap": (
        lambda: inc.Vwap.of(CAPACITY),
        inc.vwap,
        lambda r, n: batch.vwap(*hlc(r), column(r, "volume"), n),
    ),
}

ROOTS: dict[str, tuple[Callable[[], Any], Callable[[Any, Bar, int], float], Callable[[list[Bar], int], Column]]] = {
    "deviation": (
        lambda: inc.Window.of(CAPACITY),
        lambda s, b, n: inc.deviation(s, b.close, n),
        lambda r, n: batch.deviation(column(r, "close"), n),
    ),
    "bollinger middle": (
        lambda: inc.Bollinger.of(CAPACITY),
        lambda s, b, n: s.middle if not math.isnan(inc.bollinger(s, b.close, n)) else math.nan,
        lambda r, n: batch.bollinger(column(r, "close"), n)[0],
    ),
    "realised volatility": (
        lambda: inc.RealisedVolatility.of(CAPACITY),
        lambda s, b, n: inc.realised_volatility(s, b.close, n, 525_600),
        lambda r, n: batch.realised_volatility(column(r, "close"), n, 525_600),
    ),
}

MARKETS = (st.integers(0, 10_000), st.integers(0, 260), st.integers(2, CAPACITY))


@pytest.mark.parametrize("name", sorted(EXACT))
@settings(deadline=None, max_examples=25)
@given(*MARKETS)
def test_recursive_indicators_are_the_same_in_both_forms(name: str, seed: int, bars: int, length: int) -> None:
    state, move, whole = EXACT[name]
    rows = market(seed, bars)
    if rows or name != "roc":
        found = moved(rows, state(), lambda s, b: move(s, b, length))
        assert np.array_equal(found, whole(rows, length)[: len(rows)], equal_nan=True)


@pytest.mark.parametrize("name", sorted(WINDOWED))
@settings(deadline=None, max_examples=25)
@given(*MARKETS)
def test_windows_of_sums_agree_to_the_ninth_digit(name: str, seed: int, bars: int, length: int) -> None:
    state, move, whole = WINDOWED[name]
    rows = market(seed, bars)
    found = moved(rows, state(), lambda s, b: move(s, b, length))
    assert np.allclose(found, whole(rows, length), rtol=1e-9, atol=1e-9, equal_nan=True)


@pytest.mark.parametrize("name", sorted(ROOTS))
@settings(deadline=None, max_examples=25)
@given(*MARKETS)
def test_roots_of_sums_agree_as_squares(name: str, seed: int, bars: int, length: int) -> None:
    state, move, whole = ROOTS[name]
    rows = market(seed, bars)
    found = moved(rows, state(), lambda s, b: move(s, b, length))
    expected = whole(rows, length)
    scale = np.nanmax(expected**2, initial=1e-12) if len(rows) else 1.0
    assert np.allclose(found**2, expected**2, rtol=1e-9, atol=1e-9 * scale, equal_nan=True)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-1e6, 1e6), max_size=300), st.integers(1, CAPACITY))
def test_the_extreme_of_a_window_is_the_one_a_scan_finds(values: list[float], length: int) -> None:
    high, low = inc.Extreme.of(CAPACITY), inc.Extreme.of(CAPACITY)
    for number, value in enumerate(values):
        window = values[max(0, number + 1 - length) : number + 1]
        assert inc.highest(high, value, length) == max(window)
        assert inc.lowest(low, value, length) == min(window)
        assert inc.best(high) == max(window)


def test_the_batch_extremes_are_those_of_a_scan() -> None:
    values = column(market(3, 100), "close")
    for number in range(9, 100):
        window = values[number - 9 : number + 1]
        assert batch.highest(values, 10)[number] == max(window)
        assert batch.lowest(values, 10)[number] == min(window)


def test_sums_do_not_wear_out_over_a_million_values() -> None:
    state, found = inc.Window.of(CAPACITY), 0.0
    values = np.random.default_rng(1).normal(0.0, 0.01, 200_000) + np.repeat((1e6, 1.0), 100_000)
    for value in values.tolist():
        found = inc.deviation(state, value, 50)
    assert found == pytest.approx(values[-50:].std(), rel=1e-9)


def test_wilder_textbook_example_of_the_rsi() -> None:
    """The worked example of StockCharts' ChartSchool after Wilder's worksheet: 14 changes, then one more."""
    closes = [
        44.3389, 44.0902, 44.1497, 43.6124, 44.3278, 44.8264, 45.0955, 45.4245, 45.8433, 46.0826, 45.8931, 46.0328, 45.6140,
        46.2820, 46.2820, 46.0028,
    ]  # fmt: skip
    state = inc.Rsi()
    found = [inc.rsi(state, close, 14) for close in closes]
    assert found[13] != found[13]
    assert found[14] == pytest.approx(70.53, abs=0.01)
    assert found[15] == pytest.approx(66.32, abs=0.01)


def test_true_range_and_its_average_written_out() -> None:
    rows = [Bar(0, 10, 12, 9, 11, 1), Bar(1, 15, 16, 14, 15, 1), Bar(2, 8, 9, 7, 8, 1)]
    state = inc.Atr()
    assert [inc.atr(state, row, 2) for row in rows][1:] == [(3 + 5) / 2, 4 + (8 - 4) / 2]


def test_a_market_that_only_rises_has_full_direction_and_full_strength() -> None:
    rows = [Bar(n, 10.0 + n, 11.0 + n, 9.0 + n, 10.5 + n, 1.0) for n in range(60)]
    strength, index = inc.Adx(), inc.Rsi()
    found = [(inc.adx(strength, row, 14), inc.rsi(index, row.close, 14)) for row in rows]
    assert found[-1] == pytest.approx((100.0, 100.0))
    assert math.isnan(found[26][0])
    assert not math.isnan(found[27][0])


def test_vwap_weighs_prices_by_volume() -> None:
    state = inc.Vwap.of(4)
    rows = [Bar(0, 10, 10, 10, 10, 1.0), Bar(1, 20, 20, 20, 20, 3.0), Bar(2, 30, 30, 30, 30, 0.0), Bar(3, 30, 30, 30, 30, 0.0)]
    found = [inc.vwap(state, row, 2) for row in rows]
    assert found[1:] == [pytest.approx(17.5), pytest.approx(20.0), 30.0]


def test_flat_markets_have_middles_instead_of_divisions_by_nothing() -> None:
    rows = [Bar(n, 5.0, 5.0, 5.0, 5.0, 0.0) for n in range(20)]
    index, channel, band = inc.Rsi(), inc.Stochastic.of(8, 8), inc.Bollinger.of(8)
    for row in rows:
        last = inc.rsi(index, 5.0, 5), inc.stochastic(channel, row, 5, 3), inc.bollinger(band, 5.0, 5)
    assert last == (50.0, 50.0, 0.0)
