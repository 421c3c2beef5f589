"""A running process follows the host's emergency flag: looks at it at least every 50 ms, acts, and answers in its ack file."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from golive.model.alert import AlertSeverity
from golive.model.clock import Clock, to_iso
from golive.model.command import Alert
from golive.model.emergency import EmergencyMode, TradingState
from golive.model.errors import JournalError
from golive.storage.emergency_ack import Ack, AckFile
from golive.storage.emergency_flag import FlagReading

from .emergency import CATEGORY, HostEmergency

LOOK_S: Final = 0.025
"""how often the flag is looked at; well below the 50 ms that a process may take to see it"""


def emergency_alert(entrypoint: str, mode: EmergencyMode) -> Alert:
    """Return what a process tells that has heard of emergency mode; its title names the moment, so no throttle holds it back."""
    effect = "nothing leaves it" if mode.state is TradingState.HALTED else "it refuses and cancels entries, reductions go on"
    title = f"{entrypoint} is in emergency mode since {to_iso(mode.since)}"
    return Alert(CATEGORY, AlertSeverity.CRITICAL, title, f"{mode.operator}: {mode.reason} (scope {mode.scope}); {effect}.")


class EmergencyWatch:
    """Tells `changed` what holds for one risk profile, at first and whenever that changes: a mode, or None when nothing does.

    `open_entries` counts the entry orders that may still work; the answer says done when there is none. `read` is given, after
    `changed`, whatever the flag says at first and after each of its changes, other profiles' modes included. Everything here is
    synchronous and on the caller's loop, so `changed` has done its work when the process answers.
    """

    def __init__(
        self,
        home: Path,
        clock: Clock,
        *,
        entrypoint: str,
        risk_profile: str,
        changed: Callable[[EmergencyMode | None], None],
        open_entries: Callable[[], int],
        read: Callable[[FlagReading], None] = lambda reading: None,
    ) -> None:
        self._host = HostEmergency(home, clock=clock)
        self._clock = clock
        self._entrypoint = entrypoint
        self._risk_profile = risk_profile
        self._changed = changed
        self._open_entries = open_entries
        self._read = read
        self._ack_file = AckFile(home)
        self._ack: Ack | None = None
        self._seen: object = object()
        """signature of the flag that was read last; at first none fits"""
        self._reading = FlagReading()
        self._has_looked = False
        self.mode: EmergencyMode | None = None
        """what holds now"""

    def look(self) -> None:
        """See whether the flag has changed, follow it, and say how far that is. Never raises for a flag or an answer."""
        signature = self._host.flag.signature()
        if signature != self._seen and not (signature is None and self._reading.emergencies.modes):
            reading = self._host.flag.read()
            # What is on is followed at once; that nothing is on is believed only when the journal says so too.
            self._follow(reading if reading.emergencies.of(self._risk_profile) is not None else self._host.reading())
            self._seen = signature
        if self._ack is not None and self._ack.done_at is None:
            self._answer(self._ack.calls, self._ack.heard_at)

    def _follow(self, reading: FlagReading) -> None:
        """A flag that disappears is never read as lifted: lifting writes a flag that says so."""
        self._reading = reading
        mode = reading.emergencies.of(self._risk_profile)
        if mode != self.mode or not self._has_looked:
            self._has_looked = True
            self.mode = mode
            self._changed(mode)
        self._read(reading)
        if reading.emergencies.modes:
            self._answer(reading.calls, self._clock.now())
        else:
            self._ack = None
            self._ack_file.remove()

    def _answer(self, calls: int, heard_at: int) -> None:
        left = self._open_entries() if self.mode is not None else 0
        state = TradingState.ACTIVE if self.mode is None else self.mode.state
        before = self._ack
        ack = Ack(
            os.getpid(), self._entrypoint, self._risk_profile, calls, state, heard_at, left, None if left else self._clock.now()
        )
        if before is not None and (before.calls, before.state, before.open_entries) == (calls, state, left):
            return
        try:
            self._ack_file.write(ack)
        except (OSError, JournalError):
            return  # who waits for it does the work instead
        self._ack = ack

    async def run(self) -> None:
        """Look for as long as the process lives."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def close(self) -> None:
        """Take the answer away: nothing leaves this process any more."""
        self._ack_file.remove()
