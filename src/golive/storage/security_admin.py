"""`logs/security_admin.log`: who was let in, who was not, and what a named person did; a signed journal with a seal.

Its seal is written with its header, before its first record, so a log without one may have been cut off anywhere.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from golive.audit.entry import Entry, EntryError, decode_entry
from golive.model.clock import SECOND, from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .journal_file import RESTORE, Draft, JournalFile, Signer
from .keys import DevelopmentKeys
from .verified import sealed_entries

PATH: Final = Path("logs/security_admin.log")
LOG_NAME: Final = "security_admin"
_BEGUN_WITHIN_NS: Final = 5 * SECOND
"""between the time in the header and that at which it is on the disk"""
_MOST: Final = 1 << 16
"""bytes to read at least, of a log that may be its header alone"""
PATIENCE_S: Final = 5.0
"""people act seldom and may wait for each other"""


def record_admin_act(home: Path, signer: Signer, type_: str, body: JsonObject, operator: str) -> None:
    """Append one record and seal the log; durable on return. Raises JournalError when it is not sound or cannot be written."""
    record_admin_acts(home, signer, [(type_, body, operator)])


def admin_entries(home: Path, keys: DevelopmentKeys | None) -> Sequence[Entry]:
    """Return every record, oldest first; none where there is no log. JournalError when it is not what was written.

    Without `keys`, or without its seal, a log that is there cannot be believed.
    """
    path = home / PATH
    seal_path = path.with_suffix(".seal.json")
    if not path.exists() and not seal_path.exists():
        return ()
    if keys is None:
        raise JournalError(f"{path}: the keys that signed it are gone")
    _demand_seal(path, seal_path)
    return sealed_entries(path, seal_path, keys)


def record_admin_acts(home: Path, signer: Signer, drafts: Sequence[Draft]) -> None:
    """Append records and seal the log; as `record_admin_act`.

    Without its seal nothing is added to it, but to a header alone as a first command leaves it that was cut off.
    """
    path = home / PATH
    seal_path = path.with_suffix(".seal.json")
    _demand_seal(path, seal_path)
    journal = JournalFile.open(path, LOG_NAME, signer, seal_path=seal_path, held=False, patience_s=PATIENCE_S)
    try:
        journal.append_all(drafts)
        journal.seal()
    finally:
        journal.close()


def _demand_seal(path: Path, seal_path: Path) -> None:
    """Raise JournalError for a log without its seal, unless a first command was cut off between header and seal."""
    try:
        if seal_path.exists() or not path.exists():
            return
        with path.open("rb") as file:
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
