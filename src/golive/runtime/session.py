"""One session from start to report: prerequisites, venues, validation, market, verdict, stage record, report.

The order of work is that of the contract. Whatever happens after the configuration was accepted ends in a complete report.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import time
import traceback
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import replace

import orjson

from golive.market.lockstep import LockStep
from golive.model.clock import SECOND, Clock
from golive.model.command import Alert
from golive.model.errors import (
    AuthenticationFailed,
    ConfigError,
    GoliveError,
    JournalError,
    PrerequisiteMissing,
    StrategyError,
    VenueError,
)
from golive.model.instrument import Instrument
from golive.model.json import JsonObject, JsonValue
from golive.model.redaction import redacted
from golive.model.verdict import RunStatus
from golive.observability.guardrails import Guardrails
from golive.observability.log_words import LogEvent
from golive.observability.report import report_sha256
from golive.observability.shape import as_json
from golive.observability.status import Decision, decide_status
from golive.observability.windows import Evaluation
from golive.storage.files import write_atomic
from golive.storage.operator_inbox import OperatorInbox

from .alerts.delivery import AlertDelivery
from .auto_trader import SwitchWatch, start_trader
from .drive import Ending, Inbox, Stream, drive_lock_step, drive_stream
from .evidence import Evidence
from .facts import SessionFacts
from .failure import ValidationFailed
from .guardrail_report import guardrail_section
from .health_watch import HealthWatch
from .host_risk import HostRisk
from .judgement import judge
from .log import Log, SilentLog
from .market_facts import MarketFacts
from .monitored import reference_windows
from .opening import Floor, open_floor
from .operator_watch import OperatorWatch
from .outcome import check_accounts_agree
from .pace import SessionPace
from .plan import EMBEDDED, Plan, needs_trades
from .prerequisite import required_record
from .reporting import report_document, report_places, stage_record_of, write_all, write_json
from .risk_metrics import BandWatch, create_risk_metrics, publish_risk_use
from .risk_stop import StopKeeper
from .service_levels.measured_session import MeasuredSession
from .session_emergency import SessionEmergency, hear_before_anything_leaves
from .session_ports import MetricsFace, Progress, RunResult, ServeMetrics
from .session_pulse import SessionPulse
from .unfinished import Unfinished
from .validation import held_of, validate
from .venue_access import VenueAccess

REFRESH_S = 5.0


class Session:
    """One run of one plan; `run` is called once, inside an event loop."""

    def __init__(self, plan: Plan, clock: Clock, progress: Progress, serve_metrics: ServeMetrics, log: Log | None = None) -> None:
        self._plan = plan
        self._clock = clock
        self._progress = progress
        self._serve = serve_metrics
        run_id, now = uuid.uuid4().hex, clock.now()
        entrypoint = plan.entrypoint
        host = "127.0.0.1" if plan.endpoint == EMBEDDED else entrypoint.endpoint_host or plan.endpoint
        self.facts = SessionFacts(run_id, now, clock.monotonic(), entrypoint.exchange, entrypoint.environment, host)
        self.facts.log = log or SilentLog()
        self._places = report_places(plan, run_id, now)
        self._pace = SessionPace(clock)
        self._windows = reference_windows(plan, self.facts.recorder)
        self._evidence: Evidence | None = None
        self._delivery: AlertDelivery | None = None
        self._access: VenueAccess | None = None
        self._host: HostRisk | None = None
        self._stops = StopKeeper(plan, lambda: self.facts.run_id, clock)
        self._telling: asyncio.Future[None] | None = None
        self._watch: HealthWatch | None = None
        self._server: MetricsFace | None = None
        self._ending: Ending | None = None
        self._bands = BandWatch()
        self._pulse: SessionPulse | None = None
        self._measured = MeasuredSession(plan, self.facts, clock)

    async def run(self) -> RunResult:
        """Go through the whole session; returns with the report written.

        Raises ConfigError when the data or an option turns out unusable (nothing is reported then). Report files that cannot
        be written make the result an internal error; the report itself is returned all the same.
        """
        self._say_started()
        work = asyncio.ensure_future(self._work())
        loop = asyncio.get_running_loop()
        for signum in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(signum, self._stop, work)
        try:
            await work
        except asyncio.CancelledError:
            if not self._pace.stopped:
                raise
            self._ending = Ending.STOPPED
            self.facts.warn("stopped by a signal before the market was looked at")
        except PrerequisiteMissing as exc:
            self.facts.blocked = str(exc)
            self.facts.errors.append(str(exc))
        except (ValidationFailed, AuthenticationFailed) as exc:
            self.facts.validation_failed = True
            self.facts.errors.append(str(exc))
        except VenueError as exc:
            self._venue_lost(exc)
        except ConfigError:
            await self._close()
            raise
        except GoliveError as exc:
            self.facts.fail(exc)
        except Exception as exc:  # noqa: BLE001 (the outermost frame of a session: nothing may cost its report)
            sys.stderr.write(redacted(traceback.format_exc()))
            self.facts.fail(exc)
        finally:
            for signum in (signal.SIGINT, signal.SIGTERM):
                loop.remove_signal_handler(signum)
                signal.signal(signum, signal.SIG_IGN)  # the end is bounded; a second signal must not cost the report
        try:
            return await self._conclude()
        finally:
            await self._close()

    # -- the work -------------------------------------------------------------------------------------------------

    async def _work(self) -> None:
        plan, facts = self._plan, self.facts
        with _blocking("keys, journals or state of this home cannot be used"):
            self._evidence = Evidence(plan, facts.run_id, facts.started_at, self._clock)
            self._evidence.log = facts.log
            self._delivery = AlertDelivery(plan.home, plan.config, facts.recorder, self._clock)
            self._evidence.alert_kept = self._delivery.wake
            unfinished = self._take_up() if plan.options.resume else None
            plan = self._plan
            if not plan.options.resume and (left := self._evidence.left_behind()) is not None:
                facts.warn(left)
        self._measured.begin()
        self._stops.demand_none()
        with _blocking("what earlier sessions of the entrypoint came to is not known"):
            self._host = HostRisk(
                plan, lambda: facts.run_id, self._evidence.lease.epoch, self._clock, facts.warn, self._evidence.alert, facts.host
            )
        self._telling = asyncio.ensure_future(self._host.run(lambda: facts.engine))
        facts.stage_record = required_record(plan, self._evidence.stage_records, self._clock)
        self._access = access = VenueAccess(plan, facts.recorder, self._clock, self._evidence.guardrails, facts.warn)
        try:
            await access.open()
        finally:
            self._windows.start(self._clock.now())
            facts.secret_source = access.secret_source
        if access.embedded is not None:
            facts.venue_url, facts.venue_pid = access.embedded.rest, access.embedded.pid
        create_risk_metrics(facts.recorder, plan.entrypoint.name, plan.risk_profile)
        self._pulse = SessionPulse(plan.home, plan.entrypoint.name, facts, self._clock)
        self._serve_metrics()
        self._watch = HealthWatch(
            [each.name for each in (plan.entrypoint, *plan.others)],
            access.adapter,
            self._windows,
            self._clock,
            interval_s=plan.entrypoint.probe_interval_seconds,
        )
        self._watch.probes = facts.probes
        instruments = await validate(plan, access.main, facts)
        if plan.is_live_dry_run and facts.credentials_validated:
            self._plan = replace(plan, held=await held_of(access.main, instruments))
        await self._watch.probe_main()
        await self._trade(instruments, unfinished)

    def _take_up(self) -> Unfinished:
        """Be the session that did not end, from now on."""
        assert self._evidence is not None
        unfinished = self._evidence.take_up()
        self.facts.run_id, self.facts.started_at = unfinished.identity.run_id, unfinished.identity.started_at
        self.facts.log.say(LogEvent.SESSION_RESUMED, resumed=self.facts.run_id)
        self._plan = unfinished.plan(self._plan)
        self._places = report_places(self._plan, self.facts.run_id, self.facts.started_at)
        return unfinished

    async def _trade(self, instruments: list[Instrument], unfinished: Unfinished | None) -> None:
        """Open the floor and look at the market until something ends it."""
        plan, facts = self._plan, self.facts
        assert self._access is not None
        assert self._evidence is not None
        async with contextlib.AsyncExitStack() as stack:
            lock = await stack.enter_async_context(self._lock_step()) if plan.lock_step else None
            facts.market = market = self._market_facts(lock)
            if market.source == "candles" and plan.options.volume_unit is None:
                facts.warn(f"the volume of {market.data} is read as base units; say --volume-unit base or quote")
            if needs_trades(plan) and market.fill_model == "bar":
                raise ConfigError(
                    f"--timeframe {plan.timeframe} is built from trades; the data of {market.data} has only candles"
                )
            facts.inbox = inbox = Inbox(facts.warn)
            with _blocking("the session's journals cannot be opened"):
                floor = open_floor(plan, facts, self._evidence, instruments, self._access.main.profile, unfinished, self._clock)
            dispatcher = floor.dispatcher
            self._measured.follow(floor.engine, instruments)
            emergency, switch = self._emergency(floor, inbox), self._switch(floor, inbox)
            stack.callback(emergency.watch.close)
            hear_before_anything_leaves(emergency, switch, dispatcher, inbox)
            await dispatcher.settle()
            book = market.fill_model == "book"
            stream = self._access.main.open_stream(
                instruments, timeframe=None if needs_trades(plan) else plan.timeframe, book=book, trades=book, sink=inbox.put
            )
            stack.push_async_callback(stream.close)
            await stream.start()
            start_trader(plan, facts, dispatcher, self._clock)
            switch.look()
            self._ready()
            assert self._watch is not None
            assert self._pulse is not None
            watches = (
                self._refresh(), self._watch.run(), self._operators(inbox).run(), switch.run(), emergency.watch.run(),
                self._pulse.run(),
            )  # fmt: skip
            background = [asyncio.ensure_future(each) for each in watches]
            stack.push_async_callback(_cancel, background)
            self._set_deadline()
            facts.startup_seconds = (self._clock.monotonic() - facts.began) / SECOND
            facts.drive_began = time.monotonic_ns()
            facts.log.say(LogEvent.SESSION_READY, startup_seconds=round(facts.startup_seconds, 3))
            await self._drive(lock, stream, inbox, floor)
            facts.drive_ended = time.monotonic_ns()
            for task in background:
                if task.done() and not task.cancelled():
                    task.result()  # a watch that died means that something was not watched
            await self._finish(floor)
            switch.look()  # the auto-trader has stopped

    async def _finish(self, floor: Floor) -> None:
        """Let engine and execution come to their end, and compare what either says the account is."""
        if self.facts.restart is not None:
            self.facts.restart.demand_done(self._ending)
        floor.dispatcher.finish()
        await floor.dispatcher.settle()
        self._stops.look(floor.engine)
        if floor.engine.strategy_failure is not None:
            self.facts.fail(floor.engine.strategy_failure)
        if floor.account is not None:
            check_accounts_agree(floor.engine.ledger, floor.account)

    async def _drive(self, lock: LockStep | None, stream: Stream, inbox: Inbox, floor: Floor) -> None:
        """Look at the market until something ends it."""
        host, dispatcher = self._host, floor.dispatcher
        assert host is not None
        try:
            if lock is not None:
                self._ending = await drive_lock_step(lock, stream, inbox, dispatcher, self._pace, self._stepped)
            else:
                self._ending = await drive_stream(
                    stream, inbox, dispatcher, self._pace, self._stepped, lambda: host.refresh(dispatcher, floor.engine)
                )
        except VenueError as exc:
            self._venue_lost(exc)
        except StrategyError:
            pass  # told below: it may also have failed when it was told of a fill, and no bar has come since

    def _emergency(self, floor: Floor, inbox: Inbox) -> SessionEmergency:
        assert self._evidence is not None
        return SessionEmergency(
            self._plan, self.facts, floor.engine, inbox, self._clock, alert=self._evidence.alert, stop=self._pace.stop
        )

    def _switch(self, floor: Floor, inbox: Inbox) -> SwitchWatch:
        assert self._evidence is not None
        return SwitchWatch(self._plan, self.facts, self._evidence, floor.engine.auto_trader, inbox, self._clock)

    def _operators(self, inbox: Inbox) -> OperatorWatch:
        """Return the watch over what named people ask of this session; what they asked of an earlier one is forgotten.

        One that was cut off and is taken up again is the same: what was asked of it and not done is done now.
        """
        mail = OperatorInbox(self._plan.home, self._plan.entrypoint.name)
        mail.discard_before(self.facts.started_at)
        return OperatorWatch(mail, inbox, self.facts.warn)

    def _lock_step(self) -> LockStep:
        assert self._access is not None
        return LockStep(self._access.main.settings.url or "")

    def _market_facts(self, lock: LockStep | None) -> MarketFacts:
        assert self._access is not None
        if lock is not None:
            return MarketFacts.of_simulated(lock.market, self._plan.timeframe)
        venue = self._access.embedded
        market = venue.ready.get("market") if venue is not None else None
        if isinstance(market, dict):
            return MarketFacts.of_simulated(market, self._plan.timeframe)
        return MarketFacts("venue", "book", self._plan.timeframe)

    def _set_deadline(self) -> None:
        asked, plan = self._plan.options.max_runtime_s, self._plan
        if asked is not None and asked > 0:
            self._pace.end_after(asked)
        elif asked is None and not plan.lock_step:
            self._pace.end_after(plan.entrypoint.reference_window_seconds)

    def _stepped(self, steps: int) -> None:
        self.facts.steps = steps
        self._measured.stepped()
        if self.facts.engine is not None:
            self._stops.look(self.facts.engine)
        journal = self.facts.journal
        if journal is not None and journal.failure is not None:
            raise journal.failure
        if journal is not None and not self._plan.lock_step:
            journal.push()  # in a quiet market the next decision, which would take it along, may be hours away
        if self.facts.restart is not None and self.facts.restart.was_stopped_here:
            self._pace.stop()
        self._progress(self.facts)

    def _stop(self, work: asyncio.Future[None]) -> None:
        """SIGINT or SIGTERM: let a running session finish its step, break off one that is still starting."""
        self._pace.stop()
        self.facts.log.say(LogEvent.SESSION_STOPPING, signal="SIGINT/SIGTERM")
        if self.facts.drive_began is None:
            work.cancel()

    def _venue_lost(self, error: VenueError) -> None:
        self.facts.venue_lost = True
        self._ending = Ending.VENUE_LOST
        self.facts.errors.append(f"{type(error).__name__}: {error}")

    # -- around the work ------------------------------------------------------------------------------------------

    def _serve_metrics(self) -> None:
        prometheus = self._plan.entrypoint.prometheus
        if not prometheus.enabled:
            return
        try:
            self._server = self._serve(self.facts.recorder, prometheus.host, prometheus.port, prometheus.path)
            self.facts.metrics_endpoint = self._server.url
            self.facts.log.say(LogEvent.METRICS_SERVED, url=self._server.url)
        except GoliveError as exc:
            self.facts.warnings.append(f"metrics are not served: {exc}")

    def _ready(self) -> None:
        if self._plan.options.ready_file is None:
            return
        document = {
            "schema": "golive.ready.v1", "event": "ready", "run_id": self.facts.run_id, "pid": os.getpid(), "address": None,
            "metrics_url": self.facts.metrics_endpoint, "stage": str(self._plan.stage), "entrypoint": self._plan.entrypoint.name,
        }  # fmt: skip
        write_atomic(self._plan.options.ready_file, orjson.dumps(document) + b"\n")

    async def _refresh(self) -> None:
        """Rewrite the JSON report while the session runs."""
        while True:
            await asyncio.sleep(REFRESH_S)
            now = self._clock.now()
            if self.facts.engine is not None:
                uses = publish_risk_use(self.facts.recorder, self._plan.entrypoint.name, self.facts.engine)
                self._tell(self._bands.look(uses))
            if self._access is not None:
                self.facts.failover = self._access.failover()
            evaluation = self._windows.peek(now)
            decision = decide_status([evaluation.status], phase=evaluation.phase, running=True)
            write_json(self._places, self._document(evaluation, decision, now, finished=False))

    def _tell(self, alerts: Sequence[Alert]) -> None:
        assert self._evidence is not None
        for alert in alerts:
            self._evidence.alert(alert)

    # -- the end --------------------------------------------------------------------------------------------------

    async def _conclude(self) -> RunResult:
        """Probe once more, judge, write the stage record if the session passed, then the report."""
        if self._watch is not None:
            await self._watch.probe()
        await self._close_journal()
        if self._pulse is not None:
            self._pulse.end()
        now = self._clock.now()
        self._look_at_venues()
        evaluation = self._windows.close(now)
        decision = judge(self._plan, self.facts, evaluation, self._guardrails(now))
        report = self._document(evaluation, decision, now, finished=True)
        if decision.status is RunStatus.SUCCESS and self.facts.has_run:
            try:
                report = self._with_stage_record(report, now)
            except JournalError as exc:
                self.facts.fail(exc)
                decision = judge(self._plan, self.facts, evaluation, self._guardrails(now))
                report = self._document(evaluation, decision, now, finished=True)
        try:
            write_all(self._places, report)
        except JournalError as exc:
            self.facts.fail(exc)
            decision = judge(self._plan, self.facts, evaluation, self._guardrails(now))
            report = self._document(evaluation, decision, now, finished=True)
        self._say_ended(report, decision)
        return RunResult(report, decision.exit_code)

    def _with_stage_record(self, report: dict[str, JsonValue], now: int) -> dict[str, JsonValue]:
        """Append the signed record that opens the next stage, and return the report that it signs with it in its place."""
        assert self._evidence is not None
        # What was measured before a restart is gone, so only what came after the last one counts.
        since = self.facts.started_at if self.facts.restart is None else self.facts.restart.row.at
        ok_seconds = (now - since) / SECOND if self._plan.speed == "1" else 0
        digest = report_sha256(report)
        record = stage_record_of(self._plan, report, str(report["outcome_sha256"]), digest, round(ok_seconds, 3))
        self._evidence.stage_records.append(record)
        self.facts.stage_record = record
        return {**report, "stage_record": as_json(record)}

    def _look_at_venues(self) -> None:
        """Say at the end of the session which venues cannot be traded on now, whatever they mean for the verdict."""
        if self._access is not None:
            self.facts.failover = self._access.failover()
        for name, status in self.facts.failover.items():
            if status.throttle_active:
                seconds, why = status.throttle_remaining_seconds, status.throttle_reason
                self.facts.warn(f"[venue:{name}] is to be left alone for {seconds:.0f} more seconds: {why}")
            if status.reconnect_required:
                self.facts.warn(f"[venue:{name}] a connection must be rebuilt: {status.reconnect_reason}")

    def _say_started(self) -> None:
        plan = self._plan
        self.facts.log.say(
            LogEvent.SESSION_STARTED, stage=str(plan.stage), entrypoint=plan.entrypoint.name, strategy=plan.entrypoint.strategy,
            endpoint=plan.endpoint, risk_profile=plan.risk_profile.name, speed=plan.speed, run_id=self.facts.run_id,
        )  # fmt: skip

    def _say_ended(self, report: JsonObject, decision: Decision) -> None:
        """Tell what went wrong, except what was told when it happened, and how the session ended."""
        facts, engine = self.facts, self.facts.engine
        for reason in [] if facts.internal_error else facts.errors:
            facts.log.say(LogEvent.SESSION_BLOCKED if reason == facts.blocked else LogEvent.SESSION_FAILED, reason=reason)
        facts.log.say(
            LogEvent.SESSION_ENDED, status=str(decision.status), exit_code=int(decision.exit_code), run_id=facts.run_id,
            orders=0 if engine is None else len(engine.orders), fills=0 if engine is None else len(engine.fills),
            report=report["report_json"],
        )  # fmt: skip

    async def _close_journal(self) -> None:
        if self.facts.journal is None:
            return
        try:
            await self.facts.journal.close(ends=self.facts.restart is None or self.facts.restart.is_done)
        except GoliveError as exc:
            self.facts.fail(exc)

    def _document(self, evaluation: Evaluation, decision: Decision, now: int, *, finished: bool) -> dict[str, JsonValue]:
        return report_document(
            self._plan, self.facts, self._places, evaluation, decision, self._guardrails(now), now=now, finished=finished
        )

    def _guardrails(self, now: int) -> Guardrails:
        log = self._evidence.guardrails if self._evidence is not None else None
        return guardrail_section(self._plan, self._access, log, self.facts.recorder, now)

    async def _close(self) -> None:
        if self._telling is not None:
            await _cancel([self._telling])
            if self._host is not None:
                self._host.publish(self.facts.engine)  # what it was worth last counts on
        if self._access is not None:
            await self._access.close()
        if self._server is not None:
            self._server.close()
        await self._measured.close()
        if self._evidence is not None:
            self._evidence.close()
        if self._delivery is not None:
            await asyncio.to_thread(self._delivery.close)


async def _cancel(tasks: Sequence[asyncio.Future[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@contextlib.contextmanager
def _blocking(what: str) -> Iterator[None]:
    """Before anything was traded a journal that cannot be used is a missing prerequisite, not a failure of ours."""
    try:
        yield
    except JournalError as exc:
        raise PrerequisiteMissing(f"{what}: {exc}") from exc
