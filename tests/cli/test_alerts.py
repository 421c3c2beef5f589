"""The commands about alerts, against a real webhook."""

from __future__ import annotations

import io
import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from golive.alerts.message import message_of
from golive.cli.main import main
from golive.metrics.recorder import MemoryRecorder
from golive.model.alert import AlertOutcome, AlertRow, AlertSeverity
from golive.model.clock import DAY, SECOND
from golive.model.command import Alert
from golive.model.secret import Secret
from golive.runtime.alerts.delivery import LOCK, AlertDelivery
from golive.runtime.clock import SystemClock
from golive.runtime.emergency import HostEmergency
from golive.runtime.operators import add_operator
from golive.storage.alert_audit import FileAlertAuditLog, alert_files
from golive.storage.alert_outbox import PATH, AlertOutbox
from golive.storage.config_files import load_configuration
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.verified import entries
from support.alert_services import Webhook, keep_urls, until, webhook
from support.configuration import CORE, RUNTIME
from support.durable import ToldClock, signer_of

ROOT = Path(__file__).parents[2]
PHRASE = "a long enough passphrase of anna"


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as served:
        yield served


@pytest.fixture
def home(tmp_path: Path, hook: Webhook) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    keep_urls(tmp_path, alert_oem_live=hook.url, alert_sec_alerts=hook.url)
    return tmp_path


def golive(home: Path, *arguments: str) -> int:
    return main(["alerts", *arguments, "--home", str(home)])


def put(home: Path, n: int = 1) -> None:
    outbox = AlertOutbox.open(home)
    given = Alert("risk", AlertSeverity.CRITICAL, "limit reached", "daily loss")
    outbox.put(message_of(given, f"id-{n}", SystemClock().now(), {"entrypoint": "okx_desktop_paper"}))
    outbox.close()


def evidence(home: Path) -> dict[str, Any]:
    (path,) = (home / "var/audit/alerts").glob("selftest_*.json")
    document: dict[str, Any] = json.loads(path.read_text())
    Draft202012Validator(json.loads((ROOT / "docs/schemas/golive.alerts_selftest.v1.json").read_text())).validate(document)
    path.unlink()
    return document


def test_a_self_test_sends_a_nonce_to_each_critical_channel_and_leaves_evidence(home: Path, hook: Webhook) -> None:
    for _ in range(2):  # right after another one too: nothing critical is throttled
        hook.received.clear()
        assert golive(home, "selftest", "--severity", "critical", "--wait", "20") == 0
        told = evidence(home)
        assert told["status"] == "ok"
        assert told["audit"] == {"backend": "file", "directory": "alerts", "files": 1, "sound": True}
        assert [(each["channel"], each["outcome"]) for each in told["channels"]] == [
            ("oem-live", "delivered"), ("sec-alerts", "delivered"),
        ]  # fmt: skip
        for each in told["channels"]:
            assert any(each["nonce"] in message["message"] for message in hook.received)
    (path,) = alert_files(home / "alerts")
    assert [entry.type for entry in entries(path)].count("alert_selftest") == 2
    assert main(["audit", "verify", "--all", "--home", str(home)]) == 0


def test_a_channel_that_refuses_fails_the_self_test(home: Path, hook: Webhook) -> None:
    hook.status = 500
    assert golive(home, "selftest", "--wait", "2") == 4
    assert {each["outcome"] for each in evidence(home)["channels"]} == {"failed"}


def test_a_dead_channel_fails_the_self_test_though_another_one_works(
    home: Path, hook: Webhook, capsys: pytest.CaptureFixture[str]
) -> None:
    keep_urls(home, alert_oem_live=hook.url, alert_sec_alerts="json://127.0.0.1:9/dead?cto=1")
    assert golive(home, "selftest", "--wait", "2") == 4
    oem, sec = evidence(home)["channels"]
    assert (oem["outcome"], oem["problem"]) == ("delivered", None)
    assert (sec["channel"], sec["outcome"]) == ("sec-alerts", "failed")
    assert sec["problem"]
    assert sec["attempts"] >= 2
    assert sec["problem"] in capsys.readouterr().out
    assert len(hook.received) == 1, "a self-test asks its own channel alone"


def test_a_channel_that_says_nothing_in_time_leaves_it_unknown(home: Path, hook: Webhook) -> None:
    assert golive(home, "selftest", "--wait", "20") == 0
    assert evidence(home)["audit"]["sound"]
    hook.delay_s = 4
    assert golive(home, "selftest", "--wait", "1") == 6
    assert {each["outcome"] for each in evidence(home)["channels"]} == {"no_answer"}


