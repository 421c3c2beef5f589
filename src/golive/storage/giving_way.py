"""A log file that has grown large gives way to a new one: `events.jsonl` becomes `events.jsonl.1`, the newest of those kept."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

KEPT: Final = 5
"""older files of a log"""


def is_current(descriptor: int, path: Path) -> bool:
    """Say whether the open file still has its name: nobody has moved or removed it meanwhile."""
    try:
        here, there = os.fstat(descriptor), path.stat()
    except FileNotFoundError:
        return False
    return (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino)


def give_way(path: Path) -> None:
    """Move the file and those before it on by one; the oldest is dropped. For who holds the lock of the current file."""
    for number in range(KEPT - 1, 0, -1):
        earlier = _numbered(path, number)
        if earlier.exists():
            earlier.replace(_numbered(path, number + 1))
    path.replace(_numbered(path, 1))


def older(path: Path) -> list[Path]:
    """Return the older files that are there, the newest first."""
    return [each for number in range(1, KEPT + 1) if (each := _numbered(path, number)).exists()]


def _numbered(path: Path, number: int) -> Path:
    return path.with_name(f"{path.name}.{number}")
