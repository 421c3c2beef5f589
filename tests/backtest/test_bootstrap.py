"""Confidence by resampling: seeded, as wide as theory says, and silent where it knows nothing."""

from __future__ import annotations

import numpy as np
import pytest

from golive.backtest.bootstrap import Interval, mean_block, period_intervals, stationary_indices, trade_intervals
from golive.backtest.returns import Undefined


def test_the_same_seed_gives_the_same_intervals_and_another_one_others() -> None:
    returns = np.random.default_rng(1).normal(0.001, 0.01, 200)
    assert period_intervals(returns, 365, 7) == period_intervals(returns, 365, 7)
    assert period_intervals(returns, 365, 7) != period_intervals(returns, 365, 8)


def test_blocks_are_as_long_as_they_should_be_and_wrap() -> None:
    indices = stationary_indices(500, 8.0, 200, np.random.default_rng(2))
    goes_on = (np.diff(indices, axis=1) % 500) == 1
    assert 1 / (1 - goes_on.mean()) == pytest.approx(8.0, rel=0.05)
    assert bool((np.diff(indices, axis=1) == -499).any())
    assert np.bincount(indices.ravel(), minlength=500).min() > 0
    assert mean_block(1000) == 10


def test_the_interval_of_independent_trades_is_that_of_the_normal_law() -> None:
    profits = np.random.default_rng(3).normal(5, 40, 4000)
    found = trade_intervals(profits, 1, 2000)["expectancy"]
    assert isinstance(found, Interval)
    error = 1.96 * profits.std() / 4000**0.5
    assert found.low == pytest.approx(profits.mean() - error, abs=0.15)
    assert found.high == pytest.approx(profits.mean() + error, abs=0.15)


def test_neighbours_stay_together() -> None:
    """Losses that come in rows make deep drawdowns; drawn one by one they would not."""
    returns = np.tile(np.concatenate([np.full(10, 0.01), np.full(10, -0.01)]), 20)
    found = period_intervals(returns, 365, 1)["max_drawdown"]
    apart = period_intervals(np.tile([0.01, -0.01], 200), 365, 1)["max_drawdown"]
    assert isinstance(found, Interval)
    assert isinstance(apart, Interval)
    assert found.low > 1.3 * apart.low


def test_too_little_says_nothing() -> None:
    assert all(isinstance(each, Undefined) for each in period_intervals(np.zeros(19), 365, 1).values())
    assert all(isinstance(each, Undefined) for each in trade_intervals(np.zeros(19), 1).values())
    assert isinstance(period_intervals(np.full(30, 0.01), 365, 1)["sharpe"], Undefined)
