"""Real sessions and real services: what a session raises arrives, and a service that hangs stops no trading."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from golive.alerts.message import message_of
from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.runtime.clock import SystemClock
from golive.storage.alert_audit import alert_files, rows_of
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.alert_story import alert_stories
from support.alert_services import keep_urls, webhook
from support.forked_golive import ForkedHome
from support.golive_process import ALONE

pytestmark = [pytest.mark.e2e_demo_paper, pytest.mark.timeout(300)]


def put(home: Path, count: int) -> None:
    outbox = AlertOutbox.open(home)
    for n in range(count):
        given = Alert("execution", AlertSeverity.ERROR, f"order {n} could not be canceled", "the venue says no")
        outbox.put(message_of(given, f"id-{n}", SystemClock().now(), {"entrypoint": "okx_desktop_paper"}))
    outbox.close()


def test_what_a_session_and_a_panic_raise_arrives_at_every_channel(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    with webhook() as first, webhook() as second:
        keep_urls(tmp_path, alert_oem_live=first.url, alert_sec_alerts=second.url)
        panic = home.golive("panic", "--reason", "a drill")
        assert panic.code == 0, panic.stdout + panic.stderr
        assert "delivered to every channel" in panic.stdout
        done = home.run("demo", "--candles", "200", *ALONE)
        assert done.code == 5, done.stderr
        for hook in (first, second):
            assert "[CRITICAL] Emergency mode is on (all)" in hook.titles
            assert any(title.startswith("[CRITICAL] okx_desktop_paper is in emergency mode since") for title in hook.titles)
    assert all(story.due_at is None for story in alert_stories(tmp_path, 100)), "nobody has to acknowledge emergency mode"
    assert home.golive("audit", "verify", "--all").code == 0


def test_a_service_that_hangs_stops_no_trading_and_the_next_delivery_goes_on(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    assert home.run("demo", "--candles", "200").code == 0
    with webhook() as hook:
        keep_urls(tmp_path, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
        hook.delay_s = 60
        put(tmp_path, 20)
        began = time.monotonic()
        done = home.run("paper", "--candles", "400")
        assert done.code == 0, done.stderr
        assert time.monotonic() - began < 60
        assert hook.received == []
        hook.delay_s = 0
        delivered = home.golive("alerts", "deliver", "--wait", "90")
        assert delivered.code == 0, delivered.stderr
        assert {f"[ERROR] order {n} could not be canceled" for n in range(20)} <= set(hook.titles)
    rows = [entry.body for path in alert_files(tmp_path / "alerts") for entry in rows_of(path)]
    assert len([row for row in rows if row["outcome"] == "delivered"]) >= 40
    assert home.golive("audit", "verify", "--all").code == 0
