"""A session's store held against the signed journal: while it runs the journal may lag a moment; what is wrong stays wrong."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from golive.runtime.journal_doubts import journal_doubts
from golive.runtime.session_rows import SessionHead
from golive.storage.decision_journal import TradingDecisionJournal
from golive.storage.session_store import StoredRecord
from support.durable import CONTEXT, IDLE, RUN_ID, START, ToldClock, signer_of

RUNNING = SessionHead(
    run_id=RUN_ID, stage="demo", entrypoint="okx_desktop_paper", environment="okx_paper", started_at=START, state="open",
    restarts=0, market_time=START, verified=True, not_verified=None,
)  # fmt: skip
ENDED = replace(RUNNING, state="ended")
RECORDS = tuple(StoredRecord(seq, START, "inaction", dict(IDLE), None) for seq in range(1, 6))


@pytest.fixture
def journal(tmp_path: Path) -> TradingDecisionJournal:
    return TradingDecisionJournal(tmp_path, signer_of(tmp_path, ToldClock()), CONTEXT)


def written(journal: TradingDecisionJournal, records: Sequence[StoredRecord]) -> None:
    journal.project(records)
    journal.sync()


def test_a_journal_that_follows_a_running_session_is_waited_for(tmp_path: Path, journal: TradingDecisionJournal) -> None:
    written(journal, RECORDS[:2])
    late = threading.Timer(0.2, written, (journal, RECORDS[2:]))
    late.start()
    assert journal_doubts(RUNNING, tmp_path, RECORDS) == ()
    late.join()


def test_what_a_running_session_did_since_its_store_was_read_is_no_addition(
    tmp_path: Path, journal: TradingDecisionJournal
) -> None:
    written(journal, RECORDS)
    assert journal_doubts(RUNNING, tmp_path, RECORDS[:3]) == ()
    [first, _] = journal_doubts(ENDED, tmp_path, RECORDS[:3])
    assert first == f"record 4 (inaction) of run {RUN_ID}: stands in the journal and not in the store"


def test_what_never_comes_is_missing(tmp_path: Path, journal: TradingDecisionJournal) -> None:
    written(journal, RECORDS[:4])
    began = time.monotonic()
    doubts = journal_doubts(RUNNING, tmp_path, RECORDS, patience_s=0.2)
    assert doubts == (f"record 5 (inaction) of run {RUN_ID}: is missing from the journal",)
    assert time.monotonic() - began >= 0.2


def test_a_store_that_nobody_could_verify_is_a_doubt_of_its_own(tmp_path: Path, journal: TradingDecisionJournal) -> None:
    written(journal, RECORDS)
    unsure = replace(ENDED, verified=False, not_verified="the MAC key is not at hand")
    assert journal_doubts(unsure, tmp_path, RECORDS) == ("the session's store is not verified: the MAC key is not at hand",)
