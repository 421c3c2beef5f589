"""Steps the market: as fast as a lock-step client acknowledges, or by the wall clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from golive.model.clock import Clock

from ..exchange.exchange import Exchange
from ..face.face import Face
from ..source.base import MarketSource, Step


@dataclass(frozen=True, slots=True)
class Stepped:
    """What one step was: its number from 1 on, the market clock after it (ns), messages per channel and instrument."""

    number: int
    ts: int
    published: dict[str, int]


class Driver:
    """The only one who moves the market clock. `speed` None is `max`: steps are taken by the lock-step client.

    Else market time is the source's start plus `speed` times what has passed on the wall clock since `began` (ns).
    """

    def __init__(
        self,
        source: MarketSource,
        exchange: Exchange,
        face: Face,
        *,
        speed: float | None,
        clock: Clock,
        began: int | None = None,
    ) -> None:
        self.speed = speed
        self.steps_done = 0
        self.is_finished = False
        self.on_step: Callable[[int], None] | None = None
        """called with the number of every step before it is published"""
        self._source = source
        self._exchange = exchange
        self._face = face
        self._clock = clock
        self._began = began
        self._steps: Iterator[Step] = source.steps()
        self._next: Step | None = None
        for step in source.history():
            exchange.advance(step.ts, step.updates)
            face.publish(step.updates, running=False)
        exchange.now = max(exchange.now, source.facts.start)

    def step(self) -> Stepped | None:
        """Take the next step and publish it; None when there is none."""
        step = self._peek()
        if step is None:
            self.is_finished = True
            return None
        self._next = None
        self._exchange.advance(step.ts, step.updates)
        self.steps_done += 1
        if self.on_step is not None:
            self.on_step(self.steps_done)
        published = self._face.publish(step.updates, running=self.speed is not None)
        return Stepped(self.steps_done, step.ts, published)

    def _peek(self) -> Step | None:
        if self._next is None:
            self._next = next(self._steps, None)
        return self._next

    def catch_up(self) -> None:
        """Take every step that is due already: the market went on while the venue was away."""
        if self.speed is None or self._began is None:
            return
        now = self._source.facts.start + (self._clock.now() - self._began) * self.speed
        while (step := self._peek()) is not None and step.ts <= now:
            self.step()

    async def run(self) -> None:
        """Take every step at its time."""
        assert self.speed is not None
        started, origin = self._clock.monotonic(), float(self._exchange.now)
        if self._began is not None:
            origin = self._source.facts.start + (self._clock.now() - self._began) * self.speed
        while (step := self._peek()) is not None:
            due = started + (step.ts - origin) / self.speed
            await asyncio.sleep(max(0.0, (due - self._clock.monotonic()) / 1e9))
            self.step()
        self.is_finished = True
