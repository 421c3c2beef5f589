"""The thread that delivers: whatever happens on it, whoever raises alerts notices nothing, and it begins anew."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from golive.model.alert import AlertMessage, AlertSeverity, Parcel, Sent
from golive.notify.lanes import MOST_STUCK, Lanes
from golive.notify.worker import DeliveryWorker
from support.alert_services import until


def parcel(channel: str = "chat") -> Parcel:
    return Parcel(AlertMessage("id-1", "risk", AlertSeverity.ERROR, "title", "body", 0, "k"), channel, 1)


class Scripted:
    """A channel that does what it is told."""

    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act

    def deliver(self, message: AlertMessage) -> None:
        self._act()


def ends_its_thread() -> None:
    raise SystemExit(3)


def fails_with_a_secret() -> None:
    raise ValueError("tgram://secret-token/chat")


def results_of(lanes: Lanes) -> list[Sent]:
    found: list[Sent] = []

    def some() -> bool:
        found.extend(lanes.results())
        return bool(found)

    until(some)
    return found


def hangs_at(gate: threading.Event) -> Callable[[], None]:
    """Return what waits until the gate opens."""

    def hang() -> None:
        gate.wait(30)

    return hang


def test_a_plug_in_that_ends_its_thread_has_failed_and_its_words_are_not_told() -> None:
    for act, name in ((ends_its_thread, "SystemExit"), (fails_with_a_secret, "ValueError")):
        lanes = Lanes({"chat": Scripted(act)}, lambda: None)
        lanes.send(parcel())
        assert results_of(lanes) == [Sent("id-1", "chat", f"{name} in the channel's plug-in")]
        assert lanes.is_free("chat")


def test_a_channel_that_is_gone_has_failed() -> None:
    lanes = Lanes({}, lambda: None)
    lanes.send(parcel())
    assert "no such channel" in str(results_of(lanes)[0].problem)


def test_a_channel_that_never_answers_runs_out_of_time_and_is_left_alone_when_it_holds_too_many_threads() -> None:
    gate = threading.Event()
    lanes = Lanes({"chat": Scripted(hangs_at(gate)), "mail": Scripted(lambda: None)}, lambda: None, limit_s=0.1)
    for _ in range(MOST_STUCK):
        assert lanes.is_free("chat")
        lanes.send(parcel())
        assert results_of(lanes) == [Sent("id-1", "chat", "no answer within 0.1 s")]
    assert not lanes.is_free("chat")
    lanes.send(parcel("mail"))
    assert results_of(lanes) == [Sent("id-1", "mail", None)]
    gate.set()
    until(lambda: lanes.is_free("chat"))
    assert lanes.results() == [], "what came too late is nothing"


class Turn:
    def __init__(self, act: Callable[[], None]) -> None:
        self._act = act
        self.closed = False

    def step(self) -> bool:
        self._act()
        return False

    def close(self) -> None:
        self.closed = True


def test_a_turn_that_dies_is_said_once_and_followed_by_another() -> None:
    said, turns, steps = list[str](), list[Turn](), list[int]()

    def act() -> None:
        steps.append(1)
        if len(steps) < 3:
            raise SystemExit(3) if len(steps) == 1 else MemoryError("no room")

    def open_turn() -> Turn:
        turns.append(Turn(act))
        return turns[-1]

    worker = DeliveryWorker(open_turn, said.append)
    worker.start()
    until(lambda: len(steps) >= 4)
    assert worker.close(5)
    assert len(turns) == 3
    assert all(turn.closed for turn in turns)
    assert said == ["alerts are not delivered: SystemExit: 3", "alerts are not delivered: MemoryError: no room"]


def test_a_turn_that_hangs_holds_up_nobody() -> None:
    gate = threading.Event()
    worker = DeliveryWorker(lambda: Turn(hangs_at(gate)), lambda text: None)
    worker.start()
    began = time.monotonic()
    for _ in range(1000):
        worker.wake()
    assert time.monotonic() - began < 0.5
    assert not worker.close(0.1), "it says that the thread goes on, and does not wait for it"
    gate.set()
    assert worker.close(5)


def test_while_another_process_delivers_it_stands_by() -> None:
    asked = list[int]()

    def taken() -> None:
        asked.append(1)

    worker = DeliveryWorker(taken, lambda text: None)
    worker.start()
    until(lambda: len(asked) >= 2)
    assert worker.close(5)
