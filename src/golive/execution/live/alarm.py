"""Two alarms over what live execution measures: orders are too slow, and too many go to another venue.

Each is raised once, and again only after it has been quiet. `deploy/prometheus/live_router.rules.yml` says the same of the
exported series.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from golive.model.alert import AlertSeverity
from golive.model.clock import MILLISECOND, MINUTE
from golive.model.command import Alert

LATENCY_WINDOW: Final = 5 * MINUTE
FALLBACK_WINDOW: Final = 15 * MINUTE


class LiveAlarms:
    """`latency_ms`: the 95th percentile of 5 minutes above which orders are too slow; `fallbacks`: so many in 15 are too many.

    `monotonic` in ns.
    """

    def __init__(self, latency_ms: int, fallbacks: int, monotonic: Callable[[], int]) -> None:
        self._latency_ms = latency_ms
        self._fallbacks = fallbacks
        self._monotonic = monotonic
        self._answers: deque[tuple[int, bool]] = deque()
        """when, and whether it was too slow"""
        self._slow = 0
        self._rerouted: deque[int] = deque()
        self._is_slow = False
        self._is_falling_back = False

    def answered(self, after_ns: int) -> None:
        is_slow = after_ns > self._latency_ms * MILLISECOND
        self._answers.append((self._monotonic(), is_slow))
        self._slow += is_slow

    def fell_back(self) -> None:
        self._rerouted.append(self._monotonic())

    def due(self) -> list[Alert]:
        """Return the alarms that are to be raised now."""
        now = self._monotonic()
        while self._answers and self._answers[0][0] <= now - LATENCY_WINDOW:
            self._slow -= self._answers.popleft()[1]
        while self._rerouted and self._rerouted[0] <= now - FALLBACK_WINDOW:
            self._rerouted.popleft()
        were, self._is_slow = self._is_slow, 20 * self._slow > len(self._answers)
        had, self._is_falling_back = self._is_falling_back, len(self._rerouted) >= self._fallbacks
        alarms = []
        if self._is_slow and not were:
            body = f"{self._slow} of {len(self._answers)} orders in 5 minutes took longer than {self._latency_ms} ms."
            alarms.append(Alert("execution", AlertSeverity.WARNING, "LiveExecutionLatencyHigh", body))
        if self._is_falling_back and not had:
            body = f"{len(self._rerouted)} orders in 15 minutes went to another venue."
            alarms.append(Alert("execution", AlertSeverity.WARNING, "LiveOrdersFallback", body))
        return alarms
