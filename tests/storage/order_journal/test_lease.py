"""The lease of an account: one holder; lapsed when it was not renewed, when another epoch stands in it, never revived."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from golive.model.errors import JournalError, PrerequisiteMissing
from golive.storage.order_journal.lease import AccountLease
from support.killed import SOURCES, TESTS
from support.order_journals import SteppedClock

SECOND = 1_000_000_000

STOPPED = """
import asyncio, os, sys, time
from pathlib import Path
from golive.storage.order_journal import OrderWriter
from support.order_journals import open_journal
async def main():
    journal = open_journal(Path(sys.argv[1]), lease_age_s=0.5)
    writer = OrderWriter(journal, loop=asyncio.get_running_loop(), on_failure=lambda error: None, heartbeat_s=0.05)
    writer.start()
    held = 0
    while True:
        try:
            journal.lease.check()
            held += 1
        except Exception as error:
            os.write(1, f"{error}\\n".encode())
            await asyncio.sleep(0.5)
            continue
        if held == 20:
            os.write(1, b"holds\\n")
        await asyncio.sleep(0.05)
asyncio.run(main())
"""


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


def held(tmp_path: Path, clock: SteppedClock, epoch: int = 7) -> AccountLease:
    lease = AccountLease.acquire(tmp_path / "a.lock", clock)
    lease.fence(epoch)
    return lease


def test_it_holds_until_it_was_not_renewed_for_five_seconds(tmp_path: Path, clock: SteppedClock) -> None:
    lease = held(tmp_path, clock)
    clock.mono += 5 * SECOND - 1
    lease.check()
    lease.renew()
    clock.mono += 5 * SECOND - 1
    lease.check()
    clock.mono += 1
    with pytest.raises(JournalError, match=r"a\.lock: the lease has lapsed: the journal thread did not renew it for 5\.0 s"):
        lease.check()


def test_a_lapsed_lease_is_never_revived(tmp_path: Path, clock: SteppedClock) -> None:
    lease = held(tmp_path, clock)
    clock.mono += 5 * SECOND
    with pytest.raises(JournalError, match="lapsed"):
        lease.renew()
    clock.mono -= 5 * SECOND
    for ask in (lease.check, lease.renew):
        with pytest.raises(JournalError, match="lapsed"):
            ask()


def test_opening_may_take_longer_than_the_lease_lasts(tmp_path: Path, clock: SteppedClock) -> None:
    lease = held(tmp_path, clock)
    clock.mono += 13 * SECOND
    lease.begin()
    lease.check()
    clock.mono += 5 * SECOND
    with pytest.raises(JournalError, match=r"did not renew it for 5\.0 s"):
        lease.check()
    with pytest.raises(JournalError, match="lapsed"):
        lease.begin()


def test_no_lease_begins_that_another_took_meanwhile(tmp_path: Path, clock: SteppedClock) -> None:
    lease = held(tmp_path, clock)
    (tmp_path / "a.lock").write_text("1 8\n")
    with pytest.raises(JournalError, match="another epoch was written into it"):
        lease.begin()


def test_it_lapses_when_it_is_told_to_and_keeps_the_lock(tmp_path: Path, clock: SteppedClock) -> None:
    lease = held(tmp_path, clock)
    lease.lapse("the disk is full")
    with pytest.raises(JournalError, match="the disk is full"):
        lease.check()
    with pytest.raises(PrerequisiteMissing, match=f"in the hands of process {os.getpid()} "):
        AccountLease.acquire(tmp_path / "a.lock", clock)


def test_it_lapses_when_another_epoch_is_written_into_it(tmp_path: Path, clock: SteppedClock) -> None:
    lease = held(tmp_path, clock)
    (tmp_path / "a.lock").write_text("1 8\n")
    with pytest.raises(JournalError, match="another epoch was written into it"):
        lease.check()


def test_it_lapses_when_the_file_is_replaced_so_that_another_process_could_lock_it(tmp_path: Path, clock: SteppedClock) -> None:
    lease = held(tmp_path, clock)
    (tmp_path / "a.lock").unlink()
    other = AccountLease.acquire(tmp_path / "a.lock", clock)
    other.fence(8)
    with pytest.raises(JournalError, match="the file was replaced"):
        lease.check()
    other.check()


def test_it_lapses_when_the_file_is_gone(tmp_path: Path, clock: SteppedClock) -> None:
    lease = held(tmp_path, clock)
    (tmp_path / "a.lock").unlink()
    with pytest.raises(JournalError, match="cannot be read: No such file"):
        lease.check()


def test_the_last_epoch_is_what_the_holder_before_wrote(tmp_path: Path, clock: SteppedClock) -> None:
    first = held(tmp_path, clock, epoch=41)
    assert first.last_epoch == 0
    first.release()
    first.release()
    second = AccountLease.acquire(tmp_path / "a.lock", clock)
    assert second.last_epoch == 41
    second.release()
    (tmp_path / "a.lock").write_text("nonsense")
    assert AccountLease.acquire(tmp_path / "a.lock", clock).last_epoch == 0


def test_a_released_lease_does_not_hold(tmp_path: Path, clock: SteppedClock) -> None:
    lease = held(tmp_path, clock)
    lease.release()
    with pytest.raises(JournalError, match="given back"):
        lease.check()


def test_a_link_in_the_place_of_the_lock_is_refused(tmp_path: Path, clock: SteppedClock) -> None:
    (tmp_path / "a.lock").symlink_to(tmp_path / "b")
    with pytest.raises(JournalError, match="cannot open the lock"):
        AccountLease.acquire(tmp_path / "a.lock", clock)


def test_a_process_that_was_stopped_for_longer_finds_its_lease_lapsed_however_long_it_goes_on(tmp_path: Path) -> None:
    path = os.pathsep.join([str(SOURCES), str(TESTS)])
    command = [sys.executable, "-c", STOPPED, str(tmp_path)]
    with subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "holds\n"
        process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
        # The kernel's clock is what the lease is measured with: this is how long the process stands still.
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.8)
        process.send_signal(signal.SIGCONT)
        said = [process.stdout.readline() for _ in range(3)]
        process.kill()
    assert all("the lease has lapsed: the journal thread did not renew it for" in line for line in said), said
