"""Times and counts are read off what happened, and from nothing else."""

from __future__ import annotations

from golive.readiness.resilience import timeline
from golive.readiness.resilience.said import Said, What

OKX, BYBIT = "okx_spot", "bybit_spot"
COURSE = [
    Said(10, What.ASKED, OKX, "a"),
    Said(12, What.FILL, OKX, "a", "5"),
    Said(15, What.NEWS, BYBIT, "x", "rejected"),
    Said(20, What.ASKED, OKX, "b"),
    Said(22, What.NEWS, OKX, "b", "not_sent"),
    Said(22, What.REROUTED, BYBIT, "b", "b2"),
    Said(25, What.FILL, BYBIT, "b2", "5"),
    Said(30, What.ASKED, OKX, "c"),
    Said(31, What.REFUSED, OKX, "c", "NOT_READY"),
    Said(40, What.ASKED, OKX, "d"),
    Said(42, What.FILL, OKX, "d", "5"),
]


def test_the_first_sign_of_trouble_is_one_of_the_venue_and_after_the_fault() -> None:
    assert timeline.detected(COURSE, OKX, 11) == 22
    assert timeline.detected(COURSE, OKX, 23) == 31
    assert timeline.detected(COURSE, OKX, 32) is None
    assert timeline.detected([Said(5, What.UNWELL, OKX, "", "circuit")], OKX, 0) == 5


def test_failover_is_an_execution_elsewhere_and_recovery_one_at_the_venue_of_an_order_asked_since() -> None:
    assert timeline.executed_elsewhere(COURSE, 11) == 25
    assert timeline.executed_elsewhere(COURSE, 26) is None
    assert timeline.executed_again(COURSE, OKX, 11) == 42
    assert timeline.executed_again(COURSE, OKX, 0) == 12
    assert timeline.executed_again(COURSE, OKX, 41) is None


def test_an_order_failed_when_no_venue_executed_it_under_either_id() -> None:
    assert timeline.failed(COURSE, ["a", "b2", "d"], 11, 50) == 1
    assert timeline.failed(COURSE, ["a", "d"], 11, 50) == 2
    assert timeline.failed(COURSE, ["a", "d"], 11, 25) == 1
    assert timeline.failed(COURSE, [], 0, None) == 4


def test_an_order_is_duplicated_when_venues_have_it_more_than_once_under_whichever_id() -> None:
    assert timeline.duplicated(COURSE, ["a", "b2", "d"]) == 0
    assert timeline.duplicated(COURSE, ["a", "b", "b2", "d", "d", "d"]) == 3


def test_an_order_that_went_on_was_asked_when_its_original_was() -> None:
    assert timeline.asked_at(COURSE) == {"a": 10, "b": 20, "b2": 20, "c": 30, "d": 40}
