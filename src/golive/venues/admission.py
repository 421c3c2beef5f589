"""The refusal of everything a call waits for before it leaves: budget, turn, queue. Nothing was sent when it is raised."""

from __future__ import annotations

from golive.model.clock import SECOND, Clock


class NotAdmitted(Exception):
    """The call may not leave now, and waiting for it is not wanted: nothing was sent.

    `remaining_s` is how long it would have to wait at least (0 when that is not known), None when what it waits for
    cannot be used at all.
    """

    def __init__(self, reason: str, remaining_s: float | None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.remaining_s = remaining_s


class Patience:
    """How much longer one call may wait, all its waits together; counts from its construction."""

    __slots__ = ("_clock", "_until", "seconds")

    def __init__(self, seconds: float, clock: Clock) -> None:
        self.seconds = seconds
        self._clock = clock
        self._until = clock.monotonic() + int(seconds * SECOND)

    @property
    def left_s(self) -> float:
        """Seconds, 0.0 when it is spent."""
        return max(0.0, (self._until - self._clock.monotonic()) / SECOND)

    def require(self) -> None:
        """Raise NotAdmitted when it is spent."""
        if self._clock.monotonic() >= self._until:
            raise NotAdmitted(f"it was not ready to leave within {self.seconds:.1f} s: not sent", 0.0)
