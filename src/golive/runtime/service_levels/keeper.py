"""Keeps once a second what a tap has collected, and how long states held by the clock that never jumps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from golive.metrics.declaration import RISK_SERVICE_UP
from golive.metrics.recorder import Recorder
from golive.model.clock import SECOND, Clock
from golive.model.errors import JournalError
from golive.model.indicator import RISK_UP
from golive.storage.indicator_store import Batch, IndicatorStore, SpanRow

from .tap import IndicatorTap

EVERY_S: Final = 1.0
LATE_NS: Final = int(2.5 * SECOND)
"""a beat that comes later than this was held up: nobody could be asked meanwhile"""
SKEW_NS: Final = SECOND
"""how far the wall clock may run away before states are told by it anew"""
MOST_SPANS: Final = 10_000
"""states that wait while nothing can be kept; the oldest are lost beyond"""
PRUNED_EVERY: Final = 3600
"""beats"""


class Beats:
    """Turns beats of the monotonic clock into spans of the wall clock. Spans never overlap unless the wall clock was set back."""

    def __init__(self) -> None:
        self._ended: int | None = None
        self._mono = 0

    def beat(self, now: int, mono: int) -> tuple[int, int, int] | None:
        """Return (began, late until, ended) of what has passed since the last beat; None at the first.

        What lies before `late until` passed without a beat. The length is what really passed, whatever was done to the wall
        clock; after a jump of it the span lies before its new time.
        """
        ended, self._ended = self._ended, now
        elapsed, self._mono = mono - self._mono, mono
        if ended is None:
            return None
        if abs(now - (ended + elapsed)) <= SKEW_NS:
            self._ended = ended + elapsed
        began = self._ended - elapsed
        late = began if elapsed <= LATE_NS else self._ended - int(EVERY_S * SECOND)
        return began, late, self._ended


class ServiceLevels:
    """One run of one entrypoint. What it cannot keep is told once, and stops nothing: what is not kept is not ok."""

    def __init__(
        self,
        home: Path,
        tap: IndicatorTap,
        clock: Clock,
        recorder: Recorder,
        warn: Callable[[str], None],
        *,
        entrypoint: str,
        stage: str,
        run_id: str,
        is_up: Callable[[], bool | None] = lambda: None,
    ) -> None:
        """`is_up`: whether risk can be asked now; None before there is any."""
        self._home = home
        self._tap = tap
        self._clock = clock
        self._set_up = recorder.gauge(RISK_SERVICE_UP, entrypoint=entrypoint)
        self._warn = warn
        self._entrypoint = entrypoint
        self._stage = stage
        self._run_id = run_id
        self._is_up = is_up
        self._beats = Beats()
        self._has_begun = False
        """there was risk to ask at the last beat"""
        self._store: IndicatorStore | None = None
        self._spans: list[SpanRow] = []
        self._count = 0

    def open(self) -> None:
        """Open the store; that it cannot be used is a warning."""
        try:
            self._store = IndicatorStore.open(
                self._home, self._entrypoint, stage=self._stage, exchange=self._tap.exchange, run_id=self._run_id,
                now=self._clock.now(),
            )  # fmt: skip
        except JournalError as exc:
            self._warn(f"service levels are not measured: {exc}")

    async def run(self) -> None:
        """Keep what was collected, every second until cancelled."""
        while True:
            await asyncio.sleep(EVERY_S)
            batch = self._batch()
            await asyncio.to_thread(self._write, batch)

    async def close(self) -> None:
        """Keep what is left, and note that the run ended in order; call it when `run` was cancelled and is over."""
        batch = self._batch()
        await asyncio.to_thread(self._end, batch)

    def _batch(self) -> Batch:
        now = self._clock.now()
        self._look(now)
        samples, lost = self._tap.take()
        spans, self._spans = self._spans, []
        return Batch(now, samples, spans, lost)

    def _look(self, now: int) -> None:
        """Note how long each state held since the last beat.

        Held up, risk that could be asked before was down, and of the others nothing is known.
        """
        up = self._is_up()
        self._set_up(bool(up))
        span = self._beats.beat(now, self._clock.monotonic())
        if span is None:
            return
        began, late, ended = span
        if up is not None:
            if late > began and self._has_begun:
                self._spans.append(SpanRow(RISK_UP.name, self._tap.exchange, began, late, False))
            self._spans.append(SpanRow(RISK_UP.name, self._tap.exchange, late, ended, up))
        self._has_begun = up is not None
        for (indicator, exchange), holds in self._tap.states.items():
            self._spans.append(SpanRow(indicator, exchange, late, ended, holds))

    def _write(self, batch: Batch) -> None:
        if self._store is None:
            return
        try:
            self._store.write(batch)
            self._count += 1
            if self._count % PRUNED_EVERY == 0:
                self._store.prune(batch.seen)
        except JournalError as exc:
            spans = [*batch.spans, *self._spans]
            self._spans, lost = spans[-MOST_SPANS:], max(0, len(spans) - MOST_SPANS)
            self._tap.give_back(batch.samples, batch.lost + lost)
            self._warn(f"service levels are not kept: {exc}")

    def _end(self, batch: Batch) -> None:
        if self._store is None:
            return
        self._write(batch)
        try:
            self._store.close(batch.seen)
        except JournalError as exc:
            self._warn(f"service levels are not kept: {exc}")
