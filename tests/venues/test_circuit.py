"""The circuit's life: five failures open it, one probe call decides."""

from __future__ import annotations

from golive.model.clock import SECOND, Nanos
from golive.venues.circuit import Circuit


class SetClock:
    def __init__(self) -> None:
        self.time = 0

    def now(self) -> Nanos:
        return Nanos(self.time)

    def monotonic(self) -> int:
        return self.time


def test_five_failures_in_a_row_open_it_for_five_seconds_then_one_probe_closes_it() -> None:
    clock = SetClock()
    changes: list[bool] = []
    circuit = Circuit(clock, changed=changes.append, open_s=5.0)
    for _ in range(4):
        circuit.failed()
    assert circuit.admit()
    circuit.failed()
    assert changes == [True]
    assert not circuit.admit()
    clock.time = 5 * SECOND - 1
    assert not circuit.admit()
    clock.time += 1
    assert circuit.admit()
    assert not circuit.admit(), "only one probe at a time"
    circuit.answered()
    assert changes == [True, False]
    assert circuit.admit()


def test_a_failed_probe_opens_it_again_without_a_second_alarm() -> None:
    clock = SetClock()
    changes: list[bool] = []
    circuit = Circuit(clock, changed=changes.append, open_s=5.0)
    for _ in range(5):
        circuit.failed()
    clock.time = 5 * SECOND
    assert circuit.admit()
    circuit.failed()
    assert not circuit.admit()
    clock.time = 10 * SECOND
    assert circuit.admit()
    assert changes == [True]


def test_an_answer_ends_a_row_of_failures_and_an_abandoned_probe_lets_the_next_one_try() -> None:
    clock = SetClock()
    changes: list[bool] = []
    circuit = Circuit(clock, changed=changes.append, open_s=5.0)
    for _ in range(4):
        circuit.failed()
    circuit.answered()
    for _ in range(4):
        circuit.failed()
    assert circuit.is_closed
    circuit.failed()
    clock.time = 5 * SECOND
    assert circuit.admit()
    circuit.abandoned()
    assert circuit.admit()


def test_it_tells_since_when_it_is_open_also_when_a_probe_failed() -> None:
    clock = SetClock()
    circuit = Circuit(clock, changed=lambda _: None, open_s=5.0)
    clock.time = 3 * SECOND
    for _ in range(5):
        circuit.failed()
    clock.time = 9 * SECOND
    assert circuit.admit()
    circuit.failed()
    assert circuit.open_since == 3 * SECOND
    clock.time = 15 * SECOND
    assert circuit.admit()
    circuit.answered()
    assert circuit.open_since is None
