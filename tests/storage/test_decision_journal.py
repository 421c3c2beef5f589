"""The decision journal: one chain through the days, shared by processes, never ahead of its store."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.model.errors import JournalError
from golive.storage.decision_journal import (
    DIRECTORY,
    TradingDecisionJournal,
    compare,
    decision_body,
    index,
    journal_files,
)
from golive.storage.item import RecordItem
from golive.storage.journal_file import JournalFile
from golive.storage.recovery import entries
from golive.storage.seal_copies import DIRECTORY as SEALS
from golive.storage.session_store import StoredRecord
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.durable import CONTEXT, IDLE, RUN_ID, START, ToldClock, new_store, note, signer_of


def record(seq: int, event: str = "inaction") -> StoredRecord:
    return StoredRecord(seq, START, event, dict(IDLE), None)


def verdicts(home: Path) -> dict[str, Soundness]:
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    return {result.path.name: result.soundness for result in results if result.path.parent == home / DIRECTORY}


def names(home: Path) -> list[str]:
    return [path.name for path in journal_files(home / DIRECTORY)]


def test_the_body_carries_the_members_every_record_has(tmp_path: Path) -> None:
    body = decision_body(record(7), CONTEXT)
    assert body == {
        "event": "inaction",
        "entrypoint": "okx_desktop_paper",
        "environment": "okx_paper",
        "portfolio": "okx_desktop_paper",
        "risk_profile": "balanced",
        "run_id": RUN_ID,
        "record_seq": 7,
        "event_time": "2026-01-01T00:00:00Z",
        **IDLE,
    }


def test_a_record_may_not_contradict_those_members() -> None:
    bad = StoredRecord(1, START, "inaction", {"environment": "okx_live"}, None)
    with pytest.raises(JournalError, match=r"body\.environment is taken"):
        decision_body(bad, CONTEXT)


def test_one_chain_runs_through_the_days(tmp_path: Path) -> None:
    clock = ToldClock()
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path, clock), CONTEXT)
    for seq in range(1, 4):
        journal.project([record(seq)])
        clock.next_day()
    journal.close()
    assert names(tmp_path) == ["decisions-20260101.jsonl", "decisions-20260102.jsonl", "decisions-20260103.jsonl"]
    assert set(verdicts(tmp_path).values()) == {Soundness.CLEAN}
    chain = [entry for path in journal_files(tmp_path / DIRECTORY) for entry in entries(path)]
    assert [entry.seq for entry in chain] == list(range(1, len(chain) + 1))
    assert [entry.type for entry in chain[1:6]] == [
        "decision_event",
        "key_evolved",  # a day has passed
        "segment_closed",
        "segment_opened",
        "decision_event",
    ]
    assert len({entry.body.get("log_id") for entry in chain if "log_id" in entry.body}) == 1


def test_a_later_session_goes_on_in_the_newest_file_even_when_the_clock_was_set_back(tmp_path: Path) -> None:
    clock = ToldClock()
    clock.next_day()
    for _ in range(2):
        journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path, clock), CONTEXT)
        journal.project([record(1)])
        journal.close()
        clock.time = START
    assert names(tmp_path) == ["decisions-20260102.jsonl"]
    assert set(verdicts(tmp_path).values()) == {Soundness.CLEAN}


def test_processes_that_share_the_journal_cross_midnight_together(tmp_path: Path) -> None:
    clock = ToldClock()
    writers = [TradingDecisionJournal(tmp_path, signer_of(tmp_path, clock), CONTEXT) for _ in range(3)]
    seq = 0
    for _ in range(3):
        for writer in (*writers, writers[1]):
            seq += 1
            writer.project([record(seq)])
        clock.next_day()
    for writer in writers:
        writer.close()
    assert len(names(tmp_path)) == 3
    assert set(verdicts(tmp_path).values()) == {Soundness.CLEAN}
    written = index(entry for path in journal_files(tmp_path / DIRECTORY) for entry in entries(path))
    assert sorted(written) == [(RUN_ID, n) for n in range(1, seq + 1)]


def test_a_crash_between_closing_a_file_and_opening_the_next_is_mended(tmp_path: Path) -> None:
    clock = ToldClock()
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path, clock), CONTEXT)
    journal.project([record(1)])
    journal.close()
    clock.next_day()
    path = tmp_path / DIRECTORY / "decisions-20260101.jsonl"
    closing = JournalFile.open(path, "decisions", signer_of(tmp_path, clock), seal_path=path.with_suffix(".seal.json"))
    closing.close_segment("decisions-20260102.jsonl")
    closing.close()
    assert verdicts(tmp_path) == {path.name: Soundness.CANNOT_SAY}
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path, clock), CONTEXT)
    journal.project([record(2)])
    journal.close()
    assert names(tmp_path) == ["decisions-20260101.jsonl", "decisions-20260102.jsonl"]
    assert set(verdicts(tmp_path).values()) == {Soundness.CLEAN}


def test_a_missing_day_is_tampering_and_of_a_last_one_gone_with_all_its_seals_nothing_can_be_said(tmp_path: Path) -> None:
    clock = ToldClock()
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path, clock), CONTEXT)
    for seq in range(1, 4):
        journal.project([record(seq)])
        clock.next_day()
    journal.close()
    for name in ("decisions-20260103.jsonl", "decisions-20260103.seal.json"):
        (tmp_path / DIRECTORY / name).rename(tmp_path / name)
    assert verdicts(tmp_path)["decisions-20260102.jsonl"] is Soundness.TAMPERED
    (copies,) = (tmp_path / SEALS).glob("decisions.*")
    kept = copies.read_bytes()
    copies.unlink()
    assert verdicts(tmp_path)["decisions-20260102.jsonl"] is Soundness.CANNOT_SAY
    copies.write_bytes(kept)
    for name in ("decisions-20260103.jsonl", "decisions-20260103.seal.json"):
        (tmp_path / name).rename(tmp_path / DIRECTORY / name)
    (tmp_path / DIRECTORY / "decisions-20260102.jsonl").unlink()
    found = verdicts(tmp_path)
    assert found["decisions-20260103.jsonl"] is Soundness.TAMPERED
    assert found["decisions-20260102.seal.json"] is Soundness.TAMPERED


def test_comparing_finds_what_is_missing_repeated_or_different(tmp_path: Path) -> None:
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT)
    other = StoredRecord(4, START, "inaction", {**IDLE, "code": "WARMING_UP"}, None)
    journal.project([record(1), record(2), record(2), other])
    journal.close()
    written = index(entry for path in journal_files(tmp_path / DIRECTORY) for entry in entries(path))
    stored = [record(seq) for seq in (1, 2, 3, 4)]
    assert [fault.partition(": ")[2] for fault in compare(RUN_ID, stored, written)] == [
        "stands 2 times in the journal", "is missing from the journal", "the journal says something else than the store",
    ]  # fmt: skip


def test_a_seal_is_made_at_least_every_thousand_records(tmp_path: Path) -> None:
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT)
    seal = journal.path.with_suffix(".seal.json")
    before = seal.read_bytes()
    journal.project([record(seq) for seq in range(1, 901)])
    assert seal.read_bytes() == before
    journal.project([record(seq) for seq in range(901, 1101)])
    assert seal.read_bytes() != before
    journal.close()


def test_verifying_names_a_signal_that_did_not_end_in_one_decision(tmp_path: Path) -> None:
    def signal(seq: int, n: int) -> StoredRecord:
        told = {"signal_id": f"okx:BTC/USDT#{n}", "target": "1", "cause": "target_changed", "instrument": "okx:BTC/USDT"}
        return StoredRecord(seq, START, "signal_received", told, None)

    def neutral(seq: int, n: int) -> StoredRecord:
        told = {"signal_id": f"okx:BTC/USDT#{n}", "code": "BELOW_MINIMUM", "instrument": "okx:BTC/USDT"}
        return StoredRecord(seq, START, "signal_neutral", told, None)

    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT)
    journal.project([signal(1, 1), signal(2, 2), neutral(3, 2), neutral(4, 2), signal(5, 3)])
    journal.close()
    found = [
        fault.text for result in Verifier(tmp_path, VerificationKeys.of_home(tmp_path)).everything() for fault in result.faults
    ]
    assert found[:2] == [
        f"run {RUN_ID}: signal okx:BTC/USDT#1 has no decision: record 2 is the next signal",
        f"run {RUN_ID}: signal okx:BTC/USDT#2 has two decisions: records 3 and 4",
    ]
    assert found[2:] == [
        f"the store of run {RUN_ID} is gone, and 5 records of the decision journal can be held against nothing; "
        "put the store and its seal back from a copy"
    ]


def test_verifying_names_such_a_signal_of_a_session_whose_store_says_the_same(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    records = store.commit([RecordItem(note(seq, "signal_received")) for seq in (1, 2)]).records
    store.close()
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT)
    journal.project(records)
    journal.close()
    results = [each for each in Verifier(tmp_path, VerificationKeys.of_home(tmp_path)).everything() if each.faults]
    assert [(each.path, each.soundness) for each in results] == [(store.path, Soundness.TAMPERED)]
    assert results[0].faults[0].text == f"run {RUN_ID}: signal okx:BTC/USDT#1 has no decision: record 2 is the next signal"


def test_an_event_that_is_not_in_the_table_is_never_written(tmp_path: Path) -> None:
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT)
    for unknown in (StoredRecord(1, START, "rumour", dict(IDLE), None), StoredRecord(1, START, "inaction", {}, None)):
        with pytest.raises(JournalError, match="record 1: "):
            journal.project([unknown])
    with pytest.raises(JournalError, match=r"stage_transition: body\.from is missing"):
        journal.note("stage_transition", {"to": "live"})
    journal.close()
    assert "rumour" not in journal.path.read_text()


def test_an_event_of_the_session_itself_stands_beside_its_records(tmp_path: Path) -> None:
    journal = TradingDecisionJournal(tmp_path, signer_of(tmp_path), CONTEXT)
    body = {"from": "balanced", "to": "conservative", "from_digest": "1" * 64, "to_digest": "2" * 64}
    journal.note("risk_profile_transition", body)
    journal.project([record(1)])
    journal.close()
    told = [
        entry.body for path in journal_files(tmp_path / DIRECTORY) for entry in entries(path) if entry.type == "decision_event"
    ]
    assert [(body["event"], body.get("record_seq")) for body in told] == [("risk_profile_transition", None), ("inaction", 1)]
    assert set(verdicts(tmp_path).values()) == {Soundness.CLEAN}
