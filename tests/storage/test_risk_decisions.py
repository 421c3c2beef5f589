"""The risk decision log and its comparison with the store it was made from."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from golive.storage.decision_journal import TradingDecisionJournal
from golive.storage.item import RecordItem
from golive.storage.recovery import entries
from golive.storage.risk_decisions import RiskDecisions, compare
from golive.storage.session_reader import SessionReader
from golive.storage.session_store import StoredRecord
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import CONTEXT, approval, new_store, note, refusal, signer_of


def session(home: Path) -> tuple[Path, tuple[StoredRecord, ...]]:
    store = new_store(home)
    records = store.commit(
        [RecordItem(note(1)), RecordItem(approval(2)), RecordItem(refusal(3)), RecordItem(approval(4))]
    ).records
    store.close()
    return store.path, records


def write(home: Path, records: tuple[StoredRecord, ...]) -> Path:
    path = home / "logs/risk_decisions.jsonl"
    log = RiskDecisions(path, signer_of(home))
    log.project(records)
    log.close()
    return path


def faults(home: Path, store: Path, log: Path) -> list[str]:
    with closing(SessionReader(store)) as reader:
        return list(compare(reader.risk_bodies(), entries(log)))


def test_only_decisions_stand_in_the_log_and_agree_with_the_store(tmp_path: Path) -> None:
    store, records = session(tmp_path)
    log = write(tmp_path, records)
    assert [entry.type for entry in entries(log)] == ["header", *["risk_decision"] * 3]
    assert [entry.body["allowed"] for entry in list(entries(log))[1:]] == [True, False, True]
    assert faults(tmp_path, store, log) == []


def test_a_decision_that_is_missing_repeated_or_different_is_found(tmp_path: Path) -> None:
    store, records = session(tmp_path)
    changed = StoredRecord(3, 0, "x", {}, {**(records[2].risk_body or {}), "allowed": True})
    log = write(tmp_path, (records[3], records[3], changed))
    found = faults(tmp_path, store, log)
    assert [fault.partition(": ")[2] for fault in found] == [
        "is missing from the file", "the file says something else than the store", "stands 2 times in the file",
    ]  # fmt: skip


def test_verifying_an_installation_compares_every_store_with_the_log(tmp_path: Path) -> None:
    store, records = session(tmp_path)
    write(tmp_path, records[:-1])
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT)
    journal.project(records)
    journal.close()
    results = Verifier(tmp_path, VerificationKeys.of_home(tmp_path)).everything()
    told = [str(fault) for result in results for fault in result.faults]
    assert len(told) == 1
    assert "decision 4" in told[0]
    assert {result.path for result in results if result.faults} == {store}
