"""A live desk as the `ExecutionService` that a session drives: news wait here until the session's next call."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence

from golive.execution.ports import News
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId, FillId
from golive.model.market import MarketEvent
from golive.model.order import TERMINAL, Fill, OrderStatus, OrderUpdate
from golive.orders import Order

from .desk import LiveDesk
from .past_order import PastOrder, past_order


class DeskService:
    """Made once per desk, before its first order. Times are market time, ns UTC.

    `wake` is called when there is news that no call of the session has caused.
    """

    def __init__(self, desk: LiveDesk, wake: Callable[[], None] = lambda: None) -> None:
        self._desk = desk
        self._wake = wake
        self._inbox: list[News] = []
        self._untold: dict[ClientOrderId, Order] = {}
        """orders that the session had approved before it was cut off, does not know to have left, and a journal knows"""
        desk.on_news.append(self._heard)

    @property
    def next_due(self) -> int | None:
        """None: when a venue answers is not known."""
        return self._desk.router.next_due

    @property
    def is_degraded(self) -> bool:
        return self._desk.router.is_degraded

    def knows(self, client_order_id: ClientOrderId) -> bool:
        return self._desk.router.knows(client_order_id)

    def submit(self, approved: Approved, ts: int) -> Sequence[News]:
        """Send an order, but for one that had left before the session was cut off: what became of that is its news."""
        if approved.order.client_order_id not in self._untold:
            self._desk.submit(approved, ts)
        return self._news()

    def amend(self, approved: Approved, ts: int) -> Sequence[News]:
        self._desk.amend(approved, ts)
        return self._news()

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> Sequence[News]:
        self._desk.cancel(client_order_id, ts)
        return self._news()

    def on_market(self, event: MarketEvent) -> Sequence[News]:
        return self.on_time(event.ts)

    def on_time(self, ts: int) -> Sequence[News]:
        self._desk.look(ts)
        return self._news()

    def restore(
        self,
        orders: Iterable[Order],
        updates: Iterable[OrderUpdate],
        fills: Iterable[Fill],
        canceling: Collection[ClientOrderId],
        ts: int,
    ) -> Sequence[News]:
        """Go on after a restart of the session: the desk has recovered its orders already.

        The account's journal is what happened. An order that the session approved and never knew to have left is sent only when
        no journal has it; what a journal has of it is told once the session comes to it.
        """
        fills = list(fills)
        heard = {fill.fill_id for fill in fills}
        self._inbox.clear()  # the lives of the orders have it
        alive: list[Order] = []
        news: list[News] = []
        for order in orders:
            past = self._past(order)
            if order.status is OrderStatus.PLANNED:
                if past is not None or self.knows(order.intent.client_order_id):
                    self._untold[order.intent.client_order_id] = order
            elif past is None:
                alive.append(order)
            else:
                news += past.unheard(order, heard)
        news += self._desk.restore(alive, updates, fills, canceling, ts)
        told = set(news)
        return [*news, *(item for item in self._news() if item not in told)]

    def _past(self, order: Order) -> PastOrder | None:
        """Return an order that has ended by its journal; None for one that the router has, or no journal."""
        name = order.intent.client_order_id
        if self.knows(name) or (order.filled == order.intent.quantity):
            return None
        return past_order(self._desk.plan, order.intent.instrument.venue, name)

    def _heard(self, news: News) -> None:
        self._inbox.append(news)
        self._wake()

    def _news(self) -> list[News]:
        news = [item for item in self._inbox if item.client_order_id not in self._untold]
        self._inbox.clear()
        for name, order in list(self._untold.items()):
            if order.status is not OrderStatus.PLANNED:
                del self._untold[name]
                news += self._all_of(order)
        return news

    def _all_of(self, order: Order) -> Sequence[News]:
        """Return all that became of an order of which the session has heard nothing.

        One that the session gave up meanwhile and that works is canceled.
        """
        past = self._past(order)
        if past is not None:
            return past.unheard(order, set[FillId]())
        news = self._desk.router.unheard(order)
        name = order.intent.client_order_id
        if order.status in TERMINAL and any(each.intent.client_order_id == name for each in self._desk.router.unended):
            self._desk.cancel(name)
        return news
