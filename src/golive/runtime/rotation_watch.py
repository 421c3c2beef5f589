"""`golive_rotation_due_seconds` of a running session: how long each key that it may use is still good.

A key of an embedded venue is as old as the session. Of a key that is kept the register tells, which is read again each minute, so
that a rotation is seen. A key that should have been rotated and never was, or whose register cannot be read, stays at 0: due.
"""

from __future__ import annotations

import asyncio
from typing import Final

from golive.config.endpoint import EMBEDDED
from golive.config.resolved import ResolvedEntrypoint
from golive.metrics.declaration import ROTATION_DUE
from golive.metrics.recorder import Recorder
from golive.model.clock import SECOND, Clock
from golive.model.verdict import Verdict
from golive.security.rotation import INTERVAL_NS

from .plan import Plan
from .rotation import rotation_row
from .secret_store import StoredSecrets

LOOK_S: Final = 60.0


class RotationWatch:
    """Keeps the series of a session's keys. Those that a key file brings, for a simulated venue, are nobody's to rotate."""

    def __init__(self, plan: Plan, recorder: Recorder, clock: Clock, store: StoredSecrets, *, secret_source: str | None) -> None:
        self._plan = plan
        self._recorder = recorder
        self._clock = clock
        self._store = store
        self._began = clock.now()
        everyone = (plan.entrypoint, *plan.others)
        self._watched = [each for each in everyone if secret_source != "key_file" or each is not plan.entrypoint]  # noqa: S105 (no password)
        self.look()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            await asyncio.to_thread(self.look)

    def look(self) -> None:
        """Read the registers and set the series; the earliest counts for a key of several environments."""
        due: dict[str, float] = {}
        for each in self._watched:
            seconds = self._due_seconds(each)
            if seconds is not None:
                due[each.keychain_key] = min(seconds, due.get(each.keychain_key, seconds))
        for key, seconds in due.items():
            self._recorder.set(ROTATION_DUE, seconds, key=key)

    def _due_seconds(self, entrypoint: ResolvedEntrypoint) -> float | None:
        """Return the seconds until the key is due, None where none is kept."""
        now = self._clock.now()
        endpoint = self._plan.endpoint if entrypoint is self._plan.entrypoint else entrypoint.endpoint
        if endpoint == EMBEDDED:
            return (self._began + INTERVAL_NS - now) / SECOND
        row = rotation_row(self._plan.config, self._plan.home, self._store, entrypoint.environment, now)
        return None if row.verdict is Verdict.NOT_APPLICABLE else row.due_seconds
