import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.backtest.overfitting import (
    Moments,
    deflated_sharpe,
    expected_best_sharpe,
    independent_trials,
    minimum_track_record,
    probabilistic_sharpe,
)

# Bailey and López de Prado (2014), "A numerical example": 5 years of 250 days, annual Sharpe ratio 2.5, variance 1/2 over trials
DAILY = 2.5 / math.sqrt(250)


@pytest.mark.parametrize(
    ("trials", "skewness", "kurtosis", "published"), [(100, -3, 10, 0.9004), (46, -3, 10, 0.9505), (88, 0, 3, 0.9505)]
)
def test_the_deflated_sharpe_ratio_is_that_of_the_paper(trials: int, skewness: float, kurtosis: float, published: float) -> None:
    best = Moments(1250, DAILY, skewness, kurtosis)
    assert deflated_sharpe(best, 0.5 / 250, trials) == pytest.approx(published, abs=5e-5)


def test_the_expected_best_of_a_hundred_trials_is_that_of_the_paper() -> None:
    assert expected_best_sharpe(0.5 / 250, 100) == pytest.approx(0.1132, abs=5e-5)
    assert expected_best_sharpe(0.5 / 250, 1) == 0


@pytest.mark.parametrize(  # Bailey and López de Prado (2012): annual Sharpe ratio 2 against 1 at 95 %, in years
    ("per_year", "skewness", "kurtosis", "years"),
    [(250, 0, 3, 2.73), (52, 0, 3, 2.83), (12, 0, 3, 3.24), (12, -0.72, 5.78, 4.99)],
)
def test_the_minimum_track_record_is_that_of_the_paper(per_year: int, skewness: float, kurtosis: float, years: float) -> None:
    moments = Moments(1000, 2 / math.sqrt(per_year), skewness, kurtosis)
    found = minimum_track_record(moments, 1 / math.sqrt(per_year))
    assert found is not None
    assert found / per_year == pytest.approx(years, abs=0.005)


def test_a_sharpe_ratio_not_above_the_benchmark_is_never_proved() -> None:
    assert minimum_track_record(Moments(1000, 0.1, 0, 3), 0.1) is None


def test_moments_are_those_of_the_returns() -> None:
    moments = Moments.of(np.array([0.01, 0.03, -0.02, 0.02]))
    assert moments is not None
    assert moments.sharpe == pytest.approx(0.01 / math.sqrt(14e-4 / 3))
    assert moments.skewness == pytest.approx((0 + 8 - 27 + 1) / 4 / (14 / 4) ** 1.5)
    assert moments.kurtosis == pytest.approx((0 + 16 + 81 + 1) / 4 / (14 / 4) ** 2)


@pytest.mark.parametrize("returns", [[], [0.01], [0.01, 0.01, 0.01], [0.0, 0.0]])
def test_returns_without_a_spread_have_no_moments(returns: list[float]) -> None:
    assert Moments.of(np.array(returns)) is None


@given(st.lists(st.floats(-0.5, 0.5), min_size=3, max_size=50))
def test_every_sample_has_a_probability_that_rises_as_the_benchmark_falls(returns: list[float]) -> None:
    moments = Moments.of(np.array(returns))
    if moments is None:
        return
    low, high = probabilistic_sharpe(moments, moments.sharpe - 0.5), probabilistic_sharpe(moments, moments.sharpe + 0.5)
    assert low is not None
    assert high is not None
    assert 0 <= high < 0.5 < low <= 1


def test_of_noise_the_best_looks_good_and_its_deflated_sharpe_ratio_does_not() -> None:
    random = np.random.default_rng(20140401)
    plain, deflated = [], []
    for _ in range(300):
        returns = random.normal(0, 0.01, (40, 250))
        sharpes = returns.mean(axis=1) / returns.std(axis=1, ddof=1)
        best = Moments.of(returns[sharpes.argmax()])
        assert best is not None
        plain.append(probabilistic_sharpe(best))
        deflated.append(deflated_sharpe(best, float(sharpes.var(ddof=1)), len(sharpes)))
    assert np.mean(np.array(plain, float) > 0.95) > 0.75  # taken alone, most of the winners seem proved
    assert np.mean(np.array(deflated, float)) == pytest.approx(0.5, abs=0.06)
    assert np.mean(np.array(deflated, float) > 0.95) < 0.1


def test_copies_of_one_trial_count_once_and_independent_ones_each() -> None:
    random = np.random.default_rng(1)
    one = random.normal(size=1000)
    assert independent_trials(np.vstack([one] * 8)) == pytest.approx(1)
    assert independent_trials(random.normal(size=(50, 5000))) == pytest.approx(50, rel=0.02)
    assert independent_trials(np.vstack([one, np.zeros(1000), np.zeros(1000)])) == 2
    assert independent_trials(np.zeros((3, 10))) == 1
