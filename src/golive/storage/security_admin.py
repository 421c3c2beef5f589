"""`logs/security_admin.log`: who was let in, who was not, and what a named person did; a signed journal with a seal.

Its seal is written with its header, before its first record, so a log without one may have been cut off anywhere.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from golive.audit import Entry
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .demanded_seal import demand_seal
from .journal_file import Draft, JournalFile, Signer
from .keys import SigningKeys
from .verified import sealed_entries

PATH: Final = Path("logs/security_admin.log")
LOG_NAME: Final = "security_admin"
PATIENCE_S: Final = 5.0
"""people act seldom and may wait for each other"""


def record_admin_act(home: Path, signer: Signer, type_: str, body: JsonObject, operator: str) -> None:
    """Append one record and seal the log; durable on return. Raises JournalError when it is not sound or cannot be written."""
    record_admin_acts(home, signer, [(type_, body, operator)])


def admin_entries(home: Path, keys: SigningKeys | None, types: Collection[str] = ()) -> Sequence[Entry]:
    """Return every record, or those of these `types`, oldest first; none where there is no log.

    JournalError when it is not what was written. Without `keys`, or without its seal, a log that is there cannot be believed.
    """
    path = home / PATH
    seal_path = path.with_suffix(".seal.json")
    if not path.exists() and not seal_path.exists():
        return ()
    if keys is None:
        raise JournalError(f"{path}: the keys that signed it are gone")
    demand_seal(path, seal_path)
    return sealed_entries(path, seal_path, keys, types)


def record_admin_acts(home: Path, signer: Signer, drafts: Sequence[Draft]) -> None:
    """Append records and seal the log; as `record_admin_act`.

    Without its seal nothing is added to it, but to a header alone as a first command leaves it that was cut off.
    """
    path = home / PATH
    seal_path = path.with_suffix(".seal.json")
    demand_seal(path, seal_path)
    journal = JournalFile.open(path, LOG_NAME, signer, seal_path=seal_path, held=False, patience_s=PATIENCE_S)
    try:
        journal.append_all(drafts)
        journal.seal()
    finally:
        journal.close()
