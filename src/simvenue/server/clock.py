"""The venue's clocks: the operating system's, off by what a fault says, or standing where a replay puts them."""

from __future__ import annotations

import time

from golive.model.clock import Nanos


class VenueClock:
    """Wall and monotonic clock, ns."""

    def __init__(self) -> None:
        self.skew_ns = 0
        """what is added to the wall clock"""
        self.pinned: int | None = None
        """while a recorded past is replayed: the wall time then"""

    def now(self) -> Nanos:
        return Nanos(time.time_ns() + self.skew_ns if self.pinned is None else self.pinned)

    def monotonic(self) -> int:
        return time.monotonic_ns()
