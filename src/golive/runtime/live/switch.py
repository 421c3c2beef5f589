"""The venue's dead-man's switch: armed only while the account is ready, by the heartbeat that has just proved what it stands for.

Source: RELIABILITY §4.6, CONTRACT "Live router".
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Final

from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.model.errors import GoliveError, JournalError, VenueError
from golive.model.json import JsonObject
from golive.storage.order_journal import NoteItem
from golive.venues.trading import TradingClient

from .pen import Pen
from .readiness import Readiness

BEATS: Final = 3
"""in one time-out"""


class DeadMansSwitch:
    """Beats from `start` to `close`. A beat that proves nothing arms nothing: then the venue cancels what is open."""

    def __init__(
        self,
        name: str,
        client: TradingClient,
        pen: Pen,
        readiness: Readiness,
        *,
        timeout_s: int,
        operator: str,
        needs: str,
        proofs: Mapping[str, Callable[[], bool]],
        alert: Callable[[Alert], None],
    ) -> None:
        """`needs`: what the venue's switch takes beside its call; `proofs`: what must answer True, by name (risk, log)."""
        self._name = name
        self._client = client
        self._pen = pen
        self._readiness = readiness
        self._timeout_s = timeout_s
        self._operator = operator
        self._needs = needs
        self._proofs = proofs
        self._alert = alert
        self._task: asyncio.Task[None] | None = None
        self._has_told = False
        self.is_armed = False
        self.beats = 0
        """that have armed it"""

    def start(self) -> None:
        """Begin to beat; with a time-out of 0 there is no switch."""
        if self._timeout_s <= 0:
            return
        if self._needs:
            body = f"{self._name}: the venue's dead-man's switch takes beside its call: {self._needs}"
            self._alert(Alert("live", AlertSeverity.INFO, "Dead-man's switch", body))
        self._task = asyncio.create_task(self._beat())

    async def close(self) -> None:
        """Stop beating and disarm: an orderly end leaves open what is open."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self.is_armed:
            with contextlib.suppress(GoliveError):  # it fires then, as if this process had died
                await self._client.arm_switch(0)
                self.is_armed = False

    async def _beat(self) -> None:
        while True:
            if self._readiness.is_ready:
                try:
                    await self._prove()
                    await self._client.arm_switch(self._timeout_s)
                except (JournalError, VenueError) as exc:
                    self._missed(exc)
                else:
                    self.is_armed, self._has_told = True, False
                    self.beats += 1
            await asyncio.sleep(self._timeout_s / BEATS)

    async def _prove(self) -> None:
        """Raise JournalError unless journal, log and risk have answered just now."""
        body: JsonObject = {"timeout_s": self._timeout_s, "beat": self.beats + 1}
        await self._pen.durable(NoteItem("switch_armed", body, self._operator))
        self._pen.require_lease()
        for what, answers in self._proofs.items():
            if not answers():
                raise JournalError(f"{what} did not answer: the dead-man's switch is not armed again")

    def _missed(self, error: GoliveError) -> None:
        if not self._has_told:
            self._has_told = True
            body = f"{self._name}: {error}. Unless it is armed within {self._timeout_s} s, the venue cancels every open order."
            self._alert(Alert("live", AlertSeverity.WARNING, "Dead-man's switch missed a beat", body))
