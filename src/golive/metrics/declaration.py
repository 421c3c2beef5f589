"""Every metric's declaration: name, type, unit, labels with their closed value sets, help.

A metric that is not declared here cannot be recorded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from golive.model.decision import REFUSALS, DecisionCode


class MetricType(StrEnum):
    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric; `closed` gives the allowed values of the labels whose set is known beforehand."""

    name: str
    type: MetricType
    help: str
    labels: tuple[str, ...] = ()
    closed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()


SEVERITIES: Final = ("critical", "error", "warning")
REQUEST_STATUSES: Final = ("malformed", "network_error", "ok", "rate_limited", "refused", "timeout")
LATENCY_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0)

EXCHANGE_REQUESTS: Final = Metric(
    "bot_exchange_requests_total",
    MetricType.COUNTER,
    "Calls to the venue by how they ended.",
    ("exchange", "environment", "status"),
    {"status": REQUEST_STATUSES},
)
EXCHANGE_ERRORS: Final = Metric(
    "bot_exchange_errors_total",
    MetricType.COUNTER,
    "Venue errors: recovered (warning), failed (error), critical.",
    ("exchange", "environment", "severity"),
    {"severity": SEVERITIES},
)
EXCHANGE_RATE_LIMITED: Final = Metric(
    "bot_exchange_rate_limited_total",
    MetricType.COUNTER,
    "Calls the venue refused because of its rate limit.",
    ("exchange", "environment"),
)
EXCHANGE_HEALTH: Final = Metric(
    "bot_exchange_health_status",
    MetricType.GAUGE,
    "1 when the last probe passed, is fresh and the circuit is closed.",
    ("exchange", "environment"),
)
EXCHANGE_LATENCY: Final = Metric(
    "bot_exchange_latency_seconds",
    MetricType.HISTOGRAM,
    "Round trip of one venue call.",
    ("exchange", "environment"),
    buckets=LATENCY_BUCKETS,
)
EXCHANGE_RECONNECT: Final = Metric(
    "bot_exchange_reconnect_required", MetricType.GAUGE, "1 while the venue's connection must be rebuilt.", ("exchange",)
)
IO_INFLIGHT: Final = Metric("exchange_io_inflight", MetricType.GAUGE, "Calls running in the I/O queue.", ("queue", "environment"))
IO_PENDING: Final = Metric(
    "exchange_io_pending", MetricType.GAUGE, "Calls admitted to the I/O queue, running and waiting.", ("queue", "environment")
)
IO_WAIT_TOTAL: Final = Metric(
    "exchange_io_rate_limit_wait_total",
    MetricType.COUNTER,
    "Calls that waited for admission or a slot.",
    ("queue", "environment"),
)
IO_WAIT_SECONDS: Final = Metric(
    "exchange_io_rate_limit_wait_seconds",
    MetricType.HISTOGRAM,
    "Own waits before a call.",
    ("queue", "environment"),
    buckets=LATENCY_BUCKETS,
)
IO_TIMEOUT_TOTAL: Final = Metric(
    "exchange_io_timeout_total", MetricType.COUNTER, "Calls that timed out.", ("queue", "environment")
)
IO_TIMEOUT_SECONDS: Final = Metric(
    "exchange_io_timeout_duration_seconds",
    MetricType.HISTOGRAM,
    "How long timed-out calls lasted.",
    ("queue", "environment"),
    buckets=LATENCY_BUCKETS,
)
PAPER_ORDERS: Final = Metric(
    "paper_orders_total",
    MetricType.COUNTER,
    "Paper orders at their end.",
    ("exchange", "result"),
    {"result": ("canceled", "expired", "filled", "partial", "rejected")},
)
PAPER_REJECT_REASONS: Final = (
    *("ABOVE_MAXIMUM", "AMENDMENT_INVALID", "BELOW_MINIMUM", "DUPLICATE_ID", "EXPIRY_INVALID", "INSUFFICIENT_FUNDS"),
    *("NOTIONAL_BELOW_MINIMUM", "ORDER_INVALID", "POST_ONLY_WOULD_CROSS", "PRICE_INVALID", "TIME_IN_FORCE_INVALID"),
    *("TRIGGER_INVALID", "UNKNOWN_INSTRUMENT"),
)
PAPER_REJECTED: Final = Metric(
    "paper_orders_rejected_total",
    MetricType.COUNTER,
    "Paper orders and amendments rejected, by reason.",
    ("exchange", "reason"),
    {"reason": PAPER_REJECT_REASONS},
)
PAPER_NOTIONAL: Final = Metric("paper_traded_notional_total", MetricType.COUNTER, "Traded notional in quote.", ("exchange",))
PAPER_LATENCY: Final = Metric(
    "paper_execution_latency_seconds",
    MetricType.HISTOGRAM,
    "From sending a paper order to the news that it was accepted or rejected, by the market clock.",
    ("exchange",),
    buckets=LATENCY_BUCKETS,
)
LIVE_ORDER_RESULTS: Final = ("absent", "canceled", "expired", "filled", "not_sent", "partial", "rejected")
LIVE_ATTEMPT_RESULTS: Final = ("accepted", "not_processed", "not_sent", "rejected", "unknown")
LIVE_ANSWERS: Final = ("absent", "accepted", "rejected")
LIVE_FALLBACK_REASONS: Final = ("breaker_open", "maintenance", "never_sent", "queue_full", "symbol_halted")
LIVE_ORDERS: Final = Metric(
    "live_orders_total",
    MetricType.COUNTER,
    "Live orders at their end.",
    ("exchange", "route", "result"),
    {"result": LIVE_ORDER_RESULTS},
)
LIVE_ATTEMPTS: Final = Metric(
    "live_order_attempts_total",
    MetricType.COUNTER,
    "Attempts to send a live order, by how they ended.",
    ("exchange", "route", "result"),
    {"result": LIVE_ATTEMPT_RESULTS},
)
LIVE_FALLBACK: Final = Metric(
    "live_orders_fallback_total",
    MetricType.COUNTER,
    "Live orders that went to another venue instead.",
    ("route", "from_exchange", "to_exchange", "reason"),
    {"reason": LIVE_FALLBACK_REASONS},
)
LIVE_LATENCY: Final = Metric(
    "live_execution_latency_seconds",
    MetricType.HISTOGRAM,
    "From the risk decision to the definite answer about the order.",
    ("exchange", "route", "result"),
    {"result": LIVE_ANSWERS},
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.35, 0.5, 1.0, 2.5, 5.0),
)
LIVE_QUEUE_WAIT: Final = Metric(
    "live_queue_wait_seconds",
    MetricType.HISTOGRAM,
    "How long a live order waited for its venue.",
    ("exchange",),
    buckets=LATENCY_BUCKETS,
)
LIVE_UNKNOWN: Final = Metric("live_orders_unknown", MetricType.GAUGE, "Live orders whose outcome is not known.", ("exchange",))
LIVE_BREAKER: Final = Metric("live_breaker_open", MetricType.GAUGE, "1 while the venue is left alone.", ("exchange",))
LIVE_DEPTH: Final = Metric(
    "live_execution_queue_depth", MetricType.GAUGE, "Live orders that wait for their venue.", ("exchange",)
)
LIVE_HEARTBEAT: Final = Metric(
    "live_heartbeat_timestamp_seconds",
    MetricType.GAUGE,
    "Unix time at which the live desk's clock last turned; 0 when it ended in order.",
    ("exchange",),
)
LIVE_JOURNAL_STALLED: Final = Metric(
    "live_journal_stalled_seconds",
    MetricType.GAUGE,
    "Longest that a record of the order journal waited for the disk since the last export.",
    ("exchange",),
)
RISK_DECISIONS: Final = Metric(
    "risk_decisions_total",
    MetricType.COUNTER,
    "Risk decisions by result and code.",
    ("result", "code"),
    {"result": ("allowed", "refused"), "code": (DecisionCode.APPROVED, *sorted(REFUSALS))},
)
RISK_USED: Final = Metric("risk_used_ratio", MetricType.GAUGE, "Used share of a limit, 0..1 and beyond.", ("entrypoint", "limit"))
RISK_EMERGENCY: Final = Metric(
    "risk_emergency_mode", MetricType.GAUGE, "1 while emergency mode holds for a risk profile.", ("profile",)
)
ALERT_SEVERITIES: Final = ("critical", "error", "info", "warning")
ALERTS_SENT: Final = Metric(
    "alerts_sent_total",
    MetricType.COUNTER,
    "Alerts that a channel took.",
    ("channel", "severity"),
    {"severity": ALERT_SEVERITIES},
)
ALERTS_FAILED: Final = Metric(
    "alerts_failed_total",
    MetricType.COUNTER,
    "Attempts to send an alert that failed; alerts without any channel under __no_channel__.",
    ("channel", "severity"),
    {"severity": ALERT_SEVERITIES},
)
ALERTS_SUPPRESSED: Final = Metric(
    "alerts_suppressed_total",
    MetricType.COUNTER,
    "Alerts that the throttle held back.",
    ("channel", "severity"),
    {"channel": ("__suppressed__",), "severity": ALERT_SEVERITIES},
)
ALERT_HEALTH_ERRORS: Final = Metric(
    "alert_healthcheck_errors_total",
    MetricType.COUNTER,
    "Times that a channel could not be used: its URL is missing, or nothing here can read it.",
    ("channel",),
)
BUILD_INFO: Final = Metric(
    "golive_build_info", MetricType.GAUGE, "Always 1: which release runs, and a digest of its sources.", ("version", "revision")
)
HEARTBEAT: Final = Metric(
    "golive_heartbeat_timestamp_seconds", MetricType.GAUGE, "Unix time at which the session's loop last turned.", ("entrypoint",)
)
ROTATION_DUE: Final = Metric(
    "golive_rotation_due_seconds",
    MetricType.GAUGE,
    "Seconds until an API key is to be rotated, negative when overdue; 0 when it never was, or nothing can be read.",
    ("key",),
)
JOURNAL_STALLED: Final = Metric(
    "golive_journal_stalled_seconds",
    MetricType.GAUGE,
    "How long the oldest record that must be durable has been waiting for the disk.",
    ("entrypoint",),
)
RISK_SERVICE_LATENCY: Final = Metric(
    "risk_service_decision_latency_seconds",
    MetricType.HISTOGRAM,
    "How long risk took to decide about an order.",
    ("entrypoint",),
    buckets=(0.00001, 0.0001, 0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0),
)
RISK_SERVICE_UP: Final = Metric(
    "risk_service_up", MetricType.GAUGE, "1 while risk can be asked and its answers become durable.", ("entrypoint",)
)

