"""To which venue an order goes, first and instead: by the configured routes, and never where something speaks against it.

Another venue gets an order only when it surely never left, or its venue rejected it for a reason of its own. It is a new order
then: a new id, that venue's grid, a risk decision of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from golive.execution.emergency_gate import may_leave
from golive.model.alert import AlertSeverity
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.emergency import TradingState
from golive.model.errors import MagnitudeError
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.json import JsonObject
from golive.model.live_order import FallbackReason, Priority
from golive.model.order import NewOrder, OrderStatus, OrderUpdate, Side
from golive.orders import OrderEvent

from .effect import Note, Place, Refuse, Reroute
from .fallback import converted
from .happening import Condition
from .life import Life
from .meters import LiveMeters
from .route import Route, Venue, first_match
from .tracking import Tracking
from .wording import alert

CANCELED: Final = "CANCELED"
"""code of an order that was canceled before it left"""
NOT_PLANNED: Final = "NOT_PLANNED"
"""it is none, may have left, or has ended"""


class Dispatch:
    """Places orders or refuses them; `reapprove` is risk's decision about an order that shall go to another venue."""

    def __init__(
        self,
        routes: Sequence[Route],
        risk_profile: str,
        venues: Sequence[Venue],
        meters: LiveMeters,
        tracking: Tracking,
        *,
        monotonic: Callable[[], int],
        reapprove: Callable[[NewOrder], Approved | Refused],
        new_id: Callable[[str], ClientOrderId],
    ) -> None:
        self.venues = {venue.adapter: venue for venue in venues}
        self.conditions: dict[str, Condition] = {}
        self.is_degraded = False
        self.trading_state = TradingState.ACTIVE
        """what emergency mode leaves of trading; asked here whatever risk has said"""
        self._by_label = {venue.label: venue for venue in venues}
        self._routes = tuple(routes)
        self._risk_profile = risk_profile
        self._meters = meters
        self._tracking = tracking
        self._monotonic = monotonic
        self._reapprove = reapprove
        self._new_id = new_id

    def objection(self, venue: Venue, instrument: InstrumentId, side: Side) -> DecisionCode | None:
        """Return why nothing new of this side may be sent to this place now."""
        if not may_leave(self.trading_state, side):
            return DecisionCode.EMERGENCY_MODE
        if self.is_degraded:
            return DecisionCode.DEGRADED
        condition = self.conditions.get(venue.adapter)
        if condition is None or not condition.is_ready:
            return DecisionCode.NOT_READY
        return DecisionCode.SYMBOL_FROZEN if (venue.adapter, instrument) in self._tracking.frozen else None

    def held_back(self, life: Life | None) -> str:
        """Return why an order must not leave, as a code; '' when it may. Emergency mode speaks first, of any order."""
        if life is not None and not may_leave(self.trading_state, life.intent.side):
            return DecisionCode.EMERGENCY_MODE
        if life is None or life.order.status not in (OrderStatus.PLANNED, OrderStatus.SENT) or life.may_have_left:
            return NOT_PLANNED
        if life.wants_cancel and not self.is_degraded:
            return CANCELED
        return self.objection(life.venue, life.intent.instrument, life.intent.side) or ""

    def submit(self, approved: Approved) -> None:
        """Place a new order on the first route that takes it, at the venue it is made for; or refuse it."""
        instrument = approved.order.instrument
        venue = self._by_label.get(instrument.venue)
        route = first_match(self._routes, venue.adapter, instrument.symbol, self._risk_profile) if venue is not None else None
        if self._tracking.knows(approved.order.client_order_id):
            self._refuse(approved, venue, DecisionCode.DUPLICATE_ID)
        elif venue is None or route is None:
            self._refuse(approved, venue, DecisionCode.NO_ROUTE)
        elif instrument not in venue.instruments:
            self._refuse(approved, venue, DecisionCode.UNKNOWN_INSTRUMENT)
        elif (objection := self.objection(venue, instrument, approved.order.side)) is not None:
            self._refuse(approved, venue, objection)
        else:
            self._place(approved, venue, route, is_fallback=False)

    def _refuse(self, approved: Approved, venue: Venue | None, code: DecisionCode) -> None:
        """Refuse an order that risk had approved; it is as if it had never been taken."""
        order, now = approved.order, self._tracking.now
        self._tracking.inbox.append(OrderUpdate(order.client_order_id, now, OrderEvent.NOT_SENT, code=code))
        if venue is not None and code is not DecisionCode.DUPLICATE_ID:
            refused = Refused(order, approved.decision_seq, code, "live router", str(order.instrument))
            self._tracking.effects.append(Refuse(venue.adapter, refused, now))

    def _place(self, approved: Approved, venue: Venue, route: Route, *, is_fallback: bool) -> Life:
        order, mono = self._tracking.orders.plan(approved.order, self._tracking.now), self._monotonic()
        life = Life(order, venue, route.name, mono, route, is_fallback=is_fallback, is_queued=True)
        self._tracking.add(life)
        self._meters.queued(venue.label, 1)
        # on spot risk allows a sell only of what is held
        priority = Priority.REDUCE if approved.order.side is Side.SELL else Priority.ENTRY
        self._tracking.effects.append(Place(venue.adapter, approved, route.name, priority, route.attempt_budget_ms, mono))
        return life

    def left_queue(self, life: Life) -> None:
        if life.is_queued:
            life.is_queued = False
            self._meters.queued(life.venue.label, -1)

    def fall_back(self, life: Life, reason: FallbackReason) -> None:
        """Let the next venue of its route that can take the ended order have it; say why when none can."""
        route = life.by_route
        if route is None or life.wants_cancel or life.dispute:
            return
        why: list[str] = []
        for adapter in route.after(life.venue.adapter):
            venue = self.venues.get(adapter)
            objection = "there is no account" if venue is None else self._objection_to_fallback(life, route, venue, reason)
            if not objection:
                return
            why.append(f"{adapter}: {objection}")
        if why:
            name = life.intent.client_order_id
            body = f"Order {name} was not taken by {life.venue.adapter} ({reason}) and went nowhere else. {'; '.join(why)}."
            self._tracking.effects.append(alert(AlertSeverity.WARNING, f"No fallback for order {name}", body))

    def _objection_to_fallback(self, life: Life, route: Route, venue: Venue, reason: FallbackReason) -> str:
        """Place the order at this venue; return why that cannot be, '' when it is placed."""
        source, target = life.venue.instruments[life.intent.instrument], venue.instrument_of(life.intent.instrument.symbol)
        if target is None:
            return f"it does not trade {life.intent.instrument.symbol}"
        if (objection := self.objection(venue, target.id, life.intent.side)) is not None:
            return objection
        if self.conditions[venue.adapter].is_breaker_open:
            return "its breaker is open"
        try:
            order = converted(life.intent, source, target, self._new_id(venue.adapter))
        except MagnitudeError as exc:
            return str(exc)
        decision = self._reapprove(order)
        if isinstance(decision, Refused):
            self._tracking.effects.append(Refuse(venue.adapter, decision, self._tracking.now))
            return f"refused by risk ({decision.code})"
        self._meters.fell_back(route.name, life.venue.label, venue.label, reason)
        name = life.intent.client_order_id
        self._tracking.effects.append(_fell_back(life, venue, order, reason))
        self._tracking.effects.append(Reroute(name, decision, life.venue.adapter, venue.adapter, reason))
        life.went_to = self._place(decision, venue, route, is_fallback=True)
        return ""


def _fell_back(life: Life, venue: Venue, order: NewOrder, reason: FallbackReason) -> Note:
    """Return the note that comes before the new order in its account's journal: instead of which one it is, and why."""
    body: JsonObject = {
        "subject": str(order.instrument),
        "client_order_id": order.client_order_id,
        "original": life.intent.client_order_id,
        "from": life.venue.adapter,
        "reason": reason.value,
    }
    return Note(venue.adapter, "fell_back", body)
