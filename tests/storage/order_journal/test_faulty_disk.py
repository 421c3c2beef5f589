"""A disk that is full, read-only or limited: what is not durable is not acknowledged, and with space again it all goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.storage.order_journal import OrderJournalReader
from support.durable import order_id
from support.killed import SOURCES, TESTS
from support.order_journals import answer, decided, end, faults, note, open_journal, place_of

LIMITED = """
import os, resource, signal, sys
from pathlib import Path
from golive.model.errors import JournalError
from support.order_journals import answer, decided, end, open_journal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    journal = open_journal(Path(sys.argv[1]))
    n = journal.state.count
    while True:
        n += 1
        journal.commit([decided(n), answer(n), end(n)])
        os.write(1, b"%d\\n" % n)
except JournalError as error:
    os.write(1, f"{error}\\n".encode())
    try:
        journal.lease.check()
        os.write(1, b"the lease holds\\n")
    except NameError:
        pass
    except JournalError:
        os.write(1, b"the lease has lapsed\\n")
"""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a file system of limited size cannot be mounted here: {mounted.stderr.strip()}")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def fill_up(path: Path, leave: int) -> None:
    """Fill the rest of a file system but for `leave` bytes."""
    free = os.statvfs(path.parent)
    path.write_bytes(b"\0" * max(0, free.f_bavail * free.f_bsize - leave))


def acknowledged_until_failure(home: Path) -> tuple[int, JournalError]:
    """Commit orders until the disk refuses; return how many were acknowledged, and the error."""
    journal = open_journal(home)
    n = journal.state.count
    while True:
        try:
            journal.commit([decided(n + 1), answer(n + 1), end(n + 1)])
        except JournalError as exc:
            with pytest.raises(JournalError, match="unusable since"):
                journal.commit([note()])
            with pytest.raises(JournalError, match="lapsed"):
                journal.lease.check()
            journal.close()
            return n, exc
        n += 1


@pytest.mark.parametrize("leave", range(150_000, 650_000, 31_111))
def test_a_full_disk_ends_the_journal_and_with_space_it_goes_on_with_all_that_was_acknowledged(
    small_disk: Path, leave: int
) -> None:
    ballast = small_disk / "ballast"
    fill_up(ballast, leave)
    try:
        count, error = acknowledged_until_failure(small_disk)
    except JournalError as exc:
        count, error = 0, exc
    assert "full" in str(error) or "No space" in str(error) or "disk I/O error" in str(error)
    ballast.unlink()
    with closing(open_journal(small_disk)) as journal:
        assert journal.state.count == count
        journal.commit([decided(count + 1)])
    assert faults(small_disk) == []


def test_a_disk_that_turns_read_only_ends_the_journal(small_disk: Path) -> None:
    journal = open_journal(small_disk)
    journal.commit([decided(1)])
    journal.release()
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    with pytest.raises(JournalError, match=r"Read-only file system|readonly|unable to open"):
        open_journal(small_disk)
    with closing(OrderJournalReader.open(place_of(small_disk).path)) as reader:
        assert reader.not_ended() == (order_id(1),)
    subprocess.run(["mount", "-o", "remount,rw", str(small_disk)], check=True)
    with closing(open_journal(small_disk)) as again:
        assert list(again.state.orders) == [order_id(1)]


@pytest.mark.parametrize("limit", range(4096, 200_000, 17_001))
def test_a_limit_on_file_size_ends_the_journal_wherever_it_strikes(tmp_path: Path, limit: int) -> None:
    path = os.pathsep.join([str(SOURCES), str(TESTS)])
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path), str(limit)],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    said = done.stdout.splitlines()
    acknowledged = [int(line) for line in said if line.isdigit()]
    complaints = [line for line in said if not line.isdigit()]
    assert complaints, said
    assert "the lease holds" not in complaints
    with closing(open_journal(tmp_path)) as journal:
        assert journal.state.count == len(acknowledged)
    assert faults(tmp_path) == []


UNTIL_IT_FAILS = """
import os, sys
from pathlib import Path
from golive.model.errors import JournalError
from support.order_journals import decided, open_journal
try:
    journal = open_journal(Path(sys.argv[1]))
    for n in range(journal.state.count + 1, 12):
        journal.commit([decided(n)])
        os.write(1, b"%d\\n" % n)
    journal.close()
    os.write(1, b"closed\\n")
except JournalError as error:
    os.write(1, f"{error}\\n".encode())
    if len(sys.argv) > 2:
        os.kill(os.getpid(), 9)
"""


def traced(home: Path, *options: str, more: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
    """Run the program under strace."""
    path = os.pathsep.join([str(SOURCES), str(TESTS)])
    return subprocess.run(
        ["strace", "-f", *options, sys.executable, "-c", UNTIL_IT_FAILS, str(home), *more],
        env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace, which watches and breaks syncs, is not installed"
)


@needs_strace
def test_the_log_of_the_database_is_synced_before_a_commit_is_acknowledged(tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    traced(tmp_path, "-y", "-o", str(calls), "-e", "trace=fsync,fdatasync,write")
    synced, acknowledged = False, 0
    for line in calls.read_text().splitlines():
        if "sync(" in line and "okx_spot_okx_main.sqlite-wal>" in line:
            synced = True
        elif "write(1<" in line and "closed" not in line:
            assert synced, line
            synced, acknowledged = False, acknowledged + 1
    assert acknowledged == 11


@needs_strace
@pytest.mark.parametrize("dies", [False, True], ids=["closes", "dies"])
@pytest.mark.parametrize("when", range(1, 22, 3))
def test_a_sync_that_fails_ends_the_journal_and_the_next_start_knows_all_that_was_acknowledged(
    tmp_path: Path, when: int, dies: bool
) -> None:
    inject = ["-e", "trace=fsync,fdatasync", "-e", f"inject=fsync,fdatasync:error=EIO:when={when}+"]
    done = traced(tmp_path, "-o", "/dev/null", *inject, more=["dies"] if dies else [])
    said = done.stdout.splitlines()
    acknowledged = [int(line) for line in said if line.isdigit()]
    assert "rror" in said[-1], done.stderr
    with closing(open_journal(tmp_path)) as journal:
        assert journal.state.count in (len(acknowledged), len(acknowledged) + 1)
    assert faults(tmp_path) == []
