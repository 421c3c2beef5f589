"""The journal thread: everything that waits in one transaction, told at once, projected afterwards; a failure stops it all."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from golive.model.errors import JournalError, PrerequisiteMissing
from golive.storage.order_journal import Item, JournalRow, OrderJournal, OrderJournalReader, OrderWriter
from golive.storage.order_journal import writer as order_writer
from golive.storage.order_journal.writer import LONGEST_BACKLOG
from support.durable import order_id
from support.order_journals import answer, attempt, decided, end, faults, note, open_journal, place_of


class Recorder:
    """A projection that remembers; with `gate` it waits there before each batch, with `fails` it cannot write."""

    def __init__(self, said: list[str], *, gate: threading.Event | None = None, fails: bool = False) -> None:
        self.rows: list[JournalRow] = []
        self.said = said
        self.synced = self.closed = 0
        self.is_at_gate = threading.Event()
        self._gate = gate
        self._fails = fails

    def project(self, rows: Sequence[JournalRow]) -> None:
        if self._gate is not None:
            self.is_at_gate.set()
            self._gate.wait(10)
        if self._fails:
            raise JournalError("the log is full")
        self.said.append("projected")
        self.rows.extend(rows)

    def sync(self) -> None:
        self.synced += 1

    def close(self) -> None:
        self.closed += 1


class Told:
    """The failures that the loop was told."""

    def __init__(self) -> None:
        self.errors: list[JournalError] = []

    def __call__(self, error: JournalError) -> None:
        self.errors.append(error)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - files and threads have no event to wait for
            await asyncio.sleep(0.001)


def start(
    journal: OrderJournal, *projections: Recorder, told: Told | None = None, heartbeat_s: float | None = None
) -> OrderWriter:
    loop = asyncio.get_running_loop()
    writer = OrderWriter(journal, projections, loop=loop, on_failure=told or Told(), heartbeat_s=heartbeat_s)
    writer.start()
    return writer


async def test_who_waits_goes_on_when_the_items_are_on_disk(tmp_path: Path) -> None:
    writer = start(open_journal(tmp_path))
    await writer.durable([decided(1)])
    with closing(OrderJournalReader.open(place_of(tmp_path).path)) as reader:
        assert reader.not_ended() == (order_id(1),)
    await asyncio.to_thread(writer.close)


async def test_everything_that_waits_is_one_transaction(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    before = journal.last_seq
    writer = OrderWriter(journal, loop=asyncio.get_running_loop(), on_failure=Told())
    waiting = [asyncio.create_task(writer.durable([decided(n)])) for n in range(1, 201)]
    await asyncio.sleep(0)
    writer.start()
    await asyncio.gather(*waiting)
    durations = writer.durations()
    assert durations is not None
    assert durations.count == 1
    assert journal.last_seq == before + 1 + 3 * 200
    await asyncio.to_thread(writer.close)
    assert faults(tmp_path) == []


async def test_what_nobody_waits_for_shares_the_fsync_of_what_comes_next(tmp_path: Path) -> None:
    loop = asyncio.get_running_loop()
    writer = OrderWriter(open_journal(tmp_path), loop=loop, on_failure=Told(), heartbeat_s=60, linger_s=60)
    writer.start()
    await writer.durable([decided(1)])
    for item in (answer(1), note(), end(1)):
        writer.submit([item])
        await asyncio.to_thread(threading.Event().wait, 0.01)  # the journal's thread could run
    await writer.durable([decided(2)])
    durations = writer.durations()
    assert durations is not None
    assert durations.count == 2
    await asyncio.to_thread(writer.close)


async def test_what_nobody_waits_for_becomes_durable_all_the_same(tmp_path: Path) -> None:
    writer = start(open_journal(tmp_path), heartbeat_s=60)
    await writer.durable([decided(1)])
    writer.submit([answer(1), end(1)])
    with closing(OrderJournalReader.open(place_of(tmp_path).path)) as reader:
        before = reader.not_ended()
    assert before == (order_id(1),)

    def has_ended() -> bool:
        with closing(OrderJournalReader.open(place_of(tmp_path).path)) as reader:
            return reader.not_ended() == ()

    await until(has_ended)
    await asyncio.to_thread(writer.close)


async def test_many_who_waited_go_on_over_several_rounds_of_the_loop(tmp_path: Path) -> None:
    writer = OrderWriter(open_journal(tmp_path), loop=asyncio.get_running_loop(), on_failure=Told())
    rounds, called = 0, list[tuple[int, int]]()
    loop = asyncio.get_running_loop()

    def next_round() -> None:
        nonlocal rounds
        rounds += 1
        loop.call_soon(next_round)

    for n in range(1, 61):
        writer.submit([decided(n)], lambda n=n: called.append((n, rounds)))  # type: ignore[misc]
    next_round()
    writer.start()
    await until(lambda: len(called) == 60)
    assert [n for n, _ in called] == list(range(1, 61))
    assert max(sum(at == each for _, at in called) for each in {at for _, at in called}) <= 4
    await asyncio.to_thread(writer.close)


async def test_callbacks_come_on_the_loop_in_order_and_one_that_fails_keeps_nothing_from_the_others(tmp_path: Path) -> None:
    writer = start(open_journal(tmp_path))
    called: list[object] = []
    loop, handled = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: handled.append(context["exception"]))

    def fails() -> None:
        raise ValueError("mine")

    writer.submit([decided(1)], lambda: called.append(threading.current_thread()))
    writer.submit([answer(1)], fails)
    writer.submit([end(1)], lambda: called.append("second"))
    await until(lambda: len(called) == 2)
    assert called == [threading.main_thread(), "second"]
    assert [str(error) for error in handled] == ["mine"]
    await asyncio.to_thread(writer.close)


async def test_a_projection_gets_every_row_after_the_callbacks_and_in_order(tmp_path: Path) -> None:
    said: list[str] = []
    gate = threading.Event()
    recorder = Recorder(said, gate=gate)
    journal = open_journal(tmp_path)
    before = journal.last_seq
    writer = start(journal, recorder, heartbeat_s=0.01)
    writer.submit([decided(1)], lambda: said.append("told"))
    await until(lambda: said == ["told"])
    gate.set()
    await writer.durable([answer(1), end(1)])
    await until(lambda: recorder.synced > 0)
    await asyncio.to_thread(writer.close)
    assert said[:2] == ["told", "projected"]
    assert [row.seq for row in recorder.rows] == list(range(before + 1, before + 1 + len(recorder.rows)))
    assert {"decisions", "intents", "attempts", "answers", "ends"} <= {row.table for row in recorder.rows}
    assert recorder.rows[1].values["client_order_id"] == recorder.rows[2].values["client_order_id"]
    assert recorder.closed == 1


async def test_a_slow_projection_holds_up_no_commit_for_long_and_loses_nothing(tmp_path: Path) -> None:
    recorder = Recorder([])
    writer = start(open_journal(tmp_path), recorder)
    for first in range(1, 3001, 100):
        writer.submit([decided(n, deadline_ms=None) for n in range(first, first + 100)])
    await asyncio.to_thread(writer.close, 60)
    assert [row.values["client_order_id"] for row in recorder.rows if row.table == "intents"] == [
        order_id(n) for n in range(1, 3001)
    ]


async def test_a_projection_gets_its_turn_also_when_somebody_always_waits(tmp_path: Path) -> None:
    recorder = Recorder([])
    journal = open_journal(tmp_path)
    writer = start(journal, recorder)
    before = journal.last_seq

    async def wait_always() -> None:
        while not recorder.rows:
            await writer.durable([note()])

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for _ in range(2):
            group.create_task(wait_always())
    assert journal.last_seq - before < LONGEST_BACKLOG
    await asyncio.to_thread(writer.close)


async def test_a_broken_rule_stops_the_writer_and_everybody_who_waits_learns_it(tmp_path: Path) -> None:
    told = Told()
    journal = open_journal(tmp_path)
    writer = OrderWriter(journal, loop=asyncio.get_running_loop(), on_failure=told)
    called: list[str] = []
    waiting = [asyncio.create_task(writer.durable([each])) for each in (decided(1), attempt(1, 2), decided(3))]
    writer.submit([decided(4)], lambda: called.append("durable"))
    await asyncio.sleep(0)
    writer.start()
    outcomes = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(outcome, JournalError) for outcome in outcomes)
    assert called == []
    assert [str(error) for error in told.errors] == [str(outcomes[0])]
    assert writer.failure is told.errors[0]
    with pytest.raises(JournalError, match="lapsed"):
        journal.lease.check()
    with pytest.raises(JournalError, match="not processed"):
        writer.submit([note()])
    with pytest.raises(JournalError, match="not processed"):
        writer.flush()
    with pytest.raises(PrerequisiteMissing, match="in the hands of process"):
        open_journal(tmp_path)
    with pytest.raises(JournalError, match="not processed"):
        writer.close()
    with closing(open_journal(tmp_path)) as again:
        assert again.state.count == 0


async def test_a_projection_that_fails_stops_the_writer_and_the_journal_still_has_it(tmp_path: Path) -> None:
    told = Told()
    recorder = Recorder([], fails=True)
    writer = start(open_journal(tmp_path), recorder, told=told)
    await writer.durable([decided(1)])
    await until(lambda: bool(told.errors))
    assert "the log is full" in str(told.errors[0])
    await until(lambda: recorder.closed == 1)
    with pytest.raises(JournalError, match="the log is full"):
        writer.close()
    with closing(open_journal(tmp_path)) as again:
        assert list(again.state.orders) == [order_id(1)]


async def test_a_commit_that_hangs_is_told_as_a_stall(tmp_path: Path) -> None:
    gate = threading.Event()
    recorder = Recorder([], gate=gate)
    writer = start(open_journal(tmp_path), recorder)
    await writer.durable([decided(1)])
    await until(recorder.is_at_gate.is_set)
    assert writer.stalled_s() == 0.0
    writer.submit([answer(1)])
    await until(lambda: writer.stalled_s() > 0.05)
    with pytest.raises(JournalError, match=r"stalled for more than 0\.01 s"):
        writer.flush(0.01)
    gate.set()
    writer.flush()
    assert writer.stalled_s() == 0.0
    await asyncio.to_thread(writer.close)


async def test_the_thread_renews_the_lease_and_notices_another_writer(tmp_path: Path) -> None:
    told = Told()
    journal = open_journal(tmp_path, lease_age_s=0.4)
    await asyncio.sleep(0.5)  # as when its logs lack much
    writer = start(journal, told=told)
    for _ in range(20):
        journal.lease.check()
        await asyncio.sleep(0.05)
    with closing(sqlite3.connect(place_of(tmp_path).path)) as connection:
        connection.execute("UPDATE journal SET value = 'x' WHERE key = 'venue'")
        connection.commit()
    await until(lambda: bool(told.errors))
    assert "another process has written" in str(told.errors[0])
    with pytest.raises(JournalError):
        await writer.durable([decided(1)])


async def test_who_comes_on_the_same_round_behind_others_shares_their_commit(tmp_path: Path) -> None:
    writer = start(open_journal(tmp_path))
    await asyncio.gather(*(writer.durable([decided(n)]) for n in range(2)))
    before = writer.durations()
    await asyncio.gather(*(writer.durable([decided(n)]) for n in range(2, 12)))
    after = writer.durations()
    assert before is not None
    assert after is not None
    assert after.count - before.count <= 2, "the first may have been alone"
    await asyncio.to_thread(writer.close)


async def test_a_flush_reaches_what_was_queued_on_its_own_round(tmp_path: Path) -> None:
    writer = start(open_journal(tmp_path))
    await writer.durable([decided(1)])
    told: list[int] = []
    writer.submit([decided(2)], lambda: told.append(2))
    writer.submit([decided(3)], lambda: told.append(3))
    writer.flush()
    with closing(OrderJournalReader.open(place_of(tmp_path).path)) as reader:
        assert reader.not_ended() == (order_id(1), order_id(2), order_id(3))
    await until(lambda: told == [2, 3])
    await asyncio.to_thread(writer.close)


async def test_a_writer_seals_when_it_is_due(tmp_path: Path) -> None:
    writer = start(open_journal(tmp_path))
    await writer.durable([note(subject=str(n % 5)) for n in range(1200)])
    seal = place_of(tmp_path).seal
    first = seal.read_bytes()
    await until(lambda: seal.read_bytes() != first and not writer.journal.is_seal_due)
    await asyncio.to_thread(writer.close)
    with closing(OrderJournalReader.open(place_of(tmp_path).path)) as reader:
        assert [row.values["sealed_seq"] for row in reader.rows() if row.table == "seals"] == [1, 1202]


async def test_a_closed_writer_takes_nothing_and_left_a_sealed_journal(tmp_path: Path) -> None:
    writer = start(open_journal(tmp_path))
    items: list[Item] = [decided(1), end(1)]
    writer.submit(items)
    await asyncio.to_thread(writer.close)
    with pytest.raises(JournalError, match="closed"):
        writer.submit([note()])
    assert faults(tmp_path) == []
    with closing(open_journal(tmp_path)) as again:
        assert (again.epoch, again.state.count, len(again.state.orders)) == (2, 1, 0)


async def test_who_stopped_waiting_is_not_in_the_way(tmp_path: Path) -> None:
    journal = open_journal(tmp_path)
    writer = OrderWriter(journal, loop=asyncio.get_running_loop(), on_failure=Told())
    task = asyncio.create_task(writer.durable([decided(1)]))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    writer.start()
    await writer.durable([answer(1)])
    await asyncio.to_thread(writer.close)


async def test_what_repeats_a_quiet_journal_is_synced_now_and_then_so_that_it_is_sealed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_writer, "SYNC_EVERY_S", 0.01)
    repeats = Recorder([])
    writer = start(open_journal(tmp_path), repeats, heartbeat_s=0.02)
    await writer.durable([note()])
    await until(lambda: len(repeats.rows) > 0)
    before = repeats.synced
    await until(lambda: repeats.synced > before + 3)
    await asyncio.to_thread(writer.close)
