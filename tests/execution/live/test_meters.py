"""What live execution measures: all series at zero before the first order, each order, attempt and fallback counted once."""

from __future__ import annotations

import pytest

from golive.execution.live.route import Route
from golive.execution.live.summary import live_execution_metrics
from golive.metrics.declaration import LIVE_ANSWERS, LIVE_ATTEMPT_RESULTS, LIVE_FALLBACK_REASONS, LIVE_LATENCY, LIVE_ORDER_RESULTS
from golive.model.live_order import AttemptResult, FallbackReason
from golive.observability.shape import as_json
from golive.orders import OrderEvent
from support.router_desk import BTC, RouterDesk, fill, limit, update

A, F = AttemptResult, FallbackReason
ROUTES = (
    Route(name="main", adapters=("okx_spot", "bybit_spot"), allow_fallback=True),
    Route(name="rest", adapters=("kraken_spot",)),
)


def test_every_series_of_the_configured_routes_is_there_at_zero() -> None:
    desk = RouterDesk(routes=ROUTES, is_ready=False)
    for exchange, route in (("okx", "main"), ("bybit", "main"), ("kraken", "rest")):
        for metric, results in (
            ("live_orders_total", LIVE_ORDER_RESULTS),
            ("live_order_attempts_total", LIVE_ATTEMPT_RESULTS),
            ("live_execution_latency_seconds", LIVE_ANSWERS),
        ):
            assert {desk.count(metric, exchange=exchange, route=route, result=result) for result in results} == {0}
    for exchange in ("okx", "bybit", "kraken"):
        for metric in ("live_queue_wait_seconds", "live_orders_unknown", "live_breaker_open", "live_execution_queue_depth"):
            assert desk.count(metric, exchange=exchange) == 0
    fallback = {"route": "main", "from_exchange": "okx", "to_exchange": "bybit"}
    assert {desk.count("live_orders_fallback_total", **fallback, reason=reason) for reason in LIVE_FALLBACK_REASONS} == {0}
    assert desk.count("live_orders_total", exchange="kraken", route="main", result="filled") is None
    back = {"route": "main", "from_exchange": "bybit", "to_exchange": "okx", "reason": "never_sent"}
    assert desk.count("live_orders_fallback_total", **back) is None, "an order never goes back"


def test_the_buckets_are_those_of_the_contract() -> None:
    assert LIVE_LATENCY.buckets == (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.35, 0.5, 1.0, 2.5, 5.0)


def test_the_breaker_is_a_gauge() -> None:
    desk = RouterDesk()
    desk.condition("okx_spot", breaker=True)
    assert desk.count("live_breaker_open", exchange="okx") == 1
    desk.condition("okx_spot")
    assert desk.count("live_breaker_open", exchange="okx") == 0


def test_latency_runs_from_the_decision_to_the_first_definite_answer() -> None:
    desk = RouterDesk()
    accepted = desk.accepted(limit(1))
    rejected = desk.submit(limit(2))
    desk.leave(rejected)
    desk.answer(rejected, A.REJECTED, code="51008")
    unknown = desk.unknown(limit(3))
    series = {"exchange": "okx", "route": "main"}
    assert desk.count("live_execution_latency_seconds", **series, result="accepted") == 1
    assert desk.recorder.total("live_execution_latency_seconds", **series, result="accepted") == pytest.approx(0.01)
    assert desk.count("live_execution_latency_seconds", **series, result="rejected") == 1
    desk.pass_time(3)
    desk.see(unknown, update(limit(3), OrderEvent.ACCEPTED), filled=0)
    assert desk.count("live_execution_latency_seconds", **series, result="accepted") == 2
    assert desk.recorder.total("live_execution_latency_seconds", **series, result="accepted") == pytest.approx(0.01 + 3.01)
    desk.see(accepted, update(limit(1), OrderEvent.ACCEPTED), filled=0)
    assert desk.count("live_execution_latency_seconds", **series, result="accepted") == 2, "once per order"


def test_the_summary_has_a_row_for_each_venue_and_route() -> None:
    desk = RouterDesk(routes=ROUTES)
    filled = limit(1)
    desk.accepted(filled)
    desk.see(filled.client_order_id, fill(filled, "0.1", "t1"), filled=filled.quantity)
    part = limit(2)
    desk.accepted(part)
    desk.pass_time(1)
    desk.see(part.client_order_id, fill(part, "0.02", "t2"), update(part, OrderEvent.CANCELED), filled=BTC.lots("0.02"))
    desk.not_sent(desk.submit(limit(3)), F.QUEUE_FULL)
    metrics = live_execution_metrics(desk.router.meters)
    assert metrics.total == 3
    assert [(row.exchange, row.route) for row in metrics.rows] == [("bybit", "main"), ("kraken", "rest"), ("okx", "main")]
    assert as_json(metrics.rows[2]) == {
        "exchange": "okx",
        "route": "main",
        "orders": {"absent": 0, "canceled": 0, "expired": 0, "filled": 1, "not_sent": 1, "partial": 1, "rejected": 0},
        "attempts": {"accepted": 2, "not_processed": 0, "not_sent": 0, "rejected": 0, "unknown": 0},
        "fallbacks": 1,
        "latency_p50_ms": 10.0,
        "latency_p95_ms": 10.0,
        "latency_p99_ms": 10.0,
        "latency_max_ms": 10.0,
        "fill_ratio": 0.4,
    }
    assert (metrics.rows[1].fill_ratio, metrics.rows[1].latency_p50_ms, metrics.rows[1].orders["filled"]) == (None, None, 0)


def test_quantiles_are_ranks_of_what_was_measured() -> None:
    desk = RouterDesk()
    for n in range(1, 101):
        name = desk.submit(limit(n))
        desk.leave(name)
        desk.mono += (n - 10) * 1_000_000 if n > 10 else 0
        desk.answer(name, A.ACCEPTED)
    row = live_execution_metrics(desk.router.meters).rows[-1]
    assert (row.latency_p50_ms, row.latency_p95_ms, row.latency_p99_ms, row.latency_max_ms) == (50.0, 95.0, 99.0, 100.0)
