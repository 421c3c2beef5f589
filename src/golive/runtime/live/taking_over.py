"""An order of an earlier life, from its journal to the router and to who asks about it. Pure."""

from __future__ import annotations

from golive.execution.live.recovery import RestoredAttempt, RestoredOrder
from golive.model.live_order import AttemptResult
from golive.storage.order_journal import StoredOrder
from golive.storage.order_journal.item import FIRST_AMENDMENT

from .roster import Ours


def taken_over(stored: StoredOrder) -> Ours:
    """Return an order of an earlier life as far as asking about it goes."""
    venue_ids = [fact.venue_order_id for fact in stored.facts if fact.venue_order_id]
    sent = [each for each in stored.attempts if each.result is not AttemptResult.NOT_SENT]
    amended = [each for each in stored.attempts if each.n >= FIRST_AMENDMENT and each.result in (None, AttemptResult.UNKNOWN)]
    return Ours(
        stored.intent,
        stored.planned_at,
        deadline_ms=max((each.deadline_ms for each in sent), default=0),
        first_deadline_ms=min((each.deadline_ms for each in stored.attempts), default=0),
        venue_order_id=venue_ids[-1] if venue_ids else None,
        is_changing=bool(amended),
    )


def restored(stored: StoredOrder) -> RestoredOrder:
    attempts = tuple(RestoredAttempt(each.n, each.deadline_ms, each.result, each.code) for each in stored.attempts)
    return RestoredOrder(stored.intent, stored.route, stored.planned_at, attempts, stored.facts, stored.fills)
