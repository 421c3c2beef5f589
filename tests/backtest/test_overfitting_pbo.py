from itertools import combinations

import numpy as np
import numpy.typing as npt
import pytest

from golive.backtest.overfitting_pbo import backtest_overfitting


def _by_hand(returns: npt.NDArray[np.float64], parts: int) -> tuple[float, float]:
    """The paper's algorithm, halving by halving, in plain words."""
    trials, periods = returns.shape
    each = periods // parts
    blocks = [returns[:, periods - each * parts :][:, n * each : (n + 1) * each] for n in range(parts)]
    worse = lost = total = 0
    for chosen in combinations(range(parts), parts // 2):
        seen = np.hstack([blocks[n] for n in chosen])
        unseen = np.hstack([blocks[n] for n in range(parts) if n not in chosen])
        best = int((seen.mean(axis=1) / seen.std(axis=1)).argmax())
        out = unseen.mean(axis=1) / unseen.std(axis=1)
        rank = 1 + int((out < out[best]).sum())
        worse += rank / (trials + 1) <= 0.5
        lost += out[best] < 0
        total += 1
    return worse / total, lost / total


@pytest.mark.parametrize(("trials", "periods", "parts"), [(5, 40, 4), (8, 67, 6), (3, 100, 8)])
def test_it_is_the_algorithm_of_the_paper(trials: int, periods: int, parts: int) -> None:
    returns = np.random.default_rng(trials).normal(0.02, 1, (trials, periods))
    found = backtest_overfitting(returns, parts)
    assert found is not None
    assert (found.probability, found.loss_probability) == pytest.approx(_by_hand(returns, parts))


def test_choosing_among_noise_is_overfitted_half_of_the_time() -> None:
    random = np.random.default_rng(2017)
    found = [backtest_overfitting(random.normal(0, 0.01, (30, 240)), 10) for _ in range(100)]
    assert np.mean([each.probability for each in found if each is not None]) == pytest.approx(0.5, abs=0.05)


def test_a_set_that_is_better_all_the_time_is_not_overfitted() -> None:
    returns = np.random.default_rng(3).normal(0, 0.01, (30, 640))
    returns[7] += 0.004
    found = backtest_overfitting(returns)
    assert found is not None
    assert found.splits == 12_870
    assert found.probability < 0.01


def test_sets_that_are_good_at_different_times_are_overfitted_surely() -> None:
    returns = np.full((4, 400), -0.001) + np.random.default_rng(4).normal(0, 1e-5, (4, 400))
    for number in range(4):
        returns[number, number * 100 : (number + 1) * 100] += 0.01
    found = backtest_overfitting(returns, 4)
    assert found is not None
    assert found.probability == 1
    assert found.loss_probability == 1


@pytest.mark.parametrize("shape", [(1, 100), (5, 3), (5, 0)])
def test_too_little_data_has_no_probability(shape: tuple[int, int]) -> None:
    assert backtest_overfitting(np.zeros(shape)) is None


def test_few_periods_take_fewer_blocks() -> None:
    found = backtest_overfitting(np.random.default_rng(6).normal(size=(4, 13)))
    assert found is not None
    assert (found.parts, found.periods) == (6, 12)
