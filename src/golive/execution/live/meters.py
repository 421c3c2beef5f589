"""What live execution measures: every series of the configured routes exists at zero before the first order."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from golive.metrics.declaration import (
    LIVE_ANSWERS,
    LIVE_ATTEMPT_RESULTS,
    LIVE_ATTEMPTS,
    LIVE_BREAKER,
    LIVE_DEPTH,
    LIVE_FALLBACK,
    LIVE_FALLBACK_REASONS,
    LIVE_LATENCY,
    LIVE_ORDER_RESULTS,
    LIVE_ORDERS,
    LIVE_QUEUE_WAIT,
    LIVE_UNKNOWN,
)
from golive.metrics.recorder import Recorder, Write
from golive.model.clock import MILLISECOND, SECOND
from golive.model.live_order import AttemptResult, FallbackReason, OrderResult

from .alarm import LiveAlarms
from .route import Route, Venue


@dataclass(slots=True)
class Tally:
    """What became of the orders of one route at one venue."""

    orders: Counter[str] = field(default_factory=Counter)
    attempts: Counter[str] = field(default_factory=Counter)
    fallbacks: int = 0
    """orders that went to another venue from here"""
    latencies_ms: array[float] = field(default_factory=lambda: array("d"))
    filled_share: float = 0.0
    """sum over the ended orders of filled / ordered"""
    count_order: dict[str, Write] = field(default_factory=dict)
    count_attempt: dict[str, Write] = field(default_factory=dict)
    observe_latency: dict[str, Write] = field(default_factory=dict)


class LiveMeters:
    """Counts and times by venue label and route; the gauges by venue label."""

    def __init__(self, recorder: Recorder, routes: Iterable[Route], venues: Iterable[Venue], alarms: LiveAlarms) -> None:
        self._recorder = recorder
        self._alarms = alarms
        self.tallies: dict[tuple[str, str], Tally] = {}
        """by (exchange, route)"""
        labels = {venue.adapter: venue.label for venue in venues}
        names = list(labels.values())
        self._unknown = dict.fromkeys(names, 0)
        self._depth = dict.fromkeys(names, 0)
        self._set_unknown = {name: recorder.gauge(LIVE_UNKNOWN, exchange=name) for name in names}
        self._set_depth = {name: recorder.gauge(LIVE_DEPTH, exchange=name) for name in names}
        self._set_breaker = {name: recorder.gauge(LIVE_BREAKER, exchange=name) for name in names}
        self._observe_wait = {name: recorder.histogram(LIVE_QUEUE_WAIT, exchange=name) for name in names}
        for route in routes:
            here = [adapter for adapter in route.adapters if adapter in labels]
            for n, adapter in enumerate(here):
                self._of(labels[adapter], route.name)
                for other in here[n + 1 :] if route.allow_fallback else ():
                    self._create_fallbacks(route.name, labels[adapter], labels[other])

    def _of(self, exchange: str, route: str) -> Tally:
        """Return the tally; an order of before a restart may have come by a route that is configured no more."""
        tally = self.tallies.get((exchange, route))
        if tally is None:
            tally = self.tallies[exchange, route] = Tally()
            counter, histogram, labels = self._recorder.counter, self._recorder.histogram, {"exchange": exchange, "route": route}
            tally.count_order = {result: counter(LIVE_ORDERS, **labels, result=result) for result in LIVE_ORDER_RESULTS}
            tally.count_attempt = {result: counter(LIVE_ATTEMPTS, **labels, result=result) for result in LIVE_ATTEMPT_RESULTS}
            tally.observe_latency = {answer: histogram(LIVE_LATENCY, **labels, result=answer) for answer in LIVE_ANSWERS}
        return tally

    def _create_fallbacks(self, route: str, source: str, target: str) -> None:
        for reason in LIVE_FALLBACK_REASONS:
            self._recorder.create(LIVE_FALLBACK, route=route, from_exchange=source, to_exchange=target, reason=reason)

    def ended(self, exchange: str, route: str, result: OrderResult, filled: int, quantity: int) -> None:
        tally = self._of(exchange, route)
        tally.orders[result] += 1
        tally.filled_share += filled / quantity
        tally.count_order[result](1)

    def attempted(self, exchange: str, route: str, result: AttemptResult) -> None:
        tally = self._of(exchange, route)
        tally.attempts[result] += 1
        tally.count_attempt[result](1)

    def answered(self, exchange: str, route: str, answer: str, after_ns: int) -> None:
        """`answer` is one of LIVE_ANSWERS."""
        self._alarms.answered(after_ns)
        tally = self._of(exchange, route)
        tally.latencies_ms.append(after_ns / MILLISECOND)
        tally.observe_latency[answer](after_ns / SECOND)

    def fell_back(self, route: str, source: str, target: str, reason: FallbackReason) -> None:
        self._alarms.fell_back()
        self._of(source, route).fallbacks += 1
        self._recorder.count(LIVE_FALLBACK, route=route, from_exchange=source, to_exchange=target, reason=reason)

    def queued(self, exchange: str, change: int) -> None:
        self._depth[exchange] += change
        self._set_depth[exchange](self._depth[exchange])

    def waited(self, exchange: str, ns: int) -> None:
        self._observe_wait[exchange](ns / SECOND)

    def unknown(self, exchange: str, change: int) -> None:
        self._unknown[exchange] += change
        self._set_unknown[exchange](self._unknown[exchange])

    def breaker(self, exchange: str, *, is_open: bool) -> None:
        self._set_breaker[exchange](int(is_open))
