"""The live desk of a session: opened for its one account before its floor, asked until its last order has ended.

By then the ledger is what the venue says the account holds, or the session says what differs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Final

from golive.engine import Engine
from golive.execution.live.summary import live_execution_metrics
from golive.model.clock import Clock
from golive.model.command import Record
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.errors import PrerequisiteMissing, VenueError
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderStatus
from golive.observability.report import LiveExecutionMetrics
from golive.venues.adapter import VenueAdapter

from ..dispatcher import Dispatcher
from ..drive import Inbox
from ..evidence import Evidence
from ..facts import SessionFacts
from ..gate import GatePass
from ..live.desk import LiveDesk
from ..live.plan import LivePlan
from ..live.proof import ASKED
from ..live.service import DeskService
from ..live_plan import Surroundings, live_plan
from ..plan import Plan
from ..secret_store import StoredSecrets
from ..validation import held_of

ENDED_S: Final = 30.0
"""how long an end waits for what is canceled, and for orders whose outcome is not known"""
POLL_S: Final = 0.02
AGREED_S: Final = 5.0
"""how long a venue may take to show what it has executed in its balances"""
AGREED_PAUSE_S: Final = 0.5
_WORKING: Final = (OrderStatus.OPEN, OrderStatus.PARTIAL)


class SessionDesk:
    """Made by `open`; `close` ends it, and cancels before what a session that did trade has left at the venue."""

    def __init__(self, desk: LiveDesk, facts: SessionFacts, references: dict[ClientOrderId, str]) -> None:
        self.desk = desk
        self._facts = facts
        self._references = references
        self.has_floor = False
        """whether a session trades with it"""

    @classmethod
    async def open(
        cls,
        plan: Plan,
        facts: SessionFacts,
        evidence: Evidence,
        store: StoredSecrets,
        clock: Clock,
        gate_pass: GatePass,
        known: Collection[ClientOrderId],
    ) -> SessionDesk:
        """Recover the account and let orders in; `known` are the orders of the session that is taken up again.

        Raises PrerequisiteMissing while journal and venue do not agree, another process holds the account, or an order works
        there that is not of this session; ConfigError and the family of a venue's fault.
        """
        references: dict[ClientOrderId, str] = {}
        desk = await LiveDesk.open(_live_plan(plan, facts, evidence, store, clock, gate_pass, references))
        made = cls(desk, facts, references)
        try:
            made._demand_own(known, plan)
        except BaseException:
            await desk.close()
            raise
        return made

    def _demand_own(self, known: Collection[ClientOrderId], plan: Plan) -> None:
        """Raise PrerequisiteMissing for orders that a session would not count: by hand, or of one that was not taken up again."""
        strange = [name for order in self.desk.router.unended if (name := order.intent.client_order_id) not in known]
        if strange:
            raise PrerequisiteMissing(
                f"{len(strange)} orders of {plan.entrypoint.name} have not ended and are not of this session: "
                f"{', '.join(strange[:3])}{' …' if len(strange) > 3 else ''}; cancel them with golive order cancel ID "
                f"--entrypoint {plan.entrypoint.name}, or go on with the session that placed them: --resume"
            )

    # -- what a session trades with -------------------------------------------------------------------------------

    @property
    def adapter(self) -> VenueAdapter:
        return self.desk.account(self._name).parts.adapter

    @property
    def _name(self) -> str:
        return self.desk.plan.accounts[0].adapter

    async def held(self, instruments: Sequence[Instrument]) -> dict[str, Decimal]:
        """Return what the account holds of the assets that are traded, by its venue."""
        return await held_of(self.adapter, instruments)

    def service(self, inbox: Inbox) -> DeskService:
        """Return execution for the session's dispatcher, whose loop is woken by news through `inbox`."""
        self.has_floor = True
        return DeskService(self.desk, inbox.nudge)

    def heard(self, record: Record) -> None:
        """Remember at which price risk judged an order, until its intent is durable."""
        reference = record.body.get("reference_price")
        if isinstance(record.verdict, Approved) and isinstance(reference, str):
            self._references[record.verdict.order.client_order_id] = reference

    def metrics(self) -> LiveExecutionMetrics:
        return live_execution_metrics(self.desk.router.meters)

    @property
    def unclear(self) -> tuple[ClientOrderId, ...]:
        """The orders whose outcome is not known."""
        unended = self.desk.router.unended
        return tuple(order.intent.client_order_id for order in unended if order.status is OrderStatus.UNKNOWN)

    # -- the end --------------------------------------------------------------------------------------------------

    async def ended(self, engine: Engine, dispatcher: Dispatcher) -> None:
        """Cancel what works, and wait until every order of the session has ended and the session has heard so."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + ENDED_S
        canceled: set[ClientOrderId] = set()
        while True:
            dispatcher.time(dispatcher.clock.now)
            await dispatcher.settle()
            for order in engine.orders.unended.values():
                name = order.intent.client_order_id
                if order.status in _WORKING and name not in canceled:
                    canceled.add(name)
                    self.desk.cancel(name)
            if (not engine.orders.unended and self.desk.is_settled) or loop.time() >= deadline:
                break
            await asyncio.sleep(POLL_S)
        await self.desk.settled(1.0)
        for name in engine.orders.unended:
            self._facts.err(f"order {name} has not ended within {ENDED_S:g} s: run golive reconcile")

    async def differences(self, engine: Engine, given_up: Callable[[], bool] = lambda: False) -> tuple[str, ...]:
        """Return what the ledger and the venue say differently of the account, asset by asset; `given_up`: nobody waits any more.

        Raises the family of the fault when the venue cannot be asked.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + AGREED_S
        instruments = [desk.instrument for desk in engine.desks.values()]
        while True:
            theirs = await self.held(instruments)
            found = tuple(_differing(engine, theirs))
            if not found or loop.time() >= deadline or given_up():
                return found
            await asyncio.sleep(AGREED_PAUSE_S)

    async def close(self) -> None:
        """Leave nothing of a session at the venue, however it ended. Raises the JournalError that stopped a journal."""
        if self.has_floor:
            for order in self.desk.router.unended:
                self.desk.cancel(order.intent.client_order_id)
            if self.desk.router.unended:
                await self.desk.settled(AGREED_S)
        await self.desk.close()

    async def demand_agreement(self, engine: Engine) -> str | None:
        """Return why the end of the session is not one in which ledger and venue agree; None when they do."""
        try:
            found = await self.differences(engine)
        except VenueError as exc:
            return f"whether ledger and venue agree is not known: {exc}; run golive reconcile"
        return None if not found else f"ledger and venue do not agree: {'; '.join(found)}; run golive reconcile"


