"""The orders of one account that this process sent or took over, as far as asking and watching need them."""

from __future__ import annotations

from dataclasses import dataclass

from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.order import NewOrder


@dataclass(slots=True)
class Ours:
    """One order; the router owns its status."""

    intent: NewOrder
    planned_at: int
    """wall clock of the decision, ns UTC"""
    deadline_ms: int = 0
    """of its last attempt, venue time; 0: it never left"""
    first_deadline_ms: int = 0
    """of its first attempt, venue time: it cannot be at the venue before that attempt began; 0: there was none"""
    venue_order_id: VenueOrderId | None = None
    shall: NewOrder | None = None
    """terms of an amendment of this process that is on its way or whose outcome is not known; the stream may show them"""
    is_changing: bool = False
    """whether an amendment, of an earlier life too, may still be made, as far as is known"""
    has_ended: bool = False


class Roster:
    """Ended orders stay until the router lets go of them, because a late fill may still come."""

    def __init__(self) -> None:
        self._orders: dict[ClientOrderId, Ours] = {}
        self._names: dict[VenueOrderId, ClientOrderId] = {}
        self._unended: dict[ClientOrderId, Ours] = {}

    def add(self, ours: Ours) -> Ours:
        name = ours.intent.client_order_id
        self._orders[name] = self._unended[name] = ours
        if ours.venue_order_id is not None:
            self._names[ours.venue_order_id] = name
        return ours

    def get(self, client_order_id: ClientOrderId) -> Ours | None:
        return self._orders.get(client_order_id)

    def __getitem__(self, client_order_id: ClientOrderId) -> Ours:
        return self._orders[client_order_id]

    def name_of(self, venue_order_id: VenueOrderId) -> ClientOrderId | None:
        """Return our id of the order that the venue calls this, None when it is not known here."""
        return self._names.get(venue_order_id)

    def learn(self, client_order_id: ClientOrderId, venue_order_id: VenueOrderId) -> None:
        self._orders[client_order_id].venue_order_id = venue_order_id
        self._names[venue_order_id] = client_order_id

    def end(self, client_order_id: ClientOrderId) -> None:
        if (ours := self._orders.get(client_order_id)) is not None:
            ours.has_ended = True
            self._unended.pop(client_order_id, None)

    def forget(self, client_order_id: ClientOrderId) -> None:
        """Let go of an ended order; what still comes of it is looked up in the journal."""
        ours = self._orders.pop(client_order_id, None)
        if ours is not None and ours.venue_order_id is not None:
            self._names.pop(ours.venue_order_id, None)

    def unended(self) -> tuple[Ours, ...]:
        """Return the orders that the router has not concluded."""
        return tuple(self._unended.values())
