"""A journal that is sealed from its header on: without its seal nothing of it is believed, and nothing is added to it.

Who cuts records off its end removes the seal, too; the next writer would make a new one, and nothing would show any more.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from golive.audit.entry import EntryError, decode_entry
from golive.inputs import open_beside
from golive.model.clock import SECOND, from_iso
from golive.model.errors import JournalError

from .files import MOST_LOG
from .journal_file import RESTORE

_BEGUN_WITHIN_NS: Final = 5 * SECOND
"""between the time in the header and that at which it is on the disk"""
_MOST: Final = 1 << 16
"""bytes to read at least, of a log that may be its header alone"""


def demand_seal(path: Path, seal_path: Path) -> None:
    """Raise JournalError for a journal without its seal, unless its first writer was cut off between header and seal."""
    try:
        if seal_path.exists() or not path.exists():
            return
        with open_beside(path, most=MOST_LOG) as file:
            lines, written = file.readlines(_MOST), os.fstat(file.fileno()).st_mtime_ns
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    if len(lines) > 1 or (lines and lines[0].endswith(b"\n") and not _is_as_begun(lines[0], written)):
        raise JournalError(f"{path}: its seal {seal_path.name} is gone, so records may have been cut off; {RESTORE}")


def _is_as_begun(header: bytes, written: int) -> bool:
    """Say whether a file that was written last at `written`, ns UTC, was so when its header was: nothing was cut off since."""
    try:
        return abs(written - from_iso(decode_entry(header.removesuffix(b"\n"))[0].ts)) <= _BEGUN_WITHIN_NS
    except (EntryError, ValueError):
        return False
