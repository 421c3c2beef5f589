"""Orders of ours that have ended by the journal and show at the venue after all: withdrawn, and what filled of them is booked.

Source: RELIABILITY §4.1 step 7. Their ids stand in the journal, so they are nobody else's, and a cancel is always allowed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from golive.execution.reconciliation import VenueView
from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.storage.order_journal import NoteItem
from golive.venues.dialect import OrderSighting

from .parts import Parts
from .reconcile_views import Known

REAPPEARED: Final = "reappeared"


@dataclass(slots=True)
class _Shown:
    instrument: InstrumentId
    is_open: bool = False
    has_news: bool = False
    deadline_ms: int | None = None
    """of its first attempt, venue's time; None: it never left from here, so all that the venue remembers is looked through"""


class Reappeared:
    """`known` is asked in a thread; `withdraws` False: what works is left for the table, and only fills are booked."""

    def __init__(self, parts: Parts, known: Known, *, withdraws: bool) -> None:
        self._parts = parts
        self._known = known
        self._withdraws = withdraws
        self._said: set[ClientOrderId] = set()

    async def taken_back(self, view: VenueView, unended: Collection[ClientOrderId]) -> bool:
        """Withdraw and book what this view shows; return whether there was any, so that the venue is to be read anew.

        Raises the family of a venue's fault.
        """
        shown = await asyncio.to_thread(self._ours, view, frozenset(unended))
        did = False
        for name, what in shown.items():
            did = await self._take_back(name, what) or did
        return did

    def _ours(self, view: VenueView, unended: frozenset[ClientOrderId]) -> Mapping[ClientOrderId, _Shown]:
        """Return orders that were ours, have ended by the journal, and work or have a fill that is not booked."""
        names = {VenueOrderId(each.venue_order_id): ClientOrderId(each.client_order_id) for each in view.orders}
        found: dict[ClientOrderId, _Shown] = {}
        with self._known.looking() as look:
            shown: dict[ClientOrderId, _Shown] = {}
            for order in view.orders:
                if order.is_open:
                    shown.setdefault(ClientOrderId(order.client_order_id), _Shown(order.instrument)).is_open = True
            for fill in view.fills:
                name = ClientOrderId(fill.client_order_id) or names.get(fill.venue_order_id, ClientOrderId(""))
                if not look.is_booked(fill.fill_id):
                    shown.setdefault(name, _Shown(fill.instrument)).has_news = True
            for name, what in shown.items():
                if name and name not in unended and look.was_ours(name):
                    what.deadline_ms = look.first_deadline_ms(name)
                    found[name] = what
        return found

    async def _take_back(self, name: ClientOrderId, what: _Shown) -> bool:
        parts = self._parts
        instrument = parts.instruments.get(what.instrument)
        if instrument is None or not (what.has_news or (what.is_open and self._withdraws)):
            return False
        profile = parts.account.profile
        earlier_ms = int((profile.order_deadline_s + profile.skew_margin_s) * 1000)
        since_ms = None if what.deadline_ms is None else what.deadline_ms - earlier_ms
        seen = await parts.client.lookup(name, instrument, since_ms)
        did = False
        for sighting in seen.fills:
            if not await asyncio.to_thread(self._known.is_booked, sighting.fill.fill_id):
                parts.book(sighting.fill)
                self._alert(name, f"{sighting.fill.quantity} lots (trade {sighting.fill.fill_id.trade_id}) are booked")
                did = True
        await parts.pen.flushed()
        if self._withdraws and what.is_open and seen.order is not None:
            await self._withdraw(name, seen.order)
            await parts.client.cancel_listed(seen.order, instrument)
            did = True
        return did

    async def _withdraw(self, name: ClientOrderId, order: OrderSighting) -> None:
        """Say so and make it durable, once, before the cancel leaves."""
        if name in self._said:
            return
        self._said.add(name)
        body = {"subject": str(name), "client_order_id": str(name), "venue_order_id": str(order.venue_order_id)}
        self._parts.pen.write(NoteItem(REAPPEARED, {**body}, self._parts.plan.operator))
        await self._parts.pen.flushed()
        self._alert(name, f"it works at the venue as {order.venue_order_id}, and is canceled")

    def _alert(self, name: ClientOrderId, what: str) -> None:
        body = f"Order {name} has ended by the journal of {self._parts.name}, and is at the venue after all: {what}."
        self._parts.plan.alert(Alert("live", AlertSeverity.CRITICAL, f"Order {name} is there after all", body))
