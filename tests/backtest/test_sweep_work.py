"""Both drivers give the same rows, over spans that warm up and close."""

import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.backtest.executor import Span, Task
from golive.backtest.sweep_row import FIELD, FIELDS, Rows
from golive.backtest.sweep_work import SweepWork
from golive.matching.columns import CandleColumns
from golive.matching.compiled import numba_module
from golive.model.errors import ConfigError
from golive.risk import RiskProfile
from golive.strategy.ema_cross import EmaCross
from golive.strategy.protocol import Bar
from support.candles import btc, columns_of, walk
from support.sweeps import after, candles_of, spec_of, whole_span, work_of

SETS = ((3.0, 8.0), (5.0, 21.0), (13.0, 34.0), (8.0, 34.0), (2.0, 3.0))


def _rows(work: SweepWork, span: Span, sets: Sequence[tuple[float, ...]] = SETS) -> Rows:
    return work.rows(Task(tuple(range(len(sets))), tuple(sets), span))


def _both(candles: Sequence[CandleColumns], span: Span, **parameters: float) -> tuple[Rows, Rows]:
    return _rows(work_of(candles, True, **parameters), span), _rows(work_of(candles, False, **parameters), span)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000),
    first=st.integers(0, 400),
    length=st.integers(2, 900),
    warm=st.integers(0, 200),
    is_closed=st.booleans(),
    balance=st.none() | st.integers(10**10, 10**14),
    orders=st.sampled_from([{}, {"entry_ttl_bars": 2.0}, {"stop_loss_pct": 0.001}, {"take_profit_pct": 0.0005}]),
)
def test_events_and_columns_say_the_same_of_any_span(
    seed: int, first: int, length: int, warm: int, is_closed: bool, balance: int | None, orders: dict[str, float]
) -> None:
    span = Span(after(first), after(first + length), warm, balance, is_closed)
    columns, events = _both([candles_of(1000, seed)], span, **orders)
    assert np.array_equal(columns, events)


def test_events_and_columns_say_the_same_of_two_instruments_with_gaps() -> None:
    other = columns_of(
        [row for number, row in enumerate(walk(900, seed=4)) if number % 97 > 5],
        instrument=btc("okx:ETH/USDT"),
    )
    both = [candles_of(1000), other]
    columns, events = _both(both, Span(after(100), after(800), 50, None, True), position_pct=0.4)
    assert np.array_equal(columns, events)
    assert (columns[:, FIELD["fills"]] > 4).all()


def test_events_and_columns_refuse_the_same() -> None:
    profile = RiskProfile("tight", Decimal("0.004"), Decimal("0.02"), Decimal("0.5"), 1)
    both = []
    for over_columns in (True, False):
        work = work_of([candles_of(1000)], over_columns, position_pct=0.4)
        both.append(_rows(replace(work, spec=replace(work.spec, profile=profile)), whole_span(work)))
    assert np.array_equal(both[0], both[1])
    assert set(both[0][:, FIELD["refusal"]]) - {0}
    assert (both[0][:, FIELD["refused"]] > 0).sum() == (both[0][:, FIELD["refusal"]] > 0).sum() > 1


def test_events_and_columns_refuse_the_same_where_prices_count_from_before_the_span() -> None:
    profile = replace(
        spec_of().profile, target_volatility=Decimal("0.25"), stop_loss_atr_multiple=Decimal(2), trade_risk_pct=Decimal("0.001"),
        cooldown_after_loss_minutes=Decimal(7), max_consecutive_losses=4,
    )  # fmt: skip
    candles, rows = [candles_of(1000), columns_of(walk(900, seed=4), instrument=btc("okx:ETH/USDT"))], []
    for over_columns in (True, False):
        work = work_of(candles, over_columns, position_pct=0.4)
        rows.append(_rows(replace(work, spec=replace(work.spec, profile=profile)), Span(after(300), after(800), 50, None, True)))
    assert np.array_equal(rows[0], rows[1])
    assert (rows[0][:, FIELD["refused"]] > 0).any()
    assert (rows[0][:, FIELD["fills"]] > 0).any()


def test_a_span_that_is_warmed_up_trades_from_its_first_bar_as_a_longer_run_would() -> None:
    work = work_of([candles_of(1000)])
    warm = _rows(work, Span(after(400), after(900), 400))
    cold = _rows(work, Span(after(400), after(900)))
    assert (warm[:, FIELD["fills"]] >= cold[:, FIELD["fills"]]).all()
    assert not np.array_equal(warm, cold)


def test_nothing_is_traded_before_the_span() -> None:
    work = work_of([candles_of(1000)])
    late = Span(after(995), after(1000), 990)
    assert (_rows(work, late)[:, FIELD["fills"]] <= 4).all()


def test_a_closed_span_ends_without_a_position_so_that_later_prices_do_not_matter() -> None:
    candles = candles_of(600)
    jump = columns_of([*zip(*(c[:-1].tolist() for c in candles.columns), strict=True), _jumped(candles)])
    for is_closed in (True, False):
        span = Span(after(100), after(600), 100, None, is_closed)
        same = _rows(work_of([candles]), span)[:, FIELD["final_equity"]] == _rows(work_of([jump]), span)[:, FIELD["final_equity"]]
        assert same.all() == is_closed


def _jumped(candles: CandleColumns) -> tuple[int, ...]:
    """The last candle with another close: its open, at which a closed span has sold, is the same."""
    opened_at, open_, high, low, close, volume = (int(column[-1]) for column in candles.columns)
    return opened_at, open_, high + 900, low, close + 900, volume


def test_a_balance_of_the_span_is_what_it_starts_with() -> None:
    work = work_of([candles_of(500)])
    row = _rows(work, Span(after(0), after(20), 0, 777_000_000_00))
    assert (row[:, len(FIELDS) :] == 777_000_000_00).all()


def test_a_span_without_a_candle_is_an_error() -> None:
    with pytest.raises(ConfigError, match="no candle closes in the span"):
        _rows(work_of([candles_of(100)]), Span(after(200), after(300)))


UNUSED = float(time.time_ns())
"""a constant of compiled code that makes it other code than that of any run before"""


def _like_no_other(state: Any, bar: Bar, params: Any) -> float:
    return 1.0 if bar.close > state.slow and bar.close < UNUSED else 0.0


class LikeNoOther(EmaCross):
    """A strategy whose step was never compiled."""

    step = staticmethod(_like_no_other)


def test_work_that_was_made_ready_compiles_nothing_more() -> None:
    work = work_of([candles_of(300)])
    work = replace(work, spec=replace(work.spec, strategy=LikeNoOther()))
    record = numba_module().core.event.install_recorder
    with record("numba:compile") as first:
        work.make_ready(SETS[0])
    with record("numba:compile") as second:
        _rows(work, whole_span(work))
    assert first.buffer
    assert not second.buffer


def test_rows_do_not_depend_on_which_sets_share_a_task() -> None:
    work = work_of([candles_of(1000)])
    together = _rows(work, whole_span(work))
    alone = np.vstack([_rows(work, whole_span(work), [values]) for values in SETS])
    assert np.array_equal(together, alone)
