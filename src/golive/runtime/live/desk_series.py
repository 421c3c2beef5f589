"""What a live desk exports of itself: a sign of life at every turn of its clock, and now and then the file of all series."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from golive.model.alert import AlertSeverity
from golive.model.command import Alert

from .export import LiveExport
from .plan import LivePlan
from .pulse import DeskPulse


class DeskSeries:
    """The pulse always beats. After `begin` the file is written, by `run` until that is canceled and once more by `end`."""

    def __init__(self, plan: LivePlan) -> None:
        self._plan = plan
        self._pulse = DeskPulse(plan.recorder, [account.profile.label for account in plan.accounts])
        self._export = None if plan.export_path is None else LiveExport(plan.home / plan.export_path, plan.recorder)
        self._is_written = False
        self.failures = 0
        """times in a row that the file could not be written"""

    def beat(self, now: int, stalled_s: Mapping[str, float]) -> None:
        """`now` in ns UTC; `stalled_s`: how long the oldest record of each venue's journal has been waiting."""
        self._pulse.beat(now, stalled_s)

    def begin(self) -> bool:
        """Return whether there is a file to be written."""
        self._is_written = self._export is not None
        return self._is_written

    async def run(self) -> None:
        while True:
            await self._write()
            await asyncio.sleep(self._plan.timing.export_s)

    async def end(self) -> None:
        self._pulse.end()
        if self._is_written:
            await self._write()

    async def _write(self) -> None:
        """Write the file; that it cannot be written is told once, until it can."""
        assert self._export is not None
        try:
            problem = await asyncio.to_thread(self._export.write)
        except Exception as exc:  # noqa: BLE001 - no orders depend on it: it is told, and tried again
            if not self.failures:
                self._plan.alert(Alert("live", AlertSeverity.ERROR, "Live metrics cannot be written", str(exc)))
            self.failures += 1
        else:
            self.failures = 0
            self._pulse.exported()
            if problem:
                self._plan.alert(Alert("live", AlertSeverity.ERROR, "Live metrics begin anew", problem))
