"""The venue's dead-man's switch: armed only while the account is ready, by the heartbeat that has just proved what it stands for.

Source: RELIABILITY §4.6, CONTRACT "Live router".
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from golive.model.alert import AlertSeverity
from golive.model.clock import SECOND, Clock, to_iso
from golive.model.command import Alert
from golive.model.errors import ConfigError, GoliveError, JournalError, VenueError
from golive.model.json import JsonObject
from golive.storage.order_journal import NoteItem
from golive.venues.trading import TradingClient

from .ending import ended_early
from .pen import Pen
from .readiness import Readiness

BEATS: Final = 3
"""in one time-out"""
ARMING_S: Final = 5.0
"""how long an end waits for an arming that is on its way, before it is taken back"""
DISARM_S: Final = 15.0
"""how long an end tries to take the switch back"""
DISARM_PAUSE_S: Final = 0.5


class DeadMansSwitch:
    """Beats from `start` to `close`. A beat that proves nothing arms nothing: then the venue cancels what is open."""

    def __init__(
        self,
        name: str,
        client: TradingClient,
        pen: Pen,
        readiness: Readiness,
        clock: Clock,
        *,
        timeout_s: int,
        operator: str,
        needs: str,
        proofs: Mapping[str, Callable[[], bool]],
        alert: Callable[[Alert], None],
        broken: Callable[[Exception], None],
    ) -> None:
        """`needs`: what the venue's switch takes beside its call; `proofs`: what must answer True, by name (risk, log).

        `broken` is called with what ends the beating before `close`, also with what a proof raises.
        """
        self._name = name
        self._client = client
        self._pen = pen
        self._readiness = readiness
        self._clock = clock
        self._timeout_s = timeout_s
        self._operator = operator
        self._needs = needs
        self._proofs = proofs
        self._alert = alert
        self._broken = broken
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None
        self._arming: asyncio.Task[None] | None = None
        self._fires_at = 0
        """wall clock, ns: at the latest then the venue cancels everything if nothing is done; 0: it was never armed"""
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
        self._task = asyncio.create_task(self._beat(), name=f"dead-man's switch of {self._name}")
        self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not self._is_closing:
            self._broken(ended_early(task))

    async def close(self) -> None:
        """Stop beating and disarm: an orderly end leaves open what is open. An alert says so when that cannot be done."""
        self._is_closing = True
        if self._task is None:
            return
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        if not self._fires_at:
            return
        is_certain = await self._arming_is_over()
        severity = AlertSeverity.CRITICAL
        try:
            problem = await self._disarmed()
        except ConfigError as exc:  # the venue has no such call
            problem, severity = str(exc), AlertSeverity.WARNING
            self._fires_at = self._clock.now() + self._timeout_s * SECOND
        if not problem and is_certain:
            self.is_armed = False
            return
        why = problem or "an arming that was on its way never came back"
        body = f"{self._name}: {why}. The venue cancels every open order of the account by {to_iso(self._fires_at)}"
        self._alert(Alert("live", severity, "Dead-man's switch is left armed", body))

    async def _arming_is_over(self) -> bool:
        """Wait for the arming that is on its way; False when it is cut off, and may arrive after all."""
        if self._arming is None:
            return True
        is_over = self._arming.done()
        if not is_over:
            is_over = bool((await asyncio.wait([self._arming], timeout=ARMING_S))[0])
            self._fires_at = self._clock.now() + self._timeout_s * SECOND
        self._arming.cancel()
        await asyncio.gather(self._arming, return_exceptions=True)
        return is_over

    async def _disarmed(self) -> str:
        """Take the switch back, again until the venue does or the time is over; return what stood in the way, or ''.

        Raises ConfigError where the venue has no such call.
        """
        problem = "no answer"
        try:
            async with asyncio.timeout(DISARM_S):
                while True:
                    try:
                        await self._client.arm_switch(0)
                        return ""
                    except VenueError as exc:
                        problem = str(exc)
                    await asyncio.sleep(DISARM_PAUSE_S)
        except JournalError as exc:  # nothing may leave any more
            return str(exc)
        except TimeoutError:
            return f"not disarmed within {DISARM_S:g} s: {problem}"

    async def _beat(self) -> None:
        while True:
            if self._readiness.is_ready:
                try:
                    await self._prove()
                    await self._arm()
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

    async def _arm(self) -> None:
        """Who is canceled meanwhile leaves the call alone: `close` waits for it."""
        self._fires_at = self._clock.now() + self._timeout_s * SECOND
        self._arming = asyncio.create_task(self._client.arm_switch(self._timeout_s))
        try:
            await asyncio.shield(self._arming)
        finally:
            self._fires_at = self._clock.now() + self._timeout_s * SECOND

    def _missed(self, error: GoliveError) -> None:
        if not self._has_told:
            self._has_told = True
            body = f"{self._name}: {error}. Unless it is armed within {self._timeout_s} s, the venue cancels every open order."
            self._alert(Alert("live", AlertSeverity.WARNING, "Dead-man's switch missed a beat", body))
