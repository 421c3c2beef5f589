"""Recorders of the wiring: every series of the process, and what service levels are judged by, value for value."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Final

from golive.metrics import declaration as m
from golive.metrics.declaration import EXCHANGE_LATENCY, EXCHANGE_REQUESTS, REQUEST_STATUSES, Metric
from golive.metrics.recorder import MemoryRecorder, Write
from golive.model import indicator as i
from golive.model.indicator import Indicator

from .service_levels.tap import IndicatorTap

_MOST_ROUND_TRIPS = 100_000
_SAMPLED: Final[Mapping[str, Indicator]] = {
    EXCHANGE_LATENCY.name: i.EXCHANGE_LATENCY,
    m.LIVE_LATENCY.name: i.LIVE_LATENCY,
    m.RISK_SERVICE_LATENCY.name: i.RISK_LATENCY,
}
"""histograms whose every observation is a value of an indicator"""
_ANSWERED: Final = frozenset({"ok", "refused"})
"""statuses of calls that the venue answered"""


class TappedRecorder(MemoryRecorder):
    """Gives a tap, where there is one, what the series of an indicator are told. Set `tap` before anything writes."""

    def __init__(self) -> None:
        super().__init__()
        self.tap: IndicatorTap | None = None

    def histogram(self, metric: Metric, **labels: str) -> Write:
        observe, tap, indicator = super().histogram(metric, **labels), self.tap, _SAMPLED.get(metric.name)
        if tap is None or indicator is None:
            return observe
        put = tap.series(indicator, labels.get("exchange"))

        def observe_and_put(value: float) -> None:
            observe(value)
            put(value)

        return observe_and_put

    def counter(self, metric: Metric, **labels: str) -> Write:
        count, tap = super().counter(metric, **labels), self.tap
        if tap is None or metric is not EXCHANGE_REQUESTS:
            return count
        put, success = tap.series(i.EXCHANGE_SUCCESS, labels["exchange"]), float(labels["status"] in _ANSWERED)

        def count_and_put(amount: float) -> None:
            count(amount)
            for _ in range(int(amount)):
                put(success)

        return count_and_put

    def gauge(self, metric: Metric, **labels: str) -> Write:
        set_to, tap = super().gauge(metric, **labels), self.tap
        if tap is None or metric is not m.EXCHANGE_HEALTH:
            return set_to
        exchange = labels["exchange"]

        def set_and_tell(value: float) -> None:
            set_to(value)
            tap.state(i.EXCHANGE_HEALTH, value >= 1, exchange)

        return set_and_tell


class SessionRecorder(TappedRecorder):
    """Keeps at most the last 100,000 venue round trips, in milliseconds."""

    def __init__(self) -> None:
        super().__init__()
        self.round_trips_ms = array("d")

    def histogram(self, metric: Metric, **labels: str) -> Write:
        observe = super().histogram(metric, **labels)
        if metric is not EXCHANGE_LATENCY:
            return observe

        def observe_round_trip(value: float) -> None:
            observe(value)
            if len(self.round_trips_ms) >= _MOST_ROUND_TRIPS:
                del self.round_trips_ms[: _MOST_ROUND_TRIPS // 2]
            self.round_trips_ms.append(value * 1000)

        return observe_round_trip

    def requests(self, exchange: str, environment: str) -> int:
        """Return how many calls to the venue were made, however they ended."""
        values = (
            self.value(EXCHANGE_REQUESTS.name, exchange=exchange, environment=environment, status=status)
            for status in REQUEST_STATUSES
        )
        return sum(int(value or 0) for value in values)
