"""Every limit that the compiled driver holds: the same refusals, in the same words, as the engine's."""

from __future__ import annotations

import math
import os
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.engine.columns import Replays, Terms, run_columns, unheld
from golive.engine.columns import layout as at
from golive.engine.columns.exact import ratio
from golive.engine.columns.kernel import run
from golive.engine.columns.movement import moves_of
from golive.market.resample import resample
from golive.matching.columns import CandleColumns
from golive.matching.compiled import compiles
from golive.matching.fee import FeeSchedule
from golive.model.clock import MINUTE
from golive.model.command import Record
from golive.model.decision import REFUSALS, DecisionCode
from golive.model.instrument import Instrument
from golive.risk.statistics import YEAR_NS, PriceStatistics
from golive.runtime.risk_limits import risk_profile
from golive.storage.config_files import load_configuration
from support.column_limits import busy_case, limited_case
from support.column_parity import OPEN_PROFILE, Case, assert_equal_runs, drawn_case

ROOT = Path(__file__).resolve().parents[3]
HOUR = 60 * MINUTE
FOLDER = os.environ.get("GOLIVE_RECORDED_DATA")
NEVER = {
    DecisionCode.RISK_PRICE_COLLAR, DecisionCode.RISK_DUPLICATE, DecisionCode.DATA_STALE,
}  # fmt: skip
"""cannot bind over closed bars (`held`)"""


@pytest.mark.parametrize("first", range(0, 300, 50))
def test_the_columns_refuse_what_the_events_refuse(first: int) -> None:
    for seed in range(first, first + 50):
        assert_equal_runs(limited_case(seed))


def test_every_refusal_that_there_can_be_was_seen_on_both_sides() -> None:
    seen: Counter[DecisionCode] = Counter()
    missing: set[str] = set()
    known, awaited = set(at.CODES) & REFUSALS, {"missing: volatility", "missing: average true range"}
    for seed in range(330):
        if known <= seen.keys() and awaited <= missing:
            break
        done = assert_equal_runs(busy_case(seed))
        if done is None:
            continue
        seen.update(done.decisions)
        for command in done.commands():
            if isinstance(command, Record) and command.event == "risk_rejected" and "missing" in str(command.body["value"]):
                missing.add(str(command.body["value"]).partition(" of ")[0])
    assert {code for code in known if not seen[code]} == set()
    assert not NEVER & set(seen)
    assert awaited <= missing


def _flat(closes: list[float], targets: list[float], **limits: object) -> Case:
    """A market without wicks, of which half a full target, 50 % of 100,000, is bought at the first 1.0."""
    instrument = Instrument.from_text(
        "okx:A/USDT", tick_size="0.01", lot_size="0.001", min_quantity="0.001", max_quantity="1000000"
    )
    ticks = np.array([round(close * 100) for close in closes], np.int64)
    opened = 1_704_067_200_000_000_000 + np.arange(len(ticks), dtype=np.int64) * HOUR
    open_ = np.concatenate((ticks[:1], ticks[:-1]))
    columns = opened, open_, np.maximum(open_, ticks), np.minimum(open_, ticks), ticks, np.full(len(ticks), 10**9)
    stop = {"stop_loss_pct": 0.02} if limits.pop("has_stop", False) else {}
    terms = Terms(
        {"position_pct": 0.5, "position_quantity": 0.0, "entry_ttl_bars": 0.0, **stop},
        replace(OPEN_PROFILE, **limits), FeeSchedule(Decimal(0), Decimal(0)), {"USDT": Decimal(100_000)}, HOUR,  # type: ignore[arg-type]
        slippage_bps=Decimal(0), participation=(1, 1),
    )  # fmt: skip
    return Case([CandleColumns(instrument, HOUR, *columns)], [targets], terms)


RISING = [100.0] * 30
ONCE = [0.0] * 25 + [1.0] * 5
FALLING = [100.0] * 4 + [98.0] * 6
AGAIN = [1.0] * 6 + [0.0, 0.0, 1.0, 1.0]
"""a fall of 1,000 of 100,000 while 500 are held; they are sold at 98 and bought again"""


