"""Answers belong to attempts: what was refused before its attempt was written down never left, and has nothing to answer."""

from __future__ import annotations

from collections.abc import Iterable

from golive.model.ids import ClientOrderId

from .ports import AttemptJournal


class WrittenAttempts:
    """An `AttemptJournal` in front of the durable one that lets an answer pass only where its attempt was written down."""

    def __init__(self, journal: AttemptJournal, written: Iterable[tuple[ClientOrderId, int]] = ()) -> None:
        """`written`: attempts that are in the durable one already."""
        self._journal = journal
        self._written = set(written)

    async def record_attempt(self, client_order_id: ClientOrderId, n: int, deadline_ms: int) -> None:
        await self._journal.record_attempt(client_order_id, n, deadline_ms)
        self._written.add((client_order_id, n))

    async def record_answer(self, client_order_id: ClientOrderId, n: int, answer: str) -> None:
        if (client_order_id, n) in self._written:
            await self._journal.record_answer(client_order_id, n, answer)
