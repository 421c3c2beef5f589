"""The live desk: a router and the accounts it sends to, from recovery to the last fill. Its face is synchronous but for waiting.

The order of things is always the same: happenings go to the router, its effects go to the accounts, its news go out.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Final, TypeVar

from golive.execution.live.effect import Effect, Note, Reroute
from golive.execution.live.happening import Condition, Happening, Vanished
from golive.execution.live.router import LiveExecutionRouter
from golive.execution.ports import News
from golive.model.clock import SECOND
from golive.model.command import Alert
from golive.model.decision import Approved
from golive.model.errors import ConfigError
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.json import JsonObject
from golive.model.order import Fill, OrderStatus, OrderUpdate
from golive.orders import Order
from golive.storage import failpoint
from golive.storage.order_journal import JournalState
from golive.venues.adapter import VenueAdapter

from ..service_levels.ended_orders import EndedOrders
from .account import LiveAccount
from .account_journal import AccountJournal
from .agreement import last_agreed_at
from .alerting import AlertThread
from .assembly import assembled
from .desk_emergency import DeskEmergency
from .desk_opening import adapter_of, opened_journal, router_of, traded_instruments
from .desk_series import DeskSeries
from .ending import ended_early
from .interpreter import Steadiness
from .opening import Recovery
from .plan import AccountPlan, LivePlan
from .reconcile_views import Books
from .taking_over import restored, taken_over

SETTLED_POLL_S: Final = 0.005
IN_FLIGHT: Final = frozenset({OrderStatus.PLANNED, OrderStatus.SENT, OrderStatus.UNKNOWN})
T = TypeVar("T")


class LiveDesk:
    """Made by `open`, which returns when every account is ready."""

    def __init__(self, plan: LivePlan, router: LiveExecutionRouter) -> None:
        self.alerts = AlertThread(plan.alert)
        self.plan = replace(plan, alert=self.alerts.put)
        self.router = router
        self.on_news: list[Callable[[News], None]] = []
        """called on the loop with each fact about our orders, in order"""
        self.on_reroute: list[Callable[[Reroute], None]] = []
        self.on_happening: list[Callable[[Happening], None]] = []
        """called on the loop with what an account tells, before the router takes it"""
        self._accounts: dict[str, LiveAccount] = {}
        self._journals: dict[str, AccountJournal] = {}
        self._is_draining = False
        self._is_closing = False
        self._steadiness = Steadiness(plan.clock.monotonic)
        self.series = DeskSeries(self.plan)
        self._emergency = DeskEmergency(self.plan, router, write=lambda note: self._give(self._carry, note), turned=self._drain)
        self.emergency = self._emergency.watch
        self._helpers: list[asyncio.Task[None]] = []
        """they go on as long as the desk does"""
        if plan.tap is not None:
            self.on_news.append(EndedOrders(router, plan.tap).news)

    @classmethod
    async def open(cls, plan: LivePlan) -> LiveDesk:
        """Open journals, recover every account and let orders in; what fails closes everything again.

        Raises PrerequisiteMissing (another process has an account; NotReady with the table when journal and venue do not
        agree), JournalError, ConfigError, and the family of a venue's fault.
        """
        failpoint.refuse_in(plan.stage)
        names = [account.adapter for account in plan.accounts]
        if len(set(names)) != len(names):
            raise ConfigError(f"a live desk has one account per adapter, not {', '.join(names)}")
        async with contextlib.AsyncExitStack() as undo:
            adapters = {account.adapter: adapter_of(plan, account) for account in plan.accounts}
            for adapter in adapters.values():
                undo.push_async_callback(adapter.close)
            listed = await asyncio.gather(*(traded_instruments(each, adapters[each.adapter]) for each in plan.accounts))
            instruments = dict(zip(names, listed, strict=True))
            journals: dict[str, AccountJournal] = {}
            for account in plan.accounts:
                opened = await opened_journal(plan, account, instruments[account.adapter])
                undo.callback(opened.abandon)
                journals[account.adapter] = opened
            desk = cls(plan, router_of(plan, instruments, journals))
            desk._journals = journals
            undo.pop_all()
        try:
            for account in plan.accounts:
                desk._take_over(account, adapters[account.adapter], instruments[account.adapter])
            desk.emergency.look()  # before anything can leave
            desk._keep_up(desk.emergency.run(), "watch of emergency mode")
            await desk._recover()
        except BaseException:
            await desk.close()
            raise
        desk._steadiness.begin()
        desk._keep_up(desk._tick(), "clock of the desk")
        if desk.series.begin():
            desk._keep_up(desk.series.run(), "export of metrics")
        return desk

    # what is asked of it

    def submit(self, approved: Approved, ts: int | None = None) -> None:
        """Take an approved order; what becomes of it comes as news. `ts`: market time, now unless given."""
        self._publish(self.router.submit(approved, self._ts(ts)))

    def amend(self, approved: Approved, ts: int | None = None) -> None:
        self._publish(self.router.amend(approved, self._ts(ts)))

    def cancel(self, client_order_id: ClientOrderId, ts: int | None = None) -> None:
        self._publish(self.router.cancel(client_order_id, self._ts(ts)))

    def look(self, ts: int) -> None:
        """Let the router look at the market clock."""
        self._publish(self.router.on_time(ts))

    def restore(
        self,
        orders: Iterable[Order],
        updates: Iterable[OrderUpdate],
        fills: Iterable[Fill],
        canceling: Collection[ClientOrderId],
        ts: int,
    ) -> Sequence[News]:
        """Return what a session that starts again did not store of its orders; see `LiveExecutionRouter.restore`."""
        news = self.router.restore(orders, updates, fills, canceling, ts)
        self._drain()
        return news

    def end_live(self, subject: str, why: str) -> None:
        """Let nothing new out for the rest of this run and cancel what works; `subject`: what ended it."""
        self.router.end_live(subject, why)
        self._drain()

    def new_id(self, adapter: str, strategy: str) -> ClientOrderId:
        """Return the next client order id of an account."""
        return self._journals[adapter].journal.client_order_id(strategy)

    def stored(self, adapter: str) -> JournalState:
        """Return what the account's journal said when it was opened."""
        return self._journals[adapter].state

    def instruments(self, adapter: str) -> Mapping[InstrumentId, Instrument]:
        return self._accounts[adapter].parts.instruments

    def account(self, adapter: str) -> LiveAccount:
        return self._accounts[adapter]

    @property
    def conditions(self) -> Mapping[str, Condition]:
        return self.router.conditions

    @property
    def failover_status(self) -> JsonObject:
        """Each adapter's state, and how many must be reconnected (CONTRACT "Live router")."""
        adapters = {name: asdict(account.parts.adapter.failover_status) for name, account in self._accounts.items()}
        needed = sum(bool(status["reconnect_required"]) for status in adapters.values())
        return {"reconnect_required": needed, "adapters": adapters}

    @property
    def is_settled(self) -> bool:
        """Whether every order has ended or rests at its venue, no fill is owed, and nothing is queued, on its way or asked."""
        accounts = self._accounts.values()
        return (
            not self.router.awaits_news
            and all(account.is_idle for account in accounts)
            and not any(
                self._order(ours.intent.client_order_id).status in IN_FLIGHT
                for account in accounts
                for ours in account.parts.roster.unended()
            )
        )

    async def settled(self, timeout_s: float) -> bool:
        """Wait until the desk is settled and all it knows is durable; False when that takes longer."""
        deadline = self.plan.clock.monotonic() + int(timeout_s * SECOND)
        while not self.is_settled:
            if self.plan.clock.monotonic() >= deadline:
                return False
            await asyncio.sleep(SETTLED_POLL_S)
        for account in self._accounts.values():
            await account.parts.pen.flushed()
        return True

    async def close(self) -> None:
        """End in order: what is open at the venues stays open. Raises the JournalError that stopped a journal, if any."""
        self._is_closing = True
        for task in self._helpers:
            task.cancel()
        await asyncio.gather(*self._helpers, return_exceptions=True)
        for account in self._accounts.values():
            account.stop()
        results = await asyncio.gather(*(account.close() for account in self._accounts.values()), return_exceptions=True)
        for name, opened in self._journals.items():
            if name not in self._accounts:
                opened.abandon()
        self.emergency.close()
        await self.series.end()
        await asyncio.to_thread(self.alerts.close)
        for result in results:
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                raise result

    # opening

    def _take_over(self, account: AccountPlan, adapter: VenueAdapter, instruments: Mapping[InstrumentId, Instrument]) -> None:
        """Put the account together and give the router its orders."""
        opened = self._journals[account.adapter]
        made = assembled(
            self.plan, account, adapter, instruments, opened,
            tell=self._tell, may_leave=self.router.may_leave, alert=self.plan.alert,
        )  # fmt: skip
        self._accounts[account.adapter] = made
        self._emergency.follow_in(account.adapter, opened.state)
        for stored in opened.state.orders.values():
            made.parts.roster.add(taken_over(stored))
        self.router.restored(account.adapter, [restored(stored) for stored in opened.state.orders.values()])
        absent = Books.of(opened.state).consents.absent
        for name in absent.keys() & opened.state.orders.keys():
            self.router.take(Vanished(account.adapter, name, is_signed=True, signed_by=absent[name]))
        made.parts.readiness.look()
        self._drain()

    async def _recover(self) -> None:
        recoveries = []
        for name, account in self._accounts.items():
            opened = self._journals[name]
            recovery = Recovery(account, Books.of(opened.state), opened.known, self._order)
            recoveries.append(recovery.run(last_agreed_at(opened.state.notes)))
        results = await asyncio.gather(*recoveries, return_exceptions=True)
        failures = [result for result in results if isinstance(result, BaseException)]
        if failures:
            raise failures[0]

    def _order(self, client_order_id: ClientOrderId) -> Order:
        return self.router.order(client_order_id)

    # the order of things

    def _ts(self, ts: int | None) -> int:
        return self._market_now() if ts is None else ts

    def _market_now(self) -> int:
        clock = self.plan.market_time
        return self.plan.clock.now() if clock is None else clock()

    async def _tick(self) -> None:
        """Let the router look at the clock: for accounts in trouble for too long, and for fills that do not come."""
        while True:
            await asyncio.sleep(self.plan.timing.tick_s)
            now = self.plan.clock.now()
            self.look(self._market_now())
            pens = {each.profile.label: self._accounts[each.adapter].parts.pen for each in self.plan.accounts}
            self.series.beat(now, {label: pen.stalled_s for label, pen in pens.items()})
            self._steadiness.look(is_idle=all(account.is_idle for account in self._accounts.values()))

    def _keep_up(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._helpers.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """No task of a desk ends before the desk does."""
        if not self._is_closing:
            self._broken(ended_early(task))

    def _broken(self, bug: Exception) -> None:
        for account in self._accounts.values():
            account.parts.broken(bug)

    def _tell(self, happening: Happening) -> None:
        for listener in self.on_happening:
            self._give(listener, happening)
        try:
            self.router.take(happening)
        finally:
            self._drain()

    def _publish(self, news: Sequence[News]) -> None:
        self._announce(news)
        self._drain()

    def _drain(self) -> None:
        """Carry out what the router wants until it wants nothing more; what comes of it meanwhile waits its turn."""
        if self._is_draining:
            return
        self._is_draining = True
        try:
            while True:
                effects, news = self.router.effects(), self.router.news()
                if not effects and not news:
                    return
                for effect in effects:
                    self._give(self._carry, effect)
                self._announce(news)
        finally:
            self._is_draining = False

    def _give(self, to: Callable[[T], None], what: T) -> None:
        """Whatever one of those who carry out and hear fails at, the others get theirs; the accounts take no new orders then."""
        try:
            to(what)
        except Exception as bug:  # noqa: BLE001 - told, and the end of new orders
            self._broken(bug)

    def _carry(self, effect: Effect) -> None:
        match effect:
            case Alert():
                self.plan.alert(effect)
            case Reroute():
                for told in self.on_reroute:
                    self._give(told, effect)
            case Note(adapter=""):
                for account in self._accounts.values():
                    account.carry(effect)
            case _:
                self._accounts[effect.adapter].carry(effect)

    def _announce(self, news: Sequence[News]) -> None:
        for item in news:
            for listener in self.on_news:
                self._give(listener, item)
