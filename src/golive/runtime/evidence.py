"""Everything durable of one session, opened together: keys, lease, stage records, store, journals, alert outbox."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Sequence
from contextlib import closing

from golive.alerts.message import message_of
from golive.config.digest import FileDigest
from golive.metrics.recorder import Recorder
from golive.model.clock import Clock, to_iso
from golive.model.command import Alert
from golive.model.ids import ClientOrderId, derive_client_order_id
from golive.model.instrument import Instrument
from golive.model.json import JsonObject, JsonValue
from golive.observability.log_words import LogEvent
from golive.storage.alert_intake import AlertIntake
from golive.storage.broken_sessions import broken_notes
from golive.storage.decision_journal import DecisionContext, TradingDecisionJournal
from golive.storage.guardrail_log import GuardrailLog
from golive.storage.item import LifecycleItem
from golive.storage.journal_file import Signer
from golive.storage.keys import SigningKeys
from golive.storage.lease import Lease
from golive.storage.recovery import recover_sessions
from golive.storage.risk_body import RiskContext
from golive.storage.risk_decisions import RiskDecisions
from golive.storage.session_identity import PROFILE_DIGEST, SessionIdentity, SessionTerms
from golive.storage.session_reader import SessionReader
from golive.storage.session_store import SessionStore
from golive.storage.sessions import last_profile, unfinished_session
from golive.storage.stage_records import StageRecords

from .broken import Broken
from .code_version import code_version
from .identity import operator_identity
from .live.alerting import AlertThread
from .log import Log, SilentLog
from .plan import Plan
from .session_journal import SessionJournal
from .unfinished import Unfinished, find_unfinished


def configuration_sha384(digest: FileDigest) -> str:
    """Return the digest a journal's first record binds: SHA-384 over the SHA-256 of both configuration files."""
    return hashlib.sha384(f"{digest.runtime_sha256}\n{digest.core_sha256}\n".encode()).hexdigest()


