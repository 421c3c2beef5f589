"""How long a message travels."""

from __future__ import annotations

import pytest

from golive.matching.latency import NO_LATENCY, ConstantLatency, DrawnLatency
from golive.model.errors import MagnitudeError


def test_no_and_constant_latency() -> None:
    assert (NO_LATENCY.request_ns(1), NO_LATENCY.response_ns(9)) == (0, 0)
    latency = ConstantLatency(30, 20)
    assert {(latency.request_ns(n), latency.response_ns(n)) for n in range(1, 9)} == {(30, 20)}


def test_drawn_latency_takes_half_of_measured_round_trips_and_rounds_up() -> None:
    measured = (101, 201, 5001)
    latency = DrawnLatency(measured, seed=3)
    ways = [latency.request_ns(n) for n in range(1, 200)] + [latency.response_ns(n) for n in range(1, 200)]
    assert set(ways) == {51, 101, 2501}


def test_a_draw_depends_on_seed_direction_and_number_only() -> None:
    measured = tuple(range(0, 2000, 2))
    one, again, other = DrawnLatency(measured, 3), DrawnLatency(measured, 3), DrawnLatency(measured, 4)
    numbers = range(1, 50)
    forwards = [one.request_ns(n) for n in numbers]
    assert [again.request_ns(n) for n in reversed(numbers)] == forwards[::-1]
    assert [other.request_ns(n) for n in numbers] != forwards
    assert [one.response_ns(n) for n in numbers] != forwards


@pytest.mark.parametrize("make", [lambda: ConstantLatency(-1, 0), lambda: ConstantLatency(0, -1), lambda: DrawnLatency((), 1),
                                  lambda: DrawnLatency((5, -1), 1)])  # fmt: skip
def test_impossible_latency_is_refused(make: object) -> None:
    with pytest.raises(MagnitudeError):
        make()  # type: ignore[operator]