def _differing(engine: Engine, theirs: dict[str, Decimal]) -> list[str]:
    ledger = engine.ledger
    found = []
    for asset, balance in sorted(ledger.balances.items()):
        ours = Decimal(balance.total).scaleb(-ledger.scales[asset])
        if ours != theirs.get(asset, Decimal(0)):
            found.append(f"{asset}: the ledger has {ours:f}, the venue {theirs.get(asset, Decimal(0)):f}")
    return found


def _live_plan(
    plan: Plan,
    facts: SessionFacts,
    evidence: Evidence,
    store: StoredSecrets,
    clock: Clock,
    gate_pass: GatePass,
    references: dict[ClientOrderId, str],
) -> LivePlan:
    def judge(order: NewOrder) -> Approved | Refused:
        """Answer whether risk is alive; nothing else is asked, because no order of a session goes to another venue."""
        if facts.engine is None or order.client_order_id != ASKED:
            return Refused(order, 0, DecisionCode.RISK_MISSING_INPUT, "a session", "none that has begun")
        return facts.engine.would_allow(order)

    around = Surroundings(
        clock=clock, recorder=facts.recorder, guardrails=evidence.guardrails, alert=evidence.alert, judge=judge,
        operator=evidence.operator, secrets=store,
    )  # fmt: skip
    made = live_plan(
        plan.config, plan.entrypoint.name, home=plan.home, key_file=plan.options.credentials, around=around,
        gate_pass=gate_pass, falls_back=False,
    )  # fmt: skip

    def market_time() -> int:
        now = 0 if facts.dispatcher is None else facts.dispatcher.clock.now
        return now or clock.now()

    return replace(made, market_time=market_time, reference_price=references.get, repeats_decisions=False)
