"""What a run over columns gives beside commands: sums without rows, memory that grows, and what it refuses."""

from __future__ import annotations

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from golive.engine.columns import Replays, Terms, memory, run_columns
from golive.engine.columns import layout as at
from golive.engine.columns.rows import rows_of
from golive.engine.engine import Engine
from golive.execution.rule import RejectReason
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.matching.model import EndReason
from golive.model.clock import DAY, MINUTE
from golive.model.errors import ConfigError, MagnitudeError
from golive.model.instrument import Instrument
from golive.strategy.targets import TargetChanges, changes_of
from support.column_parity import OPEN_PROFILE, Case, assert_equal_runs, by_events, drawn_case

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.01", lot_size="0.001", min_quantity="0.001", max_quantity="100")
FREE_TERMS = Terms(
    {"position_quantity": 0.1}, OPEN_PROFILE, FeeSchedule(Decimal(10), Decimal(10), FeeAsset.QUOTE), {"USDT": Decimal(100_000)},
    MINUTE, slippage_bps=Decimal(0), participation=(1, 1),
)  # fmt: skip


def walk(bars: int, seed: int = 1, length: int = MINUTE) -> CandleColumns:
    draw = np.random.default_rng(seed)
    close = 4_000_000 + np.cumsum(draw.integers(-900, 901, bars))
    open_ = np.concatenate(([4_000_000], close[:-1]))
    wick = draw.integers(0, 200, bars)
    return CandleColumns(
        BTC, length, np.arange(bars, dtype=np.int64) * length + DAY, open_, np.maximum(open_, close) + wick,
        np.minimum(open_, close) - wick, close, draw.integers(500, 10_000, bars),
    )  # fmt: skip


def switching(bars: int, every: int) -> list[float]:
    return [float(n // every % 2) for n in range(bars)]


def test_a_long_run_of_one_instrument_is_that_of_a_session() -> None:
    candles = walk(6_000)
    run = assert_equal_runs(Case([candles], [switching(6_000, 37)], FREE_TERMS))
    assert run is not None
    assert len(run.fills.ts) == 162
    assert run.bars_held == (2_997,)
    assert run.signals == 162


def test_rows_are_kept_however_little_room_there_is_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    case = Case([walk(3_000)], [switching(3_000, 2)], FREE_TERMS)
    whole = run_columns(case.candles, case.changes, case.terms)
    monkeypatch.setattr(memory, "_LOG_WORDS", at.ROOM)
    monkeypatch.setattr(memory, "_FILLS", 4)
    monkeypatch.setattr(memory, "_MOST_EXPECTED", 1)
    small = run_columns(case.candles, case.changes, case.terms)
    assert small.log.tolist() == whole.log.tolist()
    assert [column.tolist() for column in small.fills] == [column.tolist() for column in whole.fills]
    assert small.equity.tolist() == whole.equity.tolist()


def test_rows_of_many_instruments_come_in_chunks_that_end_with_a_step(monkeypatch: pytest.MonkeyPatch) -> None:
    case = drawn_case(11, instruments=4, with_detail=True)
    whole = run_columns(case.candles, case.changes, case.terms, case.detail)
    monkeypatch.setattr("golive.engine.columns.rows.CHUNK", 40)
    chunks = list(rows_of(case.candles, case.detail))
    assert len(chunks) > 5
    parts = run_columns(case.candles, case.changes, case.terms, case.detail)
    assert list(parts.commands()) == list(whole.commands())


@pytest.mark.parametrize("seed", [3, 4, 8, 21, 40, 57])
def test_sums_are_those_of_the_run_with_rows(seed: int) -> None:
    case = drawn_case(seed)
    try:
        run = run_columns(case.candles, case.changes, case.terms, case.detail)
    except MagnitudeError:
        pytest.skip("this case leaves the exact range, and test_parity looks at that")
    length = 7 * case.terms.timeframe_ns
    replays = Replays(case.candles, case.detail, period_ns=length)
    summary = replays.summary(case.changes, case.terms)
    assert summary.fills == len(run.fills.ts)
    assert summary.traded_notional == run.traded_notional
    assert summary.fees == run.fees["USDT"]
    assert summary.drawdown == run.worst_drawdown
    assert summary.bars_held == sum(run.bars_held)
    assert summary.decisions == run.decisions
    places = np.searchsorted(run.equity_ts, replays.ends, side="right") - 1
    assert summary.samples.tolist() == [int(run.equity[place]) if place >= 0 else 0 for place in places]
    assert summary.final_equity == int(run.equity[-1])


def test_trades_and_wins_are_counted_when_nothing_is_held_any_more() -> None:
    prices = [100, 100, 120, 120, 120, 90, 90, 90]
    rows = [(n * MINUTE, p, p, p, p, 1_000) for n, p in enumerate(prices)]
    columns = np.array(rows, np.int64).T
    candles = CandleColumns(BTC, MINUTE, *(np.ascontiguousarray(column) for column in columns))
    changes = changes_of(np.array([1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0]))
    summary = Replays([candles]).summary([changes], FREE_TERMS)
    assert (summary.trades, summary.wins, summary.fills, summary.orders) == (2, 1, 4, 4)


def test_threads_share_the_candles() -> None:
    candles = walk(4_000)
    replays = Replays([candles])
    sets = [changes_of(np.array(switching(4_000, every))) for every in range(2, 30)]
    alone = [replays.summary([each], FREE_TERMS) for each in sets]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda each: replays.summary([each], FREE_TERMS), sets))
    for one, other in zip(alone, together, strict=True):
        assert one.samples.tolist() == other.samples.tolist()
        assert one[1:] == other[1:]


