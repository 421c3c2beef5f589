"""What execution is to the rest of Golive, and what it needs from outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.market import MarketEvent
from golive.model.order import Fill, OrderUpdate

News = Fill | OrderUpdate


class ExecutionService(Protocol):
    """Takes approved orders and answers with news about them; synchronous, event in, news out."""

    def submit(self, approved: Approved, ts: int) -> Sequence[News]:
        """Take an approved order at market time `ts` (ns UTC)."""
        ...

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> Sequence[News]:
        """Cancel a working order; one that was filled before answers with nothing."""
        ...

    def on_market(self, event: MarketEvent) -> Sequence[News]:
        """Take one market event; return what it did to our orders."""
        ...
