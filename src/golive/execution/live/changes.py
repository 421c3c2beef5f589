"""What is wanted of an order after it was sent, its cancel or other terms: asked for as soon as it works, and no sooner."""

from __future__ import annotations

from collections.abc import Callable

from golive.execution.rule import RejectReason, keeps_identity
from golive.model.alert import AlertSeverity
from golive.model.decision import Approved
from golive.model.order import TERMINAL, OrderStatus
from golive.orders import OrderEvent

from .dispatch import Dispatch
from .effect import Change, Withdraw
from .happening import Changed, Withdrawn
from .life import Life
from .owed_cancels import OwedCancels
from .tracking import Tracking
from .wording import alert

_WORKING = (OrderStatus.OPEN, OrderStatus.PARTIAL)


class Changes:
    """Cancels and amends the orders of `tracking`; `dispatch` says what speaks against an amendment. `monotonic` in ns."""

    def __init__(self, tracking: Tracking, dispatch: Dispatch, owed: OwedCancels, monotonic: Callable[[], int]) -> None:
        self._tracking = tracking
        self._dispatch = dispatch
        self._owed = owed
        self._monotonic = monotonic

    def cancel(self, life: Life) -> None:
        """Cancel now what is at the venue or may be; what is on its way there is canceled as soon as it works."""
        if life.order.status in TERMINAL:
            return
        life.wants_cancel = True
        if life.order.status is OrderStatus.UNKNOWN:
            self._tracking.effects.append(Withdraw(life.venue.adapter, life.intent.client_order_id))
        self.go_on(life)

    def amend(self, life: Life, wanted: Approved) -> None:
        """Give an order the terms of `wanted`, now or as soon as it works."""
        if life.order.status in TERMINAL:
            return
        life.wanted_terms, life.wanted_mono = wanted, self._monotonic()
        self.go_on(life)

    def go_on(self, life: Life) -> None:
        """Do what is wanted of an order, as soon as it works."""
        if life.order.status not in _WORKING or life.end is not None:
            return
        if life.wants_cancel:
            life.wants_cancel, life.wanted_terms, life.canceled_mono = False, None, None
            self._tracking.effects.append(Withdraw(life.venue.adapter, life.intent.client_order_id))
        elif life.wanted_terms is not None and not life.is_changing:
            wanted, life.wanted_terms = life.wanted_terms, None
            objection: str | None = self._dispatch.objection(life.venue, life.intent.instrument, life.intent.side)
            if not keeps_identity(life.intent, wanted.order) or wanted.order.quantity <= life.order.filled:
                objection = RejectReason.AMENDMENT_INVALID
            if objection is not None:
                self._tracking.update(life, OrderEvent.ACCEPTED, code=objection)
                return
            life.changing = wanted
            if wanted.order.price is not None and life.limits:
                life.limits.add(wanted.order.price)
            life.last_change = life.next_amendment
            self._tracking.effects.append(Change(life.venue.adapter, wanted, life.last_change, life.wanted_mono))

    def withdrawn(self, life: Life, answer: Withdrawn) -> None:
        life.is_withdrawing = life.is_withdrawing and bool(answer.problem)  # a cancel with a problem is sent again
        if answer.problem:
            self._tracking.effects.append(
                alert(AlertSeverity.ERROR, f"Order {life.intent.client_order_id} could not be canceled", answer.problem)
            )
            return
        self._owed.acknowledged(life)
        has_ended = life.order.status in TERMINAL or life.end is not None
        if life.is_at_large or not (answer.found or has_ended):  # nothing to cancel: it has ended, and its news have not come
            self._tracking.ask(life)

    def changed(self, life: Life, answer: Changed) -> None:
        if (attempt := life.attempts.get(answer.n)) is not None:
            attempt.result, attempt.code = answer.result, answer.code
        wanted = life.changing
        if wanted is None or answer.n != life.last_change or life.order.status in TERMINAL:
            return
        self._tracking.change(life, wanted, answer)
