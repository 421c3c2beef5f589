"""The session's recorder: every series of the process, and the round trips one by one for the report's percentiles."""

from __future__ import annotations

from array import array

from golive.metrics.declaration import EXCHANGE_LATENCY, EXCHANGE_REQUESTS, REQUEST_STATUSES, Metric
from golive.metrics.recorder import MemoryRecorder, Write

_MOST_ROUND_TRIPS = 100_000


class SessionRecorder(MemoryRecorder):
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
