"""Measures one session from its lease to its end. One that goes as fast as it can is a simulation, and measures nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence

from golive.engine import Engine
from golive.model.clock import Clock
from golive.model.instrument import Instrument

from ..facts import SessionFacts
from ..plan import Plan
from .keeper import ServiceLevels
from .session_levels import SessionLevels
from .tap import IndicatorTap


class MeasuredSession:
    """Made before anything is measured; `begin` once the entrypoint is ours, `close` before it is given up."""

    def __init__(self, plan: Plan, facts: SessionFacts, clock: Clock) -> None:
        self._plan = plan
        self._facts = facts
        self._clock = clock
        self._tap = None if plan.lock_step else IndicatorTap(plan.entrypoint.exchange, clock.now)
        facts.recorder.tap = self._tap
        self._levels: SessionLevels | None = None
        self._keeper: ServiceLevels | None = None
        self._keeping: asyncio.Future[None] | None = None

    def begin(self) -> None:
        """Open the store, and keep what is measured each second from now on; needs a running loop."""
        if self._tap is None:
            return
        plan, facts = self._plan, self._facts
        self._keeper = ServiceLevels(
            plan.home, self._tap, self._clock, facts.recorder, facts.warn,
            entrypoint=plan.entrypoint.name, stage=plan.stage, run_id=facts.run_id, is_up=self._is_up,
        )  # fmt: skip
        self._keeper.open()
        self._keeping = asyncio.ensure_future(self._keeper.run())

    def follow(self, engine: Engine, instruments: Sequence[Instrument]) -> None:
        """Measure what an engine decides, and how its orders do."""
        if self._tap is None or self._facts.journal is None:
            return
        self._levels = SessionLevels(self._tap, engine, {each.id: each for each in instruments})
        self._facts.journal.levels = self._levels

    def stepped(self) -> None:
        """Take that all the last events of the market asked for is durable and done."""
        if self._levels is not None and self._facts.inbox is not None:
            self._levels.stepped(self._facts.inbox)

    async def close(self) -> None:
        """Keep what is left. Raises what ended the keeping before its time."""
        if self._keeper is None or self._keeping is None:
            return
        self._keeping.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._keeping
        await self._keeper.close()

    def _is_up(self) -> bool | None:
        """Risk is up while there is an engine to ask and its answers can become durable."""
        if self._facts.engine is None:
            return None
        return self._facts.journal is not None and self._facts.journal.failure is None
