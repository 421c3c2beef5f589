"""Closing a gate: a record, and nothing is asked for first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from golive.model.clock import Clock
from golive.model.json import JsonObject
from golive.readiness.gate_state import CLOSED, GateState, Opened, Shut
from golive.storage.gate_journal import GateJournal
from golive.storage.gate_opening import is_being_opened

from ..host_signer import host_signer
from .standing import recorded_state

BY_ITSELF = "golive"
"""closed by the gate itself: what was green is not any more"""


def close_gate(home: Path, entrypoint: str, reason: str, clock: Clock, *, by: str = BY_ITSELF) -> GateState:
    """Shut the gate of an entrypoint; return what it was before. Durable on return; one that is shut takes no record, unless it
    is being opened at this moment: the record refuses that opening.

    Raises JournalError when the record cannot be written; a journal that is not sound is shut all the same.
    """
    is_being = is_being_opened(home)  # asked first: one that has ended since stands in the journal
    before = recorded_state(home, entrypoint)
    if is_being and isinstance(before, Shut):
        before = replace(before, because=f"{before.because}; an opening that was under way is refused")
    if is_being or isinstance(before, Opened) or before.is_doubt:
        body: JsonObject = {"entrypoint": entrypoint, "reason": reason or "no reason was given", "by": by}
        GateJournal(home, entrypoint).append(host_signer(home, clock, by), CLOSED, body, by)
    return before
