"""An activation of emergency mode whose journal, seal and flag are gone together is found by each witness that was signed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.model.alert import AlertOutcome, AlertRow
from golive.model.clock import to_iso
from golive.model.command import Record
from golive.model.emergency import EmergencyMode
from golive.model.json import JsonObject
from golive.runtime.emergency import HostEmergency
from golive.runtime.operators import record_act
from golive.storage.alert_audit import FileAlertAuditLog
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.auto_trade_record import SWITCHED, switched_body
from golive.storage.decision_journal import TradingDecisionJournal
from golive.storage.emergency_flag import FLAG
from golive.storage.emergency_journal import ACTIVATED, CANNOT_TELL, CAUSE, LOST, OLDER, PATH
from golive.storage.item import RecordItem
from golive.storage.live_verifier import LiveBounds
from golive.storage.order_journal import NoteItem
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import CONTEXT, START, new_store, signer_of
from support.golive_process import Home
from support.live_orders import write
from support.people import ANNA, BERT
from support.wall_clock import WallClock

SEAL = PATH.with_suffix(".seal.json")


def session_body(mode: EmergencyMode) -> JsonObject:
    return {"reason": mode.reason, "operator": mode.operator, "scope": mode.scope}


def in_the_decision_journal(home: Path, mode: EmergencyMode) -> None:
    journal = TradingDecisionJournal(home, signer_of(home), CONTEXT)
    journal.note(ACTIVATED, session_body(mode))
    journal.close()


def in_a_store(home: Path, mode: EmergencyMode) -> None:
    store = new_store(home)
    store.commit([RecordItem(Record(1, START, ACTIVATED, session_body(mode)))])
    store.close()


def in_the_decision_log(home: Path, mode: EmergencyMode) -> None:
    body: JsonObject = {
        "subject": mode.scope, "activation": 1, "state": mode.state.value, "reason": mode.reason, "operator": mode.operator,
        "since": to_iso(mode.since),
    }  # fmt: skip
    write(home, (NoteItem(ACTIVATED, body, "anna"),))


def in_an_order_journal(home: Path, mode: EmergencyMode) -> None:
    in_the_decision_log(home, mode)
    for path in (home / "audit/decision_logs").iterdir():
        path.unlink()


def in_a_switch(home: Path, mode: EmergencyMode) -> None:
    body = switched_body("okx_desktop_paper", enabled=False, cause=f"{CAUSE}{mode.reason}", at=START)
    record_act(home, SWITCHED, body, mode.operator, clock=WallClock())


def in_the_audit_of_alerts(home: Path, mode: EmergencyMode) -> None:
    outbox = AlertOutbox.open(home)
    messages = outbox.pending()
    outbox.close()
    audit = FileAlertAuditLog(home, signer_of(home))
    audit.append([AlertRow(message, "chat", AlertOutcome.DELIVERED, 1) for message in messages])
    audit.close()


WITNESSES: dict[str, Callable[[Path, EmergencyMode], None]] = {
    "audit/decisions/decisions-20260101.jsonl seq 2": in_the_decision_journal,
    "_01234567.sqlite seq 1": in_a_store,
    "audit/decision_logs/live_execution.jsonl seq 2": in_the_decision_log,
    "var/state/orders/okx_spot_main.sqlite seq 3": in_an_order_journal,
    "logs/security_admin.log seq 2": in_a_switch,
    "alerts/alerts-20260101.jsonl seq 2": in_the_audit_of_alerts,
}


def said(home: Path, live: LiveBounds | None = None) -> str:
    """Return what is said of the journal of emergency mode besides what its own bytes say; '' for nothing."""
    results = Verifier(home, VerificationKeys.of_home(home), live=live).everything()
    faults = [fault for result in results if result.path == home / PATH for fault in result.faults]
    assert {fault.soundness for fault in faults} <= {Soundness.CANNOT_SAY}
    return "; ".join(str(fault) for fault in faults)


def lose(home: Path) -> None:
    for path in (PATH, SEAL, FLAG):
        (home / path).unlink()


@pytest.mark.parametrize(("where", "witness"), WITNESSES.items(), ids=[each.__name__ for each in WITNESSES.values()])
def test_each_witness_tells_of_an_activation_whose_journal_is_gone(
    tmp_path: Path, where: str, witness: Callable[[Path, EmergencyMode], None]
) -> None:
    host = HostEmergency(tmp_path)
    [mode] = host.activate("the venue lies", "anna", "balanced").modes
    witness(tmp_path, mode)
    assert said(tmp_path) == ""
    host.deactivate(ANNA, BERT)
    assert said(tmp_path) == "", "what was lifted was on"
    lose(tmp_path)
    told = said(tmp_path)
    assert "is gone, with its record of an activation" in told
    assert "anna: the venue lies" in told
    assert f"{where} tell" in told
    assert "put the journal and its seal back" in told
    host.activate("another one", "anna", "balanced")
    assert "has no record of an activation" in said(tmp_path), "a journal that was begun anew"


def test_several_witnesses_are_counted_and_the_first_is_named(tmp_path: Path) -> None:
    [mode] = HostEmergency(tmp_path).activate("drill", "anna").modes
    for witness in (in_a_switch, in_the_audit_of_alerts, in_the_decision_journal):
        witness(tmp_path, mode)
    lose(tmp_path)
    assert "decisions-20260101.jsonl seq 2 tells, and 2 more tell the like;" in said(tmp_path)


def test_an_earlier_activation_with_the_same_words_does_not_stand_for_a_later_one_of_an_order_journal(tmp_path: Path) -> None:
    host = HostEmergency(tmp_path)
    [mode] = host.activate("drill", "anna").modes
    in_the_decision_log(tmp_path, mode)
    lose(tmp_path)
    host.activate("drill", "anna")
    assert "has no record" in said(tmp_path)
    assert said(tmp_path, LiveBounds(url="postgresql://nowhere")) == "", "a shared journal tells of other hosts, too"


@pytest.mark.parametrize("reason", [LOST, OLDER, f"{CANNOT_TELL}: torn", f"/srv/{FLAG} cannot be read: it is no regular file"])
def test_what_is_on_because_nobody_can_tell_asks_for_no_record(tmp_path: Path, reason: str) -> None:
    [mode] = HostEmergency(tmp_path).activate(reason, "golive").modes
    in_the_decision_journal(tmp_path, mode)
    in_the_decision_log(tmp_path, EmergencyMode(mode.state, reason, "golive", "all", 0))
    lose(tmp_path)
    assert said(tmp_path) == ""


def test_an_activation_turns_auto_trade_off_in_the_words_that_are_looked_for(tmp_path: Path) -> None:
    home = Home(tmp_path / "home").path
    HostEmergency(home).activate("drill", "anna")
    HostEmergency(home).activate("again", "bert")
    assert said(home) == ""
    lose(home)
    assert "anna: drill) of which logs/security_admin.log seq 2 tells" in said(home)
