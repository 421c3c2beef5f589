"""The venue's time as bounds: never past what it is, whatever our wall clock and slow answers do."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import MILLISECOND, SECOND, Nanos
from golive.venues.venue_time import VenueTime

BASE_MS = 1_790_000_000_000
"""venue time when the monotonic clock is 0"""


@dataclass
class Clock:
    wall: int = BASE_MS * MILLISECOND
    mono: int = 0

    def now(self) -> Nanos:
        return Nanos(self.wall)

    def monotonic(self) -> int:
        return self.mono


@dataclass
class Venue:
    """A venue whose clock goes as ours and names the beginning of a span of `2 * error_ms`."""

    clock: Clock
    error_ms: int = 0
    set_ms: int = 0

    def __post_init__(self) -> None:
        self.known = VenueTime(self.clock, error_ms=self.error_ms, tolerance_s=1.0)

    @property
    def true_ms(self) -> float:
        return BASE_MS + self.set_ms + self.clock.mono / MILLISECOND

    def asked(self, there_ms: int = 1, back_ms: int = 1) -> None:
        sent = self.clock.mono
        self.clock.mono += there_ms * MILLISECOND
        told = int(self.true_ms)
        self.clock.mono += back_ms * MILLISECOND
        self.known.learn(told - told % max(1, 2 * self.error_ms), sent, self.clock.mono)


def waited(venue: Venue, seconds: float) -> None:
    venue.clock.mono += int(seconds * SECOND)


TRIP = st.integers(0, 20_000)


@given(
    error_ms=st.sampled_from([0, 5, 500]),
    rounds=st.lists(st.tuples(st.integers(0, 90_000), st.integers(-100_000, 100_000), TRIP, TRIP), min_size=1, max_size=12),
    after_ms=st.integers(0, 90_000),
    moment=st.integers(-10_000, 100_000),
)
def test_it_is_never_later_than_it_is_and_deadlines_are_off_by_no_more_than_is_said(
    error_ms: int, rounds: list[tuple[int, int, int, int]], after_ms: int, moment: int
) -> None:
    venue = Venue(Clock(), error_ms)
    for pause_ms, wall_step_ms, there_ms, back_ms in rounds:
        waited(venue, pause_ms / 1000)
        venue.clock.wall += wall_step_ms * MILLISECOND
        venue.asked(there_ms, back_ms)
        assert venue.known.has_told(BASE_MS + moment, 2.0) <= (venue.true_ms > BASE_MS + moment)
    waited(venue, after_ms / 1000)
    surely = venue.known.surely_ms()
    assert surely is not None
    assert surely <= venue.true_ms
    assert venue.known.jumps == 0
    if not venue.known.unsure:
        assert abs(venue.known.now_ms() - venue.true_ms) <= 500 + error_ms + 2


def test_steps_of_our_wall_clock_change_nothing() -> None:
    venue = Venue(Clock())
    venue.asked()
    before = venue.known.now_ms()
    venue.clock.wall += 8 * SECOND
    assert venue.known.now_ms() == before
    assert not venue.known.has_told(before + 5_000, 2.0)


def test_a_slow_answer_moves_no_deadline_and_is_a_bound_all_the_same() -> None:
    venue = Venue(Clock())
    venue.asked()
    venue.asked(there_ms=0, back_ms=8_000)
    assert venue.known.unsure == ""
    assert abs(venue.known.now_ms() - venue.true_ms) <= 2
    assert (venue.known.surely_ms() or 0) <= venue.true_ms


def test_no_deadline_counts_in_the_first_answer_if_that_was_slow() -> None:
    venue = Venue(Clock())
    assert "not known yet" in venue.known.unsure
    venue.asked(there_ms=1_001, back_ms=0)
    assert "only after 1 s" in venue.known.unsure
    venue.asked()
    assert venue.known.unsure == ""


@pytest.mark.parametrize(("set_ms", "way"), [(-40_000, "back"), (40_000, "forward")])
def test_a_clock_that_was_set_is_believed_when_it_says_so_twice_and_proves_nothing_for_the_lag(set_ms: int, way: str) -> None:
    venue = Venue(Clock())
    venue.asked()
    venue.set_ms = set_ms
    venue.asked()
    past = int(venue.true_ms) - 5_000
    assert venue.known.jumps == 1
    assert f"was set {way} by at least 40 s" in venue.known.unsure
    assert not venue.known.has_told(past, 0.0)
    venue.asked()
    assert venue.known.unsure == ""
    assert abs(venue.known.now_ms() - venue.true_ms) <= 2
    assert venue.known.has_told(past, 0.0)
    assert not venue.known.has_told(past, 2.0), "what was accepted just before may not be listed yet"
    waited(venue, 2.0)
    assert venue.known.has_told(past, 2.0)
    assert abs(venue.known.set_back_ms - max(0, -set_ms)) <= 5


def test_asking_is_worth_it_when_the_venue_surely_tells_a_later_time() -> None:
    venue = Venue(Clock(), error_ms=500)
    venue.asked()
    moment = int(venue.true_ms) + 3_000
    waited(venue, venue.known.ms_until_worth_asking(moment) / 1000)
    venue.asked()
    assert venue.known.has_told(moment, 2.0)
