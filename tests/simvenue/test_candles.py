"""Candles of every size against a brute-force reading of the same trades."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simvenue.exchange.bar import DAY, HOUR, SECOND, Bar, week
from simvenue.exchange.candle import CandleStore, Row
from simvenue.exchange.rolling import Rolling24h
from simvenue.okx.bars import BARS
from support.okx_client import OkxClient

START = 1_704_067_200 * SECOND  # 2024-01-01T00:00:00Z, a Monday
TEN = Bar(10 * SECOND)
TRADES = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 50), st.integers(1, 9)), min_size=1, max_size=60)


def trade(second: int, price: int, lots: int) -> Row:
    return (START + second * SECOND, price, price, price, price, lots, price * lots)


def brute(trades: list[tuple[int, int, int]], upto: int) -> list[Row]:
    """Closed ten-second bars from the first trade on, flat where nothing was traded."""
    rows: list[Row] = []
    first = trades[0][0] // 10 * 10
    close = 0
    for opened in range(first, upto // 10 * 10, 10):
        inside = [t for t in trades if opened <= t[0] < opened + 10]
        prices = [t[1] for t in inside] or [close]
        close = prices[-1]
        volume, notional = sum(t[2] for t in inside), sum(t[1] * t[2] for t in inside)
        rows.append((START + opened * SECOND, prices[0], max(prices), min(prices), close, volume, notional))
    return rows


@settings(max_examples=200, deadline=None)
@given(trades=TRADES, early=st.booleans())
def test_bars_built_from_trades_are_what_the_trades_say(trades: list[tuple[int, int, int]], early: bool) -> None:
    trades.sort(key=lambda t: t[0])
    store = CandleStore(Bar(SECOND), fills_gaps=True)
    if early:
        store.watch(TEN)
    handed_out: list[Row] = []
    for second in range(230):
        for item in trades:
            if item[0] == second:
                store.add(trade(*item))
        store.advance(START + (second + 1) * SECOND)
        if early:
            handed_out += store.take_closed(TEN)
    expected = brute(trades, 230)
    found = [row for row, closed in store.window(TEN, older_than=None, newer_than=None, limit=1000) if closed]
    assert found[::-1] == expected
    if early:
        assert handed_out == expected


def test_a_window_is_cut_by_its_edges_and_newest_first() -> None:
    store = CandleStore(Bar(SECOND), fills_gaps=True)
    for second in range(100):
        store.add(trade(second, 5, 1))
    store.advance(START + 95 * SECOND)
    rows = store.window(TEN, older_than=START + 60 * SECOND, newer_than=START + 20 * SECOND, limit=10)
    assert [(row[0] - START) // SECOND for row, _ in rows] == [50, 40, 30]
    newest = store.window(TEN, older_than=None, newer_than=None, limit=2)
    assert [((row[0] - START) // SECOND, closed) for row, closed in newest] == [(90, False), (80, True)]


def test_a_trade_older_than_a_closed_bar_counts_in_the_running_one() -> None:
    store = CandleStore(Bar(SECOND), fills_gaps=True)
    store.add(trade(5, 10, 1))
    store.advance(START + 10 * SECOND)
    store.add(trade(9, 99, 1))
    newest, closed = store.window(TEN, older_than=None, newer_than=None, limit=2)
    assert (newest[0][2], closed[0][2]) == (99, 10)


def test_recorded_candles_keep_their_gaps() -> None:
    store = CandleStore(TEN, fills_gaps=False)
    for second in (0, 10, 50):
        store.add(trade(second, second + 1, 1))
    store.advance(START + 60 * SECOND)
    rows = store.window(TEN, older_than=None, newer_than=None, limit=9)
    assert [(row[0] - START) // SECOND for row, _ in rows] == [50, 10, 0]
    assert not store.supports(Bar(SECOND))


@pytest.mark.parametrize(
    ("bar", "ts", "floor", "after"),
    [
        (BARS["1D"], 5 * HOUR, -8 * HOUR, 16 * HOUR),
        (BARS["1Dutc"], 5 * HOUR, 0, DAY),
        (week(), 3 * DAY, 0, 7 * DAY),
        (BARS["1Mutc"], 40 * DAY, 31 * DAY, 60 * DAY),
        (BARS["3Mutc"], 40 * DAY, 0, 91 * DAY),
    ],
)
def test_a_bar_begins_where_okx_begins_it(bar: Bar, ts: int, floor: int, after: int) -> None:
    opened = bar.floor(START + ts)
    assert (opened - START, bar.next(opened) - START) == (floor, after)


def test_the_rolling_day_forgets_what_is_older_than_a_day() -> None:
    day = Rolling24h()
    day.add(START, 10, 90, 5, 3, 30)
    day.add(START + 2 * HOUR, 20, 30, 15, 4, 80)
    assert (day.open, day.high, day.low, day.volume, day.notional) == (10, 90, 5, 7, 110)
    day.expire(START + DAY)
    assert (day.open, day.high, day.low, day.volume, day.notional) == (20, 30, 15, 4, 80)


def test_history_before_the_start_is_served_and_ends_at_the_market_clock() -> None:
    client = OkxClient()
    rows = client.get("market/candles?instId=BTC-USDT&bar=1m&limit=300")[1]["data"]
    opened = [int(row[0]) for row in rows]
    assert len(rows) == 300
    assert opened == list(range(opened[0], opened[0] - 300 * 60_000, -60_000))
    assert client.venue.exchange.now == (opened[0] + 60_000) * 1_000_000
    assert {row[8] for row in rows} == {"1"}


def test_an_unknown_bar_is_refused() -> None:
    status, answer = OkxClient(steps=1).get("market/candles?instId=BTC-USDT&bar=7m")
    assert (status, answer["code"]) == (400, "51000")
