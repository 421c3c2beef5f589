"""The report of one session: rewritten while it runs; judged, signed into a stage record and written for good at its end."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from golive.execution.live.degradation import DegradePolicy
from golive.model.clock import SECOND, Clock
from golive.model.command import Alert
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import RunStatus, Verdict
from golive.observability.guardrails import Guardrails
from golive.observability.log_words import LogEvent
from golive.observability.report_digest import report_sha256
from golive.observability.shape import as_json
from golive.observability.status import Decision, decide_status
from golive.observability.windows import Evaluation, Window

from .broken import BrokenWatch, verdicts_before
from .evidence import Evidence
from .exchange_watch import ExchangeWatch, ended_by_error, tell_judged
from .facts import SessionFacts
from .guardrail_report import guardrail_section, leave_guardrail_files
from .judgement import exchange_verdicts, judge
from .live_session.report_step import record_report
from .monitored import reference_windows
from .plan import Plan
from .reporting import ReportPlaces, report_document, report_places, stage_record_of, write_all, write_json
from .session_ports import RunResult
from .venue_access import VenueAccess


class SessionReport:
    """Says what the session's facts amount to. `plan`, `evidence` and `access` are set as the session comes to them."""

    def __init__(self, plan: Plan, facts: SessionFacts, clock: Clock) -> None:
        self.plan = plan
        self.evidence: Evidence | None = None
        self.access: VenueAccess | None = None
        self.windows = reference_windows(plan, facts.recorder)
        self._facts = facts
        self._clock = clock
        self._exchanges = ExchangeWatch()
        self._broken = BrokenWatch()
        self.windows.judged = self._tell_judged

    async def rewrite(self) -> None:
        """Write the JSON report of a session that is still running, and tell of thresholds that were broken since the last.

        What is broken is durable before it is told: a session that is killed now is resumed as one that was breached.
        """
        now = self._clock.now()
        self._see_failover()
        evaluation, guardrails = self.windows.peek(now), self._guardrails(now)
        self._broken.look(self.plan, evaluation, guardrails, now)
        try:
            await asyncio.to_thread(self._keep_broken)
        except JournalError as exc:
            self._facts.fail_once(exc)
        self._alert(self._exchanges.look(evaluation))
        verdicts = [*exchange_verdicts(self.plan, evaluation), *verdicts_before(self.plan, self._facts.broken_before)]
        decision = decide_status(verdicts, phase=evaluation.phase, running=True)
        write_json(self._places, self._document(evaluation, decision, guardrails, now, finished=False))

    def conclude(self) -> RunResult:
        """Judge, write the stage record if the session passed, then the report.

        What cannot be written makes the result an internal error; the report itself is returned all the same.
        """
        now, facts = self._clock.now(), self._facts
        self._look_at_venues()
        evaluation, guardrails = self.windows.close(now), self._leave_guardrails(now)
        if facts.blocked is None:  # else nothing was measured, on purpose
            self._broken.look(self.plan, evaluation, guardrails, now)
            try:
                self._keep_broken()  # a session whose store got no end can still be resumed
            except JournalError as exc:
                facts.fail_once(exc)
            self._alert(self._exchanges.end(evaluation))
        report, decision = self._final(evaluation, guardrails, now)
        if decision.status is RunStatus.SUCCESS and self._opens_a_stage(evaluation):
            try:
                report = self._with_stage_record(report, now)
            except JournalError as exc:
                facts.fail(exc)
                report, decision = self._final(evaluation, guardrails, now)
        try:
            write_all(self._places, report)
            record_report(self.plan, facts, report, self._clock)
        except JournalError as exc:
            facts.fail(exc)
            report, decision = self._final(evaluation, guardrails, now)
        self._say_ended(report, decision)
        if facts.internal_error:
            self._alert([ended_by_error(self.plan.entrypoint.name, facts.errors)])
        return RunResult(report, decision.exit_code, self._returns_to())

    def _returns_to(self) -> str:
        """Return the paper entrypoint that goes on where live trading was ended; with `degrade: auto` alone."""
        policy = self.plan.config.core.execution.live_router.degrade
        return self.plan.paper_entrypoint if self._facts.live_ended is not None and policy == DegradePolicy.AUTO else ""

    @property
    def _places(self) -> ReportPlaces:
        return report_places(self.plan, self._facts.run_id, self._facts.started_at)

    def _opens_a_stage(self, evaluation: Evaluation) -> bool:
        """Whether it could trade, and every paper entrypoint was monitored and fine, even if its metrics do not judge the run."""
        could_trade = self._facts.has_run and not self._facts.was_refused_everything
        was_fine = evaluation.status == Verdict.OK and not self._facts.broken_before
        return could_trade and self.plan.opens_a_stage and was_fine

    def _keep_broken(self) -> None:
        """Make durable what is broken; raises JournalError when it cannot be, and it waits for the next time. Blocks."""
        if self.evidence is None or not self._broken.waiting:
            return
        waiting = tuple(self._broken.waiting)
        self.evidence.note_broken(waiting)
        del self._broken.waiting[: len(waiting)]

    def _final(self, evaluation: Evaluation, guardrails: Guardrails, now: int) -> tuple[dict[str, JsonValue], Decision]:
        decision = judge(self.plan, self._facts, evaluation, guardrails)
        return self._document(evaluation, decision, guardrails, now, finished=True), decision

    def _document(
        self, evaluation: Evaluation, decision: Decision, guardrails: Guardrails, now: int, *, finished: bool
    ) -> dict[str, JsonValue]:
        return report_document(self.plan, self._facts, self._places, evaluation, decision, guardrails, now=now, finished=finished)

    def _guardrails(self, now: int) -> Guardrails:
        log = self.evidence.guardrails if self.evidence is not None else None
        return guardrail_section(self.plan, self.access, log, self._facts, now)

    def _leave_guardrails(self, now: int) -> Guardrails:
        """Return the section as it is at the end, with files of its own written."""
        section = self._guardrails(now)
        try:
            return leave_guardrail_files(self.plan, self._facts, section)
        except JournalError as exc:
            if self._facts.blocked is None:
                self._facts.fail(exc)
            else:  # for what could not be used before it began; that is the reason to tell
                self._facts.warn(str(exc))
            return section

    def _with_stage_record(self, report: dict[str, JsonValue], now: int) -> dict[str, JsonValue]:
        """Append the signed record that opens the next stage, and return the report that it signs with it in its place."""
        assert self.evidence is not None
        facts = self._facts
        # What was measured before a restart is gone, so only what came after the last one counts.
        since = facts.started_at if facts.restart is None else facts.restart.row.at
        ok_seconds = (now - since) / SECOND if self.plan.speed == "1" else 0
        digest = report_sha256(report)
        record = stage_record_of(self.plan, report, str(report["outcome_sha256"]), digest, round(ok_seconds, 3))
        self.evidence.stage_records.append(record)
        facts.stage_record = record
        return {**report, "stage_record": as_json(record)}

    def _tell_judged(self, window: Window) -> None:
        if self._facts.blocked is None:  # else nothing was measured, on purpose
            tell_judged(window, self._facts.log)
            if not window.partial:  # one that the end of the session cut short is judged in the report
                self._broken.judged(window)

    def _alert(self, alerts: Sequence[Alert]) -> None:
        if self.evidence is not None:
            for alert in alerts:
                self.evidence.alert(alert)

    def _see_failover(self) -> None:
        if self.access is not None:
            self._facts.failover = self.access.failover()

    def _look_at_venues(self) -> None:
        """Say at the end of the session which venues cannot be traded on now, whatever they mean for the verdict."""
        self._see_failover()
        for name, status in self._facts.failover.items():
            if status.throttle_active:
                seconds, why = status.throttle_remaining_seconds, status.throttle_reason
                self._facts.warn(f"[venue:{name}] is to be left alone for {seconds:.0f} more seconds: {why}")
            if status.reconnect_required:
                self._facts.warn(f"[venue:{name}] a connection must be rebuilt: {status.reconnect_reason}")

    def _say_ended(self, report: JsonObject, decision: Decision) -> None:
        """Tell what went wrong, except what was told when it happened, and how the session ended."""
        facts, engine = self._facts, self._facts.engine
        for reason in [] if facts.internal_error else facts.errors:
            facts.log.say(LogEvent.SESSION_BLOCKED if reason == facts.blocked else LogEvent.SESSION_FAILED, reason=reason)
        facts.log.say(
            LogEvent.SESSION_ENDED, status=str(decision.status), exit_code=int(decision.exit_code), run_id=facts.run_id,
            orders=0 if engine is None else len(engine.orders), fills=0 if engine is None else len(engine.fills),
            report=report["report_json"],
        )  # fmt: skip
