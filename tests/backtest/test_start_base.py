"""Base assets held at the start: every way of running history counts them at the same moment, at the same price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.backtest.column_run import run_over_columns
from golive.backtest.event_run import run_events
from golive.backtest.executor import Span, Task
from golive.backtest.statistics import statistics_of
from golive.backtest.sweep_row import FIELD, FIELDS, Rows, SampleGrid
from golive.backtest.sweep_score import scores
from golive.backtest.sweep_work import SweepWork
from golive.engine.opening import known_opening, opening_of
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.clock import MINUTE
from golive.portfolio import Ledger
from support.candles import START, btc, columns_of, walk
from support.sweeps import after, candles_of, whole_span, work_of

SETS = ((3.0, 8.0), (5.0, 21.0), (13.0, 34.0))
ETH = btc("okx:ETH/USDT")


def holding(candles: Sequence[CandleColumns], over_columns: bool, btc_held: str, **parameters: float) -> SweepWork:
    work = work_of(candles, over_columns, **parameters)
    return replace(work, spec=replace(work.spec, start_balances={"USDT": Decimal(10_000), "BTC": Decimal(btc_held)}))


def opening_equity(work: SweepWork) -> int:
    return known_opening(Ledger([each.instrument for each in work.candles], work.spec.start_balances), work.candles).equity


def row_of(work: SweepWork, values: tuple[float, float]) -> Rows:
    return work.rows(Task((0,), (values,), whole_span(work)))


@pytest.mark.parametrize("over_columns", [True, False])
@pytest.mark.parametrize("position_pct", [0.0, 0.5])
@pytest.mark.parametrize("btc_held", ["0", "0.5", "0.12345678"])
def test_a_sweep_says_what_a_backtest_says(btc_held: str, position_pct: float, over_columns: bool) -> None:
    work = holding([candles_of(1000)], over_columns, btc_held, position_pct=position_pct)
    spec = replace(work.spec, parameters=work.parameters_of(SETS[1]))
    result = run_over_columns(spec, work.candles) if over_columns else run_events(spec, work.candles)
    row = row_of(work, SETS[1])
    assert opening_equity(work) == result.equity[0]
    assert row[0, FIELD["final_equity"]] == result.equity[-1]
    found, values = scores(row, opening_equity(work), SampleGrid.of(work.candles)), statistics_of(result).values
    assert found["return"][0] == pytest.approx(values["total_return"], rel=1e-12)
    if result.equity.min() != result.equity.max():
        assert found["sharpe"][0] == pytest.approx(values["sharpe"], rel=1e-9)
    assert row[0, FIELD["trades"]] == values["trades"]
    assert row[0, FIELD["wins"]] == (result.trades.profit[result.trades.closed()] > 0).sum()


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 1000), first=st.integers(0, 400), length=st.integers(2, 500), warm=st.integers(0, 200),
    is_closed=st.booleans(), btc_held=st.sampled_from(["0.5", "0.00001", "0.00000999", "0.12345678"]),
    orders=st.sampled_from([{}, {"stop_loss_pct": 0.001}, {"position_pct": 0.0}]),
)  # fmt: skip
def test_events_and_columns_say_the_same_of_base_held_at_the_start(
    seed: int, first: int, length: int, warm: int, is_closed: bool, btc_held: str, orders: dict[str, float]
) -> None:
    span = Span(after(first), after(first + length), warm, None, is_closed)
    task = Task(tuple(range(len(SETS))), SETS, span)
    columns, events = (holding([candles_of(1000, seed)], each, btc_held, **orders).rows(task) for each in (True, False))
    assert np.array_equal(columns, events)


def test_before_there_is_a_price_an_account_is_worth_what_it_is_when_there_is() -> None:
    late = columns_of(walk(300, seed=4, start=START + 100 * MINUTE))
    early = columns_of(walk(400, seed=5), instrument=ETH)
    task = Task(tuple(range(len(SETS))), SETS, Span(START, after(400)))
    columns, events = (holding([early, late], each, "0.5", position_pct=0.4).rows(task) for each in (True, False))
    assert np.array_equal(columns, events)
    work = holding([early, late], True, "0.5")
    assert (columns[:, len(FIELDS) : len(FIELDS) + 100] == opening_equity(work)).all()


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_sweep_counts_the_trades_of_a_backtest_where_parts_of_orders_are_less_than_the_venue_takes(seed: int) -> None:
    instrument = replace(btc(), min_quantity=3_000)
    thin = [(*row[:5], row[5] // 50) for row in walk(600, seed=seed)]
    candles = [columns_of(thin, instrument=instrument)]
    for over_columns in (True, False):
        work = holding(candles, over_columns, "0.05", stop_loss_pct=0.0004)
        work = replace(work, spec=replace(work.spec, fees=FeeSchedule(Decimal(1), Decimal(2), FeeAsset.RECEIVED)))
        spec = replace(work.spec, parameters=work.parameters_of(SETS[0]))
        result = run_over_columns(spec, candles)
        row = row_of(work, SETS[0])
        closed = result.trades.closed()
        assert row[0, FIELD["trades"]] == closed.sum()
        assert row[0, FIELD["wins"]] == (result.trades.profit[closed] > 0).sum()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 1000), btc_held=st.sampled_from(["0.5", "0.02", "0"]), position_pct=st.sampled_from([0.0, 0.4]))
def test_profits_of_all_trades_add_up_to_the_net_result(seed: int, btc_held: str, position_pct: float) -> None:
    work = holding([candles_of(600, seed)], True, btc_held, position_pct=position_pct)
    spec = replace(work.spec, parameters=work.parameters_of(SETS[0]))
    for result in (run_over_columns(spec, work.candles), run_events(spec, work.candles)):
        assert result.trades.profit.sum() == result.equity[-1] - result.equity[0]
        begun = opening_of(result.ledger, result.candles)
        assert begun is not None
        assert begun.ts == result.equity_ts[0]
        assert not (result.trades.cost <= 0).any()
