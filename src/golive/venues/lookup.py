"""What became of an order, by our own id: every source is asked, and absence is proven, never assumed.

What is asked for is bounded by the order and never grows with the account's past: an order that is found is asked for
its own fills, and one that is not is looked for in lists that reach back to the moment before which it cannot exist.

Source: RELIABILITY §4.1 steps 5 and 8.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from golive.model.clock import MILLISECOND
from golive.model.errors import OutcomeUnknown, VenueError
from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument

from .account_reads import AccountReads, Cutoff
from .account_state import rank
from .call_path import CallPath
from .dialect import FillSighting, Lookup, OrderSighting
from .profile import VenueProfile

ABSENCES: Final = 2
"""complete look-ups that must say so, begun when nothing can be on its way any more"""


class Resolver:
    """Looks orders up, with the memory, the lag and the pauses of the profile, in the venue's time as its call path knows it."""

    def __init__(self, reads: AccountReads, path: CallPath, profile: VenueProfile) -> None:
        self._reads = reads
        self._path = path
        self._time = path.venue_time
        self._lag_s = profile.absence_lag_s
        self._label = profile.label
        self._memory_s = profile.memory_s
        self._pause_s = profile.lookup_pause_s

    async def lookup(self, client_order_id: ClientOrderId, instrument: Instrument, since_ms: int | None = None) -> Lookup:
        """Ask directly, then in the lists of open and closed orders and of fills; raise when one that is asked is incomplete.

        `since_ms`: venue time before which the order cannot exist; without it all that the venue remembers is read.
        """
        cutoff = None if since_ms is None else self._cutoff(since_ms)
        found = await self._reads.by_client_id(client_order_id, instrument)
        if not found:
            listed = await self._reads.open_orders(instrument)
            listed += await self._reads.closed_orders(instrument, cutoff)
            found = tuple(order for order in listed if order.client_order_id == client_order_id)
        fills: list[FillSighting] = []
        for order in {order.venue_order_id: order for order in sorted(found, key=_progress)}.values():
            fills += await self._reads.order_fills(order, instrument, cutoff)
        if not found:
            fills += await self._reads.fills(instrument, cutoff)
        return told_of(client_order_id, found, fills)

    def _cutoff(self, since_ms: int) -> Cutoff:
        """Return how far back a list must reach: not after `since_ms`, and as far before its newest row as that is from now.

        The second counts where a simulated market has another clock than the venue; where it has not, it is the earlier
        one. The venues' own begin parameters are not used: they would cut by that other clock.
        """
        since_ms -= self._time.set_back_ms  # it may have been listed with an earlier time since
        span = max(0, self._time.now_ms() - since_ms) * MILLISECOND
        return lambda newest: min(since_ms * MILLISECOND, newest - span)

    async def is_past(self, moment_ms: int) -> bool:
        """Return whether the venue has told a time past `moment_ms`; it is asked anew when it would tell one.

        Raises the family of the fault when it does not tell it.
        """
        if not self._time.has_told(moment_ms, self._lag_s) and self.wait_ms(moment_ms) <= 0:
            await self._path.resync_clock()
        return self._time.has_told(moment_ms, self._lag_s)

    def wait_ms(self, moment_ms: int) -> int:
        """Return in how many ms asking the venue's time could tell that `moment_ms` has passed."""
        return self._time.ms_until_worth_asking(moment_ms)

    async def resolve(self, client_order_id: ClientOrderId, instrument: Instrument, settled_ms: int, since_ms: int) -> Lookup:
        """Return what is known once something is, or that nothing is once the venue has told a time past `settled_ms`.

        Raises OutcomeUnknown when nothing is known of an order so old that the venue may have forgotten it.
        """
        absences = 0
        while True:
            try:
                is_settled, silence = await self.is_past(settled_ms), None  # the look-ups that count begin after that
            except VenueError as exc:
                is_settled, silence = False, exc
            now_ms = self._time.now_ms()
            # what is older than the venue's memory proves nothing, so lists need not be read that far
            reach_ms = since_ms if self._memory_s is None else max(since_ms, now_ms - int(self._memory_s * 1000))
            found = await self.lookup(client_order_id, instrument, reach_ms)
            if not found.is_absent:
                return found
            if silence is not None:
                raise silence
            self._refuse_forgotten(client_order_id, since_ms)
            absences += is_settled
            if absences == ABSENCES:
                return found
            await asyncio.sleep(max(self._pause_s, min(self.wait_ms(settled_ms) / 1000, 4 * self._pause_s)))

    def _refuse_forgotten(self, client_order_id: ClientOrderId, since_ms: int) -> None:
        age_s = (self._time.now_ms() - since_ms) / 1000
        if self._memory_s is None or age_s < self._memory_s:
            return
        message = (
            f"{self._label}: order {client_order_id} is nowhere to be found, but it may be {age_s / 3600:.1f} h old and the "
            f"venue forgets an order that ended without a fill after {self._memory_s / 3600:g} h: it can no longer be "
            f"proven here. Compare the account's balances and the venue's own records, then decide by hand"
        )
        raise OutcomeUnknown(message, venue=self._label, client_order_id=client_order_id)


def _progress(order: OrderSighting) -> tuple[int, int, int]:
    return order.ts, order.filled, rank(order.status)


def told_of(client_order_id: ClientOrderId, orders: Iterable[OrderSighting], fills: Iterable[FillSighting]) -> Lookup:
    """Return the furthest sighting of our order and its fills, each once and with our id where the venue leaves it out."""
    sightings = tuple(orders)
    ids = {order.venue_order_id for order in sightings}
    ours = {
        seen.fill.fill_id: replace(seen, fill=seen.fill._replace(client_order_id=client_order_id))
        for seen in fills
        if seen.fill.client_order_id == client_order_id or (not seen.fill.client_order_id and seen.venue_order_id in ids)
    }
    return Lookup(max(sightings, key=_progress, default=None), tuple(ours.values()))
