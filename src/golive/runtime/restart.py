"""Taking up a session that did not end: the state its store leads to, and a dispatcher that goes on from there.

A session on an embedded venue in lock-step is run again from its first step (`rerun`). Any other market has gone on without us:
the stored events are replayed through engine and dispatcher, paper execution is restored, and what comes next comes now.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing

from golive.config.endpoint import EMBEDDED
from golive.engine import Engine
from golive.execution import ExecutionService
from golive.metrics.recorder import Recorder
from golive.model.clock import SECOND, Clock
from golive.model.command import Alert, Record
from golive.model.emergency import EmergencyMode, TradingState
from golive.model.errors import PrerequisiteMissing
from golive.model.instrument import Instrument
from golive.model.order import TERMINAL
from golive.observability.restart import RestartRow, restart_of
from golive.observability.shape import as_json
from golive.storage.session_reader import SessionReader

from .dispatcher import Dispatcher
from .drive import Ending, Inbox
from .evidence import Evidence
from .failure import SessionDiverged
from .floor import open_dispatcher, open_engine
from .plan import Plan
from .replay import OrderIds, Process, Replayed, Written, replay
from .rerun import RerunJournal, hear_at_once
from .session_journal import SessionJournal
from .unfinished import Unfinished


class Restart:
    """One restart. `row` is what the report says about it, once the session has gone on (`is_done`)."""

    def __init__(
        self, plan: Plan, evidence: Evidence, unfinished: Unfinished, instruments: Sequence[Instrument], clock: Clock
    ) -> None:
        self._plan = plan
        self._evidence = evidence
        self._unfinished = unfinished
        self._instruments = instruments
        self._clock = clock
        self._rerun: RerunJournal | None = None
        self.is_done = False
        engine = self.open_engine()
        self._replayed = self._replay(engine.process)
        self.row = self._row(engine)

    @property
    def rows(self) -> tuple[RestartRow, ...]:
        """The session's restarts, this one among them once it went on."""
        earlier = tuple(restart_of(row.body) for row in self._unfinished.lifecycle if row.event == "resumed")
        return (*earlier, self.row) if self.is_done else earlier

    @property
    def emergencies(self) -> list[EmergencyMode]:
        """The emergency modes that the session was in before it was cut off; `since` is market time."""
        heard = self._replayed.emergencies
        return [EmergencyMode(TradingState.REDUCING, act.cause, act.operator, act.scope, act.ts) for act in heard]

    @property
    def runs_again(self) -> bool:
        """Whether the market starts anew with the venue, so that the session is run again from its first step."""
        return self._plan.lock_step and self._plan.endpoint == EMBEDDED

    @property
    def was_stopped_here(self) -> bool:
        """Whether the session was ended at this point of its market, and cut off before it had concluded."""
        return self._rerun.expects_stop if self._rerun is not None else self._replayed.stopped

    def demand_done(self, ending: Ending | None) -> None:
        """Check, at the end of the market, that the session had come to where it was cut off; else it can be resumed once more.

        Raises SessionDiverged when the market ended before that, PrerequisiteMissing when the run was ended.
        """
        if self.is_done or self.was_stopped_here:
            return
        if ending is Ending.END_OF_DATA:
            raise SessionDiverged("the venue's market ends before the moment at which the session was cut off")
        raise PrerequisiteMissing("ended before it had come to where the session was cut off; run it with --resume again")

    def open_engine(self, recorder: Recorder | None = None) -> Engine:
        """Return a fresh engine that gives its orders the ids they had; with a `recorder` its risk is timed."""
        ids = OrderIds(self._unfinished.order_ids, self._evidence.new_id)
        return open_engine(self._plan, self._instruments, ids, recorder)

    def open_journal(self, recorder: Recorder) -> SessionJournal:
        """Return the session's journal, which goes on where its store ends."""
        return self._evidence.resume_journal(self._unfinished, self._instruments, recorder)

    def open_dispatcher(
        self, engine: Engine, execution: ExecutionService, journal: SessionJournal, inbox: Inbox,
        on_decision: Callable[[Record], None] | None = None,
    ) -> Dispatcher:  # fmt: skip
        """Return the dispatcher; call `settle` before the market is looked at."""
        if self.runs_again:
            return self._dispatcher_that_runs_again(engine, execution, journal, inbox)
        dispatcher = open_dispatcher(self._plan, self._instruments, engine, execution, journal, self._evidence.alert, on_decision)
        self._go_on(journal)
        replayed = self._replay(dispatcher.replay)
        for each in replayed.lacking:
            if isinstance(each, Record):
                journal.record(each)
            else:
                journal.news(each)
        for alert in replayed.alerts:
            self._evidence.alert(alert)
        inbox.saw(replayed.first_market_ts, replayed.last_market_ts)
        dispatcher.resume(replayed.last_ts)
        return dispatcher

    def _dispatcher_that_runs_again(
        self, engine: Engine, execution: ExecutionService, journal: SessionJournal, inbox: Inbox
    ) -> Dispatcher:
        reader = SessionReader(self._unfinished.path)

        def caught_up() -> None:
            reader.close()
            self._go_on(journal)

        def alert(alert: Alert) -> None:
            if rerun.caught_up:  # before that it was told already
                self._evidence.alert(alert)

        written = Written(reader.records(), self._unfinished.updates, self._unfinished.fills)
        rerun = self._rerun = inbox.repeated = RerunJournal(journal, reader.events(), written, caught_up)
        dispatcher = open_dispatcher(self._plan, self._instruments, engine, execution, rerun, alert)
        hear_at_once(dispatcher, rerun, inbox.caught_up)
        return dispatcher

    def _go_on(self, journal: SessionJournal) -> None:
        body = as_json(self.row)
        assert isinstance(body, dict)
        journal.resumed(self._evidence.note_restart(body))
        self.is_done = True

    def _replay(self, process: Process) -> Replayed:
        with closing(SessionReader(self._unfinished.path)) as reader:
            written = Written(reader.records(), self._unfinished.updates, self._unfinished.fills)
            return replay(process, reader.events(), written)

    def _row(self, engine: Engine) -> RestartRow:
        now, ledger = self._clock.now(), engine.ledger
        return RestartRow(
            at=now,
            epoch=self._evidence.lease.epoch,
            downtime_seconds=max(0, now - self._unfinished.last_commit) / SECOND,
            events=self._replayed.events,
            records=self._unfinished.last_record_seq,
            market_time=self._replayed.last_ts or None,
            balances={asset: ledger.text(asset, balance.total) for asset, balance in sorted(ledger.balances.items())},
            positions={
                str(each.id): each.quantity_text(lots) for each in self._instruments if (lots := ledger.total_lots(each.id))
            },
            open_orders=tuple(order.intent.client_order_id for order in engine.orders if order.status not in TERMINAL),
            realized=ledger.text(ledger.quote, sum(position.realized for position in ledger.positions.values())),
        )


def restart_text(row: RestartRow) -> str:
    """Say in one sentence what a restart was."""
    return (
        f"the session was cut off and resumed after {row.downtime_seconds:.1f} s: {row.events} stored events replayed, "
        f"{len(row.open_orders)} orders open"
    )
