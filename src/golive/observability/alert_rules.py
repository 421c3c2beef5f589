"""What a Prometheus should raise an alert for: the rules as values, with the thresholds of the configuration.

Counters are judged exactly, as the sessions judge them. Prometheus' own `increase` extrapolates to the ends of its window, so
that one event may count as 1.02 and breach a limit of 1; and it does not see what was counted before the first scrape. All
our series exist at zero from the start, so what a counter stands at when it is younger than the window is what it counted.

Source: https://prometheus.io/docs/prometheus/latest/querying/functions/#increase
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from golive.config.configuration import Configuration
from golive.config.resolved import ResolvedEntrypoint
from golive.metrics import declaration as m

from .guardrails import SLOW_WAIT_SECONDS

Severity = Literal["warning", "error", "critical"]

LATENCY_WINDOW_S: Final = 5 * 60
FALLBACK_WINDOW_S: Final = 15 * 60
BREAKER_HOLD_S: Final = 30
CRITICAL_WINDOW_S: Final = 5 * 60
WAIT_WINDOW_S: Final = 5 * 60
CRITICAL_ERRORS: Final = f'{m.EXCHANGE_ERRORS.name}{{severity="critical"}}'
STALL_WINDOW_S: Final = 60
STALLED_S: Final = 0.25
"""a record that waits longer for the disk holds up orders (RELIABILITY 4.6)"""
SILENT_S: Final = 30
"""a session turns its loop every second"""
DESK_SILENT_S: Final = 60
"""a live desk's file is written every 15 s"""
UNTOLD_WINDOW_S: Final = 15 * 60
UNTOLD_HOLD_S: Final = 60
"""an attempt that failed is followed by others after 1, 2, 4 … s"""
ROTATION_WARNING_S: Final = 14 * 86_400
"""a key that is due sooner is told"""
NEAR_SHARE: Final = 0.8
"""of a limit: its band is `warn` from here"""
STOPS: Final = ("hard_drawdown_pct", "max_daily_loss_pct", "weekly_loss_pct")
"""the limits that breach when they are reached; sizes and counts may grow past theirs with the market"""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One alert: raised when `expression` has held for `hold_s`; `action` is what somebody should do."""

    alert: str
    expression: str
    severity: Severity
    summary: str
    action: str
    hold_s: float = 0
    environment: str | None = None
    """the only one it watches, None = every one"""


@dataclass(frozen=True, slots=True)
class RuleFile:
    """One file under `deploy/prometheus/`: `<stem>.rules.yml` with one group `golive_<stem>`."""

    stem: str
    rules: tuple[AlertRule, ...]


def alert_rules(configuration: Configuration) -> tuple[RuleFile, ...]:
    """Return every alert that the configuration asks for."""
    return (
        RuleFile("exchanges", tuple(_exchanges(configuration))),
        RuleFile("live_router", (*_live_router(configuration), *_live_desk())),
        RuleFile("risk", tuple(_risk())),
        RuleFile("sessions", tuple(_sessions())),
        RuleFile("security", tuple(_security())),
    )


def counted(selector: str, window_s: float) -> str:
    """Return an expression for what a counter has counted within the window, by all its labels; after a restart, since then."""
    window = duration(window_s)
    return f"({selector} - {selector} offset {window} unless resets({selector}[{window}]) > 0 or {selector})"


def duration(seconds: float) -> str:
    """Return a time as PromQL writes it: `1h`, `90s`, `250ms`."""
    if seconds != int(seconds):
        return f"{round(seconds * 1000)}ms"
    whole = int(seconds)
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "m")):
        if whole and whole % size == 0:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def _exchanges(configuration: Configuration) -> Iterator[AlertRule]:
    for each in configuration.paper_entrypoints():
        yield from _thresholds(each)
    yield AlertRule(
        alert="ExchangeCriticalError",
        expression=f"{counted(CRITICAL_ERRORS, CRITICAL_WINDOW_S)} > 0",
        severity="critical",
        summary="{{ $labels.environment }}: {{ $value }} critical errors within 5m",
        action="The circuit opened, the key was refused, or an order's outcome stayed unknown: "
        "golive reconcile, golive venue check.",
    )
    yield AlertRule(
        alert="ExchangeReconnectRequired",
        expression=f"{m.EXCHANGE_RECONNECT.name} > 0",
        severity="error",
        summary="{{ $labels.exchange }}: the connection must be rebuilt",
        action="All retries were spent on network errors. Golive goes on trying; look at the network of this host.",
    )
    yield AlertRule(
        alert="IoQueueTimeouts",
        expression=f"{counted(m.IO_TIMEOUT_TOTAL.name, configuration.runtime.execution.reference_window_seconds)} > 0",
        severity="error",
        summary="{{ $labels.queue }} of {{ $labels.environment }}: {{ $value }} calls timed out",
        action="The guardrail report names the queue and what to change; logs/guardrails/events.jsonl names the calls.",
    )
    wait = m.IO_WAIT_SECONDS.name
    yield AlertRule(
        alert="IoQueueWaitsLong",
        expression=f"{counted(f'{wait}_sum', WAIT_WINDOW_S)} / ({counted(f'{wait}_count', WAIT_WINDOW_S)} > 0)"
        f" >= {SLOW_WAIT_SECONDS:g}",
        severity="warning",
        summary="{{ $labels.queue }} of {{ $labels.environment }}: calls wait {{ $value }} s on average",
        action="Fewer calls, or a larger max_concurrency of the queue if the venue's limits allow it.",
    )


def _thresholds(each: ResolvedEntrypoint) -> Iterator[AlertRule]:
    """Yield the alerts that judge a paper profile as its sessions do."""
    labels = f'{{exchange="{each.exchange}",environment="{each.environment}"}}'
    within, window = each.reference_window_seconds, duration(each.reference_window_seconds)
    limits, names = each.thresholds, each.metric_names
    yield AlertRule(
        alert="ExchangeRateLimited",
        expression=f"{counted(names['rate_limit'] + labels, within)} > {limits['rate_limit_max']}",
        severity="error",
        environment=each.environment,
        summary=f"{each.environment}: the venue refused {{{{ $value }}}} calls within {window} because of its rate limit",
        action=f"Publish nothing (rate_limit_max is {limits['rate_limit_max']}). Look at logs/guardrails/events.jsonl: which "
        "calls were refused, and who else uses this address or key.",
    )
    yield AlertRule(
        alert="ExchangeErrors",
        expression=f"sum without (severity) ({counted(names['network_errors'] + labels, within)})"
        f" > {limits['network_errors_max']}",
        severity="error",
        environment=each.environment,
        summary=f"{each.environment}: {{{{ $value }}}} errors within {window}",
        action=f"Publish nothing (network_errors_max is {limits['network_errors_max']}). golive venue check tells what fails.",
    )
    yield AlertRule(
        alert="ExchangeHealthLow",
        expression=f"{names['health']}{labels} < {limits['health_min']}",
        severity="critical",
        environment=each.environment,
        hold_s=each.probe_interval_seconds,
        summary=f"{each.environment}: health is {{{{ $value }}}}",
        action=f"Publish nothing (health_min is {limits['health_min']}): the last probe failed or is too old, or the circuit "
        "is open. golive venue check tells which.",
    )


def _live_router(configuration: Configuration) -> Iterator[AlertRule]:
    limits = configuration.core.execution.live_router.metrics
    latency_s = limits.latency_alert_threshold_ms / 1000
    rate = f"rate({m.LIVE_LATENCY.name}_bucket[{duration(LATENCY_WINDOW_S)}])"
    yield AlertRule(
        alert="LiveExecutionLatencyHigh",
        expression=f"histogram_quantile(0.95, sum without (route, result) ({rate})) > {latency_s:g}",
        severity="warning",
        summary="Orders at {{ $labels.exchange }} take too long: p95 of 5 minutes is {{ $value }} s",
        action=f"latency_alert_threshold_ms is {limits.latency_alert_threshold_ms}. Compare bot_exchange_latency_seconds: is it "
        "the venue, the network, or our queue?",
    )
    yield AlertRule(
        alert="LiveOrdersFallback",
        expression=f"sum without (from_exchange, to_exchange, reason) ({counted(m.LIVE_FALLBACK.name, FALLBACK_WINDOW_S)})"
        f" >= {limits.fallback_alert_threshold}",
        severity="warning",
        summary="{{ $value }} orders of route {{ $labels.route }} went to another venue within 15 minutes",
        action="golive explain order tells why one did; the label reason of live_orders_fallback_total counts them.",
    )
    yield AlertRule(
        alert="LiveOrderUnknown",
        expression=f"{m.LIVE_UNKNOWN.name} > 0",
        severity="critical",
        summary="The outcome of {{ $value }} orders at {{ $labels.exchange }} is not known; their symbols are frozen",
        action="golive reconcile asks the venue, and shows what is left to decide. The order is never sent again.",
    )
    yield AlertRule(
        alert="LiveBreakerOpen",
        expression=f"{m.LIVE_BREAKER.name} > 0",
        severity="error",
        hold_s=BREAKER_HOLD_S,
        summary=f"{{{{ $labels.exchange }}}} is left alone: its breaker has been open for {duration(BREAKER_HOLD_S)}",
        action="golive venue check tells what fails; orders go by the route's other venues, where there are any.",
    )


def _live_desk() -> Iterator[AlertRule]:
    yield _stalled(
        "LiveLogStalled", m.LIVE_JOURNAL_STALLED, "a record of the order journal",
        "No order leaves before its record is durable. Look at the disk of this host.",
    )  # fmt: skip
    yield _silent(
        "LiveDeskSilent", m.LIVE_HEARTBEAT, DESK_SILENT_S, "the live desk",
        "It hangs, or it was killed: golive panic if orders work at the venue, then golive reconcile.",
    )  # fmt: skip


def _risk() -> Iterator[AlertRule]:
    stops = f'{{limit=~"{"|".join(STOPS)}"}}'
    yield AlertRule(
        alert="RiskLimitBreached",
        expression=f"{m.RISK_USED.name}{stops} >= 1",
        severity="critical",
        summary="{{ $labels.entrypoint }}: {{ $labels.limit }} is used up ({{ $value }} of it)",
        action="No order that adds risk is allowed. golive risk status shows the limit; releasing it takes the role risk.",
    )
    yield AlertRule(
        alert="RiskLimitNear",
        expression=f"{m.RISK_USED.name} >= {NEAR_SHARE:g}",
        severity="warning",
        summary="{{ $labels.entrypoint }}: {{ $value }} of {{ $labels.limit }} is used",
        action="golive risk status shows every limit and what uses it.",
    )
    yield AlertRule(
        alert="EmergencyMode",
        expression=f"{m.RISK_EMERGENCY.name} > 0",
        severity="critical",
        summary="Emergency mode holds for risk profile {{ $labels.profile }}",
        action="Only reducing orders are allowed. golive risk status tells who began it and why; docs/emergency.md how it ends.",
    )


def _sessions() -> Iterator[AlertRule]:
    yield _stalled(
        "LogStalled", m.JOURNAL_STALLED, "a record",
        "No order leaves before its record is durable, and after 5 s the session ends. Look at the disk of this host.",
    )  # fmt: skip
    yield _silent(
        "SessionSilent", m.HEARTBEAT, SILENT_S, "the session's loop",
        "It hangs, or it was killed and left its file behind. golive run --resume takes up a session that was killed.",
    )  # fmt: skip
    window = duration(UNTOLD_WINDOW_S)
    failed, sent = (
        f"sum without (severity) ({counted(each.name, UNTOLD_WINDOW_S)})" for each in (m.ALERTS_FAILED, m.ALERTS_SENT)
    )
    yield AlertRule(
        alert="AlertsNotDelivered",
        expression=f"{failed} > 0 unless {sent} > 0",
        severity="error",
        hold_s=UNTOLD_HOLD_S,
        summary=f"{{{{ $labels.channel }}}}: no alert arrives; {{{{ $value }}}} attempts failed within {window}",
        action="Nobody hears of what happens by this channel. golive alerts list says why each attempt failed; "
        "golive alerts selftest --severity critical tries the channels.",
    )
    yield AlertRule(
        alert="AlertChannelUnusable",
        expression=f"{counted(m.ALERT_HEALTH_ERRORS.name, UNTOLD_WINDOW_S)} > 0",
        severity="error",
        summary="{{ $labels.channel }}: the channel could not be used when it was looked at",
        action="No alert will arrive there: its URL is missing (golive secrets set NAME, or secrets/alert_urls.json), or nothing "
        "here can read it. "
        "golive alerts selftest --severity critical tries the channels.",
    )


def _security() -> Iterator[AlertRule]:
    due = m.ROTATION_DUE.name
    yield AlertRule(
        alert="KeyRotationDue",
        expression=f"({due} <= {ROTATION_WARNING_S}) > 0",
        severity="warning",
        summary="{{ $labels.key }}: the API key is to be rotated within {{ $value | humanizeDuration }}",
        action="Make a new key at the venue, then golive secrets rotate NAME, then delete the old one. "
        "golive secrets rotation shows all of them.",
    )
    yield AlertRule(
        alert="KeyRotationOverdue",
        expression=f"{due} <= 0",
        severity="critical",
        summary="{{ $labels.key }}: the API key is overdue, was never rotated, or its register cannot be read",
        action="golive secrets rotation says which; golive secrets rotate NAME with a new key. Gates stay shut until then.",
    )


def _stalled(alert: str, metric: m.Metric, what: str, action: str) -> AlertRule:
    """Return the alert of a journal whose records wait for the disk; `metric` has one label, whose journal it is."""
    return AlertRule(
        alert=alert,
        expression=f"max_over_time({metric.name}[{duration(STALL_WINDOW_S)}]) > {STALLED_S:g}",
        severity="critical",
        summary=f"{{{{ $labels.{metric.labels[0]} }}}}: {what} has waited {{{{ $value }}}} s for the disk",
        action=action,
    )


def _silent(alert: str, metric: m.Metric, after_s: int, what: str, action: str) -> AlertRule:
    """Return the alert of a heartbeat that stands still; at 0 it has ended in order, or not begun."""
    return AlertRule(
        alert=alert,
        expression=f"time() - ({metric.name} > 0) > {after_s}",
        severity="critical",
        summary=f"{{{{ $labels.{metric.labels[0]} }}}}: {what} last turned {{{{ $value }}}} s ago",
        action=action,
    )