@pytest.mark.parametrize(
    ("closes", "targets", "more", "limit", "passes", "refuses", "code"),
    [
        (RISING, ONCE, {}, "max_order_quantity", {"A": Decimal(500)}, {"A": Decimal("499.999")}, "RISK_MAX_QUANTITY"),
        (RISING, ONCE, {}, "max_order_notional", Decimal(50_000), Decimal("49999.99999999"), "RISK_MAX_NOTIONAL"),
        (RISING, ONCE, {}, "portfolio_exposure_pct", Decimal("0.5"), Decimal("0.49999999"), "RISK_PORTFOLIO_EXPOSURE"),
        (RISING, ONCE, {"has_stop": True}, "trade_risk_pct", Decimal("0.01"), Decimal("0.00999999"), "RISK_TRADE_RISK"),
        (RISING, ONCE, {}, "target_volatility", Decimal(0), None, ""),
        (RISING, ONCE, {}, "max_orders_per_minute", 1, 0, "RISK_MESSAGE_RATE"),
        (RISING, ONCE, {}, "max_open_orders", 1, 0, "RISK_OPEN_ORDERS"),
        (RISING, ONCE, {}, "repeated_execution_limit", 1, 0, "RISK_REPEATED_EXECUTION"),
        (RISING, ONCE, {}, "symbol_locks", ("B/USDT",), ("A/USDT",), "SYMBOL_LOCKED"),
        (
            RISING,
            ONCE,
            {},
            "trading_windows",
            ("tue 02:00-02:01",),
            ("tue 02:01-03:00", "mon 00:00-24:00"),
            "OUTSIDE_TRADING_WINDOW",
        ),
        (FALLING, AGAIN, {}, "weekly_loss_pct", Decimal("0.01000001"), Decimal("0.01"), "RISK_WEEKLY_LOSS"),
        (FALLING, AGAIN, {}, "max_daily_loss_pct", Decimal("0.01000001"), Decimal("0.01"), "RISK_DAILY_LOSS"),
        (FALLING, AGAIN, {}, "hard_drawdown_pct", Decimal("0.01000001"), Decimal("0.01"), "RISK_DRAWDOWN"),
        (FALLING, AGAIN, {}, "cooldown_after_loss_minutes", Decimal(60), Decimal("60.0000001"), "COOLDOWN"),
        (FALLING, AGAIN, {}, "max_consecutive_losses", 2, 1, "CONSECUTIVE_LOSSES"),
    ],
)
def test_a_limit_binds_at_the_same_unit_in_both(
    closes: list[float], targets: list[float], more: dict[str, object], limit: str, passes: object, refuses: object, code: str
) -> None:
    allowed = assert_equal_runs(_flat(closes, targets, **more, **{limit: passes}))
    assert allowed is not None
    assert not REFUSALS & set(allowed.decisions)
    if code:
        refused = assert_equal_runs(_flat(closes, targets, **more, **{limit: refuses}))
        assert refused is not None
        assert {str(each) for each in REFUSALS & set(refused.decisions)} == {code}


def test_volatility_and_stop_bind_at_the_last_bit_in_both() -> None:
    closes, targets = [100.0 + n % 3 for n in range(40)], [0.0] * 35 + [1.0] * 5
    known = PriceStatistics(HOUR)
    for before, close in pairwise([closes[0], *closes[:36]]):
        known.add(round(max(before, close) * 100), round(min(before, close) * 100), round(close * 100))
    assert known.volatility is not None
    assert known.atr is not None
    price = round(closes[35] * 100)
    lots = 50_000 * 100_000 // price
    exact = lots * price * 1000 / 10**13 * known.volatility
    for limit, binds in ((exact, False), (math.nextafter(exact, 0), True)):
        done = assert_equal_runs(_flat(closes, targets, target_volatility=Decimal(limit)))
        assert done is not None
        assert (DecisionCode.RISK_TARGET_VOLATILITY in done.decisions) is binds
    multiple = price * 20_000 // 1_000_000 / known.atr
    least = max(m for m in (math.nextafter(multiple, 9), multiple, math.nextafter(multiple, 0)) if m * known.atr <= price // 50)
    for limit, binds in ((least, False), (least * (1 + 1e-12), True)):
        done = assert_equal_runs(_flat(closes, targets, has_stop=True, stop_loss_atr_multiple=Decimal(limit)))
        assert done is not None
        assert (DecisionCode.RISK_STOP_DISTANCE in done.decisions) is binds


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=1_000, max_value=2**32), st.sampled_from((1, 2, 4)), st.booleans())
def test_the_drivers_agree_under_any_limits(seed: int, instruments: int, with_detail: bool) -> None:
    assert_equal_runs(limited_case(seed, instruments=instruments, with_detail=with_detail))


