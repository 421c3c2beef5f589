"""Emergency mode at a live desk: the router's gate, what somebody is told, and the notes in the accounts' journals."""

from __future__ import annotations

from collections.abc import Callable

from golive.execution.live.effect import Note
from golive.execution.live.router import LiveExecutionRouter
from golive.metrics.declaration import RISK_EMERGENCY
from golive.model.emergency import EmergencyMode
from golive.storage.emergency_flag import FlagReading
from golive.storage.order_journal import JournalState

from ..emergency import HostEmergency
from ..emergency_watch import EmergencyWatch, emergency_alert
from .emergency_notes import EmergencyNotes
from .plan import LivePlan


class DeskEmergency:
    """Follows the flag through its `watch`. `write` takes a note for a journal; `turned`: the router has something to be done."""

    def __init__(
        self, plan: LivePlan, router: LiveExecutionRouter, *, write: Callable[[Note], None], turned: Callable[[], None]
    ) -> None:
        self._plan = plan
        self._router = router
        self._write = write
        self._turned = turned
        self._notes: list[EmergencyNotes] = []
        plan.recorder.create(RISK_EMERGENCY, profile=plan.risk_profile)
        self.watch = EmergencyWatch(
            plan.home, plan.clock, entrypoint=plan.entrypoint, risk_profile=plan.risk_profile,
            changed=self._changed, open_entries=lambda: router.open_entries, read=self._note,
        )  # fmt: skip

    def follow_in(self, adapter: str, state: JournalState) -> None:
        """Write what is to be known of it into this account's journal, too; `state`: what that said when it was opened."""
        self._notes.append(EmergencyNotes(adapter, state.notes))

    def _changed(self, mode: EmergencyMode | None) -> None:
        """Close the router's gate and cancel what may still be bought, or open it again."""
        self._plan.recorder.set(RISK_EMERGENCY, mode is not None, profile=self._plan.risk_profile)
        if mode is None:
            self._router.release()
        else:
            self._router.halt(mode)
            self._plan.alert(emergency_alert(self._plan.entrypoint, mode))
        self._turned()

    def _note(self, reading: FlagReading) -> None:
        """Write into each account's journal what it does not say yet."""
        host = HostEmergency(self._plan.home, clock=self._plan.clock)
        for notes in self._notes:
            for note in notes.missing(reading, self._plan.risk_profile, host):
                self._write(note)
