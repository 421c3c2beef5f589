"""Alerts really arrive: over HTTP and SMTP, through outages, slow services, dead processes; and the audit says so."""

from __future__ import annotations

import email
import email.policy
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from golive.alerts.escalation import RetryPolicy
from golive.alerts.message import message_of
from golive.metrics.recorder import MemoryRecorder
from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.command import Alert
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.runtime.alerts.delivery import AlertDelivery
from golive.runtime.clock import SystemClock
from golive.runtime.emergency import HostEmergency
from golive.storage.alert_audit import INTERRUPTED, alert_files, rows_of
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.auto_trade_record import read_switch
from golive.storage.config_files import load_configuration
from golive.storage.emergency_flag import FLAG
from golive.storage.failpoint import VARIABLE
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys, entries
from support.alert_services import Webhook, keep_urls, mail_server, until, webhook
from support.killed import SOURCES

ROOT = Path(__file__).parents[3]
QUICK = RetryPolicy(first_s=0.1, longest_s=0.4, max_attempts=30)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    return tmp_path


def put(home: Path, n: int = 1, severity: str = "critical", **context: object) -> str:
    """Raise an alert of the shipped entrypoint; return its id."""
    given = Alert("risk", AlertSeverity(severity), "limit reached", "daily loss 1.6 %")
    message = message_of(given, f"id-{n}", SystemClock().now(), {"entrypoint": "okx_desktop_paper", **context})  # type: ignore[dict-item]
    outbox = AlertOutbox.open(home)
    outbox.put(message)
    outbox.close()
    return message.alert_id


@contextmanager
def delivering(
    home: Path, *, limit_s: float = 5.0, retry: RetryPolicy = QUICK, checks_s: tuple[float, float] = (30, 30)
) -> Iterator[tuple[AlertDelivery, MemoryRecorder]]:
    recorder = MemoryRecorder()
    configuration = load_configuration(home / "config/runtime.yaml", {})
    delivery = AlertDelivery(
        home, configuration, recorder, SystemClock(), limit_s=limit_s, retry=retry, checks_s=checks_s, say=lambda text: None
    )
    try:
        yield delivery, recorder
    finally:
        delivery.close(0.5)


def rows(home: Path) -> list[JsonObject]:
    return [entry.body for path in alert_files(home / "alerts") for entry in rows_of(path)]


def told(home: Path) -> list[tuple[object, object, object]]:
    return [(row["channel"], row["outcome"], row["attempts"]) for row in rows(home)]


def is_sound(home: Path) -> bool:
    return {each.soundness for each in Verifier(home, VerificationKeys.of_home(home)).everything()} == {"clean"}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_an_alert_arrives_by_webhook_and_by_mail_and_is_audited(home: Path) -> None:
    with webhook() as hook, mail_server(free_port()) as (mails, mail_url), delivering(home) as (delivery, recorder):
        keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=mail_url)
        put(home)
        assert delivery.settle(20)
        (posted,) = hook.received
        assert posted["title"] == "[CRITICAL] limit reached"
        assert "daily loss 1.6 %" in posted["message"]
        assert "alert: id-1" in posted["message"]
        assert len(mails.received) == 1
        assert "[CRITICAL] limit reached" in mails.received[0]
        letter = email.message_from_string(mails.received[0], policy=email.policy.default)
        lines = letter.get_content().splitlines()
        assert lines[:3] == ["daily loss 1.6 %", "", "entrypoint: okx_desktop_paper"]
        assert "alert: id-1" in lines
        assert sorted(told(home)) == [("oem-live", "delivered", 1), ("sec-alerts", "delivered", 1)]
        assert recorder.value("alerts_sent_total", channel="oem-live", severity="critical") == 1
        assert recorder.value("alerts_failed_total", channel="oem-live", severity="critical") == 0
    assert is_sound(home)


def test_every_series_is_there_at_zero(home: Path) -> None:
    with delivering(home) as (_, recorder):
        for channel in ("oem-live", "sec-alerts"):
            for severity in ("info", "warning", "error", "critical"):
                assert recorder.value("alerts_sent_total", channel=channel, severity=severity) == 0
                assert recorder.value("alerts_failed_total", channel=channel, severity=severity) == 0
                assert recorder.value("alerts_suppressed_total", channel="__suppressed__", severity=severity) == 0
            assert recorder.value("alert_healthcheck_errors_total", channel=channel) == 0


def test_the_same_alert_is_suppressed_once_it_was_delivered_and_a_critical_one_never(home: Path) -> None:
    with webhook() as hook, delivering(home) as (delivery, recorder):
        keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
        put(home, 0, "error")
        until(lambda: [outcome for _, outcome, _ in told(home)].count("delivered") == 2)
        for n in (1, 2):
            put(home, n, "error")
            until(lambda n=n: told(home).count(("__suppressed__", "suppressed", 0)) == n)
        for n in range(3, 6):
            put(home, n, "critical")
        until(lambda: hook.titles.count("[CRITICAL] limit reached") == 6)
        assert delivery.settle(20)
        assert hook.titles.count("[ERROR] limit reached") == 2, "one for each channel"
        assert recorder.value("alerts_suppressed_total", channel="__suppressed__", severity="error") == 2
    with delivering(home) as (delivery, _):  # the throttle's memory outlives the process
        put(home, 9, "error")
        assert delivery.settle(20)
    assert told(home).count(("__suppressed__", "suppressed", 0)) == 3


