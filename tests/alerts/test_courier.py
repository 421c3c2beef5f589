"""The courier: the gravest first, and what is grave waits behind nothing, nor at a channel of which it is known that it fails."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from golive.alerts.courier import Courier
from golive.alerts.routing import AlertPolicy, EnvironmentPolicy
from golive.alerts.throttle import ThrottleRules
from golive.metrics.recorder import MemoryRecorder
from golive.model.alert import AlertMessage, AlertRow, AlertSeverity, Parcel, Sent
from golive.model.clock import SECOND
from golive.model.json import JsonValue
from golive.storage.alert_outbox import AT_ONCE, AlertOutbox
from support.durable import START

POLICY = AlertPolicy(
    channels={"chat": False, "oem-live": True, "sec-alerts": True},
    environments={
        "one": EnvironmentPolicy("okx_live", ("sec-alerts",), ThrottleRules()),
        "two": EnvironmentPolicy("okx_paper", ("chat", "sec-alerts"), ThrottleRules()),
    },
)


class Line:
    """Channels that answer at once; `dead` are those that take nothing."""

    def __init__(self) -> None:
        self.dead = {"sec-alerts"}
        self.tried: list[tuple[str, str]] = []
        self.taken: list[tuple[str, str]] = []
        self._ended: list[Sent] = []

    def is_free(self, channel: str) -> bool:
        return channel not in [sent.channel for sent in self._ended]

    def send(self, parcel: Parcel) -> None:
        alert_id, channel = parcel.message.alert_id, parcel.channel
        self.tried.append((alert_id, channel))
        if channel not in self.dead:
            self.taken.append((alert_id, channel))
        self._ended.append(Sent(alert_id, channel, "connection refused" if channel in self.dead else None))

    def results(self) -> Sequence[Sent]:
        ended, self._ended = self._ended, []
        return ended


class Rows:
    """An audit that takes everything."""

    def __init__(self) -> None:
        self.rows: list[AlertRow] = []

    def append(self, rows: Sequence[AlertRow]) -> None:
        self.rows += rows

    def has(self, row: AlertRow) -> bool:
        return row in self.rows


class Desk:
    """A courier with its outbox, at a time that only `run` lets pass."""

    def __init__(self, home: Path) -> None:
        self.now, self.line, self.escalated = START, Line(), list[str]()
        self.outbox = AlertOutbox.open(home)
        self._courier = Courier(
            self.outbox, Rows(), self.line, POLICY, MemoryRecorder(), lambda: self.now, self._escalate, lambda text: None
        )  # fmt: skip

    def _escalate(self, messages: Sequence[AlertMessage], timeout_seconds: int) -> None:
        self.escalated += [message.alert_id for message in messages]

    def put(self, alert_id: str, severity: str, category: str = "risk", **context: JsonValue) -> None:
        told: dict[str, JsonValue] = {"entrypoint": "one", **context}
        self.outbox.put(AlertMessage(alert_id, category, AlertSeverity(severity), "t", "b", self.now, alert_id, told))

    def run(self, seconds: float = 0) -> None:
        until = self.now + int(seconds * SECOND)
        while True:
            while self._courier.step():
                pass
            if self.now >= until:
                return
            self.now += SECOND // 4


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_what_is_grave_goes_at_once_past_a_queue_and_past_a_channel_that_is_known_to_fail(desk: Desk) -> None:
    for n in range(20):
        desk.put(f"w{n}", "warning")
    desk.run(10)
    assert desk.line.taken == []
    desk.put("w20", "warning")
    desk.put("e", "error")
    desk.put("c", "critical")
    desk.line.tried.clear()
    desk.run()
    assert desk.line.taken == [("c", "oem-live"), ("e", "oem-live")]
    assert [each for each in desk.line.tried if each[1] == "sec-alerts"] == [("c", "sec-alerts"), ("e", "sec-alerts")]


def test_what_is_grave_and_waits_goes_elsewhere_as_soon_as_its_channel_is_known_to_fail(desk: Desk) -> None:
    for alert_id, severity in (("w", "warning"), ("e", "error"), ("c", "critical")):
        desk.put(alert_id, severity)
    desk.run()
    assert desk.line.tried == [("c", "sec-alerts"), ("e", "sec-alerts")]
    desk.run(3)
    assert desk.line.taken == [("c", "oem-live"), ("e", "oem-live")]
    desk.line.dead.clear()
    desk.run(60)
    assert {alert_id for alert_id, channel in desk.line.taken if channel == "sec-alerts"} == {"w", "e", "c"}


def test_what_another_of_its_channels_takes_goes_nowhere_else(desk: Desk) -> None:
    for n in range(4):
        desk.put(f"e{n}", "error", entrypoint="two")
    desk.run(60)
    assert sorted(desk.line.taken) == [(f"e{n}", "chat") for n in range(4)]


def test_a_self_test_asks_its_channel_and_no_other(desk: Desk) -> None:
    desk.put("s", "critical", "selftest", channels=["sec-alerts"])
    desk.run(60)
    assert len(desk.line.tried) > 3
    assert {channel for _, channel in desk.line.tried} == {"sec-alerts"}


def test_a_channel_that_fails_is_left_alone_for_no_longer_than_a_delivery_by_hand_waits_for_it(desk: Desk) -> None:
    for n in range(7):
        desk.put(f"w{n}", "warning")
        desk.line.tried.clear()
        desk.run(15.25)
        assert desk.line.tried, f"nothing was tried for 15 s, {15 * n} s after the first failure"
    desk.line.dead.clear()
    desk.put("last", "warning")
    desk.run(15.25)
    assert ("last", "sec-alerts") in desk.line.taken


def test_a_queue_at_one_channel_hides_nothing_that_waits_for_another(desk: Desk) -> None:
    for n in range(AT_ONCE + 5):
        desk.put(f"w{n:03}", "warning")
        desk.put(f"x{n:03}", "info", channels=["chat"])
    desk.run()
    assert len(desk.line.taken) == AT_ONCE + 5


def test_what_nobody_acknowledged_leaves_something_to_be_done_until_it_was_escalated(desk: Desk) -> None:
    desk.line.dead.clear()
    desk.put("c", "critical")
    desk.run()
    assert desk.outbox.is_settled(desk.now)
    assert desk.outbox.undelivered(desk.now) == ""
    desk.now += 301 * SECOND
    assert not desk.outbox.is_settled(desk.now)
    assert desk.outbox.undelivered(desk.now).startswith("1 critical not acknowledged in time")
    desk.run()
    assert desk.escalated == ["c"]
    assert desk.outbox.is_settled(desk.now)
