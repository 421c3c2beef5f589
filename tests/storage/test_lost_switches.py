"""A turn of auto-trade that a session followed is missed when the log that people's acts stand in is gone with the switch."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.model.command import Record
from golive.model.json import JsonObject
from golive.storage.auto_trade_switch import switch_path
from golive.storage.decision_journal import TradingDecisionJournal
from golive.storage.item import RecordItem
from golive.storage.security_admin import PATH
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import CONTEXT, ENTRYPOINT, START, new_store, signer_of
from support.switches import CAUSE, turned

EVENT = "auto_trader_transition"
OFF: JsonObject = {"from": "running", "to": "read_only", "cause": CAUSE, "operator": "ben"}
ON: JsonObject = {**OFF, "from": "read_only", "to": "armed"}


def in_the_decision_journal(home: Path, body: JsonObject) -> None:
    journal = TradingDecisionJournal(home, signer_of(home), CONTEXT)
    journal.note(EVENT, body)
    journal.close()


def in_a_store(home: Path, body: JsonObject) -> None:
    store = new_store(home)
    store.commit([RecordItem(Record(1, START, EVENT, body))])
    store.close()


def said(home: Path) -> str:
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    faults = [fault for result in results if result.path == home / PATH for fault in result.faults]
    assert {fault.soundness for fault in faults} <= {Soundness.CANNOT_SAY}
    return "; ".join(str(fault) for fault in faults)


def lose(home: Path) -> None:
    for path in (home / PATH, (home / PATH).with_suffix(".seal.json"), switch_path(home, ENTRYPOINT)):
        path.unlink()


@pytest.mark.parametrize("enabled", [False, True])
@pytest.mark.parametrize("witness", [in_the_decision_journal, in_a_store])
def test_a_session_tells_of_a_turn_whose_log_is_gone(
    tmp_path: Path, witness: Callable[[Path, JsonObject], None], enabled: bool
) -> None:
    turned(tmp_path, ENTRYPOINT, enabled=enabled)
    witness(tmp_path, ON if enabled else OFF)
    assert said(tmp_path) == ""
    lose(tmp_path)
    told = said(tmp_path)
    assert f"is gone, with its record that ben turned auto-trade of {ENTRYPOINT} {'on' if enabled else 'off'}, of which " in told
    assert (" seq 2 tells;" if witness is in_the_decision_journal else ".sqlite seq 1 tells;") in told
    turned(tmp_path, ENTRYPOINT, enabled=enabled, operator="anna")
    assert "has no record that ben" in said(tmp_path), "a log that was begun anew"


@pytest.mark.parametrize(
    "body",
    [
        {**OFF, "cause": "configuration"}, {**OFF, "cause": "not_as_recorded"}, {**OFF, "from": "armed", "to": "running"},
        {**OFF, "to": "armed"}, {**ON, "to": "halted"},
    ],
)  # fmt: skip
def test_what_no_command_turned_asks_for_no_record(tmp_path: Path, body: JsonObject) -> None:
    in_the_decision_journal(tmp_path, body)
    assert said(tmp_path) == ""
