"""What stored news say about the orders that survive a restart.

Only what was stored happened. An order without an answer was on its way and is lost; a cancel or an amendment without one is as
if it had never been asked for, and so is a fill whose news was not stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from golive.model.ids import ClientOrderId
from golive.model.order import NewOrder, OrderStatus, OrderType, OrderUpdate
from golive.orders import Order, OrderEvent


@dataclass(frozen=True, slots=True)
class Survivor:
    """An order that works on: as the market has it from now on, with what is left of it and since when it stood there."""

    order: NewOrder
    remaining: int
    held_at: int | None
    """ticks at which its funds are held, where its terms do not say it"""
    arrived_at: int
    is_awake: bool
    """it slept and was triggered: the market has it as what it became"""


def survivors(orders: Iterable[Order], updates: Iterable[OrderUpdate]) -> Iterator[Survivor]:
    """Yield the orders that work, in the order they reached the venue (the order in which they stand behind each other)."""
    accepted: dict[ClientOrderId, OrderUpdate] = {}
    triggered: set[ClientOrderId] = set()
    for update in updates:
        if update.event == OrderEvent.ACCEPTED:
            accepted.setdefault(update.client_order_id, update)
        elif update.event == OrderEvent.TRIGGERED:
            triggered.add(update.client_order_id)
    works = {o.intent.client_order_id: o for o in orders if o.status in (OrderStatus.OPEN, OrderStatus.PARTIAL)}
    for key, answer in accepted.items():
        order = works.get(key)
        if order is not None:
            is_awake = key in triggered
            intent = awake(order.intent) if is_awake else order.intent
            yield Survivor(intent, order.remaining, answer.price, answer.ts, is_awake)


def awake(order: NewOrder) -> NewOrder:
    """Return what a triggered order has become."""
    return order._replace(type=OrderType.MARKET if order.price is None else OrderType.LIMIT, trigger=None, trail=None)
