import math
from itertools import pairwise

import pytest

from golive.backtest.search import Axis, Space, Values
from golive.backtest.search_rule import Rule
from golive.runtime.sweep_bayesian import BATCH, BayesianSearch

pytest.importorskip("optuna", reason="the extra `search` is not installed")

SPACE = Space(
    (Axis("a", 0, 40, tuple(float(n) for n in range(41)), True), Axis("b", 0, 1)), (Rule("a + 10 * b < 45", ("a", "b")),)
)


def _objective(values: Values) -> float | None:
    a, b = values
    return None if a < 3 else -((a - 31) ** 2) / 100 - (b - 0.25) ** 2


def _run(trials: int, seed: int, space: Space = SPACE) -> list[list[Values]]:
    search, batches = BayesianSearch(space, trials, seed), []
    while batch := list(search.ask()):
        batches.append(batch)
        search.tell([_objective(values) for values in batch])
    return batches


def test_batches_have_one_size_the_sets_differ_and_keep_the_conditions() -> None:
    batches = _run(30, 1)
    assert [len(batch) for batch in batches] == [BATCH, BATCH, BATCH, 30 - 3 * BATCH]
    tried = [values for batch in batches for values in batch]
    assert len(set(tried)) == 30
    assert all(SPACE.allows(values) and values[0] == int(values[0]) and 0 <= values[1] <= 1 for values in tried)


def test_proposals_follow_from_the_seed_and_the_results() -> None:
    assert _run(24, 5) == _run(24, 5)
    assert _run(24, 5) != _run(24, 6)


def test_it_learns_where_it_is_good() -> None:
    tried = [values for batch in _run(64, 3) for values in batch]
    distance = [abs(a - 31) / 40 + abs(b - 0.25) for a, b in tried]
    assert math.fsum(distance[-24:]) < 0.7 * math.fsum(distance[:24])


def test_a_small_space_is_used_up() -> None:
    space = Space((Axis("a", 0, 4, (0.0, 1.0, 4.0)), Axis("b", 0, 0, (0.0,))))
    assert sorted(values for batch in _run(50, 1, space) for values in batch) == [(0, 0), (1, 0), (4, 0)]


def test_results_are_told_in_order() -> None:
    first, second = (BayesianSearch(SPACE, 24, 1) for _ in range(2))
    for search, sign in ((first, 1), (second, -1)):
        batch = list(search.ask())
        search.tell([sign * values[0] for values in batch])
    assert all(a != b for a, b in pairwise([first.ask(), second.ask()]))