@settings(max_examples=25, deadline=None)
@given(st.integers(min_value=1_000, max_value=2**32), st.sampled_from((1, 2, 6)), st.sampled_from((60, 400)))
def test_the_drivers_agree_on_busy_markets_under_any_limits(seed: int, instruments: int, bars: int) -> None:
    assert_equal_runs(busy_case(seed, instruments=instruments, bars=bars))


@pytest.mark.skipif(not compiles(), reason="plain Python has no signatures")
def test_the_kernel_is_compiled_once_whatever_the_limits() -> None:
    """Arrays of another kind would compile it anew, in the middle of somebody's backtest."""
    for limits in ({}, {"target_volatility": Decimal(1)}):
        case = _flat(RISING, ONCE, **limits)
        run_columns(case.candles, case.changes, case.terms)
        Replays(case.candles, before=case.candles).summary(case.changes, case.terms)
    assert len(run.compiled.signatures) == 1  # type: ignore[attr-defined]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**62 - 1), st.integers(1, 2**62 - 1))
def test_a_ratio_of_integers_is_rounded_once(a: int, b: int) -> None:
    assert ratio(a, b) == a / b


@pytest.mark.parametrize("seed", range(5))
def test_prices_move_as_risk_reckons_it_bit_by_bit(seed: int) -> None:
    case = drawn_case(seed, with_detail=False)
    for warm in (0, 7, 30):
        before = [each.between(0, min(warm, len(each))) for each in case.candles]
        traded = [each.between(min(warm, len(each)), len(each)) for each in case.candles]
        words, starts = moves_of(traded, before)
        floats = words.view(np.float64)
        for each, first, start in zip(case.candles, before, starts.tolist(), strict=True):
            known = PriceStatistics(each.timeframe_ns)
            rows = list(zip(each.high.tolist(), each.low.tolist(), each.close.tolist(), strict=True))
            for count in range(len(rows) + 1):
                if count:
                    known.add(*rows[count - 1])
                if count < len(first):
                    continue
                variance, atr = floats[start + 2 * (count - len(first)) :][:2].tolist()
                assert (None if np.isnan(atr) else atr) == known.atr
                year = YEAR_NS / each.timeframe_ns
                assert (None if np.isnan(variance) else math.sqrt(variance * year)) == known.volatility


def _recorded() -> CandleColumns:
    instrument = Instrument.from_text(
        "okx:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="9999", min_notional="1"
    )
    rows = []
    for line in (Path(FOLDER or "") / "btc-perp_1m_2022-01.csv").read_text().splitlines()[1:]:
        time, *prices, volume = line.split(",")[:6]
        moment = int(np.datetime64(time.replace("Z", "").replace("+00:00", "").strip(), "ns").astype(np.int64))
        ticks = [round(float(price) * 10) for price in prices]
        rows.append((moment, *ticks, int(float(volume) / float(prices[3]) * 10**8)))
    table = np.array(rows, np.int64).T
    return CandleColumns(instrument, MINUTE, *(np.ascontiguousarray(column) for column in table))


@pytest.mark.recorded
@pytest.mark.skipif(FOLDER is None, reason="GOLIVE_RECORDED_DATA names no folder with recorded market data")
@pytest.mark.parametrize("timeframe", ["1m", "1h", "4h"])
def test_shipped_profiles_judge_recorded_prices_alike(timeframe: str) -> None:
    recorded = _recorded()
    candles = recorded if timeframe == "1m" else resample(recorded, timeframe)
    seen: Counter[DecisionCode] = Counter()
    for number, (name, section) in enumerate(load_configuration(ROOT / "config/runtime.yaml", {}).core.risk_profiles.items()):
        profile = risk_profile(name, section)
        assert unheld(profile, candles.timeframe_ns, 20) == ()
        draw, targets = Random(number), list[float]()
        while len(targets) < len(candles):
            targets += [draw.choice((0.0, 0.5, 1.0))] * draw.randint(1, 40)
        stops: dict[str, float] = {"stop_loss_pct": 0.004} if number % 2 else {}
        terms = Terms(
            {"position_pct": 0.045, "position_quantity": 0.0, "entry_ttl_bars": 0.0, **stops}, profile,
            FeeSchedule(Decimal(8), Decimal(10)), {"USDT": Decimal(100_000)}, candles.timeframe_ns,
        )  # fmt: skip
        done = assert_equal_runs(Case([candles], [targets[: len(candles)]], terms))
        assert done is not None
        seen.update(done.decisions)
    assert seen[DecisionCode.APPROVED]
    assert seen[DecisionCode.RISK_DAILY_LOSS]
