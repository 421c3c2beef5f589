"""Cancels that a venue has acknowledged: each is owed until the end of its order is known, and wanted again when it still works.

A venue's word for a cancel is not its end: it may be lost behind the door, and nobody would look for an order held for canceled.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from golive.model.alert import AlertSeverity
from golive.model.command import Alert
from golive.model.ids import ClientOrderId
from golive.model.order import OrderStatus

from .life import Life
from .wording import alert

WORRYING: Final = 3
"""cancels without effect after which somebody is told"""
_WORKING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIAL})


class OwedCancels:
    """`lag_ns`: how long an order may still show as working after its cancel was acknowledged; `monotonic` in ns."""

    def __init__(self, lag_ns: int, monotonic: Callable[[], int]) -> None:
        self._lag_ns = lag_ns
        self._monotonic = monotonic
        self._owed: dict[ClientOrderId, Life] = {}
        self._asked: dict[ClientOrderId, int] = {}
        """when each was asked about here last"""

    def acknowledged(self, life: Life) -> None:
        life.canceled_mono = self._monotonic()
        self._owed[life.intent.client_order_id] = life

    def overdue(self) -> list[Life]:
        """Return the orders whose end must have come by now, each again after another lag, as long as its cancel is owed."""
        if not self._owed:
            return []
        now, found = self._monotonic(), []
        for name, life in list(self._owed.items()):
            if life.canceled_mono is None or not life.is_cancel_owed:
                del self._owed[name]
                self._asked.pop(name, None)
            elif not life.is_asked and now - max(life.canceled_mono, self._asked.get(name, 0)) >= self._lag_ns:
                self._asked[name] = now
                found.append(life)
        return found

    def seen(self, life: Life) -> list[Alert]:
        """Want the cancel again of an order that still works after it; return what is to be told of it, once."""
        is_due = life.canceled_mono is not None and self._monotonic() - life.canceled_mono >= self._lag_ns
        if not is_due or not life.is_cancel_owed or life.order.status not in _WORKING:
            return []
        life.wants_cancel = True
        life.cancels_lost += 1
        return [_lost_alert(life)] if life.cancels_lost == WORRYING else []


def _lost_alert(life: Life) -> Alert:
    name, venue = life.intent.client_order_id, life.venue.label
    body = (
        f"Order {name} of {life.intent.instrument}: {venue} has acknowledged {life.cancels_lost} cancels of it, and it still "
        f"works there (order id {life.order.venue_order_id or 'unknown'}). It is canceled again for as long as it does; look at "
        "it at the venue."
    )
    return alert(AlertSeverity.CRITICAL, f"Order {name} goes on working after its cancel", body)
