"""The first minutes of live trading: small, watched more closely than what follows, and written down when they are over.

Whatever goes wrong in them ends live trading. What was never tried has not passed: it lasts until at least one order was answered
and executed orders, ledger and venue agree.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from golive.engine import Engine
from golive.execution.live.meters import Tally
from golive.model.clock import SECOND, Clock
from golive.model.errors import VenueError
from golive.model.event import Operator, OperatorAction
from golive.model.json import JsonObject
from golive.model.money import format_decimal
from golive.model.verdict import Verdict
from golive.storage.decision_step import record_step
from golive.storage.journal_file import Signer

from ..drive import Inbox
from ..facts import SessionFacts
from ..plan import Plan
from .session_desk import SessionDesk

STEP: Final = "observation"
COMPARE_S: Final = 10.0
"""how often ledger and venue are compared meanwhile"""
_BAD_ORDERS: Final = ("rejected", "absent")
_BAD_ATTEMPTS: Final = ("rejected", "unknown")


class Observation:
    """`look` until it returns a reason to end live trading; `ended` says why nothing is looked at any more."""

    def __init__(
        self, plan: Plan, facts: SessionFacts, live: SessionDesk, engine: Engine, inbox: Inbox, signer: Signer, clock: Clock
    ) -> None:
        self._plan = plan
        self._facts = facts
        self._live = live
        self._engine = engine
        self._inbox = inbox
        self._signer = signer
        self._clock = clock
        self._limit_ms = live.desk.plan.latency_alert_ms
        self._began: int | None = None
        """monotonic ns: when the auto-trader ran first"""
        self._compared_at = 0
        self._is_over = not engine.is_canary
        """one that was over before the session was cut off is not repeated"""
        self.has_failed = False

    @property
    def is_over(self) -> bool:
        return self._is_over

    @property
    def minutes(self) -> Decimal:
        """How long it has lasted."""
        if self._began is None:
            return Decimal(0)
        return (Decimal(self._clock.monotonic() - self._began) / (60 * SECOND)).quantize(Decimal("0.01"))

    async def look(self) -> str | None:
        """Return why live trading has to end; None while it may go on. What it comes to is durable before anything follows."""
        if self._is_over:
            return None
        if self._began is None and self._engine.auto_trader.has_run:
            self._began = self._clock.monotonic()
        why = next(self._faults(), None) or await self._difference(COMPARE_S)
        if why is None and self._is_due:
            asked_at = self._clock.monotonic()
            why = await self._difference(0.0)
            if why is None and self._compared_at >= asked_at:
                await self._record(Verdict.OK, "")
                self._is_over = True
                self._inbox.post(Operator(OperatorAction.OBSERVED, self._signer.operator, STEP, self._clock.now()))
        return None if why is None else await self.failed(why)

    async def failed(self, why: str) -> str:
        """End it because of `why`, once; return the reason to end live trading. Durable on return."""
        why = f"observation: {why}"
        if not self._is_over:
            self._is_over = self.has_failed = True
            await self._record(Verdict.BREACHED, why)
        return why

    @property
    def _is_due(self) -> bool:
        has_lasted = self._began is not None and self.minutes >= self._plan.observation_minutes
        return has_lasted and any(tally.latencies_ms for tally in self._tallies)

    @property
    def _tallies(self) -> list[Tally]:
        return list(self._live.desk.router.meters.tallies.values())

    def _faults(self) -> Iterator[str]:
        for breach in self._engine.breaches:
            yield f"{breach.limit} was reached: {breach.used} of {breach.allowed}"
        for tally in self._tallies:
            yield from (f"an order was {result}" for result in _BAD_ORDERS if tally.orders[result])
            yield from (f"an attempt to send an order ended {result}" for result in _BAD_ATTEMPTS if tally.attempts[result])
            if tally.latencies_ms and (worst := max(tally.latencies_ms)) > self._limit_ms:
                yield f"an order took {worst:.0f} ms, allowed are {self._limit_ms} ms"
        if self._live.unclear:
            yield f"the outcome of order {self._live.unclear[0]} is not known"
        yield from self._facts.errors

    async def _difference(self, every_s: float) -> str | None:
        """Compare ledger and venue while nothing is on its way; what was executed meanwhile proves nothing."""
        now = self._clock.monotonic()
        if self._engine.orders.unended or now - self._compared_at < every_s * SECOND:
            return None
        fills = len(self._engine.fills)
        try:
            found = await self._live.differences(self._engine, lambda: len(self._engine.fills) != fills)
        except VenueError as exc:
            return f"the venue cannot be asked what the account holds: {exc}"
        if len(self._engine.fills) == fills and not self._engine.orders.unended:
            self._compared_at = now
            return f"ledger and venue do not agree: {'; '.join(found)}" if found else None
        return None

    async def _record(self, status: Verdict, why: str) -> None:
        """Append the signed step with what was measured."""
        facts: JsonObject = {
            "entrypoint": self._plan.entrypoint.name,
            "run_id": self._facts.run_id,
            "minutes": format_decimal(self.minutes),
            "orders": sum(tally.orders.total() for tally in self._tallies),
            "fills": len(self._engine.fills),
            "latency_max_ms": round(max((max(t.latencies_ms) for t in self._tallies if t.latencies_ms), default=0)),
            "latency_limit_ms": self._limit_ms,
            "limits_share": format_decimal(self._share),
            "reason": why,
        }
        await asyncio.to_thread(record_step, self._plan.home, self._signer, STEP, status, 0, [], facts=facts)

    @property
    def _share(self) -> Decimal:
        canary = self._plan.canary
        return Decimal(1) if canary is None else Decimal(canary.numerator) / Decimal(canary.denominator)
