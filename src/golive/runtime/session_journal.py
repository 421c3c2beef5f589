"""The dispatcher's journal over the journal thread: items are queued as they come, and one future waits for the disk."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial

from golive.metrics.recorder import Recorder
from golive.model.command import Record
from golive.model.errors import JournalError
from golive.model.order import Fill, OrderUpdate
from golive.storage.item import EventItem, FillItem, Item, LifecycleItem, OrderUpdateItem, RecordItem
from golive.storage.session_store import SessionStore
from golive.storage.writer import DurationSummary, JournalWriter, Projection

from .risk_metrics import count_decision
from .service_levels.session_levels import SessionLevels

STALLED_AFTER_S = 5.0
"""A session ends when its disk answers no longer than this; orders wait for the disk in any case."""


class SessionJournal:
    """Must be made inside the running loop. `failure` is set once nothing more will be written."""

    def __init__(
        self, store: SessionStore, projections: Sequence[Projection], recorder: Recorder, *, last_record_seq: int = 0
    ) -> None:
        self._recorder = recorder
        self._durable_seq = last_record_seq
        self._waiting: asyncio.Future[None] | None = None
        self._waiting_for = 0
        self._batch: list[Item] = []
        self.failure: JournalError | None = None
        self.levels: SessionLevels | None = None
        """hears what comes, where service levels are measured"""
        self.records = last_record_seq
        loop = asyncio.get_running_loop()
        self._writer = JournalWriter(store, projections, loop=loop, on_durable=self._reached, on_failure=self._failed)
        self._writer.start()

    def event(self, seq: int, kind: str, body: bytes) -> None:
        self._batch.append(EventItem(seq, kind, body))
        if len(self._batch) >= 256:
            self.push()

    def record(self, record: Record) -> None:
        self.records += 1
        count_decision(self._recorder, record)
        if self.levels is not None:
            self.levels.record(record)
        self._batch.append(RecordItem(record))

    def news(self, news: Fill | OrderUpdate) -> None:
        if self.levels is not None:
            self.levels.news(news)
        self._batch.append(FillItem(news) if isinstance(news, Fill) else OrderUpdateItem(news))

    def resumed(self, restart: LifecycleItem) -> None:
        """Write down that the session goes on from here."""
        self._batch.append(restart)
        self.push()

    def push(self) -> None:
        """Hand everything collected to the thread; raises the JournalError that stopped it, if any."""
        if self._batch:
            self._writer.submit(self._batch)
            self._batch = []

    async def durable(self, record_seq: int) -> None:
        self.push()
        if self.failure is not None:
            raise self.failure
        if self._durable_seq >= record_seq:
            return
        self._waiting_for = record_seq
        self._waiting = asyncio.get_running_loop().create_future()
        try:
            await asyncio.wait_for(self._waiting, STALLED_AFTER_S)
        except TimeoutError:
            raise JournalError(f"the journal did not become durable within {STALLED_AFTER_S:g} s; no order may leave") from None
        finally:
            self._waiting = None

    def stalled_s(self) -> float:
        """Return how long the oldest record that must be durable has been waiting for the disk, in seconds."""
        return self._writer.stalled_s()

    def durations(self) -> DurationSummary | None:
        return self._writer.durations()

    async def close(self, *, ends: bool = True) -> None:
        """Write what is left and end the thread; raises the JournalError that stopped it, if any.

        With `ends` False the session did not end: it can be taken up again.
        """
        if self._writer.failure is None:
            self.push()
        await asyncio.get_running_loop().run_in_executor(None, partial(self._writer.close, ends=ends))

    def _reached(self, record_seq: int) -> None:
        self._durable_seq = max(self._durable_seq, record_seq)
        if self._waiting is not None and not self._waiting.done() and self._durable_seq >= self._waiting_for:
            self._waiting.set_result(None)

    def _failed(self, error: JournalError) -> None:
        self.failure = error
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_exception(error)
