"""The lease: one process per entrypoint, a higher epoch each time."""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from golive.model.errors import JournalError, PrerequisiteMissing
from golive.storage.lease import Lease, lease_holder, newest_epoch
from support.killed import SOURCES

HOLD = """
import sys, time
from pathlib import Path
from golive.storage.lease import Lease
lease = Lease.acquire(Path(sys.argv[1]), "okx_desktop_paper")
print(lease.epoch, flush=True)
time.sleep(60)
"""


def holder(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home)], env={**os.environ, "PYTHONPATH": str(SOURCES)}, stdout=subprocess.PIPE, text=True
    )


def test_the_epoch_rises_with_every_lease(tmp_path: Path) -> None:
    for expected in (1, 2, 3):
        lease = Lease.acquire(tmp_path, "okx_desktop_paper")
        assert lease.epoch == expected
        lease.release()
    other = Lease.acquire(tmp_path, "kraken_desktop_paper")
    assert other.epoch == 1
    other.release()


def test_a_second_process_is_refused_by_name_until_the_first_is_dead(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "1\n"
        with pytest.raises(PrerequisiteMissing, match=rf"okx_desktop_paper is running already in process {process.pid} "):
            Lease.acquire(tmp_path, "okx_desktop_paper")
        process.kill()
        process.wait()
        lease = Lease.acquire(tmp_path, "okx_desktop_paper")
        assert lease.epoch == 2
        lease.release()


@pytest.mark.parametrize("content", ["", "x\n", "-1\n", "1.5\n", "9" * 16, "١\n"])
def test_an_epoch_that_cannot_be_read_is_never_guessed(tmp_path: Path, content: str) -> None:
    Lease.acquire(tmp_path, "okx_desktop_paper").release()
    (tmp_path / "var/state/okx_desktop_paper.epoch").write_text(content)
    with pytest.raises(JournalError, match=r"okx_desktop_paper\.epoch"):
        Lease.acquire(tmp_path, "okx_desktop_paper")


def test_releasing_twice_does_no_harm(tmp_path: Path) -> None:
    lease = Lease.acquire(tmp_path, "okx_desktop_paper")
    lease.release()
    lease.release()
    Lease.acquire(tmp_path, "okx_desktop_paper").release()


def test_who_holds_a_lease_is_told_without_taking_it(tmp_path: Path) -> None:
    assert lease_holder(tmp_path, "e") is None
    assert newest_epoch(tmp_path, "e") == 0
    lease = Lease.acquire(tmp_path, "e")
    assert lease_holder(tmp_path, "e") == os.getpid()
    assert newest_epoch(tmp_path, "e") == lease.epoch == 1
    lease.release()
    assert lease_holder(tmp_path, "e") is None
    Lease.acquire(tmp_path, "e").release()


def test_a_look_at_the_lock_keeps_nobody_from_taking_it(tmp_path: Path) -> None:
    Lease.acquire(tmp_path, "e").release()
    descriptor = os.open(tmp_path / "var/state/e.lock", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    looking = threading.Timer(0.03, os.close, [descriptor])
    looking.start()
    Lease.acquire(tmp_path, "e").release()
    looking.join()
