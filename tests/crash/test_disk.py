"""A disk that is full, too small or read-only: nothing leaves without a durable intent, and with space again the start goes on."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from crash.campaign import Campaign, campaign, violations
from crash.report import IS_LONG, Report
from crash.rig import environment

SEED = 16_180
ORDERS = "400"
OFFSETS = range(200_000, 1_400_000, 12_000) if IS_LONG else range(200_000, 1_400_000, 300_000)
"""bytes beyond which no file may grow"""
FAILS_FROM = 80
"""the fsync of each thread from which on every one fails"""

pytestmark = [pytest.mark.integration, pytest.mark.timeout(1800 if IS_LONG else 300)]


@contextlib.contextmanager
def small_disk(at: Path, size: str) -> Iterator[None]:
    """Mount a file system of this size; skips where that is not allowed."""
    at.mkdir(parents=True, exist_ok=True)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(at)], capture_output=True, text=True, check=False
    )
    if mounted.returncode:
        pytest.skip(f"mounting a small file system needs root: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(at)], check=True)


def remount(at: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(at)], check=True)


def run_to_its_end(field: Campaign, *what: str, most_bytes: int | None = None) -> tuple[int, str]:
    """Run a bot whose files may not grow beyond `most_bytes`; return exit code and errors."""

    def limit() -> None:
        if most_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))

    command = field.command(*what)
    ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=120, preexec_fn=limit)
    return ended.returncode, ended.stderr


def test_on_a_full_disk_nothing_leaves_and_with_space_again_all_is_resolved(tmp_path: Path) -> None:
    report = Report("disk-full", SEED)
    with campaign("okx", tmp_path, SEED) as field, small_disk(field.home, "2m"):
        code, errors = run_to_its_end(field, "--orders", "20000")
        full = os.statvfs(field.home)
        placed = len(field.place.venue.orders())
        again, why = run_to_its_end(field, "--orders", ORDERS)
        after = len(field.place.venue.orders())
        remount(field.home, "size=64m")
        field.resolve()
        found = field.checked()
        report.parts |= {"placed": placed, "free_blocks": full.f_bavail, **field.said}
        report.write(tmp_path)
        assert code != 0
        assert "full" in errors
        assert placed > 5
        assert (again, after) == (1, placed), why
        assert violations(found) == {}, found["examples"]


def test_wherever_a_file_may_not_grow_nothing_leaves_that_is_not_written_down(tmp_path: Path) -> None:
    report = Report("disk-limit", SEED)
    placed = []
    checked = {}
    for most in OFFSETS:
        with campaign("okx", tmp_path / str(most), SEED) as field:
            code, errors = run_to_its_end(field, "--orders", "20000", most_bytes=most)
            placed.append(len(field.place.venue.orders()))
            field.resolve()
            found = checked[str(most)] = field.checked()
        assert code != 0, f"{most} bytes were enough"
        assert "JournalError" in errors
        assert violations(found) == {}, (most, found["examples"])
    report.parts |= {"most_bytes": list(OFFSETS), "placed": placed, "checked": checked}
    report.write(tmp_path)
    assert placed[-1] > placed[0]


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace makes the disk fail")
def test_when_the_disk_fails_nothing_leaves_that_is_not_durable(tmp_path: Path) -> None:
    """EIO of every fsync from some moment on, against the ledger: what left before was durable, and after it nothing leaves."""
    report = Report("disk-eio", SEED)
    inject = ("-e", "trace=fsync,fdatasync", "-e", f"inject=fsync,fdatasync:error=EIO:when={FAILS_FROM}+")
    with campaign("okx", tmp_path, SEED) as field:
        command = ["strace", "-f", "-qq", "-o", "/dev/null", *inject, *field.command("--orders", "20000", "--scale", "10")]
        ended = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False, timeout=120)
        placed = len(field.place.venue.orders())
        again, _ = run_to_its_end(field, "--orders", "20", "--scale", "10")
        after = len(field.place.venue.orders())
        field.resolve()
        found = field.checked()
    report.parts |= {"fails_from": FAILS_FROM, "placed": placed, "exit_code": ended.returncode, **field.said}
    report.write(tmp_path)
    assert ended.returncode != 0
    assert "JournalError" in ended.stderr
    assert placed > 5
    assert again == 0, "with a disk that works the next start goes on"
    assert after > placed
    assert violations(found) == {}, found["examples"]


def test_on_a_read_only_disk_nothing_leaves(tmp_path: Path) -> None:
    report = Report("disk-read-only", SEED)
    with campaign("okx", tmp_path, SEED) as field, small_disk(field.home, "64m"):
        field.run("--orders", "20")
        placed = len(field.place.venue.orders())
        remount(field.home, "ro")
        code, errors = run_to_its_end(field, "--orders", ORDERS)
        assert code != 0
        assert "Read-only" in errors or "readonly" in errors
        assert len(field.place.venue.orders()) == placed
        remount(field.home, "rw")
        field.resolve()
        found = field.checked()
        report.parts |= {"placed": placed, "exit_code": code, **field.said}
        report.write(tmp_path)
        assert violations(found) == {}, found["examples"]
