"""What a live desk asks of the interpreter that runs it: no thread and no garbage collection holds up the event loop for long.

All of it holds for the whole process, so the desk says it when it opens and nothing does when it is imported.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable
from typing import Final

from golive.model.clock import SECOND

SWITCH_INTERVAL_S: Final = 0.0005
"""after so long a thread that computes lets another go on; CPython's own 5 ms are as long as the loop may be late at most"""
FULL_EVERY: Final = 1000
"""collections of the middle generation before CPython makes a full one by itself, which stops everything for 10 ms and more"""
REST_S: Final = 600.0
"""between two full collections of ours"""


class Steadiness:
    """Full garbage collections come only while no order is on its way. `monotonic` in ns."""

    def __init__(self, monotonic: Callable[[], int], rest_s: float = REST_S) -> None:
        self._monotonic = monotonic
        self._rest_ns = int(rest_s * SECOND)
        self._next = monotonic() + self._rest_ns

    def begin(self) -> None:
        """Let threads take turns quickly, and let no collection look again at what was there before trading (`gc.freeze`)."""
        sys.setswitchinterval(min(sys.getswitchinterval(), SWITCH_INTERVAL_S))
        first, second, _ = gc.get_threshold()
        gc.set_threshold(first, second, FULL_EVERY)
        gc.freeze()

    def look(self, *, is_idle: bool) -> None:
        """Make a full collection if it is time and nothing is in its way."""
        if is_idle and self._monotonic() >= self._next:
            self._next = self._monotonic() + self._rest_ns
            gc.collect()
