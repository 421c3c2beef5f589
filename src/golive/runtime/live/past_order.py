"""An order that has ended by the journal of its account, for a session that was cut off before it heard of that."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

from golive.execution.ports import News
from golive.model.ids import ClientOrderId, FillId
from golive.model.live_order import OrderResult
from golive.model.order import TERMINAL, Fill, OrderStatus, OrderUpdate
from golive.orders import TRANSITIONS, Order, OrderEvent
from golive.storage.order_journal.loading import fill_of
from golive.storage.order_journal.opening import open_for_reading
from golive.storage.order_journal.reader import OrderJournalReader

from .account_journal import journal_place
from .plan import LivePlan

_ENDS: Final = {
    OrderResult.PARTIAL: OrderEvent.CANCELED,
    OrderResult.CANCELED: OrderEvent.CANCELED,
    OrderResult.REJECTED: OrderEvent.REJECTED,
    OrderResult.EXPIRED: OrderEvent.EXPIRED,
    OrderResult.ABSENT: OrderEvent.ABSENT,
    OrderResult.NOT_SENT: OrderEvent.NOT_SENT,
}
"""a filled order ends with its last fill"""
_CODED: Final = ("answers", "facts")


@dataclass(frozen=True, slots=True)
class PastOrder:
    """How it ended; times are market time, ns UTC."""

    name: ClientOrderId
    result: OrderResult
    code: str
    ended_at: int
    fills: tuple[Fill, ...]
    was_expired: bool = False
    """whether its venue said that its time was over"""

    def unheard(self, order: Order, heard: Collection[FillId]) -> list[News]:
        """Return the news that take the session's `order` to its end; `heard` are the fills that the session has stored."""
        news: list[News] = [fill for fill in self.fills if fill.fill_id not in heard]
        status = order.status
        if news and (status, OrderEvent.ACCEPTED) in TRANSITIONS:
            status = OrderStatus.PARTIAL
        end = _ENDS.get(self.result)
        if end is None or status in TERMINAL:
            return news
        if self.was_expired:
            end = OrderEvent.EXPIRED
        if end is OrderEvent.ABSENT and (status, end) not in TRANSITIONS:
            news.append(OrderUpdate(self.name, self.ended_at, OrderEvent.UNANSWERED))
            status = OrderStatus.UNKNOWN
        if (status, end) in TRANSITIONS:
            news.append(OrderUpdate(self.name, self.ended_at, end, code=self.code))
        return news


def past_order(plan: LivePlan, venue: str, name: ClientOrderId) -> PastOrder | None:
    """Return an order of the account at `venue` (a label) that has ended; None when its journal has no end of it.

    Blocks for the disk. Raises JournalError when the journal cannot be read.
    """
    for account in plan.accounts:
        if account.profile.label == venue:
            with closing(OrderJournalReader(open_for_reading(journal_place(plan, account)))) as reader:
                return _read(name, [(row.table, dict(row.values)) for row in reader.order(name)])
    return None


def _read(name: ClientOrderId, rows: list[tuple[str, dict[str, Any]]]) -> PastOrder | None:  # Any: columns of the STRICT tables
    ends = [values for table, values in rows if table == "ends"]
    if not ends:
        return None
    codes = [str(values["code"]) for table, values in rows if table in _CODED and values["code"]]
    return PastOrder(
        name=name,
        result=OrderResult(ends[-1]["result"]),
        code=codes[-1] if codes else "",
        ended_at=int(ends[-1]["ts"]),
        fills=tuple(fill_of(values) for table, values in rows if table == "fills"),
        was_expired=any(table == "facts" and values["event"] == OrderEvent.EXPIRED for table, values in rows),
    )
