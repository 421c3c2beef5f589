"""How long a session may go on by the wall clock, and the operator's stop."""

from __future__ import annotations

from golive.model.clock import SECOND, Clock

from .drive import Ending


class SessionPace:
    """`stop` may be called from a signal handler of the loop; a deadline may be set once it is known."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._deadline: int | None = None
        self._stopped = False

    def stop(self) -> None:
        self._stopped = True

    @property
    def stopped(self) -> bool:
        return self._stopped

    def end_after(self, seconds: float) -> None:
        """Set the deadline to `seconds` of monotonic time from now."""
        self._deadline = self._clock.monotonic() + int(seconds * SECOND)

    def over(self) -> Ending | None:
        if self._stopped:
            return Ending.STOPPED
        if self._deadline is not None and self._clock.monotonic() >= self._deadline:
            return Ending.DEADLINE
        return None

    def seconds_left(self) -> float | None:
        return None if self._deadline is None else max(0.001, (self._deadline - self._clock.monotonic()) / SECOND)
