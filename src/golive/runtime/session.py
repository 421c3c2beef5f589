"""One session from start to report: prerequisites, venues, validation, market, report.

The order of work is that of the contract. Whatever happens after the configuration was accepted ends in a complete report.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import traceback
import uuid
from dataclasses import replace

import orjson

from golive.config.endpoint import EMBEDDED
from golive.engine import Engine
from golive.model.clock import Clock
from golive.model.errors import AuthenticationFailed, ConfigError, GoliveError, PrerequisiteMissing, VenueError
from golive.model.instrument import Instrument
from golive.model.redaction import redacted
from golive.observability.log_words import LogEvent
from golive.storage.files import write_atomic

from .alerts.delivery import AlertDelivery
from .evidence import Evidence
from .facts import SessionFacts
from .failure import ValidationFailed
from .gate import GatePass, GateWatch, Looks
from .health_watch import HealthWatch, probe_timeout_s
from .host_risk import HostRisk
from .live_session.observation import Observation
from .live_session.session_desk import SessionDesk
from .live_session.start_steps import bundle_stands, record_start
from .live_session.watching import LiveWatch
from .live_session.wiring import Wired, bootstrap_environment, bootstrap_frontend_services
from .log import Log, SilentLog
from .pace import SessionPace
from .plan import Plan
from .prerequisite import blocking, freeze_refusals, gate_scene, open_gate, required_record
from .risk_metrics import BandWatch, create_risk_metrics, publish_risk_use
from .risk_stop import StopKeeper
from .rotation_watch import RotationWatch
from .secret_store import StoredSecrets, handed
from .service_levels.measured_session import MeasuredSession
from .session_licence import SessionLicence
from .session_market import SessionMarket
from .session_ports import MetricsFace, Progress, RunResult, ServeMetrics
from .session_pulse import SessionPulse
from .session_report import SessionReport
from .unfinished import Unfinished
from .validation import held_of, validate
from .venue_access import VenueAccess

REFRESH_S = 5.0


class Session:
    """One run of one plan; `run` is called once, inside an event loop."""

    def __init__(
        self,
        plan: Plan,
        clock: Clock,
        progress: Progress,
        serve_metrics: ServeMetrics,
        log: Log | None = None,
        store: StoredSecrets | None = None,
        looks: Looks | None = None,
    ) -> None:
        """`looks`: what looks at the gate of a live session, the whole checklist unless given."""
        self._looks = looks
        self._gate_pass: GatePass | None = None
        self._plan = plan
        self._store = store or StoredSecrets(plan.home, handed)
        self._clock = clock
        self._progress = progress
        self._serve = serve_metrics
        entrypoint = plan.entrypoint
        host = "127.0.0.1" if plan.endpoint == EMBEDDED else entrypoint.endpoint_host or plan.endpoint
        self.facts = SessionFacts(
            uuid.uuid4().hex, clock.now(), clock.monotonic(), entrypoint.exchange, entrypoint.environment, host
        )
        self.facts.log = log or SilentLog()
        self._report = SessionReport(plan, self.facts, clock)
        self._pace = SessionPace(clock)
        self._evidence: Evidence | None = None
        self._delivery: AlertDelivery | None = None
        self._access: VenueAccess | None = None
        self._host: HostRisk | None = None
        self._stops = StopKeeper(plan, lambda: self.facts.run_id, clock)
        self._telling: asyncio.Future[None] | None = None
        self._watch: HealthWatch | None = None
        self._server: MetricsFace | None = None
        self._bands = BandWatch()
        self._pulse: SessionPulse | None = None
        self._rotation: RotationWatch | None = None
        self._measured = MeasuredSession(plan, self.facts, clock)
        self._has_closed_account = False

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
            self.facts.warn("stopped by a signal before the market was looked at")
        except PrerequisiteMissing as exc:
            self.facts.blocked = str(exc)
            self.facts.errors.append(str(exc))
        except (ValidationFailed, AuthenticationFailed) as exc:
            self.facts.validation_failed = True
            self.facts.errors.append(str(exc))
        except VenueError as exc:
            self.facts.lose_venue(exc)
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

    # -- the work, in its order -----------------------------------------------------------------------------------

    async def _work(self) -> None:
        facts = self.facts
        with blocking("keys, journals or state of this home cannot be used"):
            evidence, unfinished = self._open_evidence()
        self._measured.begin()
        self._stops.demand_none()
        with blocking("what earlier sessions of the entrypoint came to is not known"):
            host = self._open_host(evidence)
        self._telling = asyncio.ensure_future(host.run(lambda: facts.engine))
        facts.stage_record = required_record(self._plan, evidence.stage_records, self._clock)
        self._gate_pass = open_gate(self._plan, self._clock, self._store, self._looks)
        if self._plan.is_live_dry_run and self._plan.entrypoint.environment_type == "live":
            for each in freeze_refusals(self._plan, self._clock):
                facts.warn(f"live is refused: {each}")
        licence = SessionLicence(self._plan, self._clock, alert=evidence.alert, warn=facts.warn)
        licence.demand()
        access = await self._open_venues(evidence)
        watch, pulse = self._begin_to_watch(access)
        instruments = await self._validate(access)
        await watch.probe_main()
        await self._open_account(evidence, instruments, unfinished)
        market = SessionMarket(
            plan=self._plan, facts=facts, clock=self._clock, evidence=evidence, access=access, host=host, stops=self._stops,
            pace=self._pace, measured=self._measured, progress=self._progress, licence=licence, watch_live=self._watch_live,
        )  # fmt: skip
        assert self._rotation is not None
        await market.look(instruments, unfinished, (self._refresh, watch.run, pulse.run, self._rotation.run), self._ready)

    def _open_evidence(self) -> tuple[Evidence, Unfinished | None]:
        """Take the entrypoint's lease and open what is durable; with it the session that is to be gone on with, if any."""
        plan, facts = self._plan, self.facts
        self._evidence = self._report.evidence = evidence = Evidence(plan, facts.run_id, facts.started_at, self._clock)
        evidence.log = facts.log
        self._delivery = AlertDelivery(plan.home, plan.config, facts.recorder, self._clock, secrets=self._store)
        evidence.alert_kept = self._delivery.wake
        if plan.options.resume:
            return evidence, self._take_up(evidence)
        if (left := evidence.left_behind()) is not None:
            facts.warn(left)
        return evidence, None

    def _take_up(self, evidence: Evidence) -> Unfinished:
        """Be the session that did not end, from now on."""
        unfinished = evidence.take_up()
        self.facts.run_id, self.facts.started_at = unfinished.identity.run_id, unfinished.identity.started_at
        self.facts.log.say(LogEvent.SESSION_RESUMED, resumed=self.facts.run_id)
        self._go_by(unfinished.plan(self._plan))
        self.facts.broken_before = evidence.broken_before()
        for broken in self.facts.broken_before:
            self.facts.warn(broken.warning())
        return unfinished

    def _go_by(self, plan: Plan) -> None:
        self._plan = self._report.plan = plan

    def _open_host(self, evidence: Evidence) -> HostRisk:
        facts = self.facts
        self._host = HostRisk(
            self._plan, lambda: facts.run_id, evidence.lease.epoch, self._clock, facts.warn, evidence.alert, facts.host
        )
        return self._host

    async def _open_venues(self, evidence: Evidence) -> VenueAccess:
        plan, facts = self._plan, self.facts
        self._access = access = VenueAccess(plan, facts.recorder, self._clock, evidence.guardrails, facts.warn, self._store)
        self._report.access = access
        try:
            await access.open()
        finally:
            self._report.windows.start(self._clock.now())
            facts.secret_source = access.secret_source
        if access.embedded is not None:
            facts.venue_url, facts.venue_pid = access.embedded.rest, access.embedded.pid
        return access

    def _begin_to_watch(self, access: VenueAccess) -> tuple[HealthWatch, SessionPulse]:
        """Make every series of the session exist, serve them, and return what keeps those of venues and session true."""
        plan, facts = self._plan, self.facts
        create_risk_metrics(facts.recorder, plan.entrypoint.name, plan.risk_profile)
        self._pulse = SessionPulse(plan.home, plan.entrypoint.name, facts, self._clock)
        self._rotation = RotationWatch(plan, facts.recorder, self._clock, self._store, secret_source=facts.secret_source)
        self._serve_metrics()
        self._watch = HealthWatch(
            [each.name for each in (plan.entrypoint, *plan.others)], access.adapter, self._report.windows, self._clock,
            interval_s=plan.entrypoint.probe_interval_seconds, log=facts.log,
            timeout_s=probe_timeout_s(plan.entrypoint.probe_interval_seconds, plan.entrypoint.stale_after_seconds),
        )  # fmt: skip
        self._watch.probes = facts.probes
        return self._watch, self._pulse

    async def _validate(self, access: VenueAccess) -> list[Instrument]:
        """Return what is traded, as the venue lists it; a live session that cannot trade begins with what its account holds."""
        instruments = await validate(self._plan, access.main, self.facts)
        if self._plan.mode == "live" and self._plan.read_only is not None and self.facts.credentials_validated:
            self._go_by(replace(self._plan, held=await held_of(access.main, instruments)))
        return instruments

    async def _open_account(self, evidence: Evidence, instruments: list[Instrument], unfinished: Unfinished | None) -> None:
        """Open the desk of a session whose orders really leave; it begins with what its account holds once that is recovered.

        One that is taken up again began with what it held then.
        """
        if self._plan.mode != "live" or self._plan.read_only is not None:
            return
        assert self._gate_pass is not None
        known = () if unfinished is None else unfinished.order_ids
        self.facts.live = live = await SessionDesk.open(
            self._plan, self.facts, evidence, self._store, self._clock, self._gate_pass, known
        )
        held = await live.held(instruments) if unfinished is None else unfinished.identity.terms.start_balances
        self._go_by(replace(self._plan, held=held))

    def _watch_live(self, engine: Engine) -> LiveWatch | None:
        """Return what may end the live trading of the session; None where nothing leaves."""
        live = self.facts.live
        if live is None:
            return None
        assert self._gate_pass is not None
        assert self._evidence is not None
        watch = LiveWatch(
            plan=self._plan, facts=self.facts, evidence=self._evidence, live=live, engine=engine, stop=self._pace.stop
        )
        scene = gate_scene(self._plan, self._clock, self._store)
        watch.gate = GateWatch(scene, self._gate_pass, watch.ended, looks=self._looks)
        assert self.facts.inbox is not None
        signer = self._evidence.signer
        watch.observation = Observation(self._plan, self.facts, live, engine, self.facts.inbox, signer, self._clock)
        return watch

    # -- around the work ------------------------------------------------------------------------------------------

    def _stop(self, work: asyncio.Future[None]) -> None:
        """SIGINT or SIGTERM: let a running session finish its step, break off one that is still starting."""
        self._pace.stop()
        self.facts.log.say(LogEvent.SESSION_STOPPING, signal="SIGINT/SIGTERM")
        if self.facts.drive_began is None:
            work.cancel()

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
            self.facts.log.say(LogEvent.METRICS_NOT_SERVED, reason=str(exc))

    def _say_started(self) -> None:
        plan = self._plan
        self.facts.log.say(
            LogEvent.SESSION_STARTED, stage=str(plan.stage), entrypoint=plan.entrypoint.name, strategy=plan.entrypoint.strategy,
            endpoint=plan.endpoint, risk_profile=plan.risk_profile.name, speed=plan.speed, run_id=self.facts.run_id,
        )  # fmt: skip

    def _ready(self) -> None:
        """Say that the session has started; a live one on the record first."""
        if self._plan.mode == "live":
            assert self._evidence is not None
            bootstrap_frontend_services(bootstrap_environment(self._plan.entrypoint.environment, self._wired()))
            record_start(self._plan, self.facts, self._evidence.signer, self._clock)
        if self._plan.options.ready_file is None:
            return
        document = {
            "schema": "golive.ready.v1", "event": "ready", "run_id": self.facts.run_id, "pid": os.getpid(), "address": None,
            "metrics_url": self.facts.metrics_endpoint, "stage": str(self._plan.stage), "entrypoint": self._plan.entrypoint.name,
        }  # fmt: skip
        write_atomic(self._plan.options.ready_file, orjson.dumps(document) + b"\n")

    def _wired(self) -> Wired:
        facts, access = self.facts, self._access
        assert facts.router is not None
        assert facts.intel is not None
        assert facts.engine is not None
        assert access is not None
        is_lost = facts.journal is None or facts.journal.failure is not None
        unwell = {"execution_service": facts.router.is_degraded, "decision_log": is_lost}
        unwell["adapter"] = access.main.circuit_open_since is not None
        return Wired(
            home=self._plan.home, run_id=facts.run_id, clock=self._clock, execution_service=facts.router,
            market_intel=facts.intel, risk_engine=facts.engine.risk, alert_router=self._delivery, decision_log=facts.journal,
            adapter=access.main, auto_trader=facts.engine.auto_trader,
            has_mtls=bundle_stands(self._plan.home, self._plan.config.core.execution.mtls, self._clock.now()),
            unwell=frozenset(name for name, is_unwell in unwell.items() if is_unwell),
        )  # fmt: skip

    async def _refresh(self) -> None:
        """Publish the use of limits, and rewrite the JSON report, while the session runs."""
        assert self._evidence is not None
        while True:
            await asyncio.sleep(REFRESH_S)
            if self.facts.engine is not None:
                uses = publish_risk_use(self.facts.recorder, self._plan.entrypoint.name, self.facts.engine)
                for alert in self._bands.look(uses):
                    self._evidence.alert(alert)
            await self._report.rewrite()

    # -- the end --------------------------------------------------------------------------------------------------

    async def _conclude(self) -> RunResult:
        """Probe once more, end what is written all the time, then report."""
        if self._watch is not None:
            await self._watch.probe_last()
        await self._close_account()
        await self._close_journal()
        if self._pulse is not None:
            self._pulse.end()
        return self._report.conclude()

    async def _close_account(self) -> None:
        """End the live desk; what a session had at the venue is canceled, however it ended."""
        if self.facts.live is None or self._has_closed_account:
            return
        self._has_closed_account = True
        try:
            await self.facts.live.close()
        except GoliveError as exc:
            self.facts.fail(exc)

    async def _close_journal(self) -> None:
        if self.facts.journal is None:
            return
        try:
            await self.facts.journal.close(ends=self.facts.restart is None or self.facts.restart.is_done)
        except GoliveError as exc:
            self.facts.fail(exc)

    async def _close(self) -> None:
        await self._close_account()
        if self._telling is not None:
            self._telling.cancel()
            await asyncio.gather(self._telling, return_exceptions=True)
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
