"""The wall clock of the process."""

from __future__ import annotations

import time

from golive.model.clock import Nanos


class SystemClock:
    """The operating system's clocks, ns."""

    def now(self) -> Nanos:
        return Nanos(time.time_ns())

    def monotonic(self) -> int:
        return time.monotonic_ns()
