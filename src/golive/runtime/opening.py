"""Opening the floor of a session: a new one's, or that of the session that is taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from golive.engine import Engine
from golive.execution import ExecutionService, PaperExecution
from golive.execution.shadow import ShadowedExecution
from golive.matching.warm import load
from golive.model.clock import Clock
from golive.model.event import Operator, OperatorAction
from golive.model.instrument import Instrument
from golive.venues.profile import VenueProfile

from .dispatcher import Dispatcher
from .evidence import Evidence, operator_identity
from .facts import SessionFacts
from .floor import open_dispatcher, open_engine, open_ideal, open_paper
from .plan import Plan
from .restart import Restart, restart_text
from .session_terms import session_terms
from .shadow_book import ShadowBook
from .unfinished import Unfinished


class Floor(NamedTuple):
    """What a session trades with."""

    engine: Engine
    execution: PaperExecution
    dispatcher: Dispatcher


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
    if market.fill_model == "book":
        load()
    terms = session_terms(plan, instruments, market)
    if unfinished is None:
        facts.journal = journal = evidence.open_journal(instruments, terms, facts.recorder)
        facts.engine = engine = open_engine(plan, instruments, evidence.new_id)
        execution = open_paper(plan, instruments, market.fill_model, venue, facts.recorder)
        service = _shadowed(plan, facts, execution, instruments, venue)
        facts.dispatcher = open_dispatcher(plan, instruments, engine, service, journal, evidence.alert)
        return Floor(engine, execution, facts.dispatcher)
    unfinished.demand(terms)
    facts.restart = restart = Restart(plan, evidence, unfinished, instruments, clock)
    facts.warn(restart_text(restart.row))
    facts.journal = journal = restart.open_journal(facts.recorder)
    facts.engine = engine = restart.open_engine()
    execution = open_paper(plan, instruments, market.fill_model, venue, facts.recorder)
    facts.dispatcher = restart.open_dispatcher(engine, _shadowed(plan, facts, execution, instruments, venue), journal, inbox)
    return Floor(engine, execution, facts.dispatcher)


def _shadowed(
    plan: Plan, facts: SessionFacts, execution: PaperExecution, instruments: Sequence[Instrument], venue: VenueProfile
) -> ExecutionService:
    """Return paper execution with the shadow beside it that was asked for."""
    assert facts.market is not None
    if plan.options.shadow == "none":
        return execution
    facts.shadow = book = ShadowBook(plan.options.shadow, instruments)
    return ShadowedExecution(execution, open_ideal(plan, instruments, facts.market.fill_model, venue), book.keep)


def confirm(plan: Plan, facts: SessionFacts, dispatcher: Dispatcher, clock: Clock) -> None:
    """In demo and paper the run command is the confirmation, unless a person is to give it or it was given before a restart."""
    restart, market, engine = facts.restart, facts.market, facts.engine
    assert engine is not None
    stored = restart.acts if restart is not None else ()
    began = market.start_ts if market is not None and market.start_ts is not None else clock.now()
    acts = [*stored] if restart is not None and restart.runs_again else []
    if not stored:
        acts.append(Operator(OperatorAction.START, operator_identity(), "session_start", began))
    if not plan.entrypoint.enable_auto_trade and len(stored) < 2:
        acts.append(Operator(OperatorAction.AUTO_TRADE_OFF, operator_identity(), "configuration", began))
    elif not plan.options.manual_confirm and (restart is None or restart.confirmation is None):
        acts.append(Operator(OperatorAction.CONFIRM, operator_identity(), "session_command", began))
    for act in acts:
        if engine.auto_trader.allows(act.action):
            dispatcher.operator(act)
