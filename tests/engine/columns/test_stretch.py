"""Stretches of quiet bars taken at once, of one instrument and of several, against the engine that takes each candle."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.engine.columns import Replays, Terms
from golive.engine.columns.rows import rows_of, steps_of
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.clock import DAY, MINUTE
from golive.model.instrument import Instrument
from golive.risk import RiskProfile
from support.column_parity import OPEN_PROFILE, Case, assert_equal_runs

TERMS = Terms(
    {"position_quantity": 1.0}, OPEN_PROFILE, FeeSchedule(Decimal(10), Decimal(10), FeeAsset.QUOTE), {"USDT": Decimal(100_000)},
    15 * MINUTE, slippage_bps=Decimal(0), participation=(1, 1),
)  # fmt: skip


def candles(name: str, closes: list[int], missing: tuple[int, ...] = ()) -> CandleColumns:
    """Candles of 15 minutes, each opening where the one before closed; closes in ticks of 0.01."""
    instrument = Instrument.from_text(
        f"okx:{name}/USDT", tick_size="0.01", lot_size="0.001", min_quantity="0.001", max_quantity="100"
    )
    close = np.array(closes, np.int64)
    open_ = np.concatenate((close[:1], close[:-1]))
    columns = (
        np.arange(len(close), dtype=np.int64) * 15 * MINUTE + DAY, open_, np.maximum(open_, close), np.minimum(open_, close),
        close, np.full(len(close), 10**6),
    )  # fmt: skip
    kept = np.setdiff1d(np.arange(len(close)), missing)
    return CandleColumns(instrument, 15 * MINUTE, *(np.ascontiguousarray(column[kept]) for column in columns))


def drawn(seed: int, count: int, bars: int, missing: tuple[int, ...] = ()) -> Case:
    """Several instruments on one grid whose targets stay for long, under terms that limits may stop."""
    draw = Random(seed)
    books, targets = [], []
    for n in range(count):
        closes = [draw.choice((50_000, 200_000))]
        while len(closes) < bars:
            closes.append(max(1, round(closes[-1] * (1 + draw.gauss(0, 0.004)))))
        books.append(candles(f"C{n}", closes, missing if n == 0 else ()))
        said: list[float] = []
        while len(said) < bars:
            said += [draw.choice((0.0, 0.5, 1.0))] * draw.randint(1, 80)
        targets.append(said[: len(books[-1])])
    share = draw.choice(("0.01", "0.05", "1"))
    terms = replace(
        TERMS,
        profile=RiskProfile("drawn", Decimal(share), Decimal(draw.choice(("0.02", "0.2", "1"))), Decimal(1), 10),
        fees=FeeSchedule(Decimal(8), Decimal(10), draw.choice(tuple(FeeAsset))),
        start_balances={"USDT": Decimal(draw.choice((3_000, 20_000)))},
    )
    return Case(books, targets, terms)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from((1, 2, 3, 5)))
def test_stretches_are_those_of_the_engine(seed: int, count: int) -> None:
    case = drawn(seed, count, 400)
    run = assert_equal_runs(case)
    assert run is not None
    replays = Replays(case.candles, period_ns=7 * case.terms.timeframe_ns)
    summary = replays.summary(case.changes, case.terms)
    assert summary.drawdown == run.worst_drawdown
    assert summary.bars_held == sum(run.bars_held)
    places = np.searchsorted(run.equity_ts, replays.ends, side="right") - 1
    assert summary.samples.tolist() == [int(run.equity[place]) if place >= 0 else 0 for place in places]


@pytest.mark.parametrize("seed", range(6))
def test_a_missing_candle_leaves_the_other_chunks_their_stretches(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("golive.engine.columns.rows.CHUNK", 160)
    case = drawn(seed, 2, 400, missing=(100, 101, 250))
    shapes = [bool(rows.per_desk) for rows in rows_of(case.candles, None)]
    assert set(shapes) == {True, False}
    assert_equal_runs(case)


def test_a_fall_between_the_candles_of_one_closing_time_is_seen() -> None:
    """The second instrument rises with the very candle that the first falls with, but is looked at after it."""
    first = candles("A", [100_000] * 10 + [60_000] * 10)
    second = candles("B", [100_000] * 10 + [200_000] * 10)
    run = assert_equal_runs(Case([first, second], [[1.0] * 20, [1.0] * 20], TERMS))
    assert run is not None
    fall, peak = run.worst_drawdown
    assert peak - fall < min(run.equity.tolist())


def test_instruments_of_the_same_times_lie_one_after_the_other() -> None:
    case = drawn(3, 3, 300)
    (rows,) = rows_of(case.candles, None)
    assert (rows.per_desk, rows.is_regular, len(rows.who)) == (300, True, 0)
    assert rows.close.tolist() == np.concatenate([each.close for each in case.candles]).tolist()


def test_closing_times_of_all_instruments_are_each_told_once() -> None:
    first, second = candles("A", [100] * 9, missing=(2, 3)), candles("B", [100] * 9, missing=(0, 3, 8))
    both = sorted({*(first.opened_at + 15 * MINUTE).tolist(), *(second.opened_at + 15 * MINUTE).tolist()})
    assert steps_of([first, second]).tolist() == both
