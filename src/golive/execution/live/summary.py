"""`live_execution_metrics` of the report: what became of the orders of each route at each venue."""

from __future__ import annotations

from collections.abc import Sequence

from golive.metrics.declaration import LIVE_ATTEMPT_RESULTS, LIVE_ORDER_RESULTS
from golive.observability.measured import nearest_rank
from golive.observability.report import LiveExecutionMetrics, LiveExecutionRow

from .meters import LiveMeters, Tally


def live_execution_metrics(meters: LiveMeters) -> LiveExecutionMetrics:
    """Return how many orders have ended, and a row for each venue and route, sorted.

    Latencies are those of definite answers, None when there was none; `fill_ratio` is the mean over the ended orders of what was
    filled of what was ordered, None when none has ended.
    """
    rows = tuple(_row(exchange, route, tally) for (exchange, route), tally in sorted(meters.tallies.items()))
    return LiveExecutionMetrics(sum(tally.orders.total() for tally in meters.tallies.values()), rows)


def _row(exchange: str, route: str, tally: Tally) -> LiveExecutionRow:
    latencies, ended = sorted(tally.latencies_ms), tally.orders.total()
    return LiveExecutionRow(
        exchange=exchange,
        route=route,
        orders={result: tally.orders[result] for result in LIVE_ORDER_RESULTS},
        attempts={result: tally.attempts[result] for result in LIVE_ATTEMPT_RESULTS},
        fallbacks=tally.fallbacks,
        latency_p50_ms=_rank(latencies, 0.5),
        latency_p95_ms=_rank(latencies, 0.95),
        latency_p99_ms=_rank(latencies, 0.99),
        latency_max_ms=_rank(latencies, 1),
        fill_ratio=round(tally.filled_share / ended, 4) if ended else None,
    )


def _rank(ordered: Sequence[float], share: float) -> float | None:
    return round(nearest_rank(ordered, share), 4) if ordered else None
