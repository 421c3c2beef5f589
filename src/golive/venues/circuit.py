"""The circuit breaker: after several transport failures in a row, leave the venue alone, then try one call."""

from __future__ import annotations

from collections.abc import Callable

from golive.model.clock import SECOND, Clock


class Circuit:
    """Closed → open after `threshold` consecutive transport failures → one probe call after `open_s` → closed or open.

    `changed` is told True when it opens and False when it closes. Client faults (refusals, rate limits) show that the
    venue answers: they end a row of failures. Source: CONTRACT, I/O queue.
    """

    def __init__(self, clock: Clock, *, changed: Callable[[bool], None], threshold: int = 5, open_s: float) -> None:
        self._clock = clock
        self._changed = changed
        self._threshold = threshold
        self._open_ns = int(open_s * SECOND)
        self._failures = 0
        self._open_until: int | None = None
        self._probing = False
        self.open_since: int | None = None
        """when it opened, ns of the monotonic clock; None while it is closed"""

    @property
    def is_closed(self) -> bool:
        return self._open_until is None

    @property
    def remaining_s(self) -> float:
        """Seconds until an open circuit lets the next call try; 0.0 when it is closed or about to try."""
        if self._open_until is None:
            return 0.0
        return max(0.0, (self._open_until - self._clock.monotonic()) / SECOND)

    def admit(self) -> bool:
        """Return whether a call may leave now; while open, the first one after the pause is the probe."""
        if self._open_until is None:
            return True
        if self._probing or self._clock.monotonic() < self._open_until:
            return False
        self._probing = True
        return True

    def answered(self) -> None:
        """The venue answered, whatever it said."""
        self._failures = 0
        self._probing = False
        if self._open_until is not None:
            self._open_until = self.open_since = None
            self._changed(False)

    def failed(self) -> None:
        """A transport failure."""
        self._failures += 1
        if self._probing or (self._open_until is None and self._failures >= self._threshold):
            first = self._open_until is None
            self._open_until = self._clock.monotonic() + self._open_ns
            self._probing = False
            if first:
                self.open_since = self._clock.monotonic()
                self._changed(True)

    def abandoned(self) -> None:
        """The call was cancelled before it could tell anything."""
        self._probing = False
