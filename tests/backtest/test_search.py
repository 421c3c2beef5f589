import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.backtest.search import Axis, Space, axis_of, grid_search, random_search
from golive.backtest.search_rule import Rule
from golive.model.errors import ConfigError
from golive.strategy.protocol import Parameter

DECLARED = {
    "fast": Parameter(20, 2, 500, "bars", whole=True),
    "slow": Parameter(60, 3, 2000, "bars", whole=True),
    "share": Parameter(0.5, 0, 1, "share"),
}


def axis(text: str) -> Axis:
    return axis_of(text, "cross", DECLARED)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fast=5:50:15", (5, 20, 35, 50)),
        ("fast=5:51:15", (5, 20, 35, 50)),
        ("fast=5:8", (5, 6, 7, 8)),
        ("fast=9", (9,)),
        ("fast=9,3,9", (9, 3)),
        ("share=0.1:0.5:0.1", (0.1, 0.2, 0.3, 0.4, 0.5)),
        ("share=0:1:1e-1", tuple(n / 10 for n in range(11))),
    ],
)
def test_an_axis_is_read_as_written(text: str, values: tuple[float, ...]) -> None:
    assert axis(text).values == values


def test_a_name_alone_is_the_declared_range_and_a_range_without_step_is_every_number() -> None:
    assert (axis("share").low, axis("share").high, axis("share").values) == (0, 1, ())
    assert axis("fast").values == tuple(range(2, 501))
    assert axis("share=0.2:0.3") == Axis("share", 0.2, 0.3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("speed=1:2:1", "no parameter 'speed'; known: fast, share, slow"),
        ("fast=1:50:5", "outside 2 … 500"),
        ("fast=5:501:5", "outside 2 … 500"),
        ("fast=50:5:5", "LOW ≤ HIGH"),
        ("fast=5:50:0", "STEP above 0"),
        ("fast=5:50:-1", "STEP above 0"),
        ("fast=5:50:0.5", "whole numbers"),
        ("fast=5.5", "must be a whole number"),
        ("fast=a:b:c", "'a' is not a number"),
        ("fast=5:nan:1", "'nan' is not a number"),
        ("fast=1:2:3:4", "outside"),
        ("fast=2:3:4:5", "LOW:HIGH:STEP"),
        ("share=0:1:1e-9", "more than 1,000,000 values"),
        ("share=0:1:1e-300", "more than 1,000,000 values"),
        ("share=0:1:1e-99999999", "more than 1,000,000 values"),
        ("fast=", "fast"),
    ],
)
def test_a_bad_axis_is_refused_and_the_reason_named(text: str, said: str) -> None:
    if text == "fast=":
        assert axis(text) == axis("fast")
        return
    with pytest.raises(ConfigError) as refused:
        axis(text)
    assert said in str(refused.value)
    assert len(str(refused.value)) < 150


def test_an_axis_has_at_most_a_million_values() -> None:
    assert len(axis("share=0:0.999999:1e-6").values) == 1_000_000
    with pytest.raises(ConfigError, match="more than"):
        axis("share=0:1:1e-6")


def test_a_grid_is_every_allowed_combination_with_the_last_axis_fastest() -> None:
    space = Space((axis("fast=10:30:10"), axis("slow=10:30:10")), (Rule("fast < slow", DECLARED),))
    assert list(space.grid()) == [(10, 20), (10, 30), (20, 30)]
    assert grid_search(space, 2).total == 3


def test_conditions_see_parameters_that_no_axis_moves() -> None:
    space = Space((axis("fast=10:30:10"),), (Rule("fast < slow", DECLARED),), (("slow", 25.0), ("fast", 1.0)))
    assert list(space.grid()) == [(10,), (20,)]


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ((), "at least one --param"),
        (("fast=1", "fast=2"), "twice"),
    ],
)
def test_a_space_needs_axes_each_once(axes: tuple[str, ...], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Space(tuple(Axis(text.partition("=")[0], 1, 2, (1.0,)) for text in axes))


def test_a_grid_needs_steps_is_not_endless_and_not_empty() -> None:
    with pytest.raises(ConfigError, match="needs a step"):
        Space((axis("share"),)).grid()
    with pytest.raises(ConfigError, match="the most is 1,000,000"):
        Space((axis("fast"), axis("slow"), axis("share=0,1"))).grid()
    with pytest.raises(ConfigError, match="--where"):
        grid_search(Space((axis("fast=5,6"),), (Rule("fast > 6", DECLARED),)), 4)


def test_random_sets_differ_keep_the_conditions_and_follow_from_the_seed() -> None:
    space = Space((axis("fast=2:100"), axis("slow=3:200"), axis("share")), (Rule("fast < slow", DECLARED),))
    drawn = list(itertools.islice(space.drawn(7), 200))
    assert len(set(drawn)) == 200
    assert all(fast < slow and 0 <= share <= 1 for fast, slow, share in drawn)
    assert drawn == list(itertools.islice(space.drawn(7), 200))
    assert drawn != list(itertools.islice(space.drawn(8), 200))


def test_random_search_ends_when_the_space_is_used_up() -> None:
    assert random_search(Space((axis("fast=2:5"),)), 100, 1, 10).total == 4


def test_a_list_is_handed_out_in_batches() -> None:
    search = grid_search(Space((axis("fast=2:6"),)), 2)
    assert [list(search.ask()) for _ in range(4)] == [[(2,), (3,)], [(4,), (5,)], [(6,)], []]


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("fast < slow", True),
        ("fast * 3 <= slow", True),
        ("2 < fast < slow and share != 0", True),
        ("fast > slow or share == 0.5", True),
        ("slow - fast >= 41", False),
        ("slow / share < 1", False),
        ("slow / (share - 0.5) > 1", False),  # nothing is more than a division by zero
        ("fast > -1", True),
        ("(fast < 1 or slow > 1) and share >= 0.5", True),
    ],
)
def test_a_condition_is_judged(text: str, allowed: bool) -> None:
    assert Rule(text, DECLARED).allows({"fast": 20.0, "slow": 60.0, "share": 0.5}) is allowed


@pytest.mark.parametrize(
    "text",
    [
        "", "fast", "fast <", "1", "True", "fast < slwo", "fast.real < 1", "__import__('os').system('x') == 0", "fast ** 9 < 1",
        "[fast] == 1", "fast is slow", "fast in slow", "not fast < slow", "(fast := 3) < slow", "'a' < fast", "fast < True",
        "fast < slow" + " and fast < slow" * 60, "fast < 1 if slow else 2", "(fast < slow) < 1", "fast < 1j", "lambda: 1 < 2",
    ],
)  # fmt: skip
def test_what_is_not_comparisons_of_parameters_is_no_condition(text: str) -> None:
    with pytest.raises(ConfigError, match="--where"):
        Rule(text, DECLARED)


@given(st.integers(2, 200), st.integers(0, 300), st.integers(1, 60))
def test_a_range_holds_its_ends_and_steps(low: int, width: int, step: int) -> None:
    values = axis(f"fast={low}:{low + width}:{step}").values
    assert values == tuple(range(low, low + width + 1, step))
