"""Longer candles from shorter ones, against a plain walk over rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.market.resample import resample, source_timeframe
from golive.market.store import CandleStore
from golive.market.timeframe import timeframe_ns
from golive.model.clock import MINUTE
from golive.model.errors import ConfigError, MagnitudeError
from golive.model.ids import InstrumentId
from support.candles import LATER, START, Row, btc, columns_of, rows_of, walk

BTC = InstrumentId.parse("okx:BTC/USDT")
ROWS = walk(400, start=START + 7 * MINUTE)


def plain(rows: list[Row], timeframe: str) -> list[Row]:
    length, buckets = timeframe_ns(timeframe), dict[int, list[Row]]()
    for row in rows:
        buckets.setdefault(row[0] - row[0] % length, []).append(row)
    return [
        (start, of[0][1], max(r[2] for r in of), min(r[3] for r in of), of[-1][4], sum(r[5] for r in of))
        for start, of in buckets.items()
        if len(of) == length // MINUTE
    ]


@given(
    st.sets(st.integers(0, 399), max_size=12),
    st.integers(0, 400),
    st.integers(0, 400),
    st.sampled_from(["3m", "5m", "30m", "1h"]),
)
def test_it_is_what_a_plain_walk_over_the_rows_gives(missing: set[int], first: int, last: int, timeframe: str) -> None:
    rows = [row for i, row in enumerate(ROWS) if i not in missing][first:last]
    longer = resample(columns_of(rows), timeframe)
    assert rows_of(longer) == plain(rows, timeframe)
    assert longer.timeframe_ns == timeframe_ns(timeframe)


def test_a_timeframe_that_is_no_multiple_is_refused() -> None:
    for length, timeframe in ((3 * MINUTE, "5m"), (MINUTE, "1m"), (60 * MINUTE, "1m")):
        with pytest.raises(ConfigError, match="do not make up"):
            resample(columns_of(ROWS[:1], timeframe_ns=length), timeframe)


def test_volumes_whose_sum_leaves_the_exact_range_are_refused() -> None:
    rows = [(*row[:5], 1 << 61) for row in walk(3, start=START)]
    with pytest.raises(MagnitudeError):
        resample(columns_of(rows), "3m")


def test_the_longest_timeframe_that_fits_is_taken() -> None:
    assert source_timeframe("1h", ["1m", "15m", "4h"]) == "15m"
    assert source_timeframe("5m", ["3m", "1m"]) == "1m"
    assert source_timeframe("1m", ["1h"]) is None


def test_a_store_makes_a_timeframe_that_it_does_not_hold(tmp_path: Path) -> None:
    store = CandleStore(tmp_path)
    store.append(btc(), "1m", columns_of(ROWS), source="test", now=LATER)
    hours = plain(ROWS, "1h")
    assert rows_of(store.read(BTC, "1h")) == hours
    since, until = hours[1][0] - 1, hours[3][0] + 1
    assert rows_of(store.read(BTC, "1h", since, until)) == hours[1:4]
