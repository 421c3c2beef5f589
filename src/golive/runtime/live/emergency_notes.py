"""Emergency mode as the order journals of a desk's accounts tell it: one note when it began, one when it was lifted.

An account passes from process to process, so what its journal says counts, not what a process has seen: a desk that opens adds
what is missing, and nothing that stands there already. Notes are told apart by the scope, and `activation` counts in each journal
the activations of that scope; a scope is on as far as a journal knows while its last activation was not cleared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from golive.execution.live.effect import Note
from golive.model.clock import to_iso
from golive.model.emergency import EmergencyMode, TradingState
from golive.model.json import JsonObject
from golive.storage.emergency_flag import FlagReading
from golive.storage.emergency_journal import ACTIVATED, CLEARED

from ..emergency import HostEmergency

_UNKNOWN: Final = to_iso(0)
"""`since` of a mode that is on because flag or journal cannot tell"""


class EmergencyNotes:
    """What the journal of one account lacks; `notes` are those that it had when it was opened."""

    def __init__(self, adapter: str, notes: Mapping[str, JsonObject]) -> None:
        self._adapter = adapter
        self._activated = _by_scope(notes, ACTIVATED)
        self._cleared = _by_scope(notes, CLEARED)

    def missing(self, reading: FlagReading, risk_profile: str, host: HostEmergency) -> list[Note]:
        """Return the notes to be written, once each: what `reading` says has ended, then what it says holds for the profile."""
        modes = {mode.scope: mode for mode in reading.emergencies.modes}
        is_sure = not reading.problem and all(mode.since for mode in modes.values())
        notes = []
        for scope in sorted(self._activated if is_sure else ()):
            if self._is_on(scope) and (scope not in modes or not self._is_same(modes[scope])):
                notes.append(self._clear(scope, host))
        notes += [self._activate(mode) for mode in reading.emergencies.holding(risk_profile) if not self._is_told(mode)]
        return notes

    def _clear(self, scope: str, host: HostEmergency) -> Note:
        operators, at = host.lifting_of(scope)
        body: JsonObject = {
            "subject": scope, "activation": _count(self._activated, scope), "since": self._activated[scope].get("since"),
            "operators": operators, "cleared_at": at,
        }  # fmt: skip
        self._cleared[scope] = body
        return Note(self._adapter, CLEARED, body)

    def _activate(self, mode: EmergencyMode) -> Note:
        """A mode that has become tighter is told again, under the number it has."""
        number = _count(self._activated, mode.scope) + (not self._is_on(mode.scope))
        body: JsonObject = {
            "subject": mode.scope, "activation": number, "state": mode.state.value, "reason": mode.reason,
            "operator": mode.operator, "since": to_iso(mode.since),
        }  # fmt: skip
        self._activated[mode.scope] = body
        return Note(self._adapter, ACTIVATED, body)

    def _is_on(self, scope: str) -> bool:
        return _count(self._activated, scope) > _count(self._cleared, scope)

    def _is_told(self, mode: EmergencyMode) -> bool:
        if not self._is_on(mode.scope) or not self._is_same(mode):
            return False
        return self._activated[mode.scope].get("state") in (mode.state, TradingState.HALTED)

    def _is_same(self, mode: EmergencyMode) -> bool:
        """Whether the last activation of its scope is this one; one whose moment is not known goes on the one that is."""
        since = self._activated[mode.scope].get("since", _UNKNOWN)
        return not mode.since or since in (_UNKNOWN, to_iso(mode.since))


def _by_scope(notes: Mapping[str, JsonObject], event: str) -> dict[str, JsonObject]:
    keys = [key.partition(":") for key in notes]
    return {scope: notes[f"{found}:{scope}"] for found, colon, scope in keys if colon and found == event}


def _count(notes: Mapping[str, JsonObject], scope: str) -> int:
    """Return how many activations of a scope a journal has begun, or ended; a note without a number is the first."""
    if scope not in notes:
        return 0
    number = notes[scope].get("activation", 1)
    return number if isinstance(number, int) else 1
