"""Several strategies as one: shares, schedules, instruments, and what the configuration may say of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.backtest.column_run import needs_events
from golive.backtest.event_run import run_events
from golive.config.digest import trading_digest
from golive.model.clock import MINUTE
from golive.model.decision import DecisionCode
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.trading_window import TradingWindow
from golive.runtime.allocation import configured_strategy
from golive.runtime.options import RunOptions
from golive.runtime.plan import plan_run
from golive.strategy import Bar, Parameter, bound, strategy_named
from golive.strategy.allocation import Allocation, Member
from golive.strategy.compiling import NotCompilable
from golive.strategy.targets import targets_of
from support.backtests import market, spec
from support.candle_columns import walk_columns
from support.configuration import CORE, RUNTIME, changed, parse
from support.scripted_session import Listener, Script
from support.trading import BTC, BTC_ID, random_walk

NO_PARAMS = bound({})
MONDAY = 1_704_067_200_000_000_000
"""2024-01-01, a Monday"""
OFFICE = (TradingWindow.parse("mon-fri 08:00-20:00"),)


@dataclass
class Says(Script):
    """A member that says what it was told to."""

    parameters: Any = field(default_factory=dict[str, Parameter])


def bar(ts: int) -> Bar:
    return Bar(ts, 1.0, 1.0, 1.0, 1.0, 1.0)


def said(members: Sequence[Member], hours: Sequence[int], instrument: InstrumentId = BTC_ID) -> list[float]:
    whole = Allocation("both", members)
    state = whole.initial_for(NO_PARAMS, instrument)
    return [whole.step(state, bar(MONDAY + hour * 60 * MINUTE), NO_PARAMS) for hour in hours]


def member(targets: Sequence[float], share: float, **more: Any) -> Member:
    return Member(Says(targets), NO_PARAMS, share, **more)


TARGET = st.one_of(st.floats(0, 1), st.just(math.nan))
ROWS = st.integers(1, 12).flatmap(lambda n: st.lists(st.lists(TARGET, min_size=n, max_size=n), min_size=1, max_size=4))


@given(ROWS)
def test_the_target_is_the_sum_of_what_each_wants_times_its_share(rows: list[list[float]]) -> None:
    share = 1 / len(rows)
    found = said([member(row, share) for row in rows], range(len(rows[0])))
    for hour, total in enumerate(found):
        wanted = [row[hour] for row in rows if not math.isnan(row[hour])]
        if wanted:
            assert total == pytest.approx(min(1.0, sum(share * each for each in wanted)))
            assert 0 <= total <= 1
        else:
            assert math.isnan(total)


@given(st.lists(st.floats(0, 1), min_size=48, max_size=48))
def test_outside_its_schedule_a_member_holds_or_reduces_and_never_raises(targets: list[float]) -> None:
    found = said([member(targets, 1.0, schedule=OFFICE)], range(48))
    before = 0.0
    for hour, (total, wanted) in enumerate(zip(found, targets, strict=True)):
        if 8 <= hour % 24 < 20:
            assert total == wanted
        else:
            assert total == min(wanted, before)
        before = total


def test_a_member_takes_part_in_its_instruments_alone() -> None:
    other = InstrumentId.parse("okx:ETH/USDT")
    members = [member([1.0], 0.25), member([1.0], 0.5, instruments=frozenset({BTC_ID}))]
    assert said(members, [0]) == [0.75]
    assert said(members, [0], other) == [0.25]
    assert said(members[1:], [0], other) == [0.0], "nobody takes part: nothing is wanted"


def test_it_runs_over_history_as_bar_by_bar_and_says_that_it_cannot_be_compiled() -> None:
    members = [
        Member(each, bound({name: one.default for name, one in each.parameters.items()}), 0.5, schedule)
        for each, schedule in ((strategy_named("ema_cross"), ()), (strategy_named("breakout"), OFFICE))
    ]
    whole = Allocation("both", members)
    candles = list(random_walk(1500, seed=4))
    table = walk_columns(1500, seed=4)
    changes = targets_of(whole, NO_PARAMS, table, compiled=False)
    state = whole.initial_for(NO_PARAMS, BTC_ID)
    tick, lot = float(BTC.tick_size), float(BTC.lot_size)
    stepped = [
        whole.step(state, Bar(c.closed_at, tick * c.open, tick * c.high, tick * c.low, tick * c.close, lot * c.volume), NO_PARAMS)
        for c in candles
    ]
    assert changes.at_every_bar(len(candles)).tolist() == pytest.approx(stepped, nan_ok=True)
    assert len(set(stepped)) > 2, "a market in which both have something to say"
    with pytest.raises(NotCompilable, match="written as allocation"):
        targets_of(whole, NO_PARAMS, table, compiled=True)


def test_history_is_gone_through_event_by_event_because_members_are_told_bar_by_bar() -> None:
    ema_cross = strategy_named("ema_cross")
    params = bound({name: each.default for name, each in ema_cross.parameters.items()})
    whole = Allocation("both", [Member(ema_cross, params, 1.0, (TradingWindow.parse("sun 00:00-01:00"),))])
    terms, candles = replace(spec(), strategy=whole), [market(600)]
    assert "told bar by bar" in (needs_events(terms, candles) or "")
    found = run_events(terms, candles)
    assert found.signals == 0
    assert found.inaction[DecisionCode.OUTSIDE_SCHEDULE] > 50


def test_who_listens_to_fills_cannot_be_a_member() -> None:
    with pytest.raises(ConfigError, match="listens to fills"):
        Allocation("both", [Member(Listener([]), NO_PARAMS, 1.0)])


STRATEGY = "    timeframe: 1m\n    parameters: {}                     # empty: the strategy's own defaults\n"
BOTH = """    timeframe: 1m
    parameters: {position_pct: 0.03}
    allocation:
      - {strategy: ema_cross, capital_pct: 0.6, parameters: {fast_bars: 5, slow_bars: 20}}
      - strategy: breakout
        capital_pct: 0.4
        instruments: ["okx:BTC/USDT"]
        schedule: [mon-fri 08:00-20:00]