DECLARED: Final[Mapping[str, Metric]] = {
    m.name: m
    for m in (
        EXCHANGE_REQUESTS,
        EXCHANGE_ERRORS,
        EXCHANGE_RATE_LIMITED,
        EXCHANGE_HEALTH,
        EXCHANGE_LATENCY,
        EXCHANGE_RECONNECT,
        IO_INFLIGHT,
        IO_PENDING,
        IO_WAIT_TOTAL,
        IO_WAIT_SECONDS,
        IO_TIMEOUT_TOTAL,
        IO_TIMEOUT_SECONDS,
        PAPER_ORDERS,
        PAPER_REJECTED,
        PAPER_NOTIONAL,
        PAPER_LATENCY,
        LIVE_ORDERS,
        LIVE_ATTEMPTS,
        LIVE_FALLBACK,
        LIVE_LATENCY,
        LIVE_QUEUE_WAIT,
        LIVE_UNKNOWN,
        LIVE_BREAKER,
        LIVE_DEPTH,
        LIVE_HEARTBEAT,
        LIVE_JOURNAL_STALLED,
        RISK_DECISIONS,
        RISK_USED,
        RISK_EMERGENCY,
        ALERTS_SENT,
        ALERTS_FAILED,
        ALERTS_SUPPRESSED,
        ALERT_HEALTH_ERRORS,
        RISK_SERVICE_LATENCY,
        RISK_SERVICE_UP,
        BUILD_INFO,
        HEARTBEAT,
        JOURNAL_STALLED,
        ROTATION_DUE,
    )
}
