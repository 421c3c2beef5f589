"""The middle of a session: the floor is open, and the market is looked at until something ends it."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial

from golive.engine import Engine
from golive.market.intel import MarketIntelAggregator
from golive.market.lockstep import LockStep
from golive.model.clock import SECOND, Clock
from golive.model.errors import ConfigError, StrategyError, VenueError
from golive.model.instrument import Instrument
from golive.observability.log_words import LogEvent
from golive.storage.operator_inbox import OperatorInbox
from golive.venues.stream import MarketStream

from .auto_trader import SwitchWatch, start_trader
from .drive import Ending, Inbox, Stream, drive_lock_step, drive_stream
from .evidence import Evidence
from .facts import SessionFacts
from .host_risk import HostRisk
from .live_session.watching import LiveWatch
from .market_facts import MarketFacts
from .opening import Floor, open_floor
from .operator_watch import OperatorWatch
from .outcome import check_accounts_agree
from .pace import SessionPace
from .plan import Plan, needs_trades
from .prerequisite import blocking
from .risk_stop import StopKeeper
from .service_levels.measured_session import MeasuredSession
from .session_emergency import SessionEmergency, hear_before_anything_leaves
from .session_licence import SessionLicence
from .session_ports import Progress
from .unfinished import Unfinished
from .venue_access import VenueAccess

Watch = Callable[[], Coroutine[None, None, None]]
"""runs beside the session until it is canceled"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionMarket:
    """What a session needs to look at its market; `look` is called once."""

    plan: Plan
    facts: SessionFacts
    clock: Clock
    evidence: Evidence
    access: VenueAccess
    host: HostRisk
    stops: StopKeeper
    pace: SessionPace
    measured: MeasuredSession
    progress: Progress
    licence: SessionLicence
    watch_live: Callable[[Engine], LiveWatch | None]
    """makes what may end live trading"""

    async def look(
        self, instruments: list[Instrument], unfinished: Unfinished | None, watches: Sequence[Watch], ready: Callable[[], None]
    ) -> None:
        """Open the floor and look at the market until something ends it; `ready` is called between the two.

        A venue that was lost is in the facts. Raises PrerequisiteMissing for journals that cannot be opened, ConfigError for
        data that the options do not fit, and what ended a watch.
        """
        plan, facts = self.plan, self.facts
        async with contextlib.AsyncExitStack() as stack:
            lock = await stack.enter_async_context(LockStep(self._venue_url)) if plan.lock_step else None
            facts.market = market = self._market_facts(lock)
            self._demand_fitting(market)
            facts.inbox = inbox = Inbox(facts.warn)
            with blocking("the session's journals cannot be opened"):
                floor = open_floor(plan, facts, self.evidence, instruments, self.access.main.profile, unfinished, self.clock)
            dispatcher = floor.dispatcher
            if plan.mode == "live":
                facts.intel = MarketIntelAggregator(instruments, plan.timeframe, plan.timeframe_ns)
                dispatcher.on_bar = facts.intel.heard
            self.measured.follow(floor.engine, instruments)
            emergency, switch = self._emergency(floor, inbox), self._switch(floor, inbox)
            stack.callback(emergency.watch.close)
            hear_before_anything_leaves(emergency, switch, dispatcher, inbox)
            self.licence.begin(floor.engine, dispatcher, inbox)
            await dispatcher.settle()
            stream = self._open_stream(instruments, market, inbox)
            stack.push_async_callback(stream.close)
            await stream.start()
            start_trader(plan, facts, dispatcher, self.clock)
            switch.look()
            ready()
            licensed = partial(self.licence.run, floor.engine, inbox)
            everyone: tuple[Watch, ...] = (*watches, self._operators(inbox).run, switch.run, emergency.watch.run, licensed)
            if (gate := self.watch_live(floor.engine)) is not None:
                everyone = (*everyone, gate.run)
            background = [asyncio.ensure_future(each()) for each in everyone]
            stack.push_async_callback(_cancel, background)
            self._set_deadline()
            facts.startup_seconds = (self.clock.monotonic() - facts.began) / SECOND
            facts.drive_began = time.monotonic_ns()
            facts.log.say(LogEvent.SESSION_READY, startup_seconds=round(facts.startup_seconds, 3))
            try:
                ending = await self._drive(lock, stream, inbox, floor)
            except Exception as bug:
                if gate is not None:
                    await gate.broke_off(f"{type(bug).__name__}: {bug}")
                raise
            facts.drive_ended = time.monotonic_ns()
            if gate is not None and ending is Ending.VENUE_LOST:
                await gate.broke_off(facts.errors[-1])
            for task in background:
                if task.done() and not task.cancelled():
                    task.result()  # a watch that died means that something was not watched
            await self._finish(floor, ending)
            switch.look()  # the auto-trader has stopped

    # -- what is looked at ----------------------------------------------------------------------------------------

    @property
    def _venue_url(self) -> str:
        return self.access.main.settings.url or ""

    def _market_facts(self, lock: LockStep | None) -> MarketFacts:
        if lock is not None:
            return MarketFacts.of_simulated(lock.market, self.plan.timeframe)
        venue = self.access.embedded
        market = venue.ready.get("market") if venue is not None else None
        if isinstance(market, dict):
            return MarketFacts.of_simulated(market, self.plan.timeframe)
        return MarketFacts("venue", "book", self.plan.timeframe)

    def _demand_fitting(self, market: MarketFacts) -> None:
        """Raise ConfigError for data that cannot give the plan's bars; warn of a volume whose unit nobody gave."""
        if market.source == "candles" and self.plan.options.volume_unit is None:
            self.facts.warn(f"the volume of {market.data} is read as base units; say --volume-unit base or quote")
        if needs_trades(self.plan) and market.fill_model == "bar":
            raise ConfigError(
                f"--timeframe {self.plan.timeframe} is built from trades; the data of {market.data} has only candles"
            )

    def _open_stream(self, instruments: Sequence[Instrument], market: MarketFacts, inbox: Inbox) -> MarketStream:
        book = market.fill_model == "book"
        timeframe = None if needs_trades(self.plan) else self.plan.timeframe
        return self.access.main.open_stream(instruments, timeframe=timeframe, book=book, trades=book, sink=inbox.put)

    # -- who speaks for people ------------------------------------------------------------------------------------

    def _emergency(self, floor: Floor, inbox: Inbox) -> SessionEmergency:
        return SessionEmergency(
            self.plan, self.facts, floor.engine, inbox, self.clock, alert=self.evidence.alert, stop=self.pace.stop
        )

    def _switch(self, floor: Floor, inbox: Inbox) -> SwitchWatch:
        return SwitchWatch(self.plan, self.facts, self.evidence, floor.engine.auto_trader, inbox, self.clock)

    def _operators(self, inbox: Inbox) -> OperatorWatch:
        """Return the watch over what named people ask of this session; what they asked of an earlier one is forgotten.

        One that was cut off and is taken up again is the same: what was asked of it and not done is done now.
        """
        mail = OperatorInbox(self.plan.home, self.plan.entrypoint.name)
        mail.discard_before(self.facts.started_at)
        return OperatorWatch(mail, inbox, self.facts.warn)

    # -- step by step ---------------------------------------------------------------------------------------------

    def _set_deadline(self) -> None:
        asked, plan = self.plan.options.max_runtime_s, self.plan
        if asked is not None and asked > 0:
            self.pace.end_after(asked)
        elif asked is None and not plan.lock_step:
            self.pace.end_after(plan.entrypoint.reference_window_seconds)

    async def _drive(self, lock: LockStep | None, stream: Stream, inbox: Inbox, floor: Floor) -> Ending | None:
        """Look at the market until something ends it; None: the strategy did."""
        host, dispatcher = self.host, floor.dispatcher
        try:
            if lock is not None:
                return await drive_lock_step(lock, stream, inbox, dispatcher, self.pace, self._stepped)
            return await drive_stream(
                stream, inbox, dispatcher, self.pace, self._stepped, lambda: host.refresh(dispatcher, floor.engine)
            )
        except VenueError as exc:
            self.facts.lose_venue(exc)
            return Ending.VENUE_LOST
        except StrategyError:
            return None  # told at the finish: it may also have failed when it was told of a fill, and no bar has come since

    def _stepped(self, steps: int) -> None:
        facts, journal = self.facts, self.facts.journal
        facts.steps = steps
        self.measured.stepped()
        if facts.engine is not None:
            self.stops.look(facts.engine)
        if journal is not None and journal.failure is not None:
            raise journal.failure
        if journal is not None and not self.plan.lock_step:
            journal.push()  # in a quiet market the next decision, which would take it along, may be hours away
        if facts.restart is not None and facts.restart.was_stopped_here:
            self.pace.stop()
        self.progress(facts)

    async def _finish(self, floor: Floor, ending: Ending | None) -> None:
        """Let engine and execution come to their end, and compare what either says the account is."""
        if self.facts.restart is not None:
            self.facts.restart.demand_done(ending)
        floor.dispatcher.finish()
        await floor.dispatcher.settle()
        self.stops.look(floor.engine)
        if floor.engine.strategy_failure is not None:
            self.facts.fail(floor.engine.strategy_failure)
        if floor.account is not None:
            check_accounts_agree(floor.engine.ledger, floor.account)
        if (live := self.facts.live) is not None:
            await live.ended(floor.engine, floor.dispatcher)
            self.stops.look(floor.engine)
            if (why := await live.demand_agreement(floor.engine)) is not None:
                self.facts.end_live(why)


async def _cancel(tasks: Sequence[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
