"""A window never holds more than its rule; a counter is never below the venue's, and no higher than it must be."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from golive.model.clock import SECOND
from golive.venues.gauge import Counter, Window
from golive.venues.profile import BudgetRule, DecayRule
from support.venue_counter import Wanted, let_out, venue_peak


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(1, 3), st.integers(0, 30)), min_size=1, max_size=60),
    st.integers(3, 9),
)
@settings(max_examples=200, deadline=None)
def test_a_window_admits_as_soon_as_allowed_and_never_sooner(calls: list[tuple[int, int, int]], limit: int) -> None:
    """Each call is (gap before it, weight, length); calls follow one another, time in ns."""
    window = Window(BudgetRule("*", limit, 1e-7))  # 100 ns
    now, past = 0, list[tuple[int, int]]()
    for gap, weight, length in calls:
        now += gap
        waited = 0
        while (wait := window.wait_ns(now, weight)) != 0:
            assert wait is not None
            now += wait
            waited += wait
        assert weight + sum(w for end, w in past if end > now - 100) <= limit
        if waited:
            assert weight + sum(w for end, w in past if end > now - 1 - 100) > limit, "it could have left sooner"
        window.running += weight
        now += length
        window.end(now, weight)
        past.append((now, weight))


def test_a_call_that_still_runs_holds_its_weight_without_an_end_in_sight() -> None:
    window = Window(BudgetRule("*", 3, 1e-7))
    window.running = 2
    assert window.wait_ns(0, 1) == 0
    assert window.wait_ns(10**9, 2) is None


WANTED = st.lists(
    st.tuples(
        st.sampled_from([0, 0, 0, 1, 40, 900, 5000]), st.integers(1, 4), st.sampled_from([0, 3, 200, 4000]), st.integers(0, 100)
    ),
    max_size=80,
)


@given(WANTED, st.integers(4, 20), st.sampled_from([0.5, 0.78, 2.34, 7.0]))
def test_the_venues_counter_never_passes_the_limit_wherever_it_sees_each_call(
    wanted: list[Wanted], limit: int, per_second: float
) -> None:
    calls = let_out(Counter(DecayRule("x", limit, per_second)), wanted)
    assert venue_peak(calls, per_second) <= limit


def test_calls_that_take_no_time_leave_as_soon_as_the_venue_has_room_for_them() -> None:
    calls = let_out(Counter(DecayRule("x", 6, 0.5)), [(0, 2, 0, 0)] * 12)
    assert [round(call.left / SECOND, 3) for call in calls[:5]] == [0, 0, 0, 4, 8]
    assert 6 - Fraction(1, 10**6) < venue_peak(calls, 0.5) <= 6


def test_the_end_of_a_call_makes_no_room_at_once() -> None:
    counter = Counter(DecayRule("x", 4, 0.5))
    counter.running = 4
    assert counter.wait_ns(0, 1) is None, "only an end can tell: the decay begins then"
    counter.end(SECOND, 4)
    assert counter.wait_ns(SECOND, 1) == 2 * SECOND
    assert counter.wait_ns(3 * SECOND, 1) == 0


ENDS = st.lists(st.tuples(st.integers(0, 30), st.integers(1, 3)), min_size=1, max_size=12)


@given(ENDS, st.permutations(range(12)))
def test_ends_that_are_told_out_of_order_never_make_a_counter_lower(ends: list[tuple[int, int]], order: list[int]) -> None:
    told, sorted_ = Counter(DecayRule("x", 100, 0.5)), Counter(DecayRule("x", 100, 0.5))
    for at, weight in sorted(ends):
        sorted_.end(at * SECOND, weight)
    for n in order:
        if n < len(ends):
            told.end(ends[n][0] * SECOND, ends[n][1])
    assert told.level_ns(0) >= sorted_.level_ns(0)


@given(ENDS)
def test_a_counter_never_counts_more_than_its_limit_for_what_has_ended(ends: list[tuple[int, int]]) -> None:
    """After a restart of the host all remembered calls count as ended at one moment."""
    assume(sum(weight for _, weight in ends) > 5)
    counter = Counter(DecayRule("x", 5, 0.5))
    for _, weight in ends:
        counter.end(7 * SECOND, weight)
    assert counter.level_ns(7 * SECOND) == 10 * SECOND