def test_a_throttle_of_critical_alerts_is_found_out(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "config/runtime.yaml").write_text(RUNTIME)  # an environment of type live could not say so
    (home / "config/core.yaml").write_text(CORE.replace("exclude_severities: [critical]", "exclude_severities: [error]"))
    assert golive(home, "selftest", "--wait", "20") == 4, "nothing was held back yet, but it would be"
    told = evidence(home)
    assert (told["critical_exempt"], told["critical_suppressed"], told["status"]) == (False, [], "failed")
    assert "add it in core.yaml: environments.<name>" in capsys.readouterr().out
    assert golive(home, "selftest", "--wait", "20") == 4
    told = evidence(home)
    assert {each["outcome"] for each in told["channels"]} == {"suppressed"}
    assert len(told["critical_suppressed"]) == 2
    assert "alert_throttle.exclude_severities lacks critical" in capsys.readouterr().out
    (home / "config/core.yaml").write_text(CORE)
    assert golive(home, "selftest", "--wait", "20") == 4, "what was held back in the last 24 hours still counts"
    told = evidence(home)
    assert {each["outcome"] for each in told["channels"]} == {"delivered"}
    assert len(told["critical_suppressed"]) == 2


@pytest.mark.parametrize("how", ["cut", "removed"])
def test_an_audit_that_was_cut_off_or_removed_stays_so_until_a_person_decides(
    home: Path, hook: Webhook, how: str, capsys: pytest.CaptureFixture[str]
) -> None:
    audit = FileAlertAuditLog(home, signer_of(home, ToldClock(SystemClock().now())))
    now = SystemClock().now()
    for n, outcome in enumerate((AlertOutcome.DELIVERED, AlertOutcome.SUPPRESSED)):
        given = Alert("risk", AlertSeverity.CRITICAL, "limit reached", "daily loss")
        audit.append([AlertRow(message_of(given, f"id-{n}", now, {}), "oem-live", outcome, 1)])
    audit.close()
    assert golive(home, "selftest", "--wait", "20") == 4
    (path,) = alert_files(home / "alerts")
    whole = path.read_bytes()
    path.with_suffix(".seal.json").unlink()
    path.unlink()
    if how == "cut":
        path.write_bytes(whole[: whole.index(b"__suppressed__")].rpartition(b"\n")[0] + b"\n")
    hook.received.clear()
    assert golive(home, "selftest", "--wait", "1") == 6
    assert len(hook.received) == 2, "alerts are delivered all the same"
    told = capsys.readouterr()
    assert "put" in told.err
    assert "NOT sound: golive audit verify --all tells where" in told.out
    assert len(list((home / "alerts").glob("*"))) == (1 if how == "cut" else 0), "no seal, and no new file"
    assert main(["audit", "verify", "--all", "--home", str(home)]) == 1, "kept seals tell of more"
    for kept in (home / SEALS).glob("alerts.*"):
        kept.unlink()
    assert main(["audit", "verify", "--all", "--home", str(home)]) == 6


def test_an_audit_that_was_changed_leaves_a_self_test_unknown_though_everything_is_delivered(home: Path) -> None:
    yesterday = ToldClock(SystemClock().now() - DAY)
    audit = FileAlertAuditLog(home, signer_of(home, yesterday))
    message = message_of(Alert("risk", AlertSeverity.ERROR, "limit near", "daily loss"), "id-1", yesterday.now(), {})
    audit.append([AlertRow(message, "oem-live", AlertOutcome.DELIVERED, 1)])
    audit.close()
    (path,) = alert_files(home / "alerts")
    assert golive(home, "selftest", "--wait", "20") == 0
    assert evidence(home)["audit"] == {"backend": "file", "directory": "alerts", "files": 2, "sound": True}
    path.write_bytes(path.read_bytes().replace(b"daily loss", b"daily gain"))
    assert golive(home, "selftest", "--wait", "20") == 6
    told = evidence(home)
    assert {each["outcome"] for each in told["channels"]} == {"delivered"}
    assert (told["audit"]["sound"], told["status"]) == (False, "unknown")
    recorded = [entry.type for each in alert_files(home / "alerts") for entry in entries(each)].count("alert_selftest")
    assert recorded == 1, "an audit that is not sound is added no evidence of that"


