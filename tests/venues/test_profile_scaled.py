"""A scaled profile is the same venue with a faster clock: every duration of ours shrinks, nothing else changes."""

from __future__ import annotations

import random
from dataclasses import fields, replace

import pytest

from golive.venues import PROFILES, VenueProfile, profile_named
from golive.venues.profile import BudgetRule, DecayRule

DURATIONS = {
    "order_deadline_s",
    "least_deadline_s",
    "absence_lag_s",
    "lookup_pause_s",
    "cancel_pause_s",
    "list_overlap_s",
    "skew_margin_s",
    "circuit_open_s",
    "time_tolerance_s",
}
SCALED = DURATIONS | {"budget", "retry", "time_error_ms", "memory_s"}


@pytest.fixture(params=sorted(PROFILES))
def profile(request: pytest.FixtureRequest) -> VenueProfile:
    return profile_named(str(request.param))


def test_durations_shrink_by_the_scale_and_everything_else_stays(profile: VenueProfile) -> None:
    fast = profile.scaled(100)
    for name in DURATIONS:
        assert getattr(fast, name) == pytest.approx(getattr(profile, name) / 100), name
    assert fast.memory_s == (None if profile.memory_s is None else profile.memory_s / 100)
    assert fast.order_patience_s == pytest.approx(profile.order_patience_s / 100)
    same = {field.name for field in fields(VenueProfile)} - SCALED
    assert {name for name in same if getattr(fast, name) != getattr(profile, name)} == set()


def test_no_field_that_is_a_duration_is_forgotten() -> None:
    timed = {field.name for field in fields(VenueProfile) if field.name.endswith(("_s", "_ms"))}
    assert timed <= SCALED


def test_a_clock_that_is_a_little_wrong_is_never_called_right() -> None:
    assert replace(profile_named("kraken_spot"), time_error_ms=1).scaled(100).time_error_ms == 1
    assert profile_named("kraken_spot").scaled(100).time_error_ms == 5


def test_budgets_allow_as_much_in_a_shorter_time(profile: VenueProfile) -> None:
    for rule, fast in zip(profile.budget, profile.scaled(10).budget, strict=True):
        assert (fast.scope, fast.limit, fast.per) == (rule.scope, rule.limit, rule.per)
        if isinstance(rule, BudgetRule):
            assert isinstance(fast, BudgetRule)
            assert fast.window_s == rule.window_s / 10
        else:
            assert isinstance(rule, DecayRule)
            assert isinstance(fast, DecayRule)
            assert fast.per_second == rule.per_second * 10


def test_pauses_between_attempts_shrink_and_the_venues_own_words_do_not(profile: VenueProfile) -> None:
    fast = profile.scaled(100).retry
    assert fast.max_retry_after_s == profile.retry.max_retry_after_s
    assert fast.attempts == profile.retry.attempts
    for n in range(1, 6):
        slow_s, fast_s = profile.retry.pause_s(n, random.Random(n)), fast.pause_s(n, random.Random(n))
        assert fast_s == pytest.approx(slow_s / 100)
