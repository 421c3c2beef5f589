"""Risk at the desk of a person: reads every account once, judges an order by it, and remembers in the journals.

A command is a process of its own, so all that limits count – orders, executions, losses, equity, fees – comes from the order
journals of the desk's accounts, and goes back there. What others and `golive risk status` read is published before and after.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal

from golive.execution.ports import News
from golive.model.clock import Clock
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.errors import JournalError
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.money import steps_up
from golive.model.order import Fill, NewOrder
from golive.orders import Order
from golive.risk import AccountView, OrderFlow, RiskEngine, RiskProfile, committed, limit_states
from golive.risk.rules import RULES_BEFORE_LOSSES, reduces
from golive.storage.order_journal import NoteItem
from golive.storage.risk_stop import newest_release
from golive.storage.stop_record import Release

from ..emergency import HostEmergency
from .account_journal import journal_place
from .desk import LiveDesk
from .order_account import (
    EQUITY,
    Holdings,
    Spending,
    in_amounts,
    judged_account,
    present_account,
    stored_costs,
    stored_track,
    track_body,
)
from .order_past import Past, executed_by, fees_in, flow_of, past_of, record_note, throttled_note
from .order_reading import read_account
from .order_stop import host_of, keep_host_stop, keep_stop, publish_desk, release_mark, released, stopped
from .plan import AccountPlan
from .proof import ASKED


class OrderRisk:
    """Judges against one profile; `read` must have been called, or everything is refused (`RISK_MISSING_INPUT`).

    `licence` says why nothing may add risk at a venue, None when it may.
    `timeframe` is that of the bars by which prices are measured, `1m`; without one no volatility is known.
    """

    def __init__(
        self, profile: RiskProfile, clock: Clock, timeframe: str | None = None,
        licence: Callable[[str], str | None] = lambda venue: None,
    ) -> None:  # fmt: skip
        self.profile = profile
        self._licence = licence
        self._clock = clock
        self._timeframe = timeframe
        self._desk: LiveDesk | None = None
        self._holdings: dict[str, Holdings] = {}
        """by venue label"""
        self._adapters: dict[str, str] = {}
        self._pasts: dict[str, Past] = {}
        """by venue label"""
        self._flow = OrderFlow()
        self._executed: set[ClientOrderId] = set()
        self._engines: dict[InstrumentId, RiskEngine] = {}
        self._spendings: dict[InstrumentId, Spending] = {}
        self._decisions = 0
        self._release: Release | None = None
        """the newest release of the entrypoint's drawdown stop: it stands in the notes from then on"""

    async def read(self, desk: LiveDesk, symbol: str | None = None) -> None:
        """Read balances and prices of every account for an order of `symbol`, and what the journals remember.

        None: for market sales alone, which no limit on prices keeps from leaving. Journals are read once; what is executed after
        that is heard. Raises the family of a venue's fault, JournalError.
        """
        if self._desk is None:
            await self._remember_past(desk)
            self._decisions = max(past.last_decision for past in self._pasts.values())
            self._executed = {each.intent.client_order_id for each in desk.router.unended if each.filled}
            desk.on_news.append(self._told)
        self._desk = desk
        working = {order.intent.instrument for order in desk.router.unended}
        for account in desk.plan.accounts:
            label = account.profile.label
            self._adapters[label] = account.adapter
            self._holdings[label] = await read_account(
                desk.account(account.adapter).parts.adapter, desk.instruments(account.adapter), self.profile, self._clock,
                timeframe=self._timeframe, symbol=symbol, working=working,
            )  # fmt: skip

    async def tell(self, desk: LiveDesk, key: InstrumentId, symbol: str | None = None) -> None:
        """Read everything again once an order of `key` has had its effect, and publish what the account came to.

        `symbol` as in `read`. Raises the family of a venue's fault, JournalError.
        """
        await self.read(desk, symbol)
        await self._remember_past(desk)
        self._spendings.clear()
        holdings, now = self._holdings[key.venue], self._clock.now()
        instrument = holdings.instruments[key]
        engine = self._engine(instrument)
        engine.follow_emergencies(HostEmergency(desk.plan.home).read())
        view = present_account(key, None, holdings, self._working(holdings), engine, now, self._spending(instrument))
        keep_host_stop(desk.plan, engine, instrument, host_of(desk.plan, instrument.quote, now), now)
        self._tell(engine, instrument, view, now)

    async def _remember_past(self, desk: LiveDesk) -> None:
        """Read what the journals tell; a side that was shut meanwhile stays shut."""
        shut = self._flow.throttled
        self._pasts = {account.profile.label: await self._past(desk, account) for account in desk.plan.accounts}
        self._flow = flow_of(self._pasts.values())
        self._flow.throttled |= shut
        for engine in self._engines.values():
            engine.flow = self._flow

    def _working(self, holdings: Holdings) -> list[Order]:
        """Return our orders at the account that have not ended."""
        return [] if self._desk is None else [o for o in self._desk.router.unended if o.intent.instrument in holdings.instruments]

    async def _past(self, desk: LiveDesk, account: AccountPlan) -> Past:
        """Return what the journal tells, fills that the start has found included."""
        await desk.account(account.adapter).parts.pen.flushed()
        notes = desk.stored(account.adapter).notes
        instruments = tuple(desk.instruments(account.adapter).values())
        return await asyncio.to_thread(past_of, journal_place(desk.plan, account), notes, instruments, self._clock.now())

    def _told(self, news: News) -> None:
        """Count the first execution of each order that happens from now on."""
        if isinstance(news, Fill) and news.client_order_id not in self._executed:
            self._executed.add(news.client_order_id)
            self._flow.executed(executed_by(news), news.ts)

    def decide(self, order: NewOrder) -> Approved | Refused:
        """Return risk's verdict about an order of any of the accounts; a side that it shuts is shut in the journal, too."""
        self._decisions += 1
        holdings = self._holdings.get(order.instrument.venue)
        if holdings is None or self._desk is None or order.instrument not in holdings.instruments:
            missing = f"missing: account at {order.instrument.venue}"
            return Refused(order, self._decisions, DecisionCode.RISK_MISSING_INPUT, "known", missing)
        instrument = holdings.instruments[order.instrument]
        engine = self._engine(instrument)
        engine.follow_emergencies(HostEmergency(self._desk.plan.home).read())
        working = self._working(holdings)
        plan, now = self._desk.plan, self._clock.now()
        view = judged_account(order, holdings, working, engine, now, self._spending(instrument))
        may_wait = not reduces(order, view)  # what reduces leaves, whatever cannot be read or kept
        with _unless(may_wait):
            host = host_of(plan, instrument.quote, now)
            keep_host_stop(plan, engine, instrument, host, now)
            view = replace(view, host=host)
        if may_wait:
            view = replace(view, licence_lapse=self._licence(order.instrument.venue))
        verdict = self._judged(engine, order, view)
        with _unless(may_wait):
            self._tell(engine, instrument, view, now)
        return in_amounts(verdict, instrument) if isinstance(verdict, Refused) else verdict

    def _judged(self, engine: RiskEngine, order: NewOrder, view: AccountView) -> Approved | Refused:
        """Return the verdict; the stop that stands comes where the profile's own loss limits come."""
        if self._desk is not None and not any(rule(order, view, self.profile) for rule in RULES_BEFORE_LOSSES):
            refused = stopped(self._desk.plan, order, view, self._decisions)
            if refused is not None:
                return refused
        if order.client_order_id == ASKED:  # nobody sends it, so nobody must remember it
            return RiskEngine(self.profile).decide(order, view, self._decisions)
        side = order.instrument, order.side
        was_shut = side in self._flow.throttled
        verdict = engine.decide(order, view, self._decisions)
        if self._desk is not None and side in self._flow.throttled and not was_shut:
            self._write(order.instrument, throttled_note(side, view.now, self._desk.plan.operator))
        return verdict

    def equity_text(self, instrument: Instrument) -> str:
        """Return what the account of an instrument is worth in its quote asset, `?` when that is not known."""
        equity = self._engine(instrument).equity
        return "?" if equity is None else f"{instrument.quote_text(equity)} {instrument.quote}"

    def remember(self, operator: str) -> None:
        """Write equity, fees, and what the fills came to, into the journals of their accounts."""
        if self._desk is None:
            return
        for key, engine in self._engines.items():
            instrument = self._holdings[key.venue].instruments[key]
            costs = self._spending(instrument).track
            kept = track_body(engine.track, instrument.quote, instrument.quote_scale, costs)
            note = self._desk.stored(self._adapters[key.venue]).notes.get(f"{EQUITY}:{instrument.quote}")
            body = {**kept, **release_mark(note, self._release)}
            self._write(key, NoteItem(EQUITY, body, operator))
        for label, past in self._pasts.items():
            if past.has_grown:
                self._desk.account(self._adapters[label]).parts.pen.write(record_note(past.record, operator))

    def _write(self, key: InstrumentId, note: NoteItem) -> None:
        if self._desk is not None:
            self._desk.account(self._adapters[key.venue]).parts.pen.write(note)

    def _tell(self, engine: RiskEngine, instrument: Instrument, view: AccountView, now: int) -> None:
        """Keep a drawdown that was reached, and let others see what the account is worth."""
        assert self._desk is not None
        keep_stop(self._desk.plan, engine, now)
        uses = engine.present_uses(*committed(view))
        states = limit_states(uses, {instrument.id: view}, self.profile, instrument.quote)
        publish_desk(self._desk.plan, engine, instrument, states, now)

    def _engine(self, instrument: Instrument) -> RiskEngine:
        if instrument.id not in self._engines:
            engine = RiskEngine(self.profile, None if self._desk is None else HostEmergency(self._desk.plan.home))
            if self._desk is not None:
                notes = self._desk.stored(self._adapters[instrument.id.venue]).notes
                track = stored_track(notes, instrument.quote, instrument.quote_scale)
                self._release = newest_release(self._desk.plan.home, self._desk.plan.entrypoint)
                engine.track = released(track, notes.get(f"{EQUITY}:{instrument.quote}"), self._release)
                engine.flow = self._flow
            self._engines[instrument.id] = engine
        return self._engines[instrument.id]

    def _spending(self, instrument: Instrument) -> Spending:
        if instrument.id not in self._spendings:
            venue, unit = instrument.id.venue, Decimal(1).scaleb(-instrument.quote_scale)
            past = self._pasts.get(venue)
            fees = Decimal(0) if past is None else fees_in(past.record, instrument.quote)
            notes = {} if self._desk is None else self._desk.stored(self._adapters[venue]).notes
            track = stored_costs(notes, instrument.quote, instrument.quote_scale)
            self._spendings[instrument.id] = Spending(track, steps_up(fees, unit))
        return self._spendings[instrument.id]


@contextmanager
def _unless(may_wait: bool) -> Iterator[None]:
    """Let a JournalError through only for an order that may wait until its cause is mended."""
    try:
        yield
    except JournalError:
        if may_wait:
            raise
