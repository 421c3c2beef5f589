"""`var/audit/emergency/emergency.jsonl`: every call that switched emergency mode, every word for lifting it, every panic.

A signed journal with a seal, shared by the host's processes. It also answers what the flag should say when the flag is gone.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from golive.audit import Chain, Soundness, decode_entry, verify_file
from golive.audit.entry import Entry
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .journal_file import JournalFile, Signer

PATH: Final = Path("var/audit/emergency/emergency.jsonl")
"""relative to home"""
LOG_NAME: Final = "emergency"
PATIENCE_S: Final = 2.0
ACTIVATED: Final = "emergency_mode_activated"
CLEAR_ASKED: Final = "emergency_clear_asked"
CLEARED: Final = "emergency_mode_cleared"
PANIC: Final = "panic"


class EmergencyJournal:
    """The journal of one installation (`home`)."""

    def __init__(self, home: Path, signer: Signer) -> None:
        self.path = home / PATH
        self._seal_path = self.path.with_suffix(".seal.json")
        self._signer = signer

    def append(self, type_: str, body: JsonObject, operator: str) -> None:
        """Write a record and seal the journal; durable on return. Raises JournalError."""
        journal = JournalFile.open(
            self.path, LOG_NAME, self._signer, seal_path=self._seal_path, held=False, patience_s=PATIENCE_S
        )
        try:
            journal.append(type_, body, operator)
            journal.seal()
        finally:
            journal.close()

    def entries(self) -> Sequence[Entry]:
        """Return every record, oldest first; JournalError when the journal is not what was written."""
        try:
            seal = self._seal_path.read_bytes() if self._seal_path.exists() else None
            if not self.path.exists():
                if seal is not None:
                    raise JournalError(
                        f"{self.path}: is missing, yet {self._seal_path.name} seals records of it; restore the file"
                    )
                return ()
            data = self.path.read_bytes()
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot be read: {exc.strerror}") from exc
        keys = self._signer.keys
        report = verify_file(data, Chain(keys.mac_keys), seal=seal, seal_keys=keys.seal_keys)
        if report.soundness is not Soundness.CLEAN:
            raise JournalError(f"{self.path}: {report.soundness}: {report.faults[0]}")
        return tuple(decode_entry(line)[0] for line in data.split(b"\n")[:-1])
