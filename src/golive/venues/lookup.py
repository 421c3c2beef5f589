"""What became of an order, by our own id: every source is asked, and absence is proven, never assumed.

Source: RELIABILITY §4.1 step 5.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from golive.model.ids import ClientOrderId
from golive.model.instrument import Instrument

from .account_reads import AccountReads
from .account_state import rank
from .dialect import FillSighting, Lookup, OrderSighting

ABSENCES: Final = 2
"""complete look-ups that must say so, begun when nothing can be on its way any more"""
PAUSE_S: Final = 0.25


class Resolver:
    """Looks orders up. `venue_now_ms` is venue time, ms since the epoch."""

    def __init__(self, reads: AccountReads, venue_now_ms: Callable[[], int]) -> None:
        self._reads = reads
        self._venue_now_ms = venue_now_ms

    async def lookup(self, client_order_id: ClientOrderId, instrument: Instrument) -> Lookup:
        """Ask directly, list open and closed orders and fills; raise when any of them does not answer completely."""
        found = list(await self._reads.by_client_id(client_order_id, instrument))
        for listed in (await self._reads.open_orders(instrument), await self._reads.closed_orders(instrument)):
            found += (order for order in listed if order.client_order_id == client_order_id)
        fills = await self._reads.fills(instrument)
        return told_of(client_order_id, found, fills)

    async def resolve(self, client_order_id: ClientOrderId, instrument: Instrument, settled_ms: int) -> Lookup:
        """Return what is known once something is, or that nothing is once venue time has passed `settled_ms`."""
        absences = 0
        while True:
            is_settled = self._venue_now_ms() > settled_ms
            found = await self.lookup(client_order_id, instrument)
            if not found.is_absent:
                return found
            absences += is_settled
            if absences == ABSENCES:
                return found
            wait_ms = settled_ms + 1 - self._venue_now_ms()
            await asyncio.sleep(max(PAUSE_S, min(wait_ms / 1000, 4 * PAUSE_S)))


def told_of(client_order_id: ClientOrderId, orders: list[OrderSighting], fills: tuple[FillSighting, ...]) -> Lookup:
    """Return the furthest sighting of our order and its fills, each once and with our id where the venue leaves it out."""
    ids = {order.venue_order_id for order in orders}
    ours = {
        seen.fill.fill_id: replace(seen, fill=replace(seen.fill, client_order_id=client_order_id))
        for seen in fills
        if seen.fill.client_order_id == client_order_id or (not seen.fill.client_order_id and seen.venue_order_id in ids)
    }
    last = max(orders, key=lambda order: (order.ts, order.filled, rank(order.status)), default=None)
    return Lookup(last, tuple(ours.values()))
