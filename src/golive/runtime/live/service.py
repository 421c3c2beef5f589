"""A live desk as the `ExecutionService` that a session drives: news wait here until the session's next call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from golive.execution.ports import News
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.market import MarketEvent
from golive.model.order import Fill, OrderUpdate
from golive.orders import Order

from .desk import LiveDesk


class DeskService:
    """Made once per desk, before its first order. Times are market time, ns UTC."""

    def __init__(self, desk: LiveDesk) -> None:
        self._desk = desk
        self._inbox: list[News] = []
        desk.on_news.append(self._inbox.append)

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
        """Go on after a restart of the session: the desk has recovered its orders already."""
        news = self._desk.restore(orders, updates, fills, canceling, ts)
        told = set(news)
        return [*news, *(item for item in self._news() if item not in told)]

    def _news(self) -> list[News]:
        news = self._inbox.copy()
        self._inbox.clear()
        return news
