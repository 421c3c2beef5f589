"""The folders below `var/state/sweeps`: which of them nobody uses any more.

Each has a file `lock` that its process holds as long as it runs, and touches when it begins.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from golive.model.clock import DAY

from .files import LOG_FILE

COLUMNS: Final = "columns."
"""begins the names of folders with the candles of a running sweep"""
RESULTS_KEPT: Final = 30 * DAY
"""how long the results of a sweep are kept after its last run, ns"""


def lock_folder(folder: Path) -> int | None:
    """Return the held lock of a folder as a file descriptor, None when another process holds it; raises OSError."""
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, LOG_FILE)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except BaseException:
        os.close(lock)
        raise
    os.utime(lock)
    return lock


def columns_folder(root: Path) -> tuple[Path, int]:
    """Return a new folder below `root` for the candles of a running sweep, and its held lock; raises OSError.

    It takes its name when it is locked, so that nobody finds it free while its process runs.
    """
    new = Path(tempfile.mkdtemp(prefix=".new.", dir=root))
    lock = lock_folder(new)
    if lock is None:
        raise BlockingIOError(f"{new}: locked by another process")
    return new.rename(root / f"{COLUMNS}{new.name.removeprefix('.new.')}"), lock


def forget_unused(root: Path, now: int) -> list[str]:
    """Remove the folders below `root` that no process uses: candles at once, results that none has used for long.

    Args:
        now: ns UTC.

    Returns:
        What could not be removed, one line each.
    """
    problems = []
    for folder in sorted(root.iterdir()) if root.is_dir() else ():
        kept = 0 if folder.name.startswith(COLUMNS) else RESULTS_KEPT
        try:
            if folder.is_dir() and not folder.is_symlink() and _last_used(folder) < now - kept:
                _remove(folder)
        except FileNotFoundError:  # another process removed it meanwhile
            continue
        except OSError as exc:
            problems.append(f"{folder}: unused, but cannot be removed: {exc.strerror}")
    return problems


def _last_used(folder: Path) -> int:
    return max(path.stat().st_mtime_ns for path in (folder, *folder.iterdir()))


def _remove(folder: Path) -> None:
    lock = lock_folder(folder)
    if lock is None:
        return
    try:
        shutil.rmtree(folder)
    finally:
        os.close(lock)
