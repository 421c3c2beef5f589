"""The audit of alerts: one signed journal through the days, shared by processes, old files removed on the record."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.model.alert import AlertMessage, AlertOutcome, AlertRow, AlertSeverity
from golive.model.clock import DAY
from golive.model.errors import JournalError
from golive.storage.alert_audit import ALERT, INTERRUPTED, REMOVED, FileAlertAuditLog, alert_files, rows_of
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys, entries
from support.durable import START, ToldClock, signer_of


def row(outcome: AlertOutcome = AlertOutcome.DELIVERED, attempts: int = 1, channel: str = "chat") -> AlertRow:
    message = AlertMessage("id-1", "risk", AlertSeverity.ERROR, "title", "text", START, "k", {"entrypoint": "e"})
    return AlertRow(message, channel, outcome, attempts)


def verdicts(home: Path) -> dict[str, Soundness]:
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    return {result.path.name: result.soundness for result in results}


def test_each_outcome_is_a_row_of_the_contract(tmp_path: Path) -> None:
    audit = FileAlertAuditLog(tmp_path, signer_of(tmp_path))
    audit.append([row(), row(AlertOutcome.FAILED), row(AlertOutcome.SUPPRESSED, 0), row(AlertOutcome.NO_CHANNEL, 0)])
    audit.append([row(AlertOutcome.INTERRUPTED)])
    audit.close()
    (path,) = alert_files(tmp_path / "alerts")
    bodies = [entry.body for entry in rows_of(path)]
    assert [(body["channel"], body["outcome"]) for body in bodies] == [
        ("chat", "delivered"), ("chat", "failed"), ("__suppressed__", "suppressed"), ("__no_channel__", "no_channel"),
    ]  # fmt: skip
    expected = {"alert_id", "channel", "outcome", "category", "severity", "title", "body", "context", "attempts", "key_class"}
    assert set(bodies[0]) == expected
    assert [entry.type for entry in entries(path)][1:] == [*[ALERT] * 4, INTERRUPTED]
    assert verdicts(tmp_path)[path.name] is Soundness.CLEAN


def test_the_chain_goes_on_through_the_days_and_two_writers_share_it(tmp_path: Path) -> None:
    clock = ToldClock()
    signer = signer_of(tmp_path, clock)
    one, two = FileAlertAuditLog(tmp_path, signer), FileAlertAuditLog(tmp_path, signer)
    for audit in (one, two, one):
        audit.append([row()])
        clock.next_day()
    two.append([row(attempts=2)])
    assert len(alert_files(tmp_path / "alerts")) == 4
    assert set(verdicts(tmp_path).values()) == {Soundness.CLEAN}
    assert one.has(row(attempts=2))
    assert not one.has(row(attempts=3))
    path = alert_files(tmp_path / "alerts")[1]
    path.write_bytes(path.read_bytes().replace(b'"text"', b'"lies"'))
    assert verdicts(tmp_path)[path.name] is Soundness.TAMPERED


def test_files_out_of_retention_go_on_the_record_and_the_rest_stays_sound(tmp_path: Path) -> None:
    clock = ToldClock()
    audit = FileAlertAuditLog(tmp_path, signer_of(tmp_path, clock), retention_days=3)
    for _ in range(8):
        audit.append([row()])
        clock.next_day()
    files = alert_files(tmp_path / "alerts")
    assert len(files) == 4
    assert any(entry.type == REMOVED for path in files for entry in entries(path))
    assert set(verdicts(tmp_path).values()) == {Soundness.CLEAN}
    files[0].unlink()
    files[0].with_suffix(".seal.json").unlink()
    assert Soundness.CANNOT_SAY in verdicts(tmp_path).values()


def test_the_file_before_the_newest_stays_however_old_it_is_for_the_newest_continues_it(tmp_path: Path) -> None:
    clock = ToldClock()
    signer = signer_of(tmp_path, clock)
    audit = FileAlertAuditLog(tmp_path, signer, retention_days=3)
    for days in (1, 100, 0):
        audit.append([row()])
        clock.time += days * DAY
    audit.close()
    assert [path.name for path in alert_files(tmp_path / "alerts")] == ["alerts-20260102.jsonl", "alerts-20260412.jsonl"]
    FileAlertAuditLog(tmp_path, signer, retention_days=3).append([row(attempts=2)])
    assert set(verdicts(tmp_path).values()) == {Soundness.CLEAN}


def test_an_audit_that_was_tampered_with_takes_no_row(tmp_path: Path) -> None:
    audit = FileAlertAuditLog(tmp_path, signer_of(tmp_path))
    audit.append([row()])
    audit.close()
    (path,) = alert_files(tmp_path / "alerts")
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b'"text"', b'"lies"'))
    with pytest.raises(JournalError, match=r"alerts-\d{8}\.jsonl"):
        audit.append([row()])
    path.write_bytes(sound)
    audit.append([row(attempts=2)])  # put right, it is taken up again


def test_a_row_goes_to_no_file_that_was_moved_or_removed_while_it_was_open(tmp_path: Path) -> None:
    audit = FileAlertAuditLog(tmp_path, signer_of(tmp_path))
    audit.append([row()])
    (path,) = alert_files(tmp_path / "alerts")
    kept = path.rename(tmp_path / "kept")
    with pytest.raises(JournalError, match="removed or replaced while it was open"):
        audit.append([row(attempts=2)])
    with pytest.raises(JournalError, match="does not match its seal"):
        audit.append([row(attempts=2)])
    kept.rename(path)
    audit.append([row(attempts=2)])
    audit.close()
    assert [entry.body["attempts"] for entry in rows_of(path)] == [1, 2]
    assert verdicts(tmp_path)[path.name] is Soundness.CLEAN
