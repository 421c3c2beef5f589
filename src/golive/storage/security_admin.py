"""`logs/security_admin.log`: who was let in, who was not, and what a named person did; a signed journal with a seal.

Its seal is written with its header, before its first record, so a log without one may have been cut off anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from golive.audit.entry import Entry
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .journal_file import RESTORE, Draft, JournalFile, Signer
from .keys import DevelopmentKeys
from .verified import sealed_entries

PATH: Final = Path("logs/security_admin.log")
LOG_NAME: Final = "security_admin"
UNSEALED: Final = "log_unsealed"
"""the log was found as its header alone, without a seal"""
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
    if not seal_path.exists() and _lines(path, 1):
        raise JournalError(_gone(path, seal_path))
    return sealed_entries(path, seal_path, keys)


def record_admin_acts(home: Path, signer: Signer, drafts: Sequence[Draft]) -> None:
    """Append records and seal the log; as `record_admin_act`.

    Without its seal nothing is added to records. A header alone may be what a first command left that was cut off: it is gone on
    with, and a record says that what came after it may be gone.
    """
    path = home / PATH
    seal_path = path.with_suffix(".seal.json")
    if not seal_path.exists() and _lines(path, 1):
        if _lines(path, 2):
            raise JournalError(_gone(path, seal_path))
        drafts = [(UNSEALED, {}, drafts[0][2]), *drafts]
    journal = JournalFile.open(path, LOG_NAME, signer, seal_path=seal_path, held=False, patience_s=PATIENCE_S)
    try:
        journal.append_all(drafts)
        journal.seal()
    finally:
        journal.close()


def _gone(path: Path, seal_path: Path) -> str:
    return f"{path}: its seal {seal_path.name} is gone, so records may have been cut off; {RESTORE}"


def _lines(path: Path, least: int) -> bool:
    """Say whether a log has at least so many whole lines; the first is its header. Raises JournalError."""
    try:
        with path.open("rb") as file:
            return sum(line.endswith(b"\n") for line in islice(file, least)) == least
    except FileNotFoundError:
        return False
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
