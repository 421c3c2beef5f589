"""Until when a venue may take an order: deadlines in its own time, which is learned before one is written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from golive.model.errors import VenueUnavailable

from .call_path import CallPath
from .profile import VenueProfile
from .signed import Signed


class OrderDeadlines:
    """Of one venue's orders. `guard` is asked before the venue's time is asked for, and raises when nothing may be sent."""

    def __init__(self, profile: VenueProfile, path: CallPath, guard: Callable[[Signed], None]) -> None:
        self._profile = profile
        self._path = path
        self._time = path.venue_time
        self._guard = guard

    def new_ms(self) -> int:
        """Return the deadline (venue time) of an attempt that begins now; VenueUnavailable while venue time is not surely known.

        It is off by at most half of the profile's `time_tolerance_s` plus its `time_error_ms`.
        """
        if why := self._time.unsure:
            label = self._profile.label
            raise VenueUnavailable(f"{label}: not sent: {why}", venue=label)
        return self._time.now_ms() + int(self._profile.order_deadline_s * 1000)

    def patience_s(self, deadline_ms: int) -> float:
        """Return for how long an attempt with this deadline may still leave; not above zero: not at all."""
        return (deadline_ms - self._time.now_ms()) / 1000 - self._profile.least_deadline_s

    async def learn_venue_time(self) -> None:
        """Ask for the venue's time before a deadline is written in it, unless it is known.

        It is asked again when the answer was slow, or the venue's clock was set. VenueUnavailable when it is not told in time.
        """
        if not self._time.unsure:
            return
        self._guard(self._path.sign(self._profile.dialect.time()))
        try:
            async with asyncio.timeout(self._profile.order_deadline_s):
                while True:
                    await self._path.resync_clock()
                    if not self._time.unsure:
                        return
                    await asyncio.sleep(self._profile.lookup_pause_s)
        except TimeoutError as exc:
            label = self._profile.label
            waited = f"{self._profile.order_deadline_s:g} s"
            what = f"the venue did not tell its time within {waited}" if not self._time.is_known else self._time.unsure
            raise VenueUnavailable(f"{label}: not sent: {what}", venue=label) from exc
