"""What this room needs from others: a sink for guardrail events, a durable journal of order attempts, an open gate."""

from __future__ import annotations

from typing import Protocol

from golive.model.ids import ClientOrderId
from golive.model.json import JsonObject


class GuardrailSink(Protocol):
    """Takes guardrail events: `RATE_LIMIT`, `TIMEOUT`, `REFUSED` with level `warning` or `error`."""

    def event(
        self, *, level: str, event: str, exchange: str, environment: str, queue: str, message: str, fields: JsonObject
    ) -> None: ...


class AttemptJournal(Protocol):
    """Order attempts, durable when the call has been awaited; one call at a time per order."""

    async def record_attempt(self, client_order_id: ClientOrderId, n: int, deadline_ms: int) -> None:
        """Attempt `n` of the order is about to leave; `deadline_ms` is venue time, ms since the epoch.

        1 and 2 send the order itself, an amendment has the number its caller gives it.
        """
        ...

    async def record_answer(self, client_order_id: ClientOrderId, n: int, answer: str) -> None:
        """How attempt `n` ended: `accepted:<venue order id>`, `amended`, or the meaning and code of its failure."""
        ...


class OpenGate(Protocol):
    """What the gate gives out when it is open: orders of one entrypoint may leave for production."""

    @property
    def entrypoint(self) -> str: ...
