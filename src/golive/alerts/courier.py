"""The courier: takes each alert from the outbox to its channels, step by step, and has every outcome audited.

Durable before effect: that an attempt begins is written down before it does, and how it ended before the audit is told. What a
killed process leaves in between is sent again, and the audit says so. Of several processes one is the courier at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from golive.metrics.declaration import ALERTS_FAILED, ALERTS_SENT, ALERTS_SUPPRESSED
from golive.metrics.recorder import Recorder
from golive.model.alert import NO_CHANNEL, SUPPRESSED_CHANNEL, AlertMessage, AlertOutcome, AlertRow, AlertSeverity, Parcel
from golive.model.clock import SECOND
from golive.model.errors import JournalError

from .escalation import GRAVE, RetryPolicy
from .ports import AuditLog, Channels, Outbox
from .routing import AlertPolicy
from .throttle import Throttle

AGAIN_S: Final = 2.0
"""when an audit or an escalation that failed is tried again"""
REST_S: Final = 15.0
"""the longest time that a channel which fails is left alone by what is not both new and grave: half of `deliver --wait`"""


def create_alert_metrics(recorder: Recorder, channels: Sequence[str]) -> None:
    """Make every series exist at zero."""
    for severity in AlertSeverity:
        for channel in channels:
            recorder.create(ALERTS_SENT, channel=channel, severity=severity.value)
            recorder.create(ALERTS_FAILED, channel=channel, severity=severity.value)
        recorder.create(ALERTS_FAILED, channel=NO_CHANNEL, severity=severity.value)
        recorder.create(ALERTS_SUPPRESSED, channel=SUPPRESSED_CHANNEL, severity=severity.value)


class Courier:
    """One round after the other with `step`; all of it on one thread. Raises JournalError when outbox or audit cannot be used."""

    def __init__(
        self,
        outbox: Outbox,
        audit: AuditLog,
        channels: Channels,
        policy: AlertPolicy,
        recorder: Recorder,
        now: Callable[[], int],
        escalate: Callable[[Sequence[AlertMessage], int], None],
        say: Callable[[str], None],
        *,
        retry: RetryPolicy | None = None,
    ) -> None:
        """`escalate` is given what nobody acknowledged, oldest first, and the time-out in seconds; JournalError when it fails.
        `say` is told once what could not be done.
        """
        self._outbox = outbox
        self._audit = audit
        self._channels = channels
        self._policy = policy
        self._recorder = recorder
        self._now = now
        self._escalate = escalate
        self._retry = retry or RetryPolicy()
        self._throttle = Throttle(outbox.remembered())
        self._resting: dict[str, tuple[int, int]] = {}
        """by channel: how often it failed in a row, and until when it is left alone"""
        self._say = say
        self._told: dict[str, str] = {}
        self._again_at: dict[str, int] = {}
        self._doubtful = True
        """the oldest outcomes may stand in the audit already: the process before may have ended right after writing them"""
        outbox.interrupt_all(now())

    def step(self) -> bool:
        """Do what is due; say whether anything was done. Delivery goes on while the audit or an escalation cannot be written."""
        busy = self._take_results()
        busy |= self._route()
        busy |= self._widen_waiting()
        busy |= self._send()
        for work in (self._demand_acknowledgement, self._write_audit):
            busy |= self._tried(work)
        return busy

    def _tried(self, work: Callable[[], bool]) -> bool:
        """Do work whose failure must not end delivery; what failed is left alone for a moment."""
        name, now = work.__name__, self._now()
        if now < self._again_at.get(name, 0):
            return False
        try:
            busy = work()
            self._told.pop(name, None)
            return busy
        except JournalError as exc:
            self._again_at[name] = now + int(AGAIN_S * SECOND)
            if self._told.get(name) != str(exc):
                self._told[name] = str(exc)
                self._say(f"alerts: {exc}")
            return False

    def _route(self) -> bool:
        messages = self._outbox.pending()
        for message in messages:
            now = self._now()
            timeout = self._policy.acknowledge_timeout_seconds * SECOND
            due_at = now + timeout if self._policy.demands_acknowledgement(message) else None
            channels = self._policy.channels_for(message)
            self._outbox.route(message, channels, now, due_at)
            if not channels:
                self._recorder.count(ALERTS_FAILED, channel=NO_CHANNEL, severity=message.severity.value)
        return bool(messages)

    def _ready(self, now: int) -> list[Parcel]:
        """Return what may be sent: due, and its channel is not left alone just now."""
        ready = []
        for parcel in self._outbox.due(now):
            is_new = parcel.attempts == 0 and parcel.message.severity in GRAVE
            if is_new or now >= self._resting.get(parcel.channel, (0, 0))[1]:
                ready.append(parcel)
        return ready

    def _send(self) -> bool:
        busy, ended = False, set[str]()
        for parcel in self._ready(self._now()):
            message = parcel.message
            if message.alert_id in ended or not self._channels.is_free(parcel.channel):
                continue
            environment = self._policy.environment_of(message)
            if self._throttle.suppresses(message, environment.name, environment.throttle, self._now()) and (
                not self._outbox.has_arrived(message.alert_id)
            ):
                self._outbox.suppress(message.alert_id)
                self._recorder.count(ALERTS_SUPPRESSED, channel=SUPPRESSED_CHANNEL, severity=message.severity.value)
                ended.add(message.alert_id)
            else:
                self._channels.send(self._outbox.begin(parcel))
            busy = True
        return busy

    def _take_results(self) -> bool:
        results = self._channels.results()
        for sent in results:
            now = self._now()
            failures = self._failures(sent.channel) + 1
            row = self._outbox.settle(sent, partial(self._retry.next_at, now=now))
            if row is None:
                continue
            severity = row.message.severity.value
            if row.outcome is AlertOutcome.DELIVERED:
                self._resting.pop(sent.channel, None)
                self._recorder.count(ALERTS_SENT, channel=sent.channel, severity=severity)
                self._remember(row.message, now)
            else:
                rest_s = min(REST_S, self._retry.first_s * 2 ** min(failures - 1, 30))
                self._resting[sent.channel] = failures, now + int(rest_s * SECOND)
                self._recorder.count(ALERTS_FAILED, channel=sent.channel, severity=severity)
                self._look_for_others(row.message, now)
        return bool(results)

    def _remember(self, message: AlertMessage, now: int) -> None:
        environment = self._policy.environment_of(message)
        forgotten = self._throttle.delivered(message, environment.name, environment.throttle, now)
        self._outbox.remember(environment.name, message.dedup_key, now, forgotten)

    def _failures(self, channel: str) -> int:
        """Return how often a channel failed in a row, whatever it was given."""
        return self._resting.get(channel, (0, 0))[0]

    def _widen_waiting(self) -> bool:
        """Look for others for what is grave and waits at channels of which it is known that they fail."""
        if all(failures < self._retry.widen_after for failures, _ in self._resting.values()):
            return False
        widened = [self._look_for_others(message, self._now()) for message in self._outbox.grave_waiting()]
        return any(widened)

    def _look_for_others(self, message: AlertMessage, now: int) -> bool:
        """Send a message to the critical channels too when each of its own has failed often enough, with it or with others."""
        attempts = self._outbox.attempts(message.alert_id)
        failures = [max(made, self._failures(channel)) for channel, made in attempts.items()]
        has_arrived = self._outbox.has_arrived(message.alert_id)
        if not failures or not self._retry.widens(message, failures, has_arrived=has_arrived):
            return False
        self._outbox.widen(message.alert_id, self._policy.critical, now)
        return True

    def _demand_acknowledgement(self) -> bool:
        now = self._now()
        overdue = self._outbox.overdue(now)
        if not overdue:
            return False
        self._escalate(overdue, self._policy.acknowledge_timeout_seconds)
        self._outbox.escalated([message.alert_id for message in overdue], now)
        return True

    def _write_audit(self) -> bool:
        outcomes = self._outbox.outcomes()
        if not outcomes:
            self._doubtful = False
            return False
        rows: list[AlertRow] = [row for _, row in outcomes]
        if self._doubtful:
            rows = [row for row in rows if not self._audit.has(row)]
        self._doubtful = True  # until the outbox has heard of it
        if rows:
            self._audit.append(rows)
        self._outbox.audited([number for number, _ in outcomes])
        self._doubtful = False
        return True
