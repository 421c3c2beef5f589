"""The four dashboards as values: which questions each panel asks of a Prometheus, and which limits it draws.

How they look in Grafana is in `grafana.py`; the snapshot asks the same questions without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from golive.config.configuration import Configuration
from golive.metrics import declaration as m

from .alert_rules import DESK_SILENT_S, FALLBACK_WINDOW_S, LATENCY_WINDOW_S, NEAR_SHARE, SILENT_S, STALLED_S, counted, duration

Unit = Literal["short", "s", "percentunit", "ops"]
RATE_WINDOW: Final = duration(LATENCY_WINDOW_S)


@dataclass(frozen=True, slots=True)
class Query:
    """One expression; `legend` names a series by its labels, as Grafana writes it: `{{exchange}}`."""

    expression: str
    legend: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One picture; values from `limit` on are drawn as bad, those below it with `low_is_bad`."""

    title: str
    description: str
    queries: tuple[Query, ...]
    unit: Unit = "short"
    limit: float | None = None
    low_is_bad: bool = False


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One file under `deploy/grafana/`: `<stem>.json`."""

    stem: str
    title: str
    panels: tuple[Panel, ...]


def dashboards(configuration: Configuration) -> tuple[Dashboard, ...]:
    """Return every dashboard, with the windows and limits of the configuration."""
    return (
        Dashboard("exchanges", "Golive: exchanges", tuple(_exchanges(configuration))),
        Dashboard("live_router", "Golive: live router", tuple(_live_router(configuration))),
        Dashboard("risk", "Golive: risk", tuple(_risk())),
        Dashboard("readiness", "Golive: readiness", tuple(_readiness(configuration))),
    )


def _exchanges(configuration: Configuration) -> Iterator[Panel]:
    window_s = configuration.runtime.execution.reference_window_seconds
    yield _health(configuration)
    yield _errors(window_s)
    yield _rate_limited(window_s)
    yield from _calls()
    yield from _io_queue(window_s)
    yield from _paper()


def _calls() -> Iterator[Panel]:
    yield Panel(
        title="Latency of calls, p50 and p95",
        description="Round trip of one call to the venue.",
        queries=tuple(_quantile(share, m.EXCHANGE_LATENCY, "environment") for share in (0.5, 0.95)),
        unit="s",
    )
    yield Panel(
        title="Calls by how they ended",
        description="Per second.",
        queries=(
            Query(
                f"sum by (environment, status) (rate({m.EXCHANGE_REQUESTS.name}[{RATE_WINDOW}]))", "{{environment}} {{status}}"
            ),
        ),
        unit="ops",
    )
    yield Panel(
        title="Connection must be rebuilt",
        description="1 while all retries were spent on network errors.",
        queries=(Query(f"max by (exchange) ({m.EXCHANGE_RECONNECT.name})", "{{exchange}}"),),
        limit=1,
    )


def _io_queue(window_s: int) -> Iterator[Panel]:
    yield Panel(
        title="I/O queue: admitted and running",
        description="Bounds: burst and max_concurrency of io_queue.",
        queries=(
            Query(f"max by (queue, environment) ({m.IO_PENDING.name})", "{{environment}} admitted"),
            Query(f"max by (queue, environment) ({m.IO_INFLIGHT.name})", "{{environment}} running"),
        ),
    )
    yield Panel(
        title=f"I/O queue: waits and time-outs within {duration(window_s)}",
        description="A clean run shows none.",
        queries=(
            Query(f"sum by (queue, environment) ({counted(m.IO_WAIT_TOTAL.name, window_s)})", "{{environment}} waits"),
            Query(f"sum by (queue, environment) ({counted(m.IO_TIMEOUT_TOTAL.name, window_s)})", "{{environment}} time-outs"),
        ),
    )
    wait = m.IO_WAIT_SECONDS.name
    yield Panel(
        title="I/O queue: p95 wait and time of timed-out calls",
        description="Own waits before a call; 0 calls show nothing.",
        queries=(
            Query(
                f"histogram_quantile(0.95, sum by (le, environment) (rate({wait}_bucket[{RATE_WINDOW}])))", "{{environment}} wait"
            ),
            Query(
                f"histogram_quantile(0.95, sum by (le, environment) (rate({m.IO_TIMEOUT_SECONDS.name}_bucket[{RATE_WINDOW}])))",
                "{{environment}} timed out",
            ),
        ),
        unit="s",
    )


def _paper() -> Iterator[Panel]:
    yield Panel(
        title="Paper orders at their end",
        description="Since the session began.",
        queries=(
            Query(f"sum by (exchange, result) ({m.PAPER_ORDERS.name})", "{{exchange}} {{result}}"),
            Query(f"sum by (exchange, reason) ({m.PAPER_REJECTED.name}) > 0", "{{exchange}} rejected: {{reason}}"),
        ),
    )
    yield Panel(
        title="Paper: traded notional",
        description="In quote, since the session began.",
        queries=(Query(f"sum by (exchange) ({m.PAPER_NOTIONAL.name})", "{{exchange}}"),),
    )
    yield Panel(
        title="Paper: order to news, p95",
        description="By the market clock.",
        queries=(_quantile(0.95, m.PAPER_LATENCY, "exchange"),),
        unit="s",
    )


def _live_router(configuration: Configuration) -> Iterator[Panel]:
    limits = configuration.core.execution.live_router.metrics
    yield Panel(
        title="Live orders at their end",
        description="All that were counted.",
        queries=(Query(f"sum by (exchange, route, result) ({m.LIVE_ORDERS.name})", "{{exchange}} {{route}} {{result}}"),),
    )
    yield _fallbacks(limits.fallback_alert_threshold)
    yield _latency(limits.latency_alert_threshold_ms / 1000)
    yield Panel(
        title="Attempts by how they ended",
        description=f"Within {duration(FALLBACK_WINDOW_S)}.",
        queries=(
            Query(f"sum by (exchange, result) ({counted(m.LIVE_ATTEMPTS.name, FALLBACK_WINDOW_S)})", "{{exchange}} {{result}}"),
        ),
    )
    yield _unknown()
    yield _breaker()
    yield Panel(
        title="Orders that wait for their venue",
        description="Now.",
        queries=(Query(f"max by (exchange) ({m.LIVE_DEPTH.name})", "{{exchange}}"),),
    )
    yield Panel(
        title="Wait of orders for their venue, p95",
        description="Before they leave.",
        queries=(_quantile(0.95, m.LIVE_QUEUE_WAIT, "exchange"),),
        unit="s",
    )
    yield _live_journal()
    yield _live_life()


def _risk() -> Iterator[Panel]:
    yield _used()
    yield _emergency()
    yield Panel(
        title="Risk decisions",
        description="Per second; refused ones by their code.",
        queries=(
            Query(f"sum by (result) (rate({m.RISK_DECISIONS.name}[{RATE_WINDOW}]))", "{{result}}"),
            Query(f'sum by (code) (rate({m.RISK_DECISIONS.name}{{result="refused"}}[{RATE_WINDOW}])) > 0', "{{code}}"),
        ),
        unit="ops",
    )
    yield Panel(
        title="Refusals by code",
        description="Since the session began.",
        queries=(Query(f'sum by (code) ({m.RISK_DECISIONS.name}{{result="refused"}}) > 0', "{{code}}"),),
    )
    yield Panel(
        title="Risk service: time of a decision, p95",
        description=f"Over {RATE_WINDOW}.",
        queries=(_quantile(0.95, m.RISK_SERVICE_LATENCY, "entrypoint"),),
        unit="s",
    )
    yield Panel(
        title="Risk service: can be asked",
        description="1 while its answers become durable.",
        queries=(Query(m.RISK_SERVICE_UP.name, "{{entrypoint}}"),),
        limit=1,
        low_is_bad=True,
    )


def _readiness(configuration: Configuration) -> Iterator[Panel]:
    window_s = configuration.runtime.execution.reference_window_seconds
    limits = configuration.core.execution.live_router.metrics
    yield _health(configuration)
    yield _errors(window_s)
    yield _rate_limited(window_s)
    yield _used()
    yield _emergency()
    yield Panel(
        title="Session: age of its last sign of life",
        description="A session turns its loop every second.",
        queries=(Query(f"time() - ({m.HEARTBEAT.name} > 0)", "{{entrypoint}}"),),
        unit="s",
        limit=SILENT_S,
    )
    yield Panel(
        title="Journal: wait for the disk",
        description="No order leaves before its record is durable.",
        queries=(Query(m.JOURNAL_STALLED.name, "{{entrypoint}}"),),
        unit="s",
        limit=STALLED_S,
    )
    yield _latency(limits.latency_alert_threshold_ms / 1000)
    yield _fallbacks(limits.fallback_alert_threshold)
    yield _unknown()
    yield _breaker()
    yield _live_journal()
    yield _live_life()
    yield Panel(
        title="What runs",
        description="Release and digest of its sources.",
        queries=(Query(m.BUILD_INFO.name, "{{version}} {{revision}}"),),
    )


def _health(configuration: Configuration) -> Panel:
    least = max((float(each.thresholds["health_min"]) for each in configuration.paper_entrypoints()), default=1.0)
    return Panel(
        title="Health",
        description="1 when the last probe passed, is fresh and the circuit is closed.",
        queries=(Query(f"min by (exchange, environment) ({m.EXCHANGE_HEALTH.name})", "{{environment}}"),),
        limit=least,
        low_is_bad=True,
    )


def _errors(window_s: float) -> Panel:
    return Panel(
        title=f"Errors within {duration(window_s)}",
        description="warning: recovered by a retry; error: the call failed; critical: circuit, key or an unknown outcome.",
        queries=(
            Query(
                f"sum by (environment, severity) ({counted(m.EXCHANGE_ERRORS.name, window_s)})", "{{environment}} {{severity}}"
            ),
        ),
    )


def _rate_limited(window_s: float) -> Panel:
    return Panel(
        title=f"Rate-limited calls within {duration(window_s)}",
        description="Refusals of the venue, never our own waits.",
        queries=(Query(f"sum by (environment) ({counted(m.EXCHANGE_RATE_LIMITED.name, window_s)})", "{{environment}}"),),
        limit=1,
    )


def _used() -> Panel:
    return Panel(
        title="Used share of each limit",
        description="A stop breaches at 100 %.",
        queries=(Query(f"max by (entrypoint, limit) ({m.RISK_USED.name})", "{{entrypoint}} {{limit}}"),),
        unit="percentunit",
        limit=NEAR_SHARE,
    )


def _emergency() -> Panel:
    return Panel(
        title="Emergency mode",
        description="1 while only reducing orders are allowed.",
        queries=(Query(f"max by (profile) ({m.RISK_EMERGENCY.name})", "{{profile}}"),),
        limit=1,
    )


def _fallbacks(threshold: int) -> Panel:
    window = duration(FALLBACK_WINDOW_S)
    return Panel(
        title=f"Orders that went to another venue, within {window}",
        description="By route and reason.",
        queries=(Query(f"sum by (route, reason) ({counted(m.LIVE_FALLBACK.name, FALLBACK_WINDOW_S)})", "{{route}} {{reason}}"),),
        limit=threshold,
    )


def _latency(limit_s: float) -> Panel:
    return Panel(
        title="Risk decision to answer, p50 and p95",
        description=f"Over {RATE_WINDOW}.",
        queries=tuple(_quantile(share, m.LIVE_LATENCY, "exchange") for share in (0.5, 0.95)),
        unit="s",
        limit=limit_s,
    )


def _unknown() -> Panel:
    return Panel(
        title="Orders whose outcome is not known",
        description="Their symbols are frozen.",
        queries=(Query(f"max by (exchange) ({m.LIVE_UNKNOWN.name})", "{{exchange}}"),),
        limit=1,
    )


def _breaker() -> Panel:
    return Panel(
        title="Breaker",
        description="1 while the venue is left alone.",
        queries=(Query(f"max by (exchange) ({m.LIVE_BREAKER.name})", "{{exchange}}"),),
        limit=1,
    )


def _live_journal() -> Panel:
    return Panel(
        title="Order journal: wait for the disk",
        description="The longest of 15 s; no order leaves before its record is durable.",
        queries=(Query(f"max by (exchange) ({m.LIVE_JOURNAL_STALLED.name})", "{{exchange}}"),),
        unit="s",
        limit=STALLED_S,
    )


def _live_life() -> Panel:
    return Panel(
        title="Live desk: age of its last sign of life",
        description="Nothing where no desk runs.",
        queries=(Query(f"time() - (max by (exchange) ({m.LIVE_HEARTBEAT.name}) > 0)", "{{exchange}}"),),
        unit="s",
        limit=DESK_SILENT_S,
    )


def _quantile(share: float, metric: m.Metric, by: str) -> Query:
    buckets = f"sum by (le, {by}) (rate({metric.name}_bucket[{RATE_WINDOW}]))"
    return Query(f"histogram_quantile({share:g}, {buckets})", f"{{{{{by}}}}} p{share * 100:g}")
