"""Our orders and what became of them: one owner, one event at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from golive.model.errors import IllegalTransition
from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.order import TERMINAL, Fill, NewOrder, OrderStatus, OrderUpdate, Side

from .state import OrderEvent, next_status

_EVENTS: Final[Mapping[str, OrderEvent]] = {each.value: each for each in OrderEvent}


@dataclass(slots=True)
class Order:
    """One order of ours; only `Orders` changes it. `filled` in lots, `planned_at` event time ns."""

    intent: NewOrder
    sequence: int
    planned_at: int
    status: OrderStatus = OrderStatus.PLANNED
    filled: int = 0
    code: str = ""
    venue_order_id: VenueOrderId | None = None
    counted: int = 0
    """lots of it among what `Orders` says is pending"""

    @property
    def remaining(self) -> int:
        """Lots that may still be filled; 0 once the order has ended."""
        return 0 if self.status in TERMINAL else self.intent.quantity - self.filled


class Orders:
    """All orders of one session by client order id, in the order they were planned.

    `pending` are the lots that working orders of each side may still fill, by instrument; UNKNOWN counts in full. It is kept
    up to date change by change, so that nobody has to add up what works.
    """

    def __init__(self) -> None:
        self.pending: dict[Side, dict[InstrumentId, int]] = {Side.BUY: {}, Side.SELL: {}}
        self._orders: dict[ClientOrderId, Order] = {}
        self.unended: dict[ClientOrderId, Order] = {}
        self._fills: set[FillId] = set()
        self._planned = 0

    def __iter__(self) -> Iterator[Order]:
        return iter(self._orders.values())

    def __len__(self) -> int:
        return len(self._orders)

    def __getitem__(self, client_order_id: ClientOrderId) -> Order:
        try:
            return self._orders[client_order_id]
        except KeyError:
            raise IllegalTransition(f"order {client_order_id} is not ours") from None

    def working(self, instrument: InstrumentId) -> Order | None:
        """Return the order of this instrument that has not ended, if any (the engine keeps at most one)."""
        if not self.unended:
            return None
        return next((o for o in self.unended.values() if o.intent.instrument == instrument), None)

    def pending_lots(self, instrument: InstrumentId, side: Side) -> int:
        """Return the lots that working orders of this side may still fill; UNKNOWN counts in full."""
        return self.pending[side].get(instrument, 0)

    def plan(self, intent: NewOrder, ts: int) -> Order:
        """Take a new intent; IllegalTransition if its client order id was used before."""
        if intent.client_order_id in self._orders:
            raise IllegalTransition(f"client order id {intent.client_order_id} was used before")
        self._planned += 1
        order = Order(intent, self._planned, ts)
        self._orders[intent.client_order_id] = self.unended[intent.client_order_id] = order
        self._count(order)
        return order

    def sent(self, client_order_id: ClientOrderId) -> Order:
        return self._move(self[client_order_id], OrderEvent.SENT)

    def apply(self, update: OrderUpdate) -> Order:
        """Apply a venue's news; IllegalTransition when the table does not allow it."""
        order = self[update.client_order_id]
        event = _EVENTS.get(update.event)
        if event is None:
            raise IllegalTransition(f"{update.event!r} is no event in the life of order {update.client_order_id}")
        if event is OrderEvent.AMENDED:
            self._amend(order, update)
        else:
            self._move(order, event)
        self._count(order)
        order.venue_order_id = update.venue_order_id or order.venue_order_id
        order.code = update.code or order.code
        return order

    def _amend(self, order: Order, update: OrderUpdate) -> None:
        """Give the intent its new terms; a quantity that is filled already has completed the order."""
        quantity = order.intent.quantity if update.quantity is None else update.quantity
        price = order.intent.price if update.price is None else update.price
        if quantity < order.filled or quantity <= 0:
            raise IllegalTransition(
                f"order {update.client_order_id} is filled with {order.filled} of the {quantity} lots amended to"
            )
        self._move(order, OrderEvent.AMENDED)
        order.intent = order.intent._replace(quantity=quantity, price=price)
        if order.filled == quantity:
            self._move(order, OrderEvent.FILLED)

    def fill(self, fill: Fill) -> Order | None:
        """Apply a fill; None when this fill was seen before. IllegalTransition when it exceeds the order."""
        if fill.fill_id in self._fills:
            return None
        order = self[fill.client_order_id]
        if fill.quantity <= 0 or order.filled + fill.quantity > order.intent.quantity:
            raise IllegalTransition(f"fill {fill.fill_id.trade_id} of {fill.quantity} lots exceeds order {fill.client_order_id}")
        complete = order.filled + fill.quantity == order.intent.quantity
        self._move(order, OrderEvent.FILLED if complete else OrderEvent.PARTIALLY_FILLED)
        self._fills.add(fill.fill_id)
        order.filled += fill.quantity
        self._count(order)
        return order

    def forget(self, client_order_id: ClientOrderId, fills: Iterable[FillId]) -> None:
        """Let go of an order that has ended and of its fills; IllegalTransition for one that has not. Who forgets answers for it
        that its id does not come again.
        """
        order = self[client_order_id]
        if order.status not in TERMINAL:
            raise IllegalTransition(f"order {client_order_id} has not ended")
        del self._orders[client_order_id]
        self._fills.difference_update(fills)

    def _count(self, order: Order) -> None:
        """Bring what is pending up to date after a change of this order."""
        change = order.remaining - order.counted
        if change:
            order.counted += change
            pending, key = self.pending[order.intent.side], order.intent.instrument
            lots = pending.get(key, 0) + change
            if lots:
                pending[key] = lots
            else:
                del pending[key]

    def _move(self, order: Order, event: OrderEvent) -> Order:
        order.status = next_status(order.status, event)
        if order.status in TERMINAL:
            self.unended.pop(order.intent.client_order_id, None)
        return order
