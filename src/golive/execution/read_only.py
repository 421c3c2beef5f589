"""Execution that cannot execute: what a read-only session has, so that nothing in it could send or fill an order."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NoReturn

from golive.model.decision import Approved
from golive.model.errors import IllegalTransition
from golive.model.ids import ClientOrderId
from golive.model.market import MarketEvent
from golive.model.order import Fill, OrderUpdate
from golive.orders import Order


class ReadOnlyExecution:
    """An `ExecutionService` without an account or a market, to which submitting an order is a broken invariant."""

    next_due: int | None = None

    def submit(self, approved: Approved, ts: int) -> NoReturn:
        raise IllegalTransition(f"order {approved.order.client_order_id} was given to a session that is read-only")

    def amend(self, approved: Approved, ts: int) -> NoReturn:
        self.submit(approved, ts)

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> NoReturn:
        raise IllegalTransition(f"order {client_order_id} cannot work in a session that is read-only")

    def on_market(self, event: MarketEvent) -> tuple[()]:
        return ()

    def on_time(self, ts: int) -> tuple[()]:
        return ()

    def restore(
        self,
        orders: Iterable[Order],
        updates: Iterable[OrderUpdate],
        fills: Iterable[Fill],
        canceling: Collection[ClientOrderId],
        ts: int,
    ) -> tuple[()]:
        for order in orders:
            raise IllegalTransition(f"order {order.intent.client_order_id} is stored in a session that is read-only")
        return ()
