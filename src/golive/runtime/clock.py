"""The one real clock."""

from __future__ import annotations

import time

from golive.model.clock import Nanos


class SystemClock:
    """Wall and monotonic time of this machine."""

    def now(self) -> Nanos:
        return Nanos(time.time_ns())

    def monotonic(self) -> int:
        return time.monotonic_ns()