def test_inaction_and_breaches_are_told_without_reading_the_log_where_that_is_enough() -> None:
    run = assert_equal_runs(drawn_case(2))
    assert run is not None
    bars: dict[str, int] = {}
    for _, one in run.runs():
        bars[one.code] = bars.get(one.code, 0) + one.bars
    assert run.inaction == bars


def test_plain_python_gives_the_same_as_compiled_code() -> None:
    script = (
        "import hashlib\nfrom golive.engine.codec import CommandDigest\nfrom golive.engine.columns import run_columns\n"
        "from support.column_parity import drawn_case\ndigest = CommandDigest()\nfor seed in (1, 5, 9, 13, 17, 33):\n"
        "    case = drawn_case(seed)\n    run = run_columns(case.candles, case.changes, case.terms, case.detail)\n"
        "    digest.update(run.commands())\n    print(hashlib.sha256(run.equity.tobytes()).hexdigest())\nprint(digest.hexdigest())\n"
    )
    tests = Path(__file__).parents[2]
    path = os.pathsep.join([str(tests), str(Path(sys.modules["golive"].__file__ or "").parents[1])])
    said = [
        subprocess.run(
            [sys.executable, "-W", "error", "-c", script], env={**os.environ, "PYTHONPATH": path, "NUMBA_DISABLE_JIT": off},
            capture_output=True, text=True, check=True,
        ).stdout
        for off in ("0", "1")
    ]  # fmt: skip
    assert said[0] == said[1]
    assert said[0].count("\n") == 7


def test_reasons_are_in_the_words_of_paper_execution() -> None:
    known = {str(reason) for kind in (RejectReason, EndReason) for reason in kind}
    assert set(at.REASONS[1:]) <= known


def test_targets_outside_a_share_and_foreign_changes_are_refused() -> None:
    candles = walk(10)
    with pytest.raises(ConfigError, match="between 0 and 1"):
        run_columns([candles], [TargetChanges(np.array([0]), np.array([1.5]))], FREE_TERMS)
    with pytest.raises(ConfigError, match="begin at bar 0"):
        run_columns([candles], [TargetChanges(np.array([1]), np.array([1.0]))], FREE_TERMS)
    with pytest.raises(ConfigError, match="candles of"):
        run_columns([walk(10, length=2 * MINUTE)], [TargetChanges(np.array([0]), np.array([1.0]))], FREE_TERMS)


def test_instruments_that_share_a_base_asset_need_the_other_driver() -> None:
    candles = walk(10)
    with pytest.raises(ConfigError, match="event driver"):
        run_columns([candles, candles], [changes_of(np.zeros(10))] * 2, FREE_TERMS)


def test_impossible_candles_are_refused() -> None:
    candles = walk(10)
    backwards = replace(candles, opened_at=np.ascontiguousarray(candles.opened_at[::-1]))
    with pytest.raises(ConfigError, match="order of their times"):
        run_columns([backwards], [changes_of(np.zeros(10))], FREE_TERMS)
    for name in ("close", "volume", "open"):
        bad = copy(candles)
        object.__setattr__(bad, name, np.where(np.arange(10) == 5, -1, getattr(candles, name)))
        with pytest.raises(MagnitudeError, match="candle"):
            run_columns([bad], [changes_of(np.array([0.0] * 4 + [1.0] * 6))], FREE_TERMS)


def test_no_candles_give_no_rows_and_the_commands_of_a_session_that_saw_none() -> None:
    empty = walk(10).between(0, 0)
    case = Case([empty], [[]], FREE_TERMS)
    run = run_columns(case.candles, case.changes, case.terms)
    engine, _, commands = by_events(case)
    assert isinstance(engine, Engine)
    assert list(run.commands()) == commands
    assert len(run.equity) == 0
