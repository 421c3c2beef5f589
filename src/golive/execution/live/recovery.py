"""Orders of before a restart: what their journal says of them becomes what the router knows, and the rest is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from golive.model.errors import IllegalTransition
from golive.model.live_order import AttemptResult
from golive.model.order import TERMINAL, Fill, NewOrder, OrderStatus, OrderUpdate
from golive.orders import OrderEvent

from .life import FIRST_AMENDMENT, Attempt, Life
from .route import Venue
from .tracking import Tracking
from .wording import unknown_alert


class RestoredAttempt(NamedTuple):
    """An attempt as it was stored; `result` None: its answer is not known, so the order may be at the venue."""

    n: int
    deadline_ms: int
    result: AttemptResult | None
    code: str


class RestoredOrder(NamedTuple):
    """An order of before a restart, with all that was stored about it, in order."""

    intent: NewOrder
    """with the terms of its last amendment that the venue took"""
    route: str
    planned_at: int
    """ns UTC"""
    attempts: tuple[RestoredAttempt, ...]
    """() = it never left"""
    facts: tuple[OrderUpdate, ...]
    fills: tuple[Fill, ...]


def take_over(tracking: Tracking, venue: Venue, stored: RestoredOrder) -> None:
    """Let an order live on; what is not known of it is asked for.

    Its terms are those of the intent: stored news of amendments are older. Raises IllegalTransition for an instrument that the
    venue does not trade.
    """
    name = stored.intent.client_order_id
    if stored.intent.instrument not in venue.instruments:
        raise IllegalTransition(f"order {name}: {venue.adapter} has no {stored.intent.instrument}")
    order, unread = tracking.orders.plan(stored.intent, stored.planned_at), len(tracking.inbox)
    life = Life(order, venue, stored.route, decided_mono=0)
    tracking.add(life)
    life.attempts = {a.n: Attempt(*a) for a in stored.attempts}
    if any(n >= FIRST_AMENDMENT for n in life.attempts):
        life.limits.clear()  # those of before its amendments are not known
    sends = [a for a in life.attempts.values() if a.n < FIRST_AMENDMENT]
    if sends:
        tracking.orders.sent(name)
        _take_answer(tracking, life, sends)
        last = life.attempts[max(life.attempts)]
        life.change_unknown = last.n >= FIRST_AMENDMENT and last.result in (None, AttemptResult.UNKNOWN)
        facts = [fact for fact in stored.facts if fact.event != OrderEvent.AMENDED]
        tracking.hear(life, [*facts, *stored.fills], None, is_stored=True)
    del tracking.inbox[unread:]
    if not life.may_have_left and life.order.status not in TERMINAL:
        tracking.never_left(life, sends[-1].code if sends else "")
    elif life.order.status not in TERMINAL:
        if life.order.status is OrderStatus.UNKNOWN or life.change_unknown:
            tracking.effects.append(unknown_alert(life, "the process ended before it was known"))
        tracking.ask(life)
    tracking.settle(life)


def _take_answer(tracking: Tracking, life: Life, sends: Sequence[Attempt]) -> None:
    results = {a.result for a in sends}
    if AttemptResult.ACCEPTED in results:
        tracking.update(life, OrderEvent.ACCEPTED)
    elif AttemptResult.REJECTED in results:
        tracking.update(life, OrderEvent.REJECTED, code=sends[-1].code)
    elif None in results or AttemptResult.UNKNOWN in results:
        tracking.update(life, OrderEvent.UNANSWERED)
