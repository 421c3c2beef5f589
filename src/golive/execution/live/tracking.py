"""What the venues say about our orders, made into the life of each: whatever order it comes in, and however often.

An order has ended for us only when its fills add up to what the venue says is filled of it. News of an end that come before
those fills are kept back until then, so that nobody acts on a position that is larger already.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, TypeAlias

from golive.model.clock import SECOND
from golive.model.decision import Approved
from golive.model.errors import IllegalTransition
from golive.model.ids import ClientOrderId, FillId, VenueOrderId
from golive.model.json import JsonObject
from golive.model.live_order import AttemptResult, OrderResult
from golive.model.order import TERMINAL, Fill, OrderStatus, OrderUpdate
from golive.orders import TRANSITIONS, OrderEvent, Orders

from .awaited import Awaited
from .contradiction import DENIED, beyond_limit, contradiction, ends_anew, not_of, other_id
from .effect import Ask, Conclude, Distrust, Effect, Forget, Keep, Note, Withdraw
from .ended import EndedOrders
from .frozen import FrozenSymbols
from .happening import Changed
from .life import Life, order_record
from .meters import LiveMeters
from .wording import dispute_alert, known, late_fill_alert, owed_fills_alert, subject, unknown_alert

News: TypeAlias = Fill | OrderUpdate
_ENDS: Final = frozenset({OrderEvent.CANCELED, OrderEvent.EXPIRED, OrderEvent.REJECTED})
ABSENCE_SIGNED: Final = "ABSENCE_SIGNED"
"""code of an order that is over because a person has signed that the venue does not have it"""
_WORKS: Final = frozenset({OrderEvent.ACCEPTED, OrderEvent.TRIGGERED, OrderEvent.AMENDED})
_WORKING: Final = frozenset({OrderStatus.OPEN, OrderStatus.PARTIAL})
_UNACKNOWLEDGED: Final = frozenset({OrderStatus.SENT, OrderStatus.UNKNOWN})


class Tracking:
    """The lives of all orders the router knows; its one owner is the router.

    `effects` and `inbox` are where what follows is put, in order; `monotonic` in ns.
    """

    def __init__(
        self, meters: LiveMeters, monotonic: Callable[[], int], cover_grace_s: float, cover_alert_s: float, keep_ended_s: float
    ) -> None:
        self.orders = Orders()
        self.lives: dict[ClientOrderId, Life] = {}
        self._unended: dict[ClientOrderId, Life] = {}
        self.frozen = FrozenSymbols()
        self.effects: list[Effect] = []
        self.inbox: list[News] = []
        self.now = 0
        """market time, the latest that was told"""
        self._meters = meters
        self._monotonic = monotonic
        self.awaited = Awaited(int(cover_grace_s * SECOND), int(cover_alert_s * SECOND))
        """orders that lack fills their venue has told of, the end after a cancel, or that may work at it after their end"""
        self.contradicted: list[Life] = []
        """orders that were found at their venue against what was said of them; what was done instead is to be taken back"""
        self._fills: dict[FillId, Fill] = {}
        self._ended = EndedOrders(int(keep_ended_s * SECOND))

    def add(self, life: Life) -> None:
        """Follow an order that was planned."""
        self.lives[life.intent.client_order_id] = self._unended[life.intent.client_order_id] = life
        if life.intent.price is not None:
            life.limits.add(life.intent.price)

    def life(self, adapter: str, client_order_id: ClientOrderId) -> Life:
        """Return an order of this account; IllegalTransition when there is none."""
        life = self.lives.get(client_order_id)
        if life is None or life.venue.adapter != adapter:
            raise IllegalTransition(f"order {client_order_id} is not one the router sent to {adapter}")
        return life

    def unended(self) -> list[Life]:
        """Return the orders that have not ended for us, oldest first."""
        return list(self._unended.values())

    # -- what a venue says ------------------------------------------------------------------------------------------

    def hear(self, life: Life, news: Iterable[News], filled: int | None, *, is_stored: bool = False) -> None:
        """Take facts about one order; `filled` is what the venue says of all fills, `is_stored` facts are in the journal.

        Raises IllegalTransition for an order that has not left, and for what no venue says.
        """
        if life.order.status is OrderStatus.PLANNED:
            raise IllegalTransition(f"order {life.intent.client_order_id} has not left: no venue can know it")
        if filled is not None:
            life.told_filled = max(filled, life.told_filled or 0)
        for item in news:
            if isinstance(item, Fill) and (why := not_of(life, item)):
                self.dispute(life, why)
                continue
            if isinstance(item, OrderUpdate) and (why := other_id(life, item.venue_order_id)):
                self.dispute(life, why)
            life.is_gone = False
            if isinstance(item, Fill) or item.event in _WORKS:
                self.withdraw(life)
            is_known = self._is_known(life, item)
            if is_known and not (life.change_unknown and isinstance(item, OrderUpdate) and item.event == OrderEvent.AMENDED):
                continue  # the terms of before an amendment are an answer to it, heard or not
            if not is_stored:
                self.effects.append(Keep(life.venue.adapter, item))
            self._take(life, item)

    def _is_known(self, life: Life, item: News) -> bool:
        """Say whether this was heard before. A fill is its trade, whatever time it is told with; other amounts are disputed."""
        if isinstance(item, OrderUpdate):
            is_known = item in life.heard
            life.heard.add(item)
            return is_known
        before = self._fills.get(item.fill_id)
        if before is None:
            self._fills[item.fill_id] = item
            return False
        if before._replace(ts=item.ts, liquidity=item.liquidity) != item:
            what = f"fill {item.fill_id.trade_id} was told twice, with different amounts"
            self.effects.append(Distrust(life.venue.adapter, f"order {life.intent.client_order_id}: {what}"))
            self.dispute(life, what)
        return True

    def _take(self, life: Life, item: News) -> None:
        if isinstance(item, Fill):
            self._fill(life, item)
            return
        event = OrderEvent(item.event)
        if event in _ENDS:
            self._note_end(life, item, event)
        elif event in (OrderEvent.ACCEPTED, OrderEvent.TRIGGERED, OrderEvent.AMENDED):
            self._works(life, item, event)
        else:
            raise IllegalTransition(f"order {item.client_order_id}: {event} is no news of a venue")

    def _note_end(self, life: Life, item: OrderUpdate, event: OrderEvent) -> None:
        """Keep the end until its fills are here; any other end outweighs a rejection."""
        order, is_rejection = life.order, event is OrderEvent.REJECTED
        order.venue_order_id = order.venue_order_id or item.venue_order_id
        if order.status in TERMINAL and (order.status not in DENIED or (is_rejection and order.status is OrderStatus.REJECTED)):
            return
        if life.end is None or (not is_rejection and life.end.event == OrderEvent.REJECTED):
            life.end = item
        if is_rejection and life.told_filled is None:
            life.told_filled = 0

    def _works(self, life: Life, item: OrderUpdate, event: OrderEvent) -> None:
        status = life.order.status
        if item.price is not None and life.limits:
            life.limits.add(item.price)
        if status in TERMINAL or (event is OrderEvent.ACCEPTED and status not in _UNACKNOWLEDGED):
            life.order.venue_order_id = life.order.venue_order_id or item.venue_order_id
            if status is OrderStatus.ABSENT and not life.never_left:
                self.contradict(life, "it works at the venue after its absence was proved")
        elif event is OrderEvent.ACCEPTED:
            self.say(life, item)
        else:
            if status in _UNACKNOWLEDGED:
                self.say(life, OrderUpdate(item.client_order_id, item.ts, OrderEvent.ACCEPTED, item.venue_order_id))
            if event is OrderEvent.TRIGGERED:
                self.say(life, item)
            elif item.ts >= life.amended_at or life.change_unknown:
                self.amended(life, item)

    def amended(self, life: Life, item: OrderUpdate) -> None:
        """Take the terms an order has from now on, and the fills that waited for them.

        A quantity below what was filled meanwhile finishes the order: venues take such an amendment (OKX, amend order, `newSz`).
        """
        life.most_lots = max(life.most_lots, life.intent.quantity)
        if item.quantity is not None and item.quantity < life.order.filled:
            item = item._replace(quantity=life.order.filled)
        life.amended_at = max(life.amended_at, item.ts)
        self.say(life, item)
        if life.change_unknown or life.is_changing_to(item.price, item.quantity):
            self.change_answered(life)

    def change_answered(self, life: Life) -> None:
        """Go on after an amendment is understood: the fills that waited for it are booked."""
        life.changing = None
        life.change_unknown = False
        held, life.held = life.held, []
        for fill in held:
            self._fill(life, fill)

    def _fill(self, life: Life, fill: Fill) -> None:
        order = life.order
        total = order.filled + fill.quantity
        completes = total >= order.intent.quantity
        if completes and life.is_changing and order.status not in TERMINAL:
            life.held.append(fill)
            return
        if order.intent.quantity < total <= life.most_lots and order.status not in TERMINAL:
            self.say(life, OrderUpdate(fill.client_order_id, fill.ts, OrderEvent.AMENDED, quantity=total))  # filled before it
        if total > order.intent.quantity:
            self.dispute(life, f"fill {fill.fill_id.trade_id} of {fill.quantity} lots is more than was ordered")
            return
        if life.result is not None:
            self.effects.append(late_fill_alert(life, fill))
        if order.status is OrderStatus.ABSENT and not life.never_left:
            self.contradict(life, "it was filled after its absence was proved")
        self.say(life, fill)
        if why := beyond_limit(life, fill):
            self.dispute(life, why)

    # -- what our own sending finds out -------------------------------------------------------------------------------

    def unanswered(self, life: Life, detail: str) -> None:
        """An attempt may have been executed: freeze the symbol, ask, tell somebody."""
        self.update(life, OrderEvent.UNANSWERED)
        self.effects.append(unknown_alert(life, detail))

    def change(self, life: Life, wanted: Approved, answer: Changed) -> None:
        """Learn how an amendment ended; one of unknown outcome is asked about."""
        order = wanted.order
        if answer.result is AttemptResult.UNKNOWN:
            life.change_unknown = True
            self.effects.append(unknown_alert(life, f"its amendment was not answered: {answer.detail}"))
        elif answer.result is AttemptResult.ACCEPTED:
            name = order.client_order_id
            self.amended(life, OrderUpdate(name, self.now, OrderEvent.AMENDED, price=order.price, quantity=order.quantity))
        else:
            self.update(life, OrderEvent.ACCEPTED, code=answer.code or answer.result)
            if order.price is not None and order.price != life.intent.price:
                life.limits.discard(order.price)
            self.change_answered(life)

    def vanished(self, life: Life, *, is_signed: bool, signed_by: str = "") -> None:
        """The venue does not have the order: so it ends if we do not know better; a person's word ends it in any case."""
        if is_signed and life.order.status not in TERMINAL:
            life.signed_by = signed_by
        if life.order.status is OrderStatus.UNKNOWN:
            self.update(life, OrderEvent.ABSENT, code=ABSENCE_SIGNED if is_signed else "")
        elif life.order.status in TERMINAL:
            life.is_gone = life.is_contradicted
        elif is_signed and life.order.status in _WORKING:
            life.dispute, life.end = "", None
            self.update(life, OrderEvent.ABSENT, code=ABSENCE_SIGNED)
        elif life.end is not None and not life.order.filled and not life.held:
            life.told_filled = life.told_filled or 0  # nothing was ever filled of it
        else:
            life.canceled_mono = None  # there is nothing left to cancel
            self.dispute(life, f"the venue does not have it any more, and it was {life.order.status}")

    # -- what follows -----------------------------------------------------------------------------------------------

    def say(self, life: Life, item: News) -> None:
        """Apply a fact to the order's life by the one table, and tell it. The caller knows that the table allows it."""
        before = life.order.status
        if isinstance(item, Fill):
            self.orders.fill(item)
        else:
            self.orders.apply(item)
        if (before is OrderStatus.UNKNOWN) is not (life.order.status is OrderStatus.UNKNOWN):
            self._meters.unknown(life.venue.label, -1 if before is OrderStatus.UNKNOWN else 1)
        if before is OrderStatus.UNKNOWN:
            self._meters_answer(life)
        life.news.append(item)
        self.inbox.append(item)

    def _meters_answer(self, life: Life) -> None:
        answers = {OrderStatus.REJECTED: "rejected", OrderStatus.ABSENT: "absent"}
        self.answered(life, answers.get(life.order.status, "accepted"), self._monotonic())

    def answered(self, life: Life, answer: str, mono: int) -> None:
        """Measure the first definite answer about an order of this run."""
        if life.latency_ns is None and life.by_route is not None:
            life.latency_ns = max(0, mono - life.decided_mono)
            self._meters.answered(life.venue.label, life.route, answer, life.latency_ns)

    def update(self, life: Life, event: OrderEvent, *, code: str = "", venue_order_id: VenueOrderId | None = None) -> None:
        """Say what our own sending has found out."""
        self.say(life, OrderUpdate(life.intent.client_order_id, self.now, event, venue_order_id, code))

    def settle(self, life: Life) -> None:
        """Draw the conclusions from what was just learned about an order."""
        if not life.is_contradicted and (what := contradiction(life)):
            self.contradict(life, what)
        self._end(life)
        if life.order.status in TERMINAL and life.is_changing:
            self.change_answered(life)
        self._await(life)
        self._freeze_or_release(life)
        if life.order.status in TERMINAL and life.result is None:
            self.conclude(life)

    def _end(self, life: Life) -> None:
        """Say the end the venue told, when all fills that belong to it are here."""
        if life.end is None or (life.order.status in TERMINAL and not ends_anew(life, life.end)):
            return
        if life.held and (life.told_filled or 0) > life.order.filled:
            self.change_answered(life)  # it has ended: no amendment is taken any more
            if life.order.status in TERMINAL:
                return
        if life.told_filled is None:
            self.ask(life)
        elif life.told_filled > life.order.filled:
            return
        elif (life.order.status, OrderEvent(life.end.event)) in TRANSITIONS:
            self.say(life, life.end)
        else:
            self.dispute(life, f"{life.end.event} cannot follow {life.order.status}")

    def _await(self, life: Life) -> None:
        """Remember since when an order lacks fills its venue has told of, its end after a cancel, or may work after its end."""
        if life.lacks_fills or life.is_at_large or life.is_cancel_owed:
            self.awaited.add(life.intent.client_order_id, self._monotonic())
        else:
            self.awaited.discard(life.intent.client_order_id)
        life.is_late = life.is_late and life.lacks_fills

    def ask_overdue(self) -> None:
        """Ask for the news that have been owed for too long; tell somebody when asking does not help."""
        if not self.awaited:
            return
        now = self._monotonic()
        for name in self.awaited.due(now):
            self.ask(self.lives[name])
        for name in self.awaited.late(now):
            life = self.lives[name]
            if life.lacks_fills and not life.is_late:
                life.is_late = True
                self.effects.append(owed_fills_alert(life))
                self._freeze_or_release(life)

    def conclude(self, life: Life) -> None:
        life.result = life.result_now()
        del self._unended[life.intent.client_order_id]
        if life.result is not OrderResult.ABSENT:  # it may be there after all, however late, and is withdrawn then
            self._ended.add(life.intent.client_order_id, self._monotonic())
        order = life.order
        self._meters.ended(life.venue.label, life.route, life.result, order.filled, order.intent.quantity)
        self.effects.append(Conclude(life.venue.adapter, order.intent.client_order_id, life.result, order_record(life)))

    def knows(self, client_order_id: ClientOrderId) -> bool:
        """Return whether this id was ever taken, also one of an order that was let go."""
        return client_order_id in self.lives or client_order_id in self._ended

    def let_go(self) -> None:
        """Forget orders that ended long ago, a few at a time; one that is not understood, or asked about, stays."""
        now = self._monotonic()
        for name in self._ended.due(now):
            life = self.lives[name]
            if life.is_unclear or life.is_asked or name in self.awaited:
                self._ended.add(name, now)
                continue
            fills = [item.fill_id for item in life.news if isinstance(item, Fill)]
            self.orders.forget(name, fills)
            for fill_id in fills:
                self._fills.pop(fill_id, None)
            del self.lives[name]
            self._ended.forget(name)
            self.effects.append(Forget(life.venue.adapter, name))

    def _freeze_or_release(self, life: Life) -> None:
        adapter, instrument, name = life.venue.adapter, life.intent.instrument, life.intent.client_order_id
        if life.is_unclear:
            if self.frozen.freeze(adapter, instrument, name):
                self.effects.append(Note(adapter, "symbol_frozen", subject(life)))
            if not life.dispute and (life.change_unknown or life.order.status is OrderStatus.UNKNOWN):
                self.ask(life)
        elif self.frozen.release(adapter, instrument, name):
            self.effects.append(Note(adapter, "symbol_released", subject(life)))

    def ask(self, life: Life) -> None:
        """Ask for what became of the order, unless that is being done."""
        if not life.is_asked:
            life.is_asked = True
            self.effects.append(Ask(life.venue.adapter, life.intent.client_order_id, life.change_unknown))

    def dispute(self, life: Life, what: str) -> None:
        """Stop trusting what is known of an order; its symbol stays frozen until a person has looked."""
        if life.dispute:
            return
        life.dispute = what
        self.effects.append(dispute_alert(life, what))

    def contradict(self, life: Life, what: str) -> None:
        """Freeze the symbol of an order its venue has after all, withdraw it, and let be taken back what was done instead."""
        if life.is_contradicted:
            return
        life.is_contradicted, life.dispute = True, life.dispute or what
        self.contradicted.append(life)
        self.withdraw(life)
        self.effects.append(dispute_alert(life, what))

    def withdraw(self, life: Life) -> None:
        """Cancel an order that should not be at its venue, unless that is on its way."""
        if life.is_at_large and not life.is_withdrawing:
            life.is_withdrawing = True
            self.effects.append(Withdraw(life.venue.adapter, life.intent.client_order_id))

    def never_left(self, life: Life, code: str) -> None:
        """End an order that surely never left; one that its venue knows all the same is contradicted."""
        life.never_left = True
        if life.order.status in (OrderStatus.PLANNED, OrderStatus.SENT):
            self.update(life, OrderEvent.NOT_SENT, code=code)
        elif life.order.status in _WORKING:
            self.update(life, OrderEvent.ABSENT, code=code)
        self.settle(life)

    def canonical(self) -> JsonObject:
        """Return what is known of every order and symbol, in one form for any order in which the same facts came."""
        frozen = {f"{adapter} {instrument}": list(causes) for (adapter, instrument), causes in self.frozen.causes().items()}
        return {"frozen": frozen, "orders": {name: known(self.lives[name]) for name in sorted(self.lives)}}
