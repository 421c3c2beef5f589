"""Opening the floor of a session: a new one's, or that of the session that is taken up again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from golive.engine import Engine
from golive.execution import ExecutionService, PaperExecution
from golive.execution.read_only import ReadOnlyExecution
from golive.execution.shadow import ShadowedExecution
from golive.model.clock import Clock
from golive.model.command import Record
from golive.model.instrument import Instrument
from golive.portfolio import Ledger
from golive.venues.profile import VenueProfile

from .dispatcher import Dispatcher
from .evidence import Evidence
from .facts import SessionFacts
from .floor import open_dispatcher, open_engine, open_ideal, open_paper
from .live_session.lookout import lookout
from .plan import Plan
from .restart import Restart, restart_text
from .session_terms import session_terms
from .shadow_book import ShadowBook
from .unfinished import Unfinished


class Floor(NamedTuple):
    """What a session trades with."""

    engine: Engine
    dispatcher: Dispatcher
    account: Ledger | None
    """of paper execution; None in a read-only session, which has none, and in a live one, whose account is at the venue"""


def open_floor(
    plan: Plan,
    facts: SessionFacts,
    evidence: Evidence,
    instruments: Sequence[Instrument],
    venue: VenueProfile,
    unfinished: Unfinished | None,
    clock: Clock,
) -> Floor:
    """Open journal, engine, paper execution and dispatcher; the market and the inbox of `facts` must be known.

    Call `settle` before the market is looked at. Raises JournalError when the journals cannot be opened, PrerequisiteMissing and
    SessionDiverged when the unfinished session cannot be taken up.
    """
    market, inbox = facts.market, facts.inbox
    assert market is not None
    assert inbox is not None
    terms = session_terms(plan, instruments, market)
    if unfinished is None:
        facts.journal = journal = evidence.open_journal(instruments, terms, facts.recorder)
        facts.engine = engine = open_engine(plan, instruments, evidence.new_id, facts.recorder)
        service, account = _execution(plan, facts, instruments, venue, clock)
        facts.dispatcher = open_dispatcher(plan, instruments, engine, service, journal, evidence.alert, _heard(facts))
        return Floor(engine, facts.dispatcher, account)
    unfinished.demand(terms)
    facts.restart = restart = Restart(plan, evidence, unfinished, instruments, clock)
    facts.warn(restart_text(restart.row))
    facts.emergencies += restart.emergencies
    facts.journal = journal = restart.open_journal(facts.recorder)
    facts.engine = engine = restart.open_engine(facts.recorder)
    service, account = _execution(plan, facts, instruments, venue, clock)
    facts.dispatcher = restart.open_dispatcher(engine, service, journal, inbox, _heard(facts))
    return Floor(engine, facts.dispatcher, account)


def _execution(
    plan: Plan, facts: SessionFacts, instruments: Sequence[Instrument], venue: VenueProfile, clock: Clock
) -> tuple[ExecutionService, Ledger | None]:
    """Return what executes, and its account; in a read-only session nothing that could is made.

    Where orders would really leave that is the live router, without an account.
    """
    assert facts.market is not None
    if plan.mode == "live" and plan.read_only is not None:
        facts.router = lookout(plan, instruments, venue, facts.recorder, clock)
        return facts.router, None
    if plan.read_only is not None:
        return ReadOnlyExecution(), None
    if facts.live is not None:
        assert facts.inbox is not None
        facts.router = facts.live.desk.router
        return facts.live.service(facts.inbox), None
    paper = open_paper(plan, instruments, facts.market.fill_model, venue, facts.recorder)
    return _shadowed(plan, facts, paper, instruments, venue), paper.account


def _heard(facts: SessionFacts) -> Callable[[Record], None] | None:
    return None if facts.live is None else facts.live.heard


def _shadowed(
    plan: Plan, facts: SessionFacts, execution: PaperExecution, instruments: Sequence[Instrument], venue: VenueProfile
) -> ExecutionService:
    """Return paper execution with the shadow beside it that was asked for."""
    assert facts.market is not None
    if plan.options.shadow == "none":
        return execution
    facts.shadow = book = ShadowBook(plan.options.shadow, instruments)
    return ShadowedExecution(execution, open_ideal(plan, instruments, facts.market.fill_model, venue), book.keep)
