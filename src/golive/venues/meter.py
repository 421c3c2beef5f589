"""Everything the call path measures: metrics, created at zero with all label values, and guardrail events."""

from __future__ import annotations

from golive.metrics import declaration as m
from golive.metrics.recorder import Recorder
from golive.model.json import JsonObject

from .classify import Fault
from .failover import Reconnection
from .ports import GuardrailSink
from .settings import AdapterSettings


class Meter:
    """Counts one adapter's calls; holds the peaks that the guardrail summary reports."""

    def __init__(self, settings: AdapterSettings, recorder: Recorder, guardrails: GuardrailSink) -> None:
        self._settings = settings
        self._recorder = recorder
        self._guardrails = guardrails
        self._venue = {"exchange": settings.exchange, "environment": settings.environment}
        self._queue = {"queue": settings.queue, "environment": settings.environment}
        self.peak_inflight = 0
        self.peak_pending = 0
        self.refused_total = 0
        self.reconnection = Reconnection()
        self._create()
        self._inflight = recorder.gauge(m.IO_INFLIGHT, **self._queue)
        self._pending = recorder.gauge(m.IO_PENDING, **self._queue)
        self._latency = recorder.histogram(m.EXCHANGE_LATENCY, **self._venue)
        self._ok = recorder.counter(m.EXCHANGE_REQUESTS, status="ok", **self._venue)

    def _create(self) -> None:
        create = self._recorder.create
        for status in m.REQUEST_STATUSES:
            create(m.EXCHANGE_REQUESTS, status=status, **self._venue)
        for severity in m.SEVERITIES:
            create(m.EXCHANGE_ERRORS, severity=severity, **self._venue)
        for metric in (m.EXCHANGE_RATE_LIMITED, m.EXCHANGE_HEALTH):
            create(metric, **self._venue)
        create(m.EXCHANGE_RECONNECT, exchange=self._settings.exchange)
        for metric in (m.IO_WAIT_TOTAL, m.IO_WAIT_SECONDS, m.IO_TIMEOUT_TOTAL, m.IO_TIMEOUT_SECONDS):
            create(metric, **self._queue)

    # queue and budget

    def queue_changed(self, inflight: int, pending: int) -> None:
        if inflight > self.peak_inflight:  # noqa: PLR1730  # max() takes as long as all the rest of a call's gauges
            self.peak_inflight = inflight
        if pending > self.peak_pending:  # noqa: PLR1730
            self.peak_pending = pending
        self._inflight(inflight)
        self._pending(pending)

    def queue_waited(self, admission_s: float, slot_s: float) -> None:
        """A call had to wait for admission or for its slot."""
        wait = admission_s + slot_s
        self._recorder.count(m.IO_WAIT_TOTAL, 1, **self._queue)
        self._recorder.observe(m.IO_WAIT_SECONDS, wait, **self._queue)
        if wait >= self._settings.rate_limit_warning_seconds:
            fields = {"admission_seconds": round(admission_s, 4), "slot_seconds": round(slot_s, 4)}
            self._event("warning", "RATE_LIMIT", f"a call waited {wait:.2f} s in the I/O queue", fields)

    def budget_waited(self, wait_s: float) -> None:
        """A call waited for the request budget and its key's turn: our own wait, never a refusal of the venue."""
        if wait_s >= self._settings.rate_limit_warning_seconds:
            fields = {"budget_seconds": round(wait_s, 4)}
            self._event("warning", "RATE_LIMIT", f"a call waited {wait_s:.2f} s for the request budget", fields)

    def not_admitted(self, reason: str, *, what: str) -> None:
        """A call that our own budget did not let leave; it counts in no series of the venue's answers."""
        self._event("warning", "RATE_LIMIT", f"{what} was not sent: {reason}", {"call": what})

    # attempts

    def attempt_ok(self, seconds: float) -> None:
        self._latency(seconds)
        self._ok(1)

    def attempt_failed(
        self, fault: Fault, seconds: float, *, what: str, expected: bool = False, pause_s: float = 0.0, ban: bool = False
    ) -> None:
        """Count one failed attempt; an `expected` refusal (a look-up that finds nothing) is no guardrail event.

        `pause_s` is for how long no call of this host leaves because of it; that always is an event.
        """
        status = fault.consequence.status
        self._latency(seconds)
        self._recorder.count(m.EXCHANGE_REQUESTS, 1, status=status, **self._venue)
        if status == "rate_limited":
            self._recorder.count(m.EXCHANGE_RATE_LIMITED, 1, **self._venue)
        if status == "timeout":
            self._timed_out(seconds, what)
        if (status in ("rate_limited", "refused") and not expected) or pause_s:
            self.refused_total += 1
            level = "warning" if status == "rate_limited" and not ban else "error"
            fields: JsonObject = {"call": what, "code": fault.code, "http_status": fault.evidence.http_status}
            if pause_s:
                fields = {**fields, "pause_seconds": round(pause_s, 4), "ban": ban}
            if fault.evidence.retry_after_unread:
                fields = {**fields, "retry_after_unread": fault.evidence.retry_after_unread}
            self._event(level, "REFUSED", f"the venue refused {what}: {fault.meaning}", fields)

    def _timed_out(self, seconds: float, what: str) -> None:
        self._recorder.count(m.IO_TIMEOUT_TOTAL, 1, **self._queue)
        self._recorder.observe(m.IO_TIMEOUT_SECONDS, seconds, **self._queue)
        level = "error" if seconds >= self._settings.timeout_warning_seconds else "warning"
        self._event(level, "TIMEOUT", f"{what} timed out after {seconds:.2f} s", {"call": what, "seconds": round(seconds, 4)})

    # calls

    def recovered(self) -> None:
        """A transient fault that a retry overcame: one `warning` for the whole call."""
        self._recorder.count(m.EXCHANGE_ERRORS, 1, severity="warning", **self._venue)

    def failed(self, *, critical: bool) -> None:
        """A call failed for good: one `error`, or one `critical` when authentication or permission was refused."""
        self._recorder.count(m.EXCHANGE_ERRORS, 1, severity="critical" if critical else "error", **self._venue)

    def critical(self) -> None:
        """The circuit opened, or an order's outcome stayed unknown after reconciliation."""
        self._recorder.count(m.EXCHANGE_ERRORS, 1, severity="critical", **self._venue)

    # connection and health

    def link_opened(self) -> None:
        self._ok(1)

    def link_lost(self, fault: Fault) -> None:
        self._recorder.count(m.EXCHANGE_REQUESTS, 1, status=fault.consequence.status, **self._venue)

    def reconnect_required(self, required: bool, *, source: str = "stream", reason: str = "") -> None:
        """`source` has spent its retries on network errors, or has succeeded; the gauge tells whether any source needs it."""
        if required:
            self.reconnection.spent(source, reason)
        else:
            self.reconnection.succeeded(source)
        self._recorder.set(m.EXCHANGE_RECONNECT, float(self.reconnection.is_required), exchange=self._settings.exchange)

    def health(self, healthy: bool) -> None:
        self._recorder.set(m.EXCHANGE_HEALTH, float(healthy), **self._venue)

    def _event(self, level: str, event: str, message: str, fields: JsonObject) -> None:
        s = self._settings
        self._guardrails.event(
            level=level,
            event=event,
            exchange=s.exchange,
            environment=s.environment,
            queue=s.queue,
            message=message,
            fields=fields,
        )
