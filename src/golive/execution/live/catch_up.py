"""What a session that was interrupted has not heard of an order that the router knows from its journal."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from golive.execution.ports import News
from golive.model.order import Fill, OrderStatus
from golive.orders import TRANSITIONS, Order, OrderEvent

from .life import Life

_UNACKNOWLEDGED: Final = (OrderStatus.SENT, OrderStatus.UNKNOWN)
_ANSWERS: Final = (OrderEvent.ACCEPTED, OrderEvent.UNANSWERED)


def unheard(life: Life, order: Order, stored: Collection[News]) -> list[News]:
    """Return the news that take the session's `order` to where the router has it; `stored` is what the session has heard.

    An answer is news only to an order that has none: the journal has how an attempt was answered, the session what it heard.
    """
    status, news = order.status, list[News]()
    for item in life.news:
        if item in stored:
            continue
        if isinstance(item, Fill):
            status = OrderStatus.PARTIAL if (status, OrderEvent.ACCEPTED) in TRANSITIONS else status
        else:
            event = OrderEvent(item.event)
            if (status, event) not in TRANSITIONS or (event in _ANSWERS and status not in _UNACKNOWLEDGED):
                continue
            status = TRANSITIONS[status, event]
        news.append(item)
    return news