"""


def plan_of(home: Path, both: str = BOTH) -> Any:
    config = parse(RUNTIME, changed(CORE, STRATEGY, both))
    return plan_run(RunOptions(mode="demo"), config, home / "runtime.yaml", home)


def test_an_entrypoint_may_name_an_allocation(tmp_path: Path) -> None:
    plan = plan_of(tmp_path)
    strategy = plan.strategy
    assert isinstance(strategy, Allocation)
    assert strategy.name == "multi_strategy_default"
    first, second = strategy.members
    assert (first.strategy.name, first.share, first.params.fast_bars, first.params.slow_bars) == ("ema_cross", 0.6, 5, 20)
    assert (second.strategy.name, second.share, second.instruments) == ("breakout", 0.4, frozenset({BTC_ID}))
    assert second.schedule == OFFICE
    assert plan.parameters["position_pct"] == 0.03


@pytest.mark.parametrize(
    ("old", "new", "place", "message"),
    [
        ("capital_pct: 0.4", "capital_pct: 0.41", "- {strategy", "the shares add up to 1.01"),
        ("capital_pct: 0.4", "capital_pct: 0", "capital_pct: 0\n", "out of range"),
        ("strategy: breakout", "strategy: brakeout", "brakeout", "brakeout"),
        ("strategy: breakout", "strategy: multi_strategy_default", "multi_strategy_default\n        cap", "is an allocation itself"),
        ("fast_bars: 5", "fast_bar: 5", "5, slow", "no such parameter"),
        ("fast_bars: 5", "fast_bars: 0", "0, slow", "fast_bars"),
        ("fast_bars: 5", "position_pct: 0.5", "0.5, slow", "belongs to the whole"),
        ("mon-fri 08:00-20:00", "mon-fri 8-20", "mon-fri 8-20", "days and times"),
        ('"okx:BTC/USDT"]\n        sch', "btc]\n        sch", "btc]", "instrument"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_member_is_told_at_its_place(tmp_path: Path, old: str, new: str, place: str, message: str) -> None:
    wrong = changed(BOTH, old, new)
    core = changed(CORE, STRATEGY, wrong)
    with pytest.raises(ConfigError) as told:
        plan_of(tmp_path, wrong)
    line = core[: core.index(place, core.index(wrong))].count("\n") + 1
    assert message in str(told.value)
    assert f"core.yaml:{line}:" in str(told.value)


def test_the_trading_digest_binds_every_word_of_it(tmp_path: Path) -> None:
    def digest(both: str) -> str:
        entrypoint = parse(RUNTIME, changed(CORE, STRATEGY, both)).resolve("okx_desktop_paper")
        return trading_digest(entrypoint, "1")

    edits = [
        ("0.6", "0.5"), ("fast_bars: 5", "fast_bars: 6"), ("breakout", "donchian_trend"), ("okx:BTC/USDT", "okx:ETH/USDT"),
        ("20:00", "21:00"), ("position_pct: 0.03", "position_pct: 0.02"),
    ]  # fmt: skip
    digests = {digest(changed(BOTH, old, new)) for old, new in edits} | {digest(BOTH), digest(STRATEGY)}
    assert len(digests) == len(edits) + 2


def test_without_members_the_strategy_is_the_one_of_that_name(tmp_path: Path) -> None:
    found = configured_strategy(parse(RUNTIME, CORE), "multi_strategy_default", "1m", tmp_path)
    assert found.strategy is strategy_named("multi_strategy_default")
