"""The real clock, for tests that use real sockets."""

from __future__ import annotations

import time

from golive.model.clock import Nanos


class WallClock:
    def now(self) -> Nanos:
        return Nanos(time.time_ns())

    def monotonic(self) -> int:
        return time.monotonic_ns()
