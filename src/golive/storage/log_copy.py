"""Copying one log with its seals while others write it: seals are read before what they cover, as `verified.py` reads them."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.audit import SealError, read_seal
from golive.inputs import read_beside
from golive.model.errors import JournalError

from .files import make_directory
from .log_series import begin, files_of, in_window, records_of
from .seal_copies import DIRECTORY as SEALS
from .seal_copies import copies_path, read_copies
from .verified import Result, VerificationKeys, log_id_of, verify_series

_TRIES: Final = 5
LOGS: Final = Path("logs")
KEPT: Final = Path("seals")
_OUTSIDE: Final = Path("outside")
"""folder of a log whose configured place is not below home"""


@dataclass(frozen=True, slots=True)
class CopiedLog:
    """One log as it stands in the copy; paths are relative to that."""

    log_id: str
    files: tuple[Path, ...]
    kept: Path | None
    """its kept seals; None where there are none"""
    seal_key: str
    """id of the key that signed the newest seal beside it, '' without one"""
    in_window: int
    results: tuple[Result, ...]
    """what verifying the copy found, with every key that this host has"""


def count_in_window(path: Path, since: int | None, until: int | None) -> int:
    """Return how many records of the log were written in the window. Raises JournalError when it cannot be read."""
    return sum(in_window(entry, since, until) for file in files_of(path) for entry in records_of(file))


def copy_log(home: Path, path: Path, to: Path, keys: VerificationKeys, window: tuple[int | None, int | None]) -> CopiedLog:
    """Copy all files of the log that begins at `path`, their seals and its kept seals below `to`, and verify the copy.

    Raises JournalError when it cannot be read or written.
    """
    try:
        for _ in range(_TRIES):
            files = files_of(path)
            beside = {file: _seal(file) for file in files}
            log_id = log_id_of(files[0])
            kept = read_copies(home / SEALS, log_id) if log_id else ()
            copies = [_copied(home, file, to) for file in files]
            if files_of(path) == files:
                break
        else:
            raise JournalError(f"{path}: begins new files faster than they can be copied; try again")
        for file, copy in zip(files, copies, strict=True):
            if (seal := beside[file]) is not None:
                copy.with_suffix(".seal.json").write_bytes(seal)
        if kept:
            kept_path = copies_path(to / KEPT, log_id)
            make_directory(kept_path.parent)
            kept_path.write_bytes(b"".join(kept))
    except (OSError, IndexError) as exc:
        raise JournalError(f"{path}: cannot be copied: {exc}") from exc
    here = VerificationKeys(keys.mac, keys.seal, places=(to / KEPT,))
    return CopiedLog(
        log_id,
        tuple(copy.relative_to(to) for copy in copies),
        copies_path(KEPT, log_id) if kept else None,
        _key_of(beside[files[-1]] or beside[files[0]]),
        count_in_window(copies[0], *window),
        tuple(verify_series(copies, here, begin(copies, keys.mac))),
    )


def _seal(file: Path) -> bytes | None:
    path = file.with_suffix(".seal.json")
    return read_beside(path) if path.exists() else None


def _copied(home: Path, file: Path, to: Path) -> Path:
    place = file.relative_to(home) if file.is_relative_to(home) else _OUTSIDE / file.name
    copy = to / LOGS / place
    make_directory(copy.parent)
    with os.fdopen(os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC), "rb") as source, copy.open("wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
    return copy


def _key_of(seal: bytes | None) -> str:
    try:
        return "" if seal is None else read_seal(seal)[0].key_id
    except SealError:
        return ""
