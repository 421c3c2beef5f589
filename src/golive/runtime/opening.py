"""Opening the floor of a session: a new one's, or that of the session that is taken up again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from golive.engine import Engine
from golive.execution import PaperExecution
from golive.model.clock import Clock
from golive.model.event import Operator, OperatorAction
from golive.model.instrument import Instrument
from golive.venues.profile import VenueProfile

from .dispatcher import Dispatcher
from .evidence import Evidence, operator_identity
from .facts import SessionFacts
from .floor import open_dispatcher, open_engine, open_paper
from .plan import Plan
from .restart import Restart, restart_text
from .session_terms import session_terms
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
    terms = session_terms(plan, instruments, market)
    if unfinished is None:
        facts.journal = journal = evidence.open_journal(instruments, terms, facts.recorder)
        facts.engine = engine = open_engine(plan, instruments, evidence.new_id)
        execution = open_paper(plan, instruments, market.fill_model, venue, facts.recorder)
        facts.dispatcher = open_dispatcher(plan, instruments, engine, execution, journal, evidence.alert)
        return Floor(engine, execution, facts.dispatcher)
    unfinished.demand(terms)
    facts.restart = restart = Restart(plan, evidence, unfinished, instruments, clock)
    facts.warn(restart_text(restart.row))
    facts.journal = journal = restart.open_journal(facts.recorder)
    facts.engine = engine = restart.open_engine()
    execution = open_paper(plan, instruments, market.fill_model, venue, facts.recorder)
    facts.dispatcher = restart.open_dispatcher(engine, execution, journal, inbox)
    return Floor(engine, execution, facts.dispatcher)


def confirm(plan: Plan, facts: SessionFacts, dispatcher: Dispatcher, clock: Clock) -> None:
    """In demo and paper the run command is the confirmation, unless a person is to give it or it was given before a restart."""
    restart = facts.restart
    given = restart.confirmation if restart is not None else None
    if restart is not None and given is not None:
        if restart.runs_again:
            dispatcher.operator(given)
    elif not plan.options.manual_confirm:
        market = facts.market
        began = market.start_ts if market is not None and market.start_ts is not None else clock.now()
        dispatcher.operator(Operator(OperatorAction.CONFIRM, operator_identity(), "session_command", began))
