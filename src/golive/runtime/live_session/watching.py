"""What ends live trading while a session runs: its gate, the policy of the live router, its observation.

However it ends, nothing new leaves from that moment, what works is canceled, somebody is told what is held, and the session
comes to its end in order.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from golive.engine import Engine
from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.model.errors import JournalError
from golive.model.redaction import redacted

from ..evidence import Evidence
from ..facts import SessionFacts
from ..gate import GateWatch
from ..gate.watch import POLICY
from ..plan import Plan
from .observation import Observation
from .session_desk import SessionDesk

POLL_S: Final = 0.1


@dataclass(slots=True, kw_only=True)
class LiveWatch:
    """`run` beside the session; `stop` lets it come to its end. Set `gate` before `run`: its watch calls `ended`."""

    plan: Plan
    facts: SessionFacts
    evidence: Evidence
    live: SessionDesk
    engine: Engine
    stop: Callable[[], None]
    gate: GateWatch | None = None
    observation: Observation | None = None
    _notes: set[asyncio.Task[None]] = field(default_factory=set)

    async def run(self) -> None:
        """Watch until canceled. A closing of the gate that is not on record is told; the session ends in order all the same."""
        assert self.gate is not None
        watching = [asyncio.ensure_future(self.gate.run()), asyncio.ensure_future(self._look())]
        try:
            await asyncio.gather(*watching)
        except Exception as bug:
            if self.gate.why is None or not isinstance(bug, JournalError):  # else the record of its closing: told below
                self.ended(f"what watches it failed: {bug}")  # nothing is traded that nobody watches
                await self._close(f"what watches it failed: {bug}")
                raise
        finally:
            self._say_how_long()
            for each in watching:
                each.cancel()
            await self._demand_recorded()
            await asyncio.gather(*watching, *self._notes, return_exceptions=True)

    async def broke_off(self, why: str) -> None:
        """Tell what is held where the session ends because of `why`, out of order; one that is observed has failed."""
        if self.facts.live_ended is not None:
            return
        seen = self.observation
        if seen is not None and (seen.has_failed or not seen.is_over):
            with contextlib.suppress(JournalError):  # the disk is full: what follows is tried all the same
                await seen.failed(why)
            await self._close(f"observation: {why}", by="observation")
        else:
            title = f"{self.plan.entrypoint.name}: the session has broken off"
            self.evidence.alert(Alert("live", AlertSeverity.CRITICAL, title, f"{why}. {self._held()}"))

    async def _close(self, why: str, *, by: str = POLICY) -> None:
        """Close the gate, too; what cannot be recorded is told by `_demand_recorded`."""
        assert self.gate is not None
        with contextlib.suppress(JournalError):
            await self.gate.close(why, by=by)

    async def _demand_recorded(self) -> None:
        """Say so where the gate's journal does not know that it was closed: put back, it would be open until its time is over."""
        assert self.gate is not None
        try:
            await self.gate.recorded()
        except JournalError as exc:
            name = self.plan.entrypoint.name
            self.facts.err(
                redacted(
                    f"the closing of the gate of {name} is not on record: {str(exc).replace(f'{self.plan.home}/', '')}. Once its "
                    f"journal can be written: golive gate close --entrypoint {name} --operator NAME"
                )
            )

    async def _look(self) -> None:
        assert self.gate is not None
        while self.facts.live_ended is None:
            if self.live.desk.router.is_degraded:
                await self.gate.close("policy execution.live_router.degrade: auto has ended live trading")
                return
            if self.observation is not None and (why := await self.observation.look()) is not None:
                await self.gate.close(why, by="observation")
                return
            await asyncio.sleep(POLL_S)

    def ended(self, why: str) -> None:
        """End live trading: the gate is closed because of `why`."""
        if self.facts.live_ended is not None:
            return
        name = self.plan.entrypoint.name
        self.facts.end_live(
            f"live trading of {name} was ended: {why}. Look at golive gate status --entrypoint {name}, and go on with golive run "
            f"--mode paper --entrypoint {self.plan.paper_entrypoint}"
        )
        self.live.desk.end_live("gate", why)
        title = f"{name}: live trading was ended"
        self.evidence.alert(Alert("live", AlertSeverity.CRITICAL, title, f"{why}. {self._held()}"))
        self._notes.add(asyncio.ensure_future(self._note(why)))
        self.stop()

    def _say_how_long(self) -> None:
        seen = self.observation
        if seen is not None and not seen.is_over:
            short = (
                "" if seen.minutes < self.plan.observation_minutes else ", and no order was answered or no books were compared"
            )
            self.facts.warn(
                f"the session ended before its observation did: it was observed for {seen.minutes:f} of "
                f"{self.plan.observation_minutes:f} minutes{short}, under canary limits all the time; the next one begins anew"
            )

    def _held(self) -> str:
        """Say what is held: nobody sells it now."""
        ledger = self.engine.ledger
        held = [
            f"{desk.instrument.quantity_text(lots)} {desk.instrument.base} ({name})"
            for name, desk in self.engine.desks.items()
            if (lots := ledger.total_lots(name))
        ]
        return f"Held, and not sold by it: {', '.join(held)}" if held else "No position is held"

    async def _note(self, why: str) -> None:
        try:
            await asyncio.to_thread(self.evidence.note_degraded, why)
        except JournalError as exc:
            self.facts.fail_once(exc)
