"""What a price-time book offers, whichever way it is built: `OrderBook`, the plain oracle, and `KernelBook`, compiled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from golive.model.market import Level
from golive.model.order import Side, TimeInForce

from .book import BookOrder, Execution, Placement, SelfTrade


class PriceTimeBook(Protocol):
    """The two sides of one instrument; the rules, and each method's, are those of `OrderBook`."""

    def best(self, side: Side) -> int | None: ...

    def order(self, order_id: int) -> BookOrder | None: ...

    def levels(self, side: Side, count: int) -> list[Level]: ...

    def quantity_at(self, side: Side, price: int) -> int: ...

    def orders_at(self, side: Side, price: int) -> int: ...

    def take_changed(self, side: Side) -> set[int]: ...

    def offers(
        self, side: Side, price: int | None, owner: str = "", self_trade: SelfTrade = SelfTrade.CANCEL_RESTING
    ) -> Iterator[Level]: ...

    def submit(
        self,
        order: BookOrder,
        time_in_force: TimeInForce = TimeInForce.GTC,
        self_trade: SelfTrade = SelfTrade.CANCEL_RESTING,
    ) -> Placement: ...

    def cancel(self, order_id: int) -> BookOrder | None: ...

    def reduce(self, order_id: int, remaining: int) -> None: ...

    def set_depth(self, bids: Iterable[Level], asks: Iterable[Level]) -> list[Execution]: ...

    def replace_depth(self, bids: Iterable[Level], asks: Iterable[Level]) -> list[Execution]: ...

    def trade_through(self, aggressor: Side, price: int, quantity: int) -> list[Execution]: ...
