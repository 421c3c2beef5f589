"""Steps the market: as fast as a lock-step client acknowledges, or by the wall clock."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
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
    """The only one who moves the market clock. `speed` None is `max`: steps are taken by the lock-step client."""

    def __init__(self, source: MarketSource, exchange: Exchange, face: Face, *, speed: float | None, clock: Clock) -> None:
        self.speed = speed
        self.steps_done = 0
        self.is_finished = False
        self._source = source
        self._exchange = exchange
        self._face = face
        self._clock = clock
        self._steps: Iterator[Step] = source.steps()
        for step in source.history():
            exchange.advance(step.ts, step.updates)
            face.publish(step.updates, running=False)
        exchange.now = max(exchange.now, source.facts.start)

    def step(self) -> Stepped | None:
        """Take the next step and publish it; None when there is none."""
        step = next(self._steps, None)
        if step is None:
            self.is_finished = True
            return None
        self._exchange.advance(step.ts, step.updates)
        published = self._face.publish(step.updates, running=self.speed is not None)
        self.steps_done += 1
        return Stepped(self.steps_done, step.ts, published)

    async def run(self) -> None:
        """Take every step at its time: market time runs `speed` times as fast as the wall clock from now on."""
        assert self.speed is not None
        started, origin = self._clock.monotonic(), self._exchange.now
        for step in self._steps:
            due = started + (step.ts - origin) / self.speed
            await asyncio.sleep(max(0.0, (due - self._clock.monotonic()) / 1e9))
            self._exchange.advance(step.ts, step.updates)
            self._face.publish(step.updates, running=True)
            self.steps_done += 1
        self.is_finished = True
