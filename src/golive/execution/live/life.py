"""What the router knows of one order that it took, and its record of the decision log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from golive.model.clock import MILLISECOND
from golive.model.decision import Approved
from golive.model.json import JsonObject, JsonValue
from golive.model.live_order import AttemptResult, OrderResult
from golive.model.order import TERMINAL, Fill, NewOrder, OrderStatus, OrderUpdate
from golive.orders import Order, OrderEvent

from .route import Route, Venue

FIRST_AMENDMENT: Final = 3
"""attempts 1 and 2 send the order itself, 3 and above are its amendments, one attempt each"""


@dataclass(slots=True)
class Attempt:
    """One time the order, or an amendment of it, left; `result` None: not answered yet."""

    n: int
    deadline_ms: int
    result: AttemptResult | None = None
    code: str = ""


@dataclass(slots=True)
class Life:
    """One order from the moment the router takes it; only `Tracking` and the router change it."""

    order: Order
    venue: Venue
    route: str
    decided_mono: int
    by_route: Route | None = None
    """None: it was restored, and goes nowhere else"""
    is_fallback: bool = False
    """it was made for an order that another venue did not take"""
    is_queued: bool = False
    attempts: dict[int, Attempt] = field(default_factory=dict)
    latency_ns: int | None = None
    """from the decision to the definite answer"""
    told_filled: int | None = None
    """lots the venue says are filled, at most so far"""
    end: OrderUpdate | None = None
    """the end the venue told, until the fills that belong to it are here"""
    held: list[Fill] = field(default_factory=list)
    """fills that cannot be booked before an unanswered amendment is understood"""
    news: list[Fill | OrderUpdate] = field(default_factory=list)
    """all that was said about it, oldest first"""
    heard: set[OrderUpdate] = field(default_factory=set)
    """what its venue said beside fills, each once"""
    most_lots: int = 0
    """the largest quantity it had before an amendment; 0: it was never amended here"""
    amended_at: int = 0
    """event time of the newest terms"""
    wants_cancel: bool = False
    canceled_mono: int | None = None
    """when its venue acknowledged the last cancel; None: no cancel, or one is on its way"""
    cancels_lost: int = 0
    """after how many acknowledged cancels it was seen working"""
    wanted_terms: Approved | None = None
    """an amendment that waits until the order works and the one before is answered"""
    wanted_mono: int = 0
    changing: Approved | None = None
    """an amendment that has left and is not answered"""
    change_unknown: bool = False
    """an amendment may have been made; the venue is asked for the terms"""
    is_asked: bool = False
    signed_by: str | None = None
    """the person who signed that its venue does not have it; None: nobody did, '' = it is not known who"""
    dispute: str = ""
    """what contradicts itself; a person must look"""
    limits: set[int] = field(default_factory=set)
    """every limit price it had or may have had, ticks; empty: none, or they are not known"""
    never_left: bool = False
    """it ended as one that surely never left"""
    is_contradicted: bool = False
    """its venue knows it although it was rejected, never left or was proved absent: it is withdrawn until that is certain"""
    is_withdrawing: bool = False
    """such a cancel is on its way"""
    is_gone: bool = False
    """its venue was asked since, and does not have it"""
    is_late: bool = False
    """fills that its venue has told of are owed for too long"""
    went_to: Life | None = None
    """the order another venue got instead"""
    last_change: int = 0
    """number of the amendment that was asked for last; 0: none. The venue may show it before it answers"""
    result: OrderResult | None = None
    """how it ended; set once"""

    @property
    def intent(self) -> NewOrder:
        return self.order.intent

    @property
    def is_unclear(self) -> bool:
        """Whether its symbol must take nothing new until more is known."""
        return self.order.status is OrderStatus.UNKNOWN or self.change_unknown or bool(self.dispute) or self.is_late

    @property
    def is_changing(self) -> bool:
        """Whether its terms may be others than we know."""
        return self.changing is not None or self.change_unknown

    @property
    def lacks_fills(self) -> bool:
        """Whether its venue has told of more fills than are here; they may be on their way."""
        return (self.told_filled or 0) > self.order.filled + sum(fill.quantity for fill in self.held)

    @property
    def is_at_large(self) -> bool:
        """Whether it may work at its venue although we hold it for ended."""
        has_end = self.end is not None and self.end.event != OrderEvent.REJECTED
        return self.is_contradicted and not self.is_gone and not has_end and self.order.status not in _OVER

    @property
    def is_cancel_owed(self) -> bool:
        """Whether its venue has acknowledged a cancel and not told its end; one that is at large is seen to by itself."""
        has_ended = self.end is not None or self.order.status in TERMINAL
        return self.canceled_mono is not None and not has_ended and not self.is_at_large

    def is_changing_to(self, price: int | None, quantity: int | None) -> bool:
        """Say whether these are the terms of the amendment that has left."""
        return self.changing is not None and (self.changing.order.price, self.changing.order.quantity) == (price, quantity)

    @property
    def next_amendment(self) -> int:
        return max((*self.attempts, self.last_change, FIRST_AMENDMENT - 1)) + 1

    @property
    def may_have_left(self) -> bool:
        """Whether an attempt to send it may have come to its venue, as far as is known."""
        surely_not = (AttemptResult.NOT_SENT, AttemptResult.NOT_PROCESSED)
        return any(a.n < FIRST_AMENDMENT and a.result not in surely_not for a in self.attempts.values())

    def instead(self) -> Iterator[Life]:
        """Yield the order another venue got instead of this one, and what went on from there."""
        other = self.went_to
        while other is not None:
            yield other
            other = other.went_to

    def result_now(self) -> OrderResult:
        """Return how the order has ended, from its status and what is filled of it."""
        if self.order.status is OrderStatus.ABSENT and not self.may_have_left:
            return OrderResult.NOT_SENT
        result = _RESULTS[self.order.status]
        is_part = 0 < self.order.filled < self.intent.quantity
        return OrderResult.PARTIAL if is_part and result in _MAY_BE_PARTIAL else result


_OVER: Final = frozenset({OrderStatus.FILLED, OrderStatus.CANCELED, OrderStatus.EXPIRED})
_RESULTS: Final[Mapping[OrderStatus, OrderResult]] = {
    OrderStatus.FILLED: OrderResult.FILLED,
    OrderStatus.CANCELED: OrderResult.CANCELED,
    OrderStatus.REJECTED: OrderResult.REJECTED,
    OrderStatus.EXPIRED: OrderResult.EXPIRED,
    OrderStatus.ABSENT: OrderResult.ABSENT,
}
_MAY_BE_PARTIAL: Final = frozenset({OrderResult.CANCELED, OrderResult.EXPIRED, OrderResult.REJECTED})


def order_record(life: Life) -> JsonObject:
    """Return the body of the order's record in the decision log (CONTRACT, "Decision log").

    `latency_ms` is rounded up; null when no answer about the order was ever needed, or it came from before a restart.
    `signed_by` is there where a person has signed that the venue does not have it.
    """
    intent, instrument = life.intent, life.venue.instruments[life.intent.instrument]
    assert life.result is not None
    signed: JsonObject = {} if life.signed_by is None else {"signed_by": life.signed_by}
    return {
        "route": life.route,
        "client_order_id": intent.client_order_id,
        "instrument": str(intent.instrument),
        "side": intent.side.value,
        "quantity": instrument.quantity_text(intent.quantity),
        "price": None if intent.price is None else instrument.price_text(intent.price),
        "attempts": attempts_record(life.attempts.values()),
        "result": life.result.value,
        "latency_ms": None if life.latency_ns is None else -(-life.latency_ns // MILLISECOND),
        "fallback_used": life.is_fallback,
        **signed,
    }


def attempts_record(attempts: Iterable[Attempt]) -> list[JsonValue]:
    """Return each attempt as `{n, deadline_ms, result, code}`; an attempt that was never answered is `unknown`."""
    return [
        {"n": a.n, "deadline_ms": a.deadline_ms, "result": (a.result or AttemptResult.UNKNOWN).value, "code": a.code}
        for a in attempts
    ]
