"""Thinned series keep their ends and their extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.backtest.thinning import kept


@given(st.integers(1, 400), st.integers(6, 60), st.integers(0, 2**32 - 1))
def test_ends_and_extremes_of_every_series_stay(count: int, most: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    series = (draw.integers(-50, 50, count), draw.integers(-5, 5, count))
    keep = kept(series, most)
    assert len(keep) <= max(most, 0) or len(keep) == count <= most
    assert (keep[0], keep[-1]) == (0, count - 1)
    assert bool((np.diff(keep) > 0).all())
    for values in series:
        assert (values[keep].min(), values[keep].max()) == (values.min(), values.max())


def test_a_short_series_is_left_alone() -> None:
    assert kept((np.arange(10),), 10).tolist() == list(range(10))


@pytest.mark.parametrize("spike", [0, 7777, 99_999])
def test_a_single_spike_is_seen(spike: int) -> None:
    values = np.zeros(100_000, dtype=np.int64)
    values[spike] = 1
    assert spike in kept((values,), 400)
