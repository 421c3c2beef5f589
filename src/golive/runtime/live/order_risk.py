"""Risk at the desk of a person: reads every account once, judges an order by it, and remembers equity in the journals."""

from __future__ import annotations

from typing import Final

from golive.model.clock import Clock
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.ids import InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder
from golive.risk import AccountView, RiskEngine, RiskProfile
from golive.storage.order_journal import NoteItem
from golive.storage.risk_stop import Release, newest_release

from ..emergency import HostEmergency
from .desk import LiveDesk
from .order_account import EQUITY, Holdings, judged_account, more_than_held, stored_track, track_body
from .order_stop import keep_stop, peers_of, publish_desk, release_mark, released, stopped

DEPTH: Final = 5
"""levels of a book that are read; the first is what is judged by"""


class OrderRisk:
    """Judges against one profile; `read` must have been called, or everything is refused (`RISK_MISSING_INPUT`)."""

    def __init__(self, profile: RiskProfile, clock: Clock) -> None:
        self.profile = profile
        self._clock = clock
        self._desk: LiveDesk | None = None
        self._holdings: dict[str, Holdings] = {}
        """by venue label"""
        self._adapters: dict[str, str] = {}
        self._engines: dict[InstrumentId, RiskEngine] = {}
        self._decisions = 0
        self._release: Release | None = None
        """the newest release of the entrypoint's drawdown stop: it stands in the notes from then on"""

    async def read(self, desk: LiveDesk) -> None:
        """Read balances and books of every account, and what its journal remembers. Raises the family of a venue's fault."""
        self._desk = desk
        for account in desk.plan.accounts:
            adapter = desk.account(account.adapter).parts.adapter
            instruments = desk.instruments(account.adapter)
            balances = await adapter.balances()
            books = {key: await adapter.order_book(instrument, DEPTH) for key, instrument in instruments.items()}
            label = account.profile.label
            self._holdings[label] = Holdings(balances=balances, instruments=instruments, books=books)
            self._adapters[label] = account.adapter

    def decide(self, order: NewOrder) -> Approved | Refused:
        """Return risk's verdict about an order of any of the accounts."""
        self._decisions += 1
        holdings = self._holdings.get(order.instrument.venue)
        if holdings is None or self._desk is None or order.instrument not in holdings.instruments:
            missing = f"missing: account at {order.instrument.venue}"
            return Refused(order, self._decisions, DecisionCode.RISK_MISSING_INPUT, "known", missing)
        engine = self._engine(holdings.instruments[order.instrument])
        engine.follow_emergencies(HostEmergency(self._desk.plan.home).read())
        working = [each for each in self._desk.router.unended if each.intent.instrument in holdings.instruments]
        plan, now = self._desk.plan, self._clock.now()
        instrument = holdings.instruments[order.instrument]
        view = judged_account(order, holdings, working, engine, now)._replace(
            peers=peers_of(plan, now), quote_unit=10**instrument.quote_scale
        )
        verdict = (
            more_than_held(order, holdings, self._decisions)
            or stopped(plan, order, view, self._decisions)
            or engine.decide(order, view, self._decisions)
        )
        self._tell(engine, instrument, view, now)
        return verdict

    def equity_text(self, instrument: Instrument) -> str:
        """Return what the account of an instrument is worth in its quote asset, `?` when that is not known."""
        equity = self._engine(instrument).equity
        return "?" if equity is None else f"{instrument.quote_text(equity)} {instrument.quote}"

    def remember(self, operator: str) -> None:
        """Write the equity tracks into the journals of their accounts."""
        if self._desk is None:
            return
        for key, engine in self._engines.items():
            instrument = self._holdings[key.venue].instruments[key]
            body = {**track_body(engine.track, instrument.quote, instrument.quote_scale), **release_mark(self._release)}
            note = NoteItem(EQUITY, body, operator)
            self._desk.account(self._adapters[key.venue]).parts.pen.write(note)

    def _tell(self, engine: RiskEngine, instrument: Instrument, view: AccountView, now: int) -> None:
        """Keep a drawdown that was reached, and let others see what the account is worth."""
        assert self._desk is not None
        keep_stop(self._desk.plan, engine, now)
        held = [(key, lots) for key, lots in view.positions.items() if lots and key in view.prices]
        worth = [view.notional(key, view.prices[key], lots) for key, lots in held]
        uses = engine.present_uses(max(worth, default=0), len(worth), sum(worth))
        publish_desk(self._desk.plan, engine, instrument, uses, now)

    def _engine(self, instrument: Instrument) -> RiskEngine:
        if instrument.id not in self._engines:
            engine = RiskEngine(self.profile, None if self._desk is None else HostEmergency(self._desk.plan.home))
            if self._desk is not None:
                notes = self._desk.stored(self._adapters[instrument.id.venue]).notes
                track = stored_track(notes, instrument.quote, instrument.quote_scale)
                self._release = newest_release(self._desk.plan.home, self._desk.plan.entrypoint)
                engine.track = released(track, notes.get(f"{EQUITY}:{instrument.quote}"), self._release)
            self._engines[instrument.id] = engine
        return self._engines[instrument.id]
