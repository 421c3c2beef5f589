"""What leaves only when it is on disk in time: who waits too long is told, though the journal may go on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.runtime.live.pen import Pen
from golive.storage.order_journal import JournalRow, OrderWriter
from support.order_journals import decided, note, open_journal


class Gate:
    """A projection at which the journal's thread waits until it is let through."""

    def __init__(self) -> None:
        self.is_open, self.is_reached = threading.Event(), threading.Event()

    def project(self, rows: Sequence[JournalRow]) -> None:
        self.is_reached.set()
        self.is_open.wait(10)

    def sync(self) -> None: ...

    def close(self) -> None: ...


async def _at_the_gate(home: Path, stall_s: float) -> tuple[Pen, Gate, list[JournalError]]:
    """Return a pen whose journal has stopped at the gate."""
    journal, gate, failures = open_journal(home), Gate(), list[JournalError]()

    def writer(failed: Callable[[JournalError], None]) -> OrderWriter:
        made = OrderWriter(journal, (gate,), loop=asyncio.get_running_loop(), on_failure=failed)
        made.start()
        return made

    pen = Pen(journal, writer, failures.append, stall_s=stall_s)
    await pen.durable(note())
    await asyncio.to_thread(gate.is_reached.wait, 10)
    return pen, gate, failures


async def test_what_is_not_on_disk_in_time_is_told_to_each_who_waits_and_the_journal_goes_on(tmp_path: Path) -> None:
    pen, gate, failures = await _at_the_gate(tmp_path, 0.05)
    late = await asyncio.gather(*(pen.durable(decided(n)) for n in range(3)), return_exceptions=True)
    assert [str(each).rpartition(": ")[2] for each in late] == ["nothing leaves"] * 3
    with pytest.raises(JournalError, match=r"not durable within 0\.05 s"):
        await pen.durable(decided(3))
    gate.is_open.set()
    await pen.flushed()
    await pen.durable(decided(4))
    assert pen.failure is None
    assert not failures
    await pen.close()


async def test_each_waits_for_its_own_time(tmp_path: Path) -> None:
    pen, gate, _ = await _at_the_gate(tmp_path, 0.4)
    first = asyncio.create_task(pen.durable(decided(1)))
    await asyncio.sleep(0.2)
    second = asyncio.create_task(pen.durable(decided(2)))
    with pytest.raises(JournalError, match="not durable within"):
        await first
    assert not second.done()
    gate.is_open.set()
    await second
    await pen.close()


async def test_what_has_landed_by_the_time_it_is_asked_for_may_leave(tmp_path: Path) -> None:
    pen, gate, _ = await _at_the_gate(tmp_path, 0.05)
    pending = pen.begin(decided(1))
    await asyncio.sleep(0.1)
    gate.is_open.set()
    await pen.flushed()
    await pen.landed(pending)
    await pen.close()
