"""Statistics of returns: by hand, and beside what another library says of the same numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from golive.backtest import returns as r
from golive.backtest.returns import Sampling, Undefined, Value, sampled, sampling_of
from golive.model.clock import DAY, MINUTE, from_iso

START = from_iso("2024-01-01T00:00:00Z")
DAILY = Sampling("daily", DAY)


def test_a_day_ends_at_midnight_and_keeps_its_value_through_a_gap() -> None:
    ts = np.array([START + MINUTE, START + DAY, START + DAY + MINUTE, START + 4 * DAY - MINUTE], dtype=np.int64)
    equity = np.array([100, 110, 120, 90], dtype=np.int64)
    assert sampled(ts, equity, DAILY).tolist() == [100, 110, 120, 120, 90]


def test_sampling_follows_the_span_and_is_never_finer_than_a_bar() -> None:
    assert sampling_of(30 * DAY, MINUTE).name == "daily"
    assert sampling_of(30 * DAY - 1, MINUTE).name == "hourly"
    assert sampling_of(29 * r.HOUR, MINUTE) == Sampling("bars", MINUTE)
    assert sampling_of(40 * DAY, 7 * DAY) == Sampling("bars", 7 * DAY)


def test_hand_computed_ratios() -> None:
    returns = np.array([0.02, -0.01, 0.03, 0.0])
    mean, spread = 0.01, math.sqrt((0.01**2 + 0.02**2 + 0.02**2 + 0.01**2) / 3)
    assert r.sharpe(returns, 365) == pytest.approx(mean / spread * math.sqrt(365))
    assert r.sortino(returns, 365) == pytest.approx(mean / math.sqrt(0.01**2 / 4) * math.sqrt(365))
    assert r.volatility(returns, 365) == pytest.approx(spread * math.sqrt(365))
    assert r.total_return(100, 125) == pytest.approx(0.25)
    assert r.annual_growth(100, 121, 2 * r.YEAR) == pytest.approx(0.1)
    assert r.calmar(0.3, 0.1) == pytest.approx(3)
    centred = returns - mean
    assert r.skewness(returns) == pytest.approx((centred**3).mean() / (centred**2).mean() ** 1.5)
    assert r.excess_kurtosis(returns) == pytest.approx((centred**4).mean() / (centred**2).mean() ** 2 - 3)


def test_another_library_says_the_same() -> None:
    """The figures are those of empyrical-reloaded 0.7.1 for these returns, 365 periods a year."""
    returns = np.round(np.random.default_rng(11).normal(0.0006, 0.02, 120), 6)
    found: dict[str, Value] = {
        "sharpe": r.sharpe(returns, 365),
        "sortino": r.sortino(returns, 365),
        "volatility": r.volatility(returns, 365),
        "tail_ratio": r.tail_ratio(returns),
        "value_at_risk": r.value_at_risk(returns),
        "conditional_value_at_risk": r.conditional_value_at_risk(returns),
    }
    assert found == {name: pytest.approx(value, rel=1e-9) for name, value in EMPYRICAL.items()}


EMPYRICAL = {
    "sharpe": 1.3459525345675913,
    "sortino": 2.0123950280108813,
    "volatility": 0.36471682994703314,
    "tail_ratio": 1.0013625455328086,
    "value_at_risk": -0.03089805,
    "conditional_value_at_risk": -0.034890333333333336,
}


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (r.sharpe(np.array([0.01, 0.01, 0.01]), 365), "do not differ"),
        (r.sharpe(np.array([0.01]), 365), "fewer than two"),
        (r.sortino(np.array([0.01, 0.02]), 365), "no period lost"),
        (r.calmar(0.1, 0.0), "no drawdown"),
        (r.annual_growth(100, 110, DAY), "less than 7 days"),
        (r.annual_growth(100, 0, 30 * DAY), "zero or below"),
        (r.annual_growth(1, 1e300, 7 * DAY), "beyond any number"),
        (r.total_return(0, 1), "nothing was there"),
        (r.value_at_risk(np.zeros(19)), "fewer than 20"),
        (r.tail_ratio(np.concatenate([np.zeros(40), [1.0]])), "bad tail is zero"),
        (r.skewness(np.zeros(10)), "do not differ"),
    ],
)
def test_what_does_not_exist_has_a_reason_and_no_number(value: Value, reason: str) -> None:
    assert isinstance(value, Undefined)
    assert reason in value.reason


def test_returns_of_an_account_that_was_lost_do_not_exist() -> None:
    assert r.returns_of(np.array([100.0, 0.0, 10.0])) == Undefined("equity was zero or below")
    assert r.returns_of(np.array([100.0])) == Undefined("no whole period was traded")