def test_what_was_held_back_counts_for_a_day(home: Path) -> None:
    now = SystemClock().now()
    clock = ToldClock()
    audit = FileAlertAuditLog(home, signer_of(home, clock))
    for hours in (25, 23):
        clock.time = now - hours * 3600 * SECOND
        given = Alert("risk", AlertSeverity.CRITICAL, "limit reached", "daily loss")
        audit.append([AlertRow(message_of(given, f"id-{hours}", clock.now(), {}), "chat", AlertOutcome.SUPPRESSED, 0)])
    audit.close()
    assert golive(home, "selftest", "--wait", "20") == 4
    assert [each["alert_id"] for each in evidence(home)["critical_suppressed"]] == ["id-23"]


def test_what_a_process_that_does_not_know_a_channel_did_says_nothing_about_it(home: Path, hook: Webhook) -> None:
    core = home / "config/core.yaml"
    text = core.read_text()
    before, _, after = text.partition("    sec-alerts:\n")
    rest = after.partition("  acknowledge_timeout_seconds")[1:]
    core.write_text((before + "".join(rest)).replace("[oem-live, sec-alerts]", "[oem-live]"))
    older = AlertDelivery(home, load_configuration(home / "config/runtime.yaml", {}), MemoryRecorder(), SystemClock())
    try:
        assert older.settle(20)
        until((home / LOCK).exists)
        core.write_text(text)
        assert golive(home, "selftest", "--wait", "1") == 6
    finally:
        older.close(0)
    told = {each["channel"]: (each["outcome"], each["problem"]) for each in evidence(home)["channels"]}
    assert told["oem-live"] == ("delivered", None)
    assert told["sec-alerts"] == ("no_answer", "no process that knows this channel has taken it from the outbox")


def test_without_a_critical_channel_there_is_nothing_to_test(home: Path) -> None:
    core = home / "config/core.yaml"
    core.write_text(core.read_text().replace("critical: true", "critical: false"))
    assert golive(home, "selftest") == 3
    assert golive(home, "selftest", "--severity", "info") == 2


def test_a_delivery_switches_emergency_mode_on_for_what_nobody_acknowledged_though_nothing_waits(
    home: Path, hook: Webhook, capsys: pytest.CaptureFixture[str]
) -> None:
    put(home)
    assert golive(home, "deliver", "--wait", "20") == 0
    with closing(sqlite3.connect(home / PATH, isolation_level=None)) as outbox:
        outbox.execute("UPDATE outbox SET due_at = 1")
    hook.received.clear()
    assert golive(home, "deliver", "--wait", "20") == 0
    assert "emergency mode is on: critical alert id-1" in capsys.readouterr().err
    assert len(HostEmergency(home).read().modes) == 1
    assert hook.titles == ["[CRITICAL] Emergency mode is on (all)"] * 2


def test_a_list_of_no_project_is_no_empty_list(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert golive(home, "list") == 0
    assert golive(tmp_path / "nowhere", "list") == 2
    assert "nowhere" in capsys.readouterr().err


def test_what_waits_is_listed_delivered_and_acknowledged(
    home: Path, hook: Webhook, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(home)
    assert golive(home, "list") == 0
    assert "pending" in capsys.readouterr().out
    hook.status = 500
    assert golive(home, "deliver", "--wait", "1") == 6
    assert "oem-live" in capsys.readouterr().err
    hook.status = 200
    assert golive(home, "deliver", "--wait", "60") == 0
    assert len(hook.received) == 2
    capsys.readouterr()
    assert golive(home, "list", "--unacknowledged", "--json") == 0
    document = json.loads(capsys.readouterr().out)
    Draft202012Validator(json.loads((ROOT / "docs/schemas/golive.alerts.v1.json").read_text())).validate(document)
    (line,) = document["alerts"]
    assert line["acknowledge_until"] is not None
    add_operator(home, "anna", ["operator"], Secret(PHRASE), by=None)
    add_operator(home, "carl", ["risk"], Secret(PHRASE), by=None)
    for name, arguments, code in (
        ("carl", ["id-1"], 3), ("anna", ["id-9"], 2), ("anna", ["id"], 0), ("anna", ["--all"], 0), ("anna", [], 2),
    ):  # fmt: skip
        monkeypatch.setattr("sys.stdin", io.StringIO(PHRASE + "\n"))
        assert golive(home, "ack", *arguments, "--operator", name) == code, arguments
    assert "id-1: acknowledged by anna" in capsys.readouterr().out
    assert golive(home, "list") == 0
    assert "(seen by anna)" in capsys.readouterr().out
    assert golive(home, "list", "--lang", "pl") == 0
    said = capsys.readouterr().out
    assert "  krytyczny " in said
    assert "(widziane przez anna)" in said
    assert "    oem-live: dostarczony, próba " in said
