"""The journal thread: order kept, durable before told, failures loud, nothing lost by a kill."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from golive.model.errors import JournalError
from golive.storage import writer as session_writer
from golive.storage.decision_journal import DIRECTORY, TradingDecisionJournal, index, journal_files
from golive.storage.item import EventItem, FillItem, Item, RecordItem
from golive.storage.recovery import entries, recover_sessions
from golive.storage.risk_decisions import RISK_DECISION, RiskDecisions
from golive.storage.session_reader import SessionReader
from golive.storage.session_store import Committed, SessionStore, StoredRecord
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from golive.storage.writer import JournalWriter, Projection
from support.durable import (
    CONTEXT,
    ENTRYPOINT,
    RISK,
    RUN_ID,
    ToldClock,
    approval,
    fill,
    identity,
    keys_of,
    new_store,
    note,
    order_id,
    signer_of,
)
from support.killed import kill_after, start
from support.trading_desk import until


class Told:
    """What the writer told the loop."""

    def __init__(self, store: SessionStore, projections: Sequence[Projection] = ()) -> None:
        self.durable: list[int] = []
        self.failures: list[JournalError] = []
        self.heard = asyncio.Event()
        loop = asyncio.get_running_loop()
        self.writer = JournalWriter(store, projections, loop=loop, on_durable=self._reached, on_failure=self._failed)
        self.writer.start()

    def _reached(self, seq: int) -> None:
        self.durable.append(seq)
        self.heard.set()

    def _failed(self, error: JournalError) -> None:
        self.failures.append(error)
        self.heard.set()

    async def hear(self) -> None:
        await asyncio.wait_for(self.heard.wait(), 5)
        self.heard.clear()


async def test_a_record_is_on_disk_before_the_loop_is_told(tmp_path: Path) -> None:
    told = Told(new_store(tmp_path))
    told.writer.submit([EventItem(1, "e", b"x"), RecordItem(note(1)), RecordItem(approval(2))])
    await told.hear()
    assert told.durable == [2]
    told.writer.close()
    with closing(SessionReader(next((tmp_path / "var/state/sessions").glob("*.sqlite")))) as reader:
        assert len(reader.records()) == 2
        assert reader.is_sealed


async def test_events_alone_are_committed_within_the_wait_and_with_the_next_record(tmp_path: Path) -> None:
    told = Told(new_store(tmp_path))
    told.writer.submit([EventItem(1, "e", b"x")])
    assert told.writer.durations() is None
    await until(lambda: told.writer.durations() is not None)
    summary = told.writer.durations()
    assert summary is not None
    assert summary.count == 1
    told.writer.submit([EventItem(2, "e", b"x")])
    told.writer.submit([RecordItem(note(1))])
    await told.hear()
    told.writer.close()
    summary = told.writer.durations()
    assert summary is not None
    assert summary.count == 2
    assert 0 < summary.p50 <= summary.p99 <= summary.max


async def test_five_hundred_events_do_not_wait(tmp_path: Path) -> None:
    told = Told(new_store(tmp_path))
    told.writer.submit(EventItem(n, "e", b"x") for n in range(1, 501))
    await asyncio.sleep(0.2)
    assert told.writer.durations() is not None
    told.writer.close()


async def test_closing_commits_everything_queued(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    told = Told(store)
    told.writer.submit([EventItem(n, "e", b"x") for n in range(1, 100)])
    told.writer.submit([RecordItem(note(1))])
    told.writer.submit([EventItem(100, "e", b"x")])
    told.writer.close()
    with closing(SessionReader(store.path)) as reader:
        assert len(list(reader.events())) == 100
        assert len(reader.records()) == 1
    with pytest.raises(JournalError, match="closed"):
        told.writer.submit([RecordItem(note(2))])


async def test_a_failure_stops_all_commits_and_is_told_to_the_loop(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    told = Told(store)
    told.writer.submit([RecordItem(approval(1))])
    await told.hear()
    told.writer.submit([RecordItem(approval(2, 1))])
    await told.hear()
    assert told.durable == [1]
    assert len(told.failures) == 1
    with pytest.raises(JournalError, match="client_order_id"):
        told.writer.submit([RecordItem(note(3))])
    with pytest.raises(JournalError, match="client_order_id"):
        told.writer.flush()
    with pytest.raises(JournalError, match="client_order_id"):
        told.writer.close()
    assert not store.path.with_suffix(".seal.json").exists()


async def test_an_attempt_is_durable_on_return_and_leaves_the_loop_free(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    told = Told(store)
    told.writer.submit([RecordItem(approval(1))])
    await told.writer.record_attempt(order_id(1), 1, 1_767_225_603_000)
    await told.writer.record_answer(order_id(1), 1, "50011")
    await told.writer.record_attempt(order_id(1), 2, 1_767_225_606_000)
    assert store.last_seq == 5
    with pytest.raises(JournalError):
        await told.writer.record_attempt(order_id(1), 2, 1_767_225_609_000)
    with pytest.raises(JournalError):
        told.writer.close()
    with closing(sqlite3.connect(store.path)) as connection:
        rows = connection.execute(
            "SELECT n, deadline_ms, answer FROM attempts LEFT JOIN answers USING (client_order_id, n) ORDER BY n"
        )
        assert rows.fetchall() == [(1, 1_767_225_603_000, "50011"), (2, 1_767_225_606_000, None)]


class _SlowStore(SessionStore):
    """A store on a disk that answers late."""

    def commit(self, items: Iterable[Item]) -> Committed:
        time.sleep(0.4)
        return super().commit(items)


async def test_a_disk_that_answers_late_shows_as_stalled(tmp_path: Path) -> None:
    told = Told(_SlowStore.create(tmp_path, identity(), keys_of(tmp_path), RISK, ToldClock()))
    assert told.writer.stalled_s() == 0
    told.writer.submit([RecordItem(note(1))])
    with pytest.raises(JournalError, match="stalled"):
        told.writer.flush(0.1)
    await asyncio.sleep(0.2)
    assert told.writer.stalled_s() > 0.25
    await told.hear()
    told.writer.close()
    assert told.writer.stalled_s() == 0


async def test_records_reach_both_journals_word_for_word_and_in_order(tmp_path: Path) -> None:
    home, signer = tmp_path, signer_of(tmp_path)
    risk_log = home / "logs/risk_decisions.jsonl"
    told = Told(new_store(home), [TradingDecisionJournal(home, signer, CONTEXT), RiskDecisions(risk_log, signer)])
    for seq in range(1, 40):
        told.writer.submit([RecordItem(approval(seq) if seq % 3 else note(seq))])
        await asyncio.sleep(0)
    told.writer.close()
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    assert [(result.path.name, result.faults) for result in results if result.faults] == []
    assert len(results) == 3
    bodies = [
        body for path in journal_files(home / DIRECTORY) for body in (e.body for e in entries(path)) if "record_seq" in body
    ]
    assert [body["record_seq"] for body in bodies] == list(range(1, 40))
    assert all(set(bodies[0]) >= {"event", "entrypoint", "environment", "portfolio", "risk_profile"} for _ in bodies)


@pytest.mark.parametrize("lines", [3, 80])
def test_a_session_killed_in_the_act_loses_nothing_acknowledged_and_is_finished_by_the_next(tmp_path: Path, lines: int) -> None:
    told = [int(line) for line in kill_after(start("journal_process", "store", str(tmp_path)), lines)]
    path = next((tmp_path / "var/state/sessions").glob("*.sqlite"))
    with closing(SessionReader(path)) as reader:
        kept = [record.record_seq for record in reader.records()]
        assert list(reader.faults(keys_of(tmp_path))) == []
        assert not reader.is_sealed
    assert kept == list(range(1, len(kept) + 1))
    assert kept[-1] >= told[-1]
    risk_log = tmp_path / "logs/risk_decisions.jsonl"
    assert recover_sessions(tmp_path, ENTRYPOINT, signer_of(tmp_path), portfolio=ENTRYPOINT, risk_log=risk_log) == (path,)
    written = index(entry for file in journal_files(tmp_path / DIRECTORY) for entry in entries(file))
    assert sorted(written) == [(RUN_ID, seq) for seq in kept]
    assert sum(entry.type == RISK_DECISION for entry in entries(risk_log)) == len([seq for seq in kept if seq % 2])
    assert [other.name for other in path.parent.iterdir() if other.suffix not in (".sqlite", ".json")] == []
    assert {r.soundness for r in Verifier(tmp_path, VerificationKeys.of_home(tmp_path)).everything()} == {"clean"}


class _Counting:
    """A projection that notes what it is given and what was durable then."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def project(self, records: Sequence[StoredRecord]) -> None:
        self.seen.extend(record.record_seq for record in records)

    def sync(self) -> None: ...

    def close(self) -> None: ...


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ern"), st.booleans()), max_size=40))
def test_whatever_is_submitted_in_whatever_groups_arrives_once_and_in_order(
    tmp_path_factory: pytest.TempPathFactory, plan: list[tuple[str, bool]]
) -> None:
    home = tmp_path_factory.mktemp("home")
    store, projection = new_store(home), _Counting()

    async def run() -> list[int]:
        told = Told(store, [projection])
        group: list[Item] = []
        events = records = 0
        for kind, ends in plan:
            if kind == "e":
                events += 1
                group.append(EventItem(events, "e", b"%d" % events))
            elif kind == "r":
                records += 1
                group.append(RecordItem(approval(records)))
            else:
                group.append(FillItem(fill(f"t{len(group)}")))
            if ends:
                told.writer.submit(group)
                group = []
                await asyncio.sleep(0)
        told.writer.submit(group)
        await asyncio.to_thread(told.writer.close)
        await asyncio.sleep(0)
        return told.durable

    durable = asyncio.run(run())
    wanted = sum(kind == "r" for kind, _ in plan)
    assert projection.seen == list(range(1, wanted + 1))
    assert durable == sorted(set(durable))
    assert (durable[-1] if durable else 0) == wanted
    with closing(SessionReader(store.path)) as reader:
        assert len(list(reader.events())) == sum(kind == "e" for kind, _ in plan)
        assert list(reader.faults(keys_of(home))) == []


class _Repeats:
    """A projection that counts how often it is asked to be durable."""

    def __init__(self) -> None:
        self.synced = 0

    def project(self, records: Sequence[StoredRecord]) -> None: ...

    def sync(self) -> None:
        self.synced += 1

    def close(self) -> None: ...


async def test_what_repeats_a_quiet_session_is_synced_now_and_then_so_that_it_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_writer, "SYNC_EVERY_S", 0.01)
    monkeypatch.setattr(session_writer, "LONGEST_WAIT_S", 0.01)
    repeats = _Repeats()
    told = Told(new_store(tmp_path), [repeats])
    await until(lambda: repeats.synced > 3)
    told.writer.close()
