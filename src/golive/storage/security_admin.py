"""`logs/security_admin.log`: who was let in, who was not, and what a named person did; a signed journal with a seal."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from golive.model.json import JsonObject

from .journal_file import JournalFile, Signer

PATH: Final = Path("logs/security_admin.log")
LOG_NAME: Final = "security_admin"
PATIENCE_S: Final = 5.0
"""people act seldom and may wait for each other"""


def record_admin_act(home: Path, signer: Signer, type_: str, body: JsonObject, operator: str) -> None:
    """Append one record and seal the log; durable on return. Raises JournalError when it is not sound or cannot be written."""
    path = home / PATH
    seal_path = path.with_suffix(".seal.json")
    journal = JournalFile.open(path, LOG_NAME, signer, seal_path=seal_path, held=False, patience_s=PATIENCE_S)
    try:
        journal.append(type_, body, operator)
        journal.seal()
    finally:
        journal.close()
