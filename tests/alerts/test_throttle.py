"""The throttle: what was delivered is not told again within the window; critical and exempt alerts always are."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from golive.alerts.throttle import Throttle, ThrottleRules
from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.clock import SECOND

RULES = ThrottleRules(window_seconds=300, max_entries=4)
KEYS = st.sampled_from("abcdef")
STEPS = st.lists(st.tuples(KEYS, st.integers(0, 200 * SECOND), st.booleans()), max_size=60)


def message(key: str = "k", severity: AlertSeverity = AlertSeverity.ERROR, category: str = "risk") -> AlertMessage:
    return AlertMessage("id", category, severity, "title", "body", 0, key)


def test_only_what_was_delivered_counts() -> None:
    throttle = Throttle()
    assert not throttle.suppresses(message(), "env", RULES, 0)
    assert not throttle.suppresses(message(), "env", RULES, 1)
    throttle.delivered(message(), "env", RULES, 10 * SECOND)
    assert throttle.suppresses(message(), "env", RULES, 310 * SECOND - 1)
    assert not throttle.suppresses(message(), "env", RULES, 310 * SECOND)


def test_another_environment_is_another_alert() -> None:
    throttle = Throttle([("env", "k", 0)])
    assert throttle.suppresses(message(), "env", RULES, 1)
    assert not throttle.suppresses(message(), "other", RULES, 1)


def test_a_delivery_in_the_future_holds_nothing_back() -> None:
    assert not Throttle([("env", "k", 10)]).suppresses(message(), "env", RULES, 9)


def test_the_exempt_are_never_held_back() -> None:
    throttle = Throttle([("env", "k", 0)])
    assert not throttle.suppresses(message(severity=AlertSeverity.CRITICAL), "env", RULES, 1)
    assert not throttle.suppresses(message(category="health"), "env", RULES, 1)
    open_rules = ThrottleRules(exclude_severities=frozenset(), exclude_categories=frozenset())
    assert throttle.suppresses(message(severity=AlertSeverity.CRITICAL), "env", open_rules, 1)
    assert not throttle.suppresses(message(severity=AlertSeverity.CRITICAL, category="emergency"), "env", open_rules, 1)
    assert not throttle.suppresses(replace(message(), context={"throttle": "never"}), "env", open_rules, 1)


@given(STEPS)
def test_two_deliveries_of_a_key_are_a_window_apart_unless_it_was_forgotten(steps: list[tuple[str, int, bool]]) -> None:
    """Against a list of all deliveries: held back is exactly what is among the newest `max_entries` keys and younger than a window."""
    throttle, delivered, now = Throttle(), dict[str, int](), 0
    for key, pause, arrives in steps:
        now += pause
        newest = list(delivered)[-RULES.max_entries :]
        held = key in newest and now - delivered[key] < 300 * SECOND
        assert throttle.suppresses(message(key), "env", RULES, now) == held
        assert not throttle.suppresses(message(key, AlertSeverity.CRITICAL), "env", RULES, now)
        if not held and arrives:
            throttle.delivered(message(key), "env", RULES, now)
            delivered.pop(key, None)
            delivered[key] = now


@given(STEPS)
def test_a_throttle_that_is_read_back_says_the_same(steps: list[tuple[str, int, bool]]) -> None:
    throttle, kept, now = Throttle(), dict[str, int](), 0
    for key, pause, arrives in steps:
        now += pause
        if arrives:
            for forgotten in throttle.delivered(message(key), "env", RULES, now):
                kept.pop(forgotten, None)
            kept[key] = now
            assert len(kept) <= RULES.max_entries
        again = Throttle(("env", each, at) for each, at in kept.items())
        for each in "abcdef":
            assert again.suppresses(message(each), "env", RULES, now) == throttle.suppresses(message(each), "env", RULES, now)
