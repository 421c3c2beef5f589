"""Alerts of a desk: kept in order by a thread of their own, whatever the outbox does, and no order ever waits for one."""

from __future__ import annotations

import threading

from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.model.errors import JournalError
from golive.runtime.live.alerting import AlertThread

PAUSES_S = (0.001, 0.002)


def named(title: str) -> Alert:
    return Alert("live", AlertSeverity.CRITICAL, title, "body")


def test_alerts_are_kept_in_order_by_another_thread() -> None:
    kept: list[tuple[str, int]] = []
    line = AlertThread(lambda alert: kept.append((alert.title, threading.get_ident())))
    for n in range(50):
        line.put(named(str(n)))
    line.close()
    assert [title for title, _ in kept] == [str(n) for n in range(50)]
    assert {ident for _, ident in kept} != {threading.get_ident()}


def test_an_alert_that_cannot_be_kept_is_said_once_and_tried_until_it_is() -> None:
    kept: list[str] = []
    said: list[str] = []
    tries = 0

    def keep(alert: Alert) -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise JournalError("database or disk is full")
        kept.append(alert.title)

    line = AlertThread(keep, pauses_s=PAUSES_S, say=said.append)
    line.put(named("first"))
    line.put(named("second"))
    assert line.flush(10)
    line.close()
    assert kept == ["first", "second"]
    assert [text for text in said if "first" in text] == ["alert not kept (database or disk is full): critical: first: body"]
    assert len(said) <= 2


def test_what_finds_no_room_is_said_and_who_raises_it_does_not_wait() -> None:
    held = threading.Event()
    said: list[str] = []
    kept: list[str] = []

    def keep(alert: Alert) -> None:
        assert held.wait(10)
        kept.append(alert.title)

    line = AlertThread(keep, limit=3, say=said.append)
    for n in range(5):
        line.put(named(str(n)))
    held.set()
    assert line.flush(10)
    line.close()
    assert kept == ["0", "1", "2"]
    assert [text.split(": ")[2] for text in said] == ["3", "4"]


def test_an_end_does_not_wait_for_an_outbox_that_hangs_and_says_what_is_not_kept() -> None:
    held = threading.Event()
    said: list[str] = []
    line = AlertThread(lambda _: assert_waited(held), say=said.append)
    line.put(named("hangs"))
    line.close(0.05)
    assert [text.split(": ")[2] for text in said] == ["hangs"]
    held.set()


def assert_waited(event: threading.Event) -> None:
    assert event.wait(10)
