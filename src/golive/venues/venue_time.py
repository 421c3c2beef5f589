"""What time it is at the venue, as bounds from what the venue itself told, carried on by our monotonic clock.

A told time was true at some moment between the question's leaving and its answer's arrival. So venue time is at least what was
told plus what has passed since the arrival, and at most that plus what has passed since the leaving; steps of our wall clock and
slow answers move neither bound the wrong way. A deadline is written with the middle of an answer that took no longer than
`tolerance_s`, so it is off by less than half of that plus the venue's own coarseness. Absence is believed only when the venue has
told a time past deadline and lag itself (RELIABILITY §4.1 step 5).
"""

from __future__ import annotations

from typing import Final, NamedTuple

from golive.model.clock import MILLISECOND, SECOND, Clock

DRIFT: Final = 1_000
"""one part in so many may two honest clocks differ in pace (NTP slews by 1 in 2,000 at most)"""


class _Told(NamedTuple):
    ms: int
    """the beginning of the span that the venue named"""
    sent: int
    received: int
    """monotonic, ns"""

    @property
    def trip_ns(self) -> int:
        return self.received - self.sent


class VenueTime:
    """Venue times in ms since the epoch. `error_ms`: half of the span a told time names; `tolerance_s`: how long a question may
    take for deadlines to count in its answer, and by how much an answer may contradict the one before it.
    """

    def __init__(self, clock: Clock, *, error_ms: int, tolerance_s: float) -> None:
        self._clock = clock
        self._error_ms = error_ms
        self._tolerance_ns = int(tolerance_s * SECOND)
        self._last: _Told | None = None
        self._best: _Told | None = None
        self._is_contradicted = False
        """the last answer contradicts the one before it"""
        self._jumped_at: int | None = None
        self.jumps = 0
        """how often the venue's clock was set since we know it"""
        self.jump = ""
        """how, the last time"""
        self.set_back_ms = 0
        """by how much the venue's clock has been set back since we know it"""

    @property
    def is_known(self) -> bool:
        return self._best is not None

    @property
    def unsure(self) -> str:
        """Why no deadline may be written in this time now; '' when one may."""
        if self._best is None:
            return "the venue's time is not known yet"
        if self._is_contradicted:
            return self.jump
        if self._best.trip_ns > self._tolerance_ns:
            took, most = self._best.trip_ns / SECOND, self._tolerance_ns / SECOND
            return f"the venue told its time only after {took:.3g} s (at most {most:g} s)"
        return ""

    def now_ms(self) -> int:
        """Return the likeliest venue time; our wall clock while the venue has told none."""
        told = self._best
        if told is None:
            return self._clock.now() // MILLISECOND
        since = self._clock.monotonic() - (told.sent + told.received) // 2
        return told.ms + self._error_ms + since // MILLISECOND

    def surely_ms(self) -> int | None:
        """Return what venue time is at least, unless its clock was set since; None while the venue has told none."""
        last = self._last
        return None if last is None else last.ms + (self._clock.monotonic() - last.received) // MILLISECOND

    def ms_until_worth_asking(self, moment_ms: int) -> int:
        """Return in how many ms the venue would tell a time past `moment_ms`; not above zero: at once."""
        surely = self.surely_ms()
        return 0 if surely is None else moment_ms + 2 * self._error_ms + 1 - surely

    def has_told(self, moment_ms: int, lag_s: float) -> bool:
        """Return whether the venue itself has told a time past `moment_ms`, its clock not having been set in the last `lag_s`."""
        if self._last is None or self._is_contradicted or self._last.ms <= moment_ms:
            return False
        return self._jumped_at is None or self._clock.monotonic() - self._jumped_at >= int(lag_s * SECOND)

    def learn(self, told_ms: int, sent: int, received: int) -> None:
        """Take what the venue told in an answer that arrived at `received` to a question that left at `sent` (monotonic, ns)."""
        new, last = _Told(told_ms, sent, received), self._last
        self._last = new
        step_ms = 0 if last is None else self._step_ms(last, new)
        if step_ms:
            self.jumps += 1
            self.jump = (
                f"the venue's clock was set {'forward' if step_ms > 0 else 'back'} by at least {abs(step_ms) / 1000:.3g} s"
            )
            self._jumped_at = received
            self.set_back_ms += max(0, -step_ms)
        self._is_contradicted = step_ms != 0
        best = self._best
        if best is None or step_ms or new.trip_ns <= max(self._tolerance_ns, best.trip_ns):
            self._best = new

    def _step_ms(self, last: _Told, new: _Told) -> int:
        """Return by how much the venue's clock was surely set between two answers; 0 when they agree within the tolerance."""
        allowed = self._tolerance_ns + abs(new.received - last.sent) // DRIFT
        span = 2 * self._error_ms * MILLISECOND
        told = (new.ms - last.ms) * MILLISECOND
        ahead = told - span - (new.received - last.sent)
        behind = told + span - (new.sent - last.received)
        if ahead > allowed:
            return -(-ahead // MILLISECOND)
        return behind // MILLISECOND if behind < -allowed else 0
