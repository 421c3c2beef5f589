"""Seals of large snapshots are made beside the journal's thread: orders go on, and a seal that cannot be made stops them."""

from __future__ import annotations

import asyncio
import errno
import threading
from contextlib import closing
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.order_journal import OrderJournal, OrderWriter
from golive.storage.order_journal.seal import read_sealed
from support.durable import keys_of, order_id
from support.order_journals import decided, end, faults, note, open_journal, place_of

ORDERS = 600


class SlowDisk:
    """Renaming a seal into its place waits for `free`; then it fails with `error`, if there is one."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.free, self.reached = threading.Event(), threading.Event()
        self.error: OSError | None = None
        rename = Path.rename

        def held_up(path: Path, target: Path) -> Path:
            if target.suffix == ".seal":
                self.reached.set()
                assert self.free.wait(20)
                if self.error is not None:
                    raise self.error
            return rename(path, target)

        monkeypatch.setattr(Path, "rename", held_up)


def with_many_orders(home: Path) -> OrderJournal:
    """A journal with more in its snapshot than is sealed at once, and a seal that is due."""
    journal = open_journal(home)
    journal.commit([decided(n) for n in range(1, ORDERS + 1)])
    assert journal.is_seal_due
    return journal


def sealed_seq(home: Path) -> int:
    place = place_of(home)
    sealed = read_sealed(place.seal, place.log_id, keys_of(home).seal_keys)
    assert sealed is not None
    return sealed.seal.last_seq


async def until_reached(disk: SlowDisk) -> None:
    assert await asyncio.to_thread(disk.reached.wait, 20)


async def test_orders_leave_while_a_large_seal_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = with_many_orders(tmp_path)
    covered, before = journal.last_seq, sealed_seq(tmp_path)
    disk = SlowDisk(monkeypatch)
    failed: list[JournalError] = []
    writer = OrderWriter(journal, loop=asyncio.get_running_loop(), on_failure=failed.append, heartbeat_s=0.05)
    writer.start()
    try:
        await until_reached(disk)
        async with asyncio.timeout(20):
            await writer.durable([decided(ORDERS + 1)])
            await writer.durable([end(1), end(2)])
        assert sealed_seq(tmp_path) == before
        disk.free.set()
        async with asyncio.timeout(20):
            while sealed_seq(tmp_path) == before:  # noqa: ASYNC110 - a file has no event to wait for
                await asyncio.sleep(0.001)
        assert sealed_seq(tmp_path) == covered
    finally:
        disk.free.set()
        await asyncio.to_thread(writer.close)
    assert failed == []
    assert faults(tmp_path) == []
    with closing(open_journal(tmp_path)) as again:
        assert list(again.state.orders) == [order_id(n) for n in range(3, ORDERS + 2)]


def test_a_seal_made_beside_stands_in_the_next_commit_and_its_snapshot_is_of_its_row(tmp_path: Path) -> None:
    journal = with_many_orders(tmp_path)
    covered = journal.last_seq
    journal.seal_beside()
    journal.commit([end(1), decided(ORDERS + 1)])
    while not journal.is_seal_due:
        threading.Event().wait(0.001)
    journal.seal_beside()
    assert not journal.is_seal_due
    journal.commit([note()])
    assert [row.values["sealed_seq"] for row in journal.rows(covered) if row.table == "seals"] == [covered]
    journal.release()
    assert faults(tmp_path) == []
    with closing(open_journal(tmp_path)) as again:
        assert list(again.state.orders) == [order_id(n) for n in range(2, ORDERS + 2)]


async def test_a_seal_that_cannot_be_made_beside_stops_the_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = with_many_orders(tmp_path)
    disk = SlowDisk(monkeypatch)
    disk.error = OSError(errno.ENOSPC, "No space left on device")
    stopped: asyncio.Future[JournalError] = asyncio.get_running_loop().create_future()
    writer = OrderWriter(journal, loop=asyncio.get_running_loop(), on_failure=stopped.set_result, heartbeat_s=0.05)
    writer.start()
    await until_reached(disk)
    disk.free.set()
    async with asyncio.timeout(20):
        assert "No space left on device" in str(await stopped)
    with pytest.raises(JournalError, match="the lease has lapsed"):
        journal.lease.check()
    with pytest.raises(JournalError, match="No space left on device"):
        await asyncio.to_thread(writer.close)


def test_a_journal_is_given_back_when_its_seal_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = with_many_orders(tmp_path)
    disk = SlowDisk(monkeypatch)
    journal.seal_beside()
    assert disk.reached.wait(20)
    giving = threading.Thread(target=journal.release)
    giving.start()
    giving.join(0.2)
    assert giving.is_alive()
    disk.free.set()
    giving.join(20)
    with closing(open_journal(tmp_path)) as again:
        assert len(again.state.orders) == ORDERS