class Evidence:
    """The durable side of a session. `lease` is held from construction to `close`.

    Raises JournalError when keys or files cannot be used, PrerequisiteMissing when another process holds the entrypoint.
    """

    def __init__(self, plan: Plan, run_id: str, started_at: int, clock: Clock) -> None:
        self._plan = plan
        self._run_id = run_id
        self._started_at = started_at
        self._clock = clock
        self.log: Log = SilentLog()
        self.operator = operator_identity()
        self.alert_kept: Callable[[], None] = lambda: None
        """called, on a thread, when an alert lies in the outbox"""
        self._keys = SigningKeys.load_or_create(plan.home)
        self.lease = Lease.acquire(plan.home, plan.entrypoint.name)
        self._config_sha384 = configuration_sha384(plan.config.file_digest)
        self.signer = Signer(self._keys, clock, code_version(), self._config_sha384, self.lease.epoch, operator=self.operator)
        try:
            self._open()
        except BaseException:
            self.lease.release()
            raise

    def _open(self) -> None:
        """Finish what a crashed session of this entrypoint left, then open everything this one writes to."""
        plan, name = self._plan, self._plan.entrypoint.name
        risk_log = plan.home / plan.entrypoint.decision_log_path
        self.recovered = recover_sessions(plan.home, name, self.signer, portfolio=name, risk_log=risk_log)
        self.stage_records = StageRecords(plan.home, self.signer, operator=self.operator)
        self.guardrails = GuardrailLog(plan.home / plan.entrypoint.io.log_directory, self._clock)
        self.guardrails.tail()  # a session that could not report what stands there does not begin
        self._alerts = AlertIntake(plan.home)
        self._telling = AlertThread(self._keep)

    def new_id(self, sequence: int) -> ClientOrderId:
        """Return the client order id of intent `sequence` of this session."""
        return derive_client_order_id(
            self._keys.id_key, venue=self._plan.entrypoint.exchange, account=self._plan.entrypoint.name,
            epoch=self.lease.epoch, strategy=self._plan.strategy.name, sequence=sequence,
        )  # fmt: skip

    def take_up(self) -> Unfinished:
        """Return the newest session of the plan's stage and entrypoint that did not end; from now on this one is that one.

        Raises PrerequisiteMissing when there is none or it does not fit the plan, JournalError when its store is not sound.
        """
        unfinished = find_unfinished(self._plan, self._keys)
        self._run_id, self._started_at = unfinished.identity.run_id, unfinished.identity.started_at
        return unfinished

    def left_behind(self) -> str | None:
        """Say how to go on with the newest session of the plan's stage and entrypoint, when it did not end."""
        path = unfinished_session(self._plan.home, self._plan.stage, self._plan.entrypoint.name, newest_only=True)
        if path is None:
            return None
        with closing(SessionReader(path)) as reader:
            session = reader.identity
        return (
            f"session {session.run_id[:8]} of {to_iso(session.started_at)} did not end; it was closed as it stood. To go on with "
            "it instead of a new one, give the same options and --resume"
        )

    def open_journal(self, instruments: Sequence[Instrument], terms: SessionTerms, recorder: Recorder) -> SessionJournal:
        """Make the session's store and its projections, and start the journal thread; needs a running loop."""
        plan = self._plan
        identity = SessionIdentity(
            run_id=self._run_id,
            stage=plan.stage,
            entrypoint=plan.entrypoint.name,
            environment=plan.entrypoint.environment,
            started_at=self._started_at,
            epoch=self.lease.epoch,
            code_version=code_version(),
            config_sha384=self._config_sha384,
            terms=terms,
        )
        projections = self._projections()
        self._note_profile(projections[0], terms)
        store = SessionStore.create(plan.home, identity, self._keys, self._risk_context(instruments), self._clock)
        return SessionJournal(store, projections, recorder)

    def _note_profile(self, journal: TradingDecisionJournal, terms: SessionTerms) -> None:
        """Write down, before there is a store, that the entrypoint trades under other limits than the last time."""
        name, now = self._plan.risk_profile.name, terms.rules[PROFILE_DIGEST]
        before = last_profile(self._plan.home, self._plan.entrypoint.name)
        if before is None or before.digest == now:
            return
        body = {"from": before.name, "to": name, "from_digest": before.digest, "to_digest": now}
        journal.note("risk_profile_transition", body)
        journal.sync()

    def resume_journal(self, unfinished: Unfinished, instruments: Sequence[Instrument], recorder: Recorder) -> SessionJournal:
        """Open the store of an unfinished session where it ends, and start the journal thread; needs a running loop."""
        store = SessionStore.resume(
            unfinished.path, unfinished.identity, unfinished.head, unfinished.last_record_seq, self._keys,
            self._risk_context(instruments), self._clock, epoch=self.lease.epoch,
        )  # fmt: skip
        return SessionJournal(store, self._projections(), recorder, last_record_seq=unfinished.last_record_seq)

    def note_restart(self, body: JsonObject) -> LifecycleItem:
        """Write the restart into the decision journal, and return it as the store's item."""
        journal = TradingDecisionJournal(self._plan.home, self.signer, self._decision_context())
        try:
            journal.note_restart(body)
        finally:
            journal.close()
        return LifecycleItem("resumed", self._clock.now(), self.lease.epoch, body)

    def note_broken(self, found: Sequence[Broken]) -> None:
        """Write down what broke; durable on return, so that a session that is killed and taken up again knows it. Blocks."""
        journal = TradingDecisionJournal(self._plan.home, self.signer, self._decision_context())
        try:
            journal.note_broken([each.body() for each in found])
            journal.sync()
        finally:
            journal.close()

    def note_degraded(self, cause: str) -> None:
        """Write down that live trading of the session was ended; durable on return. Blocks."""
        journal = TradingDecisionJournal(self._plan.home, self.signer, self._decision_context())
        try:
            journal.note("degraded_to_paper", {"cause": cause})
            journal.sync()
        finally:
            journal.close()

    def broken_before(self) -> tuple[Broken, ...]:
        """Return what the session that was taken up had found broken. Raises JournalError when that cannot be trusted."""
        return tuple(map(Broken.read, broken_notes(self._plan.home, self._run_id, self._keys.logs)))

    def _risk_context(self, instruments: Sequence[Instrument]) -> RiskContext:
        profile = self._plan.risk_profile
        return RiskContext(self._plan.entrypoint.name, profile.name, profile.digest, {i.id: i for i in instruments})

    def _projections(self) -> tuple[TradingDecisionJournal, RiskDecisions]:
        plan = self._plan
        return (
            TradingDecisionJournal(plan.home, self.signer, self._decision_context()),
            RiskDecisions(plan.home / plan.entrypoint.decision_log_path, self.signer),
        )

    def _decision_context(self) -> DecisionContext:
        plan = self._plan
        return DecisionContext(
            entrypoint=plan.entrypoint.name,
            environment=plan.entrypoint.environment,
            portfolio=plan.entrypoint.name,
            risk_profile=plan.risk_profile.name,
            run_id=self._run_id,
            strategy=plan.strategy.name,
        )

    def alert(self, alert: Alert) -> None:
        """Tell an alert to the log, and have a thread of its own keep it: who raises one waits for no disk and no process.

        One that cannot be kept is said on stderr, and tried until it is.
        """
        self.log.say(
            LogEvent.ALERT_RAISED, severity=str(alert.severity), category=alert.category, title=alert.title, body=alert.body
        )
        self._telling.put(alert)

    def _keep(self, alert: Alert) -> None:
        context: dict[str, JsonValue] = {"entrypoint": self._plan.entrypoint.name, "run_id": self._run_id}
        if self._plan.lock_step:
            context["simulated"] = True
        self._alerts.put(message_of(alert, uuid.uuid4().hex, self._clock.now(), context))
        self.alert_kept()

    def close(self) -> None:
        self._telling.close()
        self._alerts.close()
        self.guardrails.close()
        self.lease.release()