def test_an_outage_delays_and_loses_nothing(home: Path) -> None:
    port = free_port()
    with webhook() as other, delivering(home) as (delivery, recorder):
        keep_urls(home, alert_oem_live=f"json://127.0.0.1:{port}/hook", alert_sec_alerts=other.url)
        put(home)
        until(lambda: ("oem-live", "failed", 2) in told(home))
        assert other.titles == ["[CRITICAL] limit reached"], "one that fails holds up no other"
        with webhook(port) as hook:
            until(lambda: hook.received)
            assert delivery.settle(20)
            assert hook.titles == ["[CRITICAL] limit reached"]
        assert told(home)[-1][:2] == ("oem-live", "delivered")
        assert (recorder.value("alerts_failed_total", channel="oem-live", severity="critical") or 0) >= 2
    assert is_sound(home)


def test_a_refusal_is_tried_a_bounded_number_of_times(home: Path) -> None:
    with webhook() as hook, delivering(home, retry=RetryPolicy(first_s=0.02, longest_s=0.02, max_attempts=3)):
        hook.status = 500
        keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
        put(home)
        until(lambda: len(told(home)) == 6)
        time.sleep(0.3)
        assert sorted(told(home)) == [(c, "failed", n) for c in ("oem-live", "sec-alerts") for n in (1, 2, 3)]


def test_a_channel_that_never_answers_holds_up_no_other(home: Path) -> None:
    with webhook() as slow, webhook() as quick, delivering(home, limit_s=0.3):
        slow.delay_s = 8.0
        keep_urls(home, alert_oem_live=slow.url, alert_sec_alerts=quick.url)
        put(home)
        until(lambda: quick.received)
        assert not slow.received
        until(lambda: ("oem-live", "failed", 1) in told(home))
        slow.delay_s = 0.0
        until(lambda: any(row[:2] == ("oem-live", "delivered") for row in told(home)))


def test_an_error_that_its_channel_does_not_take_looks_for_the_critical_ones(home: Path) -> None:
    core = home / "config/core.yaml"
    text = core.read_text().replace("alert_channels: [oem-live, sec-alerts]", "alert_channels: [chat]")
    core.write_text(text.replace("    oem-live:\n", "    chat:\n      url_secret: chat\n    oem-live:\n"))
    with webhook() as chat, webhook() as other, delivering(home):
        chat.status = 500
        keep_urls(home, chat=chat.url, alert_oem_live=other.url, alert_sec_alerts=other.url)
        put(home, 1, "error")
        until(lambda: len(other.received) == 2)
        assert ("chat", "failed", 3) in told(home)
        until(lambda: ("oem-live", "delivered", 1) in told(home))


def test_a_channel_that_cannot_be_used_is_counted_before_it_is_needed(home: Path) -> None:
    keep_urls(home, alert_oem_live="json://127.0.0.1:9/hook")
    with delivering(home, checks_s=(0, 0.2)) as (_, recorder):
        until(lambda: (recorder.value("alert_healthcheck_errors_total", channel="sec-alerts") or 0) >= 2)
        assert recorder.value("alert_healthcheck_errors_total", channel="oem-live") == 0


def test_without_any_channel_the_audit_says_so(home: Path) -> None:
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("alert_channels: [oem-live, sec-alerts]", "alert_channels: []"))
    with delivering(home) as (delivery, recorder):
        put(home, 1, "error")
        assert delivery.settle(20)
        assert told(home) == [("__no_channel__", "no_channel", 0)]
        assert recorder.value("alerts_failed_total", channel="__no_channel__", severity="error") == 1


def test_a_missing_url_is_a_failure_and_no_url_is_ever_told(home: Path) -> None:
    with delivering(home) as (_, _recorder):
        put(home)
        until(lambda: ("oem-live", "failed", 1) in told(home))
        keep_urls(home, alert_oem_live="json://user:hush-hush@127.0.0.1:9/very-secret-token", alert_sec_alerts="nonsense")
        until(lambda: ("oem-live", "failed", 3) in told(home) and ("sec-alerts", "failed", 3) in told(home))
    kept = b"".join(path.read_bytes() for path in home.rglob("*") if path.is_file() and path.name != "alert_urls.json")
    assert b"hush-hush" not in kept
    assert b"very-secret-token" not in kept


def test_of_two_deliveries_one_delivers_and_the_other_takes_over(home: Path) -> None:
    with webhook() as hook, delivering(home) as (first, _), delivering(home) as (second, _):
        keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
        put(home, 1)
        assert second.settle(20)
        first.close()
        put(home, 2)
        assert second.settle(20)
        assert len(hook.received) == 4


