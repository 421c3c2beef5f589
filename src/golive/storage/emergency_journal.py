"""`var/audit/emergency/emergency.jsonl`: every call that switched emergency mode, every word for lifting it, every panic.

A signed journal with a seal, shared by the host's processes. It also answers what the flag should say when the flag is gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from golive.audit.entry import Entry
from golive.model.clock import to_iso
from golive.model.emergency import Emergencies, EmergencyMode, TradingState, tightest
from golive.model.json import JsonObject, JsonValue

from .journal_file import JournalFile, Signer
from .verified import sealed_entries

PATH: Final = Path("var/audit/emergency/emergency.jsonl")
"""relative to home"""
LOG_NAME: Final = "emergency"
PATIENCE_S: Final = 2.0
ACTIVATED: Final = "emergency_mode_activated"
CLEAR_ASKED: Final = "emergency_clear_asked"
CLEARED: Final = "emergency_mode_cleared"
PANIC: Final = "panic"
FLAG_FAULT: Final = "flag_fault"
"""member of a record ACTIVATED whose flag could not be written: why"""
CAUSE: Final = "emergency mode: "
"""beginning of the cause in the record of a switch of auto-trade that was turned off by it; the reason follows"""
ALERT_TITLES: Final = ("Emergency mode is on", "Emergency mode is called again")
"""beginning of the alert of an activation, the first and a further one; ` (<scope>)` follows"""
LOST: Final = "the flag is gone, though the journal of emergency mode says that it is on"
OLDER: Final = "the flag is not the one that was written last: by the journal of emergency mode more is on"
CANNOT_TELL: Final = "the journal of emergency mode cannot tell whether the flag is the last one"
"""with the two before: why it is on for all though the flag does not say so"""


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
        return sealed_entries(self.path, self._seal_path, self._signer.keys)


def lacking(modes: JsonValue, standing: Emergencies) -> TradingState:
    """Return what the `modes` of a record say is on and `standing` lacks, at its tightest; ACTIVE when it lacks nothing."""
    rows = [row for row in modes if isinstance(row, Mapping)] if isinstance(modes, list) else []
    states = {mode.scope: mode.state for mode in standing.modes}
    said = [(TradingState(str(row["state"])), states.get(str(row["scope"]), TradingState.ACTIVE)) for row in rows]
    return tightest(*(told for told, stands in said if tightest(told, stands) is not stands))


def modes_of(entry: Entry) -> Iterator[Mapping[str, JsonValue]]:
    """Yield each mode that a record names with its moment: those that are on then, and those that were lifted."""
    for member in ("modes", "lifted"):
        rows = entry.body.get(member)
        yield from (row for row in rows if isinstance(row, Mapping)) if isinstance(rows, list) else ()


def unrecorded(entries: Iterable[Entry], standing: Emergencies) -> tuple[EmergencyMode, ...]:
    """Return the modes of which no record tells: the call that switched them on was cut off before its record."""
    known = {tuple(str(row.get(name)) for name in ("scope", "state", "since")) for entry in entries for row in modes_of(entry)}
    return tuple(mode for mode in standing.modes if (mode.scope, mode.state.value, to_iso(mode.since)) not in known)
