"""`live_execution_metrics` of the report: what became of the orders of each route at each venue."""

from __future__ import annotations

from collections.abc import Sequence

from golive.metrics.declaration import LIVE_ATTEMPT_RESULTS, LIVE_ORDER_RESULTS
from golive.model.json import JsonObject

from .meters import LiveMeters, Tally


def live_execution_metrics(meters: LiveMeters) -> JsonObject:
    """Return `{total, rows[]}`: how many orders have ended, and a row for each venue and route, sorted.

    Latencies are those of definite answers, null when there was none; `fill_ratio` is the mean over the ended orders of what was
    filled of what was ordered, null when none has ended.
    """
    rows = [_row(exchange, route, tally) for (exchange, route), tally in sorted(meters.tallies.items())]
    return {"total": sum(tally.orders.total() for tally in meters.tallies.values()), "rows": rows}


def _row(exchange: str, route: str, tally: Tally) -> JsonObject:
    latencies, ended = sorted(tally.latencies_ms), tally.orders.total()
    return {
        "exchange": exchange,
        "route": route,
        "orders": {result: tally.orders[result] for result in LIVE_ORDER_RESULTS},
        "attempts": {result: tally.attempts[result] for result in LIVE_ATTEMPT_RESULTS},
        "fallbacks": tally.fallbacks,
        "latency_p50_ms": quantile(latencies, 50),
        "latency_p95_ms": quantile(latencies, 95),
        "latency_p99_ms": quantile(latencies, 99),
        "latency_max_ms": round(latencies[-1], 4) if latencies else None,
        "fill_ratio": round(tally.filled_share / ended, 4) if ended else None,
    }


def quantile(ordered: Sequence[float], percent: int) -> float | None:
    """Return the smallest value that at least `percent` of them do not exceed (nearest rank); None of nothing."""
    return round(ordered[max(0, -(-len(ordered) * percent // 100) - 1)], 4) if ordered else None
