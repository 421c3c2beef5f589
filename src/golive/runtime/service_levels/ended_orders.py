"""How much of each live order was filled: told once, when it has ended."""

from __future__ import annotations

from fractions import Fraction

from golive.execution.live.router import LiveExecutionRouter
from golive.execution.ports import News
from golive.execution.trade_quality import TradeQuality
from golive.model.ids import ClientOrderId
from golive.model.indicator import Indicator
from golive.model.order import TERMINAL

from .tap import IndicatorTap


class EndedOrders:
    """Hears the news of a live desk. What an order cost is not told: nothing says at which price it was judged."""

    def __init__(self, router: LiveExecutionRouter, tap: IndicatorTap) -> None:
        self._router = router
        self._tap = tap
        self._quality = TradeQuality({}, self._tell)
        self._told: set[ClientOrderId] = set()

    def news(self, news: News) -> None:
        """Take a fact about an order, after the router was told."""
        name = news.client_order_id
        if name in self._told or not self._router.knows(name):
            return
        order = self._router.order(name)
        if order.status in TERMINAL:
            self._told.add(name)
            self._quality.ended(order)

    def _tell(self, indicator: Indicator, value: Fraction, venue: str) -> None:
        self._tap.put(indicator, value, venue)
