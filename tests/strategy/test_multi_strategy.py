"""The default strategy is pure, warms up as it says, and never looks ahead."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golive.model.errors import ConfigError
from golive.strategy import Bar, bound, resolve_parameters, strategy_named
from support.trading import BTC, random_walk

STRATEGY = strategy_named("multi_strategy_default")
PARAMS = resolve_parameters(STRATEGY.name, STRATEGY.parameters, {})


def bars(count: int, seed: int = 1) -> list[Bar]:
    tick, lot = float(BTC.tick_size), float(BTC.lot_size)
    return [
        Bar(c.ts, c.open * tick, c.high * tick, c.low * tick, c.close * tick, c.volume * lot) for c in random_walk(count, seed)
    ]


def targets(rows: list[Bar], **changes: float) -> list[float | None]:
    params, out = bound({**PARAMS, **changes}), []
    state = STRATEGY.initial(params)
    for bar in rows:
        target = STRATEGY.step(state, bar, params)
        out.append(None if math.isnan(target) else target)
    return out


def test_targets_start_exactly_when_warm_up_ends() -> None:
    found = targets(bars(200))
    first = next(n for n, target in enumerate(found, 1) if target is not None)
    assert first == STRATEGY.warm_up(bound(PARAMS))
    assert all(target is not None for target in found[first:])


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 10_000), st.integers(70, 300), st.floats(0.5, 1.5))
def test_what_comes_later_never_changes_what_was_said(seed: int, cut: int, shock: float) -> None:
    rows = bars(320, seed)
    changed = rows[:cut] + [bar._replace(close=bar.close * shock, high=bar.high * 2, low=bar.low / 2) for bar in rows[cut:]]
    assert targets(rows)[:cut] == targets(changed)[:cut]


def test_the_same_bars_give_the_same_targets_and_a_market_that_moves_changes_them() -> None:
    rows = bars(2000)
    assert targets(rows) == targets(rows)
    assert len(set(targets(rows))) >= 3


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(0.01, 1e6), min_size=70, max_size=150), st.sampled_from([0.1, 0.25, 0.5, 1.0]))
def test_a_target_is_a_step_between_nothing_and_all(closes: list[float], step: float) -> None:
    rows = [Bar(n, c, c, c, c, 1.0) for n, c in enumerate(closes)]
    for target in targets(rows, target_step=step):
        assert target is None or (0 <= target <= 1 and abs(target / step - round(target / step)) < 1e-9)


def test_each_vote_counts() -> None:
    rows = bars(1500)
    base = targets(rows)
    for weight in ("trend_weight", "reversion_weight", "breakout_weight"):
        assert targets(rows, **{weight: 0.0}) != base, weight
    assert targets(rows, trend_weight=0, reversion_weight=0, breakout_weight=0)[-1] == 0


def test_a_calmer_volatility_target_holds_less() -> None:
    rows = bars(1500)
    full = sum(t or 0 for t in targets(rows))
    calm = sum(t or 0 for t in targets(rows, target_volatility=0.1))
    assert calm < full / 2


@pytest.mark.parametrize(
    ("given_", "words"),
    [
        ({"fast": 1}, "unknown parameter 'fast'"),
        ({"fast_bars": 1}, "outside"),
        ({"fast_bars": 2.5}, "whole number"),
        ({"fast_bars": "x"}, "not a number"),
        ({"target_step": float("nan")}, "outside"),
        ({"target_step": True}, "not a number"),
    ],
)
def test_a_wrong_parameter_is_named(given_: dict[str, object], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        resolve_parameters(STRATEGY.name, STRATEGY.parameters, given_)


def test_an_unregistered_strategy_is_named_with_the_known_ones() -> None:
    with pytest.raises(ConfigError, match="multi_strategy_default"):
        strategy_named("moon")


@settings(deadline=None, max_examples=15)
@given(st.integers(1, 10_000), st.integers(2, 120))
def test_the_breakout_vote_judges_by_a_scan_of_the_channel_before(seed: int, length: int) -> None:
    rows = bars(400, seed)
    params = bound({**PARAMS, "breakout_bars": length})
    state, vote = STRATEGY.initial(params), 0.0
    for number, bar in enumerate(rows):
        before = rows[max(0, number - length) : number]
        if before:
            higher, lower = bar.close > max(b.high for b in before), bar.close < min(b.low for b in before)
            vote = 1.0 if higher else -1.0 if lower else vote * 0.97
        STRATEGY.step(state, bar, params)
        assert state.breakout == vote