def test_what_nobody_acknowledges_switches_auto_trade_off_and_emergency_mode_on_once(home: Path) -> None:
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("acknowledge_timeout_seconds: 300 ", "acknowledge_timeout_seconds: 10 "))
    with webhook() as hook, delivering(home) as (delivery, _):
        keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
        put(home, 1)
        put(home, 2, simulated=True)
        assert delivery.settle(20)
        outbox = AlertOutbox.open(home)
        assert [each.alert_id for each in outbox.unacknowledged()] == ["id-1"]
        assert not HostEmergency(home).read().modes
        until(lambda: HostEmergency(home).read().modes, 15)
        (mode,) = HostEmergency(home).read().modes
        assert mode.operator == "golive"
        assert mode.reason == "critical alert id-1 (limit reached) was not acknowledged within 10 s"
        until(lambda: hook.titles.count("[CRITICAL] Emergency mode is on (all)") == 2)
        assert not read_switch(home, "okx_desktop_paper", initial=True).enabled
        time.sleep(0.6)
        assert outbox.overdue(SystemClock().now()) == ()
        assert len(HostEmergency(home).read().modes) == 1
        outbox.close()


def test_a_flag_that_cannot_be_written_is_tried_again_and_recorded_and_told_once(home: Path) -> None:
    (home / FLAG).mkdir(parents=True)
    overdue = AlertMessage("id-1", "risk", AlertSeverity.CRITICAL, "limit reached", "b", SystemClock().now(), "k")
    with delivering(home) as (delivery, _):
        for _ in range(3):
            with pytest.raises(JournalError, match="Is a directory"):
                delivery._escalate([overdue], 10)
        outbox = AlertOutbox.open(home)
        told = [each.title for each in outbox.newest()]
        outbox.close()
        assert told == ["Emergency mode is on (all)"]
        (home / FLAG).rmdir()
        delivery._escalate([overdue], 10)
        assert "id-1" in next(mode.reason for mode in HostEmergency(home).flag.read().emergencies.modes)


def test_an_acknowledged_alert_escalates_nothing(home: Path) -> None:
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("acknowledge_timeout_seconds: 300 ", "acknowledge_timeout_seconds: 10 "))
    with webhook() as hook, delivering(home) as (delivery, _):
        keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
        put(home, 1)
        assert delivery.settle(20)
        outbox = AlertOutbox.open(home)
        assert outbox.acknowledge("id-1", "anna", SystemClock().now())
        outbox.close()
        time.sleep(10.5)
        assert not HostEmergency(home).read().modes


KILLED = """
import sys, time
from pathlib import Path
from golive.metrics.recorder import MemoryRecorder
from golive.runtime.alerts.delivery import AlertDelivery
from golive.runtime.clock import SystemClock
from golive.storage.config_files import load_configuration
home = Path(sys.argv[1])
delivery = AlertDelivery(home, load_configuration(home / "config/runtime.yaml", {}), MemoryRecorder(), SystemClock())
time.sleep(30)
"""


def killed(home: Path, failpoint: str) -> None:
    """Deliver in a process of its own until it reaches the point at which it is killed."""
    path = os.pathsep.join([str(SOURCES), os.environ.get("PYTHONPATH", "")])
    environment = {**os.environ, "PYTHONPATH": path, VARIABLE: failpoint}
    done = subprocess.run([sys.executable, "-c", KILLED, str(home)], env=environment, check=False, timeout=60)
    assert done.returncode == -9


def one_channel(home: Path, hook: Webhook) -> None:
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("alert_channels: [oem-live, sec-alerts]", "alert_channels: [oem-live]"))
    keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)


def test_killed_between_delivery_and_record_it_is_sent_again_and_the_audit_says_so(home: Path) -> None:
    with webhook() as hook:
        one_channel(home, hook)
        put(home)
        killed(home, "alerts.settle.before")
        assert len(hook.received) == 1
        with delivering(home) as (delivery, _):
            assert delivery.settle(20)
        assert len(hook.received) == 2, "at least once"
    types = [(entry.type, entry.body.get("attempts")) for path in alert_files(home / "alerts") for entry in entries(path)]
    assert (INTERRUPTED, 1) in types
    assert told(home) == [("oem-live", "delivered", 2)]
    assert is_sound(home)


def test_killed_between_audit_and_outbox_nothing_is_sent_or_written_twice(home: Path) -> None:
    with webhook() as hook:
        one_channel(home, hook)
        put(home)
        killed(home, "alerts.audited.before")
        with delivering(home) as (delivery, _):
            assert delivery.settle(20)
        assert len(hook.received) == 1
    assert told(home) == [("oem-live", "delivered", 1)]


def test_a_broken_audit_stops_no_delivery_and_is_written_once_it_is_put_right(home: Path) -> None:
    with webhook() as hook, delivering(home) as (delivery, _):
        keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
        put(home, 1)
        assert delivery.settle(20)
        (path,) = alert_files(home / "alerts")
        sound = path.read_bytes()
        path.write_bytes(sound[:-10])
        put(home, 2)
        until(lambda: len(hook.received) == 4)
        path.write_bytes(sound)
        assert delivery.settle(20)
        time.sleep(0.3)
        assert len(hook.received) == 4, "and nothing twice"
        assert len(told(home)) == 4
    assert is_sound(home)
