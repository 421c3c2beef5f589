"""The deepest fall, its times, and the longest time below a peak."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from golive.backtest.drawdowns import Drawdown, drawdown_of, underwater
from golive.backtest.returns import Undefined


def of(*equity: int) -> Drawdown:
    found = drawdown_of(np.arange(len(equity), dtype=np.int64) * 10, np.array(equity, dtype=np.int64))
    assert isinstance(found, Drawdown)
    return found


def test_the_deepest_fall_with_its_peak_trough_and_recovery() -> None:
    assert of(100, 90, 100, 120, 60, 80, 120, 130) == Drawdown(0.5, 30, 40, 60, 30)


def test_a_fall_that_was_not_made_good_lasts_until_the_end() -> None:
    assert of(100, 120, 90, 100) == Drawdown(0.25, 10, 20, None, 20)


def test_a_curve_that_never_fell_has_none() -> None:
    assert of(100, 100, 120) == Drawdown(0.0, 0, 0, None, 0)
    assert isinstance(drawdown_of(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64)), Undefined)


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=60))
def test_as_deep_as_a_plain_loop_says(equity: list[int]) -> None:
    peak, deepest, longest, since = 0, 0.0, 0, 0
    for n, value in enumerate(equity):
        if value >= peak:
            longest, since, peak = max(longest, n - since) if n else 0, n, value
        deepest = max(deepest, (peak - value) / peak)
    longest = max(longest, len(equity) - 1 - since)
    found = of(*equity)
    assert found.depth == deepest
    assert found.longest_ns == (10 * longest if deepest else 0)
    assert -underwater(np.array(equity)).min() <= deepest + 1e-12
