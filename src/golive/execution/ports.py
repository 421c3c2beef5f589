"""What execution is to the rest of Golive, and what it needs from outside."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Protocol, TypeAlias

from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.market import MarketEvent
from golive.model.order import Fill, OrderUpdate
from golive.orders import Order

News: TypeAlias = Fill | OrderUpdate


class ExecutionService(Protocol):
    """Takes approved orders and answers with news about them; synchronous, event in, news out.

    Times are market time, ns UTC. News may come later than the call that caused it, from any later call.
    """

    @property
    def next_due(self) -> int | None:
        """When the next message that is on its way arrives, if that is known; None when nothing is."""
        ...

    def submit(self, approved: Approved, ts: int) -> Sequence[News]:
        """Take an approved order at market time `ts`."""
        ...

    def amend(self, approved: Approved, ts: int) -> Sequence[News]:
        """Give a working order its approved price and whole quantity.

        The news is `amended` with what holds from now on, or `accepted` with a code: the change was rejected and the order stands
        as it was. An order that ended before answers with nothing.
        """
        ...

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> Sequence[News]:
        """Cancel a working order; one that was filled before answers with nothing."""
        ...

    def on_market(self, event: MarketEvent) -> Sequence[News]:
        """Take one market event; return the news that is here by its time."""
        ...

    def on_time(self, ts: int) -> Sequence[News]:
        """Take the market clock's time without an event; return the news that is here by then."""
        ...

    def restore(
        self,
        orders: Iterable[Order],
        updates: Iterable[OrderUpdate],
        fills: Iterable[Fill],
        canceling: Collection[ClientOrderId],
        ts: int,
    ) -> Sequence[News]:
        """Go on after a restart from what was stored; called once, before anything was submitted.

        `updates` and `fills` are all that were stored, in order, `orders` what they made of the intents, `canceling` the orders a
        cancel was asked for. Returns news about what was not stored.
        """
        ...
