"""Every legal life of an order, and nothing else (the statuses themselves: `model/order.py`)."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from golive.model.errors import IllegalTransition
from golive.model.order import OrderStatus as S


class OrderEvent(StrEnum):
    """What can happen to an order."""

    SENT = "sent"
    NOT_SENT = "not_sent"
    ACCEPTED = "accepted"
    TRIGGERED = "triggered"
    AMENDED = "amended"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REJECTED = "rejected"
    EXPIRED = "expired"
    UNANSWERED = "unanswered"
    ABSENT = "absent"


E = OrderEvent

TRANSITIONS: Final[Mapping[tuple[S, OrderEvent], S]] = {
    (S.PLANNED, E.SENT): S.SENT,
    (S.PLANNED, E.NOT_SENT): S.ABSENT,  # surely never left us
    (S.SENT, E.NOT_SENT): S.ABSENT,  # handed over, or about to leave: no connection, so surely never left
    (S.SENT, E.ACCEPTED): S.OPEN,
    (S.SENT, E.PARTIALLY_FILLED): S.PARTIAL,  # the fill outruns the acknowledgement
    (S.SENT, E.FILLED): S.FILLED,
    (S.SENT, E.CANCELED): S.CANCELED,  # IOC, FOK, market or post-only ended by the venue at once
    (S.SENT, E.REJECTED): S.REJECTED,
    (S.SENT, E.EXPIRED): S.EXPIRED,
    (S.SENT, E.UNANSWERED): S.UNKNOWN,  # asked about until resolved, never sent again
    (S.OPEN, E.ACCEPTED): S.OPEN,  # the same news twice
    (S.OPEN, E.TRIGGERED): S.OPEN,
    (S.OPEN, E.AMENDED): S.OPEN,
    (S.OPEN, E.PARTIALLY_FILLED): S.PARTIAL,
    (S.OPEN, E.FILLED): S.FILLED,
    (S.OPEN, E.CANCELED): S.CANCELED,
    (S.OPEN, E.REJECTED): S.REJECTED,  # acknowledged at the door, refused by the engine behind it (Bybit answers before it)
    (S.OPEN, E.EXPIRED): S.EXPIRED,
    (S.PARTIAL, E.ACCEPTED): S.PARTIAL,  # a late acknowledgement
    (S.PARTIAL, E.TRIGGERED): S.PARTIAL,  # the fill outran the news of the trigger
    (S.PARTIAL, E.AMENDED): S.PARTIAL,
    (S.PARTIAL, E.PARTIALLY_FILLED): S.PARTIAL,
    (S.PARTIAL, E.FILLED): S.FILLED,
    (S.PARTIAL, E.CANCELED): S.CANCELED,
    (S.PARTIAL, E.EXPIRED): S.EXPIRED,
    (S.FILLED, E.ACCEPTED): S.FILLED,
    (S.FILLED, E.CANCELED): S.FILLED,  # our cancel lost the race
    (S.CANCELED, E.FILLED): S.FILLED,  # matched before our cancel arrived
    (S.CANCELED, E.PARTIALLY_FILLED): S.CANCELED,
    (S.CANCELED, E.CANCELED): S.CANCELED,
    (S.EXPIRED, E.FILLED): S.FILLED,
    (S.EXPIRED, E.PARTIALLY_FILLED): S.EXPIRED,
    (S.UNKNOWN, E.UNANSWERED): S.UNKNOWN,
    (S.UNKNOWN, E.ACCEPTED): S.OPEN,
    (S.UNKNOWN, E.PARTIALLY_FILLED): S.PARTIAL,
    (S.UNKNOWN, E.FILLED): S.FILLED,
    (S.UNKNOWN, E.CANCELED): S.CANCELED,
    (S.UNKNOWN, E.REJECTED): S.REJECTED,
    (S.UNKNOWN, E.EXPIRED): S.EXPIRED,
    (S.UNKNOWN, E.ABSENT): S.ABSENT,  # only when absence is proved (RELIABILITY §4.1)
    (S.OPEN, E.ABSENT): S.ABSENT,  # by a person's signature alone: the venue has lost an order that worked
    (S.PARTIAL, E.ABSENT): S.ABSENT,
    (S.ABSENT, E.PARTIALLY_FILLED): S.ABSENT,  # it was there after all (Bybit has no deadline): it is over, and booked
    (S.ABSENT, E.FILLED): S.FILLED,
    (S.ABSENT, E.CANCELED): S.CANCELED,
    (S.ABSENT, E.EXPIRED): S.EXPIRED,
    (S.ABSENT, E.REJECTED): S.REJECTED,
    (S.PARTIAL, E.REJECTED): S.REJECTED,  # a venue contradicts itself: the order is disputed, withdrawn and booked
    (S.REJECTED, E.PARTIALLY_FILLED): S.REJECTED,
    (S.REJECTED, E.FILLED): S.FILLED,
    (S.REJECTED, E.CANCELED): S.CANCELED,
    (S.REJECTED, E.EXPIRED): S.EXPIRED,
}


def next_status(status: S, event: OrderEvent) -> S:
    """Return the status after `event`; raise IllegalTransition for a pair that is not in the table."""
    try:
        return TRANSITIONS[status, event]
    except KeyError:
        raise IllegalTransition(f"an order that is {status} cannot be {event}") from None
