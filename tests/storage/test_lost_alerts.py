"""Rows that the audit of alerts has lost are missed: the outbox and the evidence of self-tests still tell of them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.model.alert import AlertMessage, AlertOutcome, AlertRow, AlertSeverity, Sent
from golive.model.clock import to_iso
from golive.model.errors import JournalError
from golive.storage.alert_audit import DIRECTORY, FileAlertAuditLog, alert_files
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.alert_verification import verify_alert_audit
from golive.storage.lost_alerts import EVIDENCE
from golive.storage.verified import VerificationKeys
from support.durable import START, ToldClock, signer_of


def message(alert_id: str, ts: int = START) -> AlertMessage:
    return AlertMessage(alert_id, "risk", AlertSeverity.CRITICAL, "limit reached", "daily loss", ts, "k", {})


def row(alert_id: str, outcome: AlertOutcome = AlertOutcome.DELIVERED) -> AlertRow:
    return AlertRow(message(alert_id), "chat", outcome, 1)


def by_the_outbox(home: Path, *, audited: bool = True) -> None:
    """One alert was delivered, one held back, one had no channel."""
    outbox = AlertOutbox.open(home)
    for n in (1, 2, 3):
        outbox.put(message(f"id-{n}"))
        outbox.route(message(f"id-{n}"), ["chat"] if n < 3 else [], START, None)
    outbox.begin(outbox.due(START)[0])
    outbox.settle(Sent("id-1", "chat", None), lambda made: None)
    outbox.suppress("id-2")
    if audited:
        outbox.audited([n for n, _ in outbox.outcomes()])
    outbox.close()


def by_a_self_test(home: Path) -> None:
    """It was delivered to one channel, and found what was held back."""
    path = home / EVIDENCE / "selftest_20260101T000000Z.json"
    path.parent.mkdir(parents=True)
    told = {
        "generated_at": to_iso(START),
        "channels": [
            {"alert_id": "id-1", "channel": "chat", "outcome": "delivered"},
            {"alert_id": "id-9", "channel": "mail", "outcome": "no_answer"},
        ],
        "critical_suppressed": [{"alert_id": "id-2", "ts": to_iso(START)}],
    }
    path.write_text(json.dumps(told))


def written(home: Path, clock: ToldClock | None = None, retention_days: int = 730) -> FileAlertAuditLog:
    audit = FileAlertAuditLog(home, signer_of(home, clock or ToldClock()), retention_days=retention_days)
    audit.append([row("id-1")])
    audit.append([row("id-2", AlertOutcome.SUPPRESSED), row("id-3", AlertOutcome.NO_CHANNEL)])
    return audit


def said(home: Path) -> str:
    faults = [
        fault for each in verify_alert_audit(home, VerificationKeys.of_home(home), home / DIRECTORY) for fault in each.faults
    ]
    assert {fault.soundness for fault in faults} <= {Soundness.CANNOT_SAY}
    return "; ".join(str(fault) for fault in faults)


@pytest.mark.parametrize("witness", [by_the_outbox, by_a_self_test])
def test_an_audit_that_is_gone_or_begun_anew_is_missed_and_no_other_takes_its_place(
    tmp_path: Path, witness: Callable[[Path], None]
) -> None:
    written(tmp_path).close()
    witness(tmp_path)
    assert said(tmp_path) == ""
    (path,) = alert_files(tmp_path / "alerts")
    seal = path.with_suffix(".seal.json")
    kept, kept_seal = path.read_bytes(), seal.read_bytes()
    path.unlink()
    seal.unlink()
    assert "is gone, with its row of alert id-1 at chat" in said(tmp_path)
    audit = FileAlertAuditLog(tmp_path, signer_of(tmp_path))
    with pytest.raises(JournalError, match="is gone, with its row"):
        audit.append([row("id-4")])
    assert alert_files(tmp_path / "alerts") == []
    path.write_bytes(kept)
    seal.write_bytes(kept_seal)
    audit.append([row("id-4")])  # put right, it is taken up again
    audit.close()
    assert said(tmp_path) == ""


@pytest.mark.parametrize("witness", [by_the_outbox, by_a_self_test])
def test_what_was_held_back_is_missed_in_an_audit_that_lacks_it(tmp_path: Path, witness: Callable[[Path], None]) -> None:
    audit = FileAlertAuditLog(tmp_path, signer_of(tmp_path))
    audit.append([row("id-1"), row("id-3", AlertOutcome.NO_CHANNEL)])
    audit.close()
    witness(tmp_path)
    assert "has no row of alert id-2 at __suppressed__" in said(tmp_path)


def test_nobody_asks_for_what_the_audit_was_not_given_yet(tmp_path: Path) -> None:
    by_the_outbox(tmp_path, audited=False)
    assert said(tmp_path) == ""
    FileAlertAuditLog(tmp_path, signer_of(tmp_path)).append([row("id-1")])
    assert said(tmp_path) == ""


def test_nobody_asks_for_what_is_out_of_retention(tmp_path: Path) -> None:
    clock = ToldClock()
    audit = written(tmp_path, clock, retention_days=2)
    by_the_outbox(tmp_path)
    by_a_self_test(tmp_path)
    for n in range(5):
        clock.next_day()
        audit.append([row(f"later-{n}")])
    audit.close()
    assert len(alert_files(tmp_path / "alerts")) == 3
    assert said(tmp_path) == ""


def test_the_newest_day_is_missed_though_the_day_before_is_closed(tmp_path: Path) -> None:
    clock = ToldClock()
    signer = signer_of(tmp_path, clock)
    audit = FileAlertAuditLog(tmp_path, signer)
    audit.append([row("id-0")])
    clock.next_day()
    audit.append([row("id-1"), row("id-2", AlertOutcome.SUPPRESSED), row("id-3", AlertOutcome.NO_CHANNEL)])
    audit.close()
    by_the_outbox(tmp_path)
    newest = alert_files(tmp_path / "alerts")[-1]
    newest.unlink()
    newest.with_suffix(".seal.json").unlink()
    with pytest.raises(JournalError, match="has no row of alert id-1"):
        FileAlertAuditLog(tmp_path, signer).append([row("id-4")])


def test_a_witness_that_cannot_be_read_leaves_it_unknown(tmp_path: Path) -> None:
    written(tmp_path).close()
    by_a_self_test(tmp_path)
    (path,) = (tmp_path / EVIDENCE).glob("*.json")
    path.write_text('{"channels": []}')
    assert "is no evidence of a self-test that can be read" in said(tmp_path)


def test_an_audit_without_its_seal_takes_no_row_but_one_that_a_crash_left_without_goes_on(tmp_path: Path) -> None:
    audit = written(tmp_path)
    audit.close()
    (path,) = alert_files(tmp_path / "alerts")
    seal = path.with_suffix(".seal.json")
    kept = seal.read_bytes()
    path.write_bytes(path.read_bytes().partition(b'"id-2"')[0].rpartition(b"\n")[0] + b"\n")
    seal.unlink()
    with pytest.raises(JournalError, match=r"its seal alerts-20260101\.seal\.json is gone, so records may have been cut off"):
        audit.append([row("id-4")])
    assert not seal.exists()
    seal.write_bytes(kept)
    with pytest.raises(JournalError, match="does not match its seal"):
        audit.append([row("id-4")])


def test_the_first_writer_that_was_cut_off_before_its_seal_keeps_nobody_from_going_on(tmp_path: Path) -> None:
    clock = ToldClock(time.time_ns())
    audit = FileAlertAuditLog(tmp_path, signer_of(tmp_path, clock))
    audit.record([])
    audit.close()
    (path,) = alert_files(tmp_path / "alerts")
    path.with_suffix(".seal.json").unlink()
    audit.append([row("id-4")])
    audit.close()
    assert said(tmp_path) == ""
