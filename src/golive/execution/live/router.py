"""`LiveExecutionRouter`: takes approved orders to venues, and what becomes of them back. It never waits and never acts.

What it wants done are effects, drained by its driver in order; what became of that are happenings. An order whose outcome is
unknown is asked about and never sent again, here or anywhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from golive.execution.ports import News
from golive.metrics.recorder import Recorder
from golive.model.alert import AlertSeverity
from golive.model.clock import SECOND
from golive.model.decision import Approved, Refused
from golive.model.emergency import EmergencyMode, TradingState
from golive.model.errors import IllegalTransition
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.json import JsonObject
from golive.model.live_order import AttemptResult, FallbackReason
from golive.model.market import MarketEvent
from golive.model.order import TERMINAL, Fill, NewOrder, OrderStatus, OrderUpdate, Side
from golive.orders import Order, OrderEvent

from .alarm import LiveAlarms
from .catch_up import unheard
from .changes import Changes
from .contradiction import other_id
from .degradation import DegradePolicy, TroubleWatch
from .dispatch import Dispatch
from .effect import Effect, Note
from .happening import (
    Answered,
    Changed,
    Condition,
    Happening,
    Leaving,
    NotSent,
    Seen,
    Unprovable,
    Vanished,
    Waited,
    Withdrawn,
)
from .life import Attempt, Life
from .meters import LiveMeters
from .owed_cancels import OwedCancels
from .recovery import RestoredOrder, take_over
from .route import Route, Venue
from .tracking import Tracking
from .wording import alert

_NOT_ANSWERED = (OrderStatus.SENT, OrderStatus.UNKNOWN)


class LiveExecutionRouter:
    """An `ExecutionService` over several venues, one account each.

    `reapprove` is risk's decision about an order that shall go to another venue, `new_id` makes client order ids of an adapter's
    account. The news of an order come from `news`, or with the answer of any call of the service. Event times of what our own
    sending finds out are the newest market time that was told.
    """

    def __init__(
        self,
        *,
        routes: Sequence[Route],
        risk_profile: str,
        venues: Sequence[Venue],
        recorder: Recorder,
        monotonic: Callable[[], int],
        reapprove: Callable[[NewOrder], Approved | Refused],
        new_id: Callable[[str], ClientOrderId],
        degrade: DegradePolicy = DegradePolicy.ALERT,
        degrade_after_s: float = 30.0,
        cover_grace_s: float = 1.0,
        cover_alert_s: float = 10.0,
        keep_ended_s: float = 3600.0,
        cancel_lag_s: float = 1.0,
        latency_alert_ms: int = 350,
        fallback_alert: int = 3,
    ) -> None:
        """`cover_grace_s`: how long fills may take that a venue has told of before it is asked for them; after `cover_alert_s`
        their symbol is frozen until they are here, and somebody is told.

        `keep_ended_s`: for how long an order is remembered after its end; then its id alone, and its late fills are the driver's.
        `cancel_lag_s`: how long an order may show as working after its cancel was acknowledged before it is canceled again.
        `latency_alert_ms` and `fallback_alert`: see `LiveAlarms`.
        """
        self._monotonic = monotonic
        self._policy = degrade
        self._trouble = TroubleWatch(int(degrade_after_s * SECOND))
        self._has_submitted = False
        self._alarms = LiveAlarms(latency_alert_ms, fallback_alert, monotonic)
        self.meters = LiveMeters(recorder, routes, venues, self._alarms)
        self._owed_cancels = OwedCancels(int(cancel_lag_s * SECOND), monotonic)
        self._tracking = Tracking(self.meters, monotonic, cover_grace_s, cover_alert_s, keep_ended_s)
        self._dispatch = Dispatch(
            routes, risk_profile, venues, self.meters, self._tracking, monotonic=monotonic, reapprove=reapprove, new_id=new_id
        )
        self._changes = Changes(self._tracking, self._dispatch, self._owed_cancels, monotonic)

    # -- what the driver and others ask -----------------------------------------------------------------------------

    def effects(self) -> list[Effect]:
        """Take out what is to be done now, in order."""
        effects, self._tracking.effects = self._tracking.effects, []
        return effects

    def news(self) -> list[News]:
        """Take out the news of orders that nobody has taken yet, in order."""
        news, self._tracking.inbox = self._tracking.inbox, []
        return news

    @property
    def next_due(self) -> int | None:
        """None: when a venue answers is not known."""
        return None

    @property
    def conditions(self) -> Mapping[str, Condition]:
        """The state of each account, as it was told last; an account that was never told is not ready."""
        return dict(self._dispatch.conditions)

    @property
    def frozen(self) -> Mapping[tuple[str, InstrumentId], tuple[ClientOrderId, ...]]:
        """Symbols that take nothing new, by (adapter, instrument), and the orders that froze them."""
        return self._tracking.frozen.causes()

    @property
    def is_degraded(self) -> bool:
        """Whether live trading has ended for this run; new orders are refused."""
        return self._dispatch.is_degraded

    def knows(self, client_order_id: ClientOrderId) -> bool:
        """Return whether the router has ever taken this order."""
        return self._tracking.knows(client_order_id)

    def order(self, client_order_id: ClientOrderId) -> Order:
        """Return an order; IllegalTransition for one the router does not know, or has let go long after its end."""
        return self._tracking.orders[client_order_id]

    @property
    def open_entries(self) -> int:
        """How many orders that may still increase a position have not ended for us."""
        return sum(life.intent.side is Side.BUY for life in self._tracking.unended())

    @property
    def unended(self) -> Sequence[Order]:
        """The orders that have not ended for us, fills included, oldest first."""
        return [life.order for life in self._tracking.unended()]

    @property
    def awaits_news(self) -> bool:
        """Whether a venue owes fills it has told of, or the end of an order that was canceled or has ended for us."""
        return bool(self._tracking.awaited)

    def may_leave(self, client_order_id: ClientOrderId) -> str:
        """Say why an order must not leave, as a code; '' when it may. Asked in its turn, and before a second attempt."""
        return self._dispatch.held_back(self._tracking.lives.get(client_order_id))

    # -- execution service ------------------------------------------------------------------------------------------

    def submit(self, approved: Approved, ts: int) -> Sequence[News]:
        """Take an order. One that is refused here answers with `not_sent` and a decision code, and never had an intent."""
        self._at(ts)
        self._has_submitted = True
        self._dispatch.submit(approved)
        return self.news()

    def amend(self, approved: Approved, ts: int) -> Sequence[News]:
        self._at(ts)
        life = self._tracking.lives.get(approved.order.client_order_id)
        if life is not None:
            self._changes.amend(life, approved)
        return self.news()

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> Sequence[News]:
        self._at(ts)
        life = self._tracking.lives.get(client_order_id)
        if life is not None:
            self._changes.cancel(life)
        return self.news()

    def on_market(self, event: MarketEvent) -> Sequence[News]:
        return self.on_time(event.ts)

    def on_time(self, ts: int) -> Sequence[News]:
        self._at(ts)
        self._watch()
        return self.news()

    def restore(
        self,
        orders: Iterable[Order],
        updates: Iterable[OrderUpdate],
        fills: Iterable[Fill],
        canceling: Collection[ClientOrderId],
        ts: int,
    ) -> Sequence[News]:
        """Go on after a restart, when `restored` was told of every order that a journal knows.

        An order that no journal knows surely never left. What the journals know and the session did not store is its news.
        """
        if self._has_submitted:
            raise IllegalTransition("live execution is restored before its first order, not after it")
        self._at(ts)
        stored: set[News] = {*updates, *fills}
        news: list[News] = []
        for order in orders:
            name = order.intent.client_order_id
            life = self._tracking.lives.get(name)
            if life is not None:
                news += unheard(life, order, stored)
            elif order.status not in TERMINAL and order.status is not OrderStatus.PLANNED:
                news.append(OrderUpdate(name, ts, OrderEvent.NOT_SENT, code=FallbackReason.NEVER_SENT))
        for name in sorted(set(canceling) & self._tracking.lives.keys()):
            self._changes.cancel(self._tracking.lives[name])
        self.news()  # of these orders, and said above
        return news

    def unheard(self, order: Order) -> Sequence[News]:
        """Return the news that take a session's `order`, of which it has heard nothing, to where the router has it."""
        return unheard(self._tracking.lives[order.intent.client_order_id], order, ())

    def halt(self, mode: EmergencyMode) -> None:
        """Let no entry leave from now on, and cancel all that work or may work; reductions go on unless halted.

        May be called again: with another state, or for entries that have turned up.
        """
        self._dispatch.trading_state = mode.state
        for life in self._tracking.unended():
            if life.intent.side is Side.BUY:
                self._changes.cancel(life)

    def release(self) -> None:
        """Emergency mode was lifted: let entries leave again. What was canceled stays so."""
        self._dispatch.trading_state = TradingState.ACTIVE

    # -- the driver's face ------------------------------------------------------------------------------------------

    def restored(self, adapter: str, orders: Iterable[RestoredOrder]) -> None:
        """Take the orders of an account's journal that have not ended. Each that may be at the venue is asked for.

        Raises IllegalTransition for an instrument the venue does not trade.
        """
        for stored in orders:
            self._at(stored.planned_at)
            take_over(self._tracking, self._dispatch.venues[adapter], stored)

    def take(self, happening: Happening) -> None:
        """Learn what became of an effect, or what a venue says. Raises IllegalTransition for an order that is not ours."""
        if isinstance(happening, Condition):
            self._dispatch.conditions[happening.adapter] = happening
            self._trouble.note(happening, self._monotonic())
            self.meters.breaker(self._dispatch.venues[happening.adapter].label, is_open=happening.is_breaker_open)
        else:
            life = self._tracking.life(happening.adapter, happening.client_order_id)
            is_on_its_way = life.order.status is OrderStatus.PLANNED and isinstance(happening, Waited | Leaving)
            self._take(life, happening)
            if is_on_its_way:  # nothing was learned of it that anything follows from
                return
            self._tracking.settle(life)
            self._changes.go_on(life)
        self._watch()

    def _take(self, life: Life, happening: Happening) -> None:
        match happening:
            case Waited():
                self._dispatch.left_queue(life)
                self.meters.waited(life.venue.label, happening.waited_ns)
            case Leaving():
                life.attempts[happening.n] = Attempt(happening.n, happening.deadline_ms)
                if life.order.status is OrderStatus.PLANNED:
                    self._tracking.orders.sent(life.intent.client_order_id)
            case Answered():
                self._answered(life, happening)
            case NotSent():
                self._stayed(life, happening)
            case Seen():
                life.is_asked = False
                self._tracking.hear(life, happening.news, happening.filled)
                self._tracking.effects += self._owed_cancels.seen(life)
            case Vanished():
                life.is_asked = False
                self._tracking.vanished(life, is_signed=happening.is_signed, signed_by=happening.signed_by)
            case Unprovable():
                life.is_asked = not happening.is_final
                if happening.is_final:
                    self._tracking.dispute(life, f"what became of it cannot be proved any more: {happening.detail}")
            case Withdrawn():
                self._changes.withdrawn(life, happening)
            case Changed():
                self._changes.changed(life, happening)

    # -- sending ----------------------------------------------------------------------------------------------------

    def _at(self, ts: int) -> None:
        self._tracking.now = max(self._tracking.now, ts)

    def _answered(self, life: Life, answer: Answered) -> None:
        attempt = life.attempts.get(answer.n)
        if attempt is None or attempt.result is not None:
            raise IllegalTransition(f"order {answer.client_order_id}: attempt {answer.n} is not one that waits for an answer")
        attempt.result, attempt.code = answer.result, answer.code
        self.meters.attempted(life.venue.label, life.route, answer.result)
        tracking, status = self._tracking, life.order.status
        match answer.result:
            case AttemptResult.ACCEPTED:
                tracking.answered(life, "accepted", answer.mono)
                if status in _NOT_ANSWERED:
                    tracking.update(life, OrderEvent.ACCEPTED, code=answer.code, venue_order_id=answer.venue_order_id)
                elif why := other_id(life, answer.venue_order_id):
                    tracking.dispute(life, why)
                else:
                    life.order.venue_order_id = life.order.venue_order_id or answer.venue_order_id
            case AttemptResult.REJECTED:
                self._rejected(life, answer)
            case AttemptResult.UNKNOWN if status is OrderStatus.SENT:
                tracking.unanswered(life, answer.detail)
            case AttemptResult.NOT_SENT if status is not OrderStatus.UNKNOWN:
                self._not_sent(life, answer.code or FallbackReason.NEVER_SENT, answer.fallback)

    def _rejected(self, life: Life, answer: Answered) -> None:
        """End the order. One that its venue knows is contradicted, whatever is heard first, and goes nowhere else."""
        if life.order.status in TERMINAL:
            return
        self._tracking.answered(life, "rejected", answer.mono)
        self._tracking.update(life, OrderEvent.REJECTED, code=answer.code)
        self._tracking.settle(life)
        if answer.fallback is not None:
            self._dispatch.fall_back(life, answer.fallback)

    def _stayed(self, life: Life, told: NotSent) -> None:
        """The driver has not sent an order, and will not."""
        if life.is_queued:
            self._dispatch.left_queue(life)
        elif told.n:
            life.attempts[told.n] = Attempt(told.n, told.deadline_ms, AttemptResult.NOT_SENT, told.code)
            self.meters.attempted(life.venue.label, life.route, AttemptResult.NOT_SENT)
        status = life.order.status
        if status in (OrderStatus.PLANNED, OrderStatus.SENT) or (status is not OrderStatus.UNKNOWN and not life.may_have_left):
            self._not_sent(life, told.code or told.reason or FallbackReason.NEVER_SENT, told.reason)

    def _not_sent(self, life: Life, code: str, reason: FallbackReason | None) -> None:
        """End an order that its venue surely does not have; with a reason the next venue may have it.

        One that its venue refused to process goes nowhere else: a throttle is no reason of the venue's own.
        """
        has_ended = life.order.status in TERMINAL
        refusals = [each.code for each in life.attempts.values() if each.result is AttemptResult.NOT_PROCESSED]
        self._tracking.never_left(life, refusals[-1] if refusals else code)
        if reason is not None and not has_ended and not refusals:
            self._dispatch.fall_back(life, reason)

    # -- trouble ----------------------------------------------------------------------------------------------------

    def _watch(self) -> None:
        while self._tracking.contradicted:
            for other in self._tracking.contradicted.pop().instead():
                self._changes.cancel(other)
        for life in self._owed_cancels.overdue():
            self._tracking.ask(life)
        self._tracking.ask_overdue()
        self._tracking.let_go()
        self._tracking.effects += self._alarms.due()
        for adapter, why in self._trouble.due(self._monotonic()):
            if self._policy is DegradePolicy.AUTO and not self._dispatch.is_degraded:
                self._degrade(adapter, why)
            elif self._policy is DegradePolicy.ALERT:
                self._tracking.effects.append(
                    alert(AlertSeverity.ERROR, f"Live account {adapter} is in trouble", f"{adapter}: {why}.")
                )

    def end_live(self, subject: str, why: str) -> None:
        """End live trading for this run: nothing new is taken, what works is canceled. Once is enough."""
        if not self._dispatch.is_degraded:
            self._degrade(subject, why)

    def _degrade(self, adapter: str, why: str) -> None:
        """End live trading: nothing new is taken, what works is canceled."""
        self._dispatch.is_degraded = True
        self._tracking.effects.append(Note("", "degraded_to_paper", {"subject": adapter, "reason": why}))
        body = f"{adapter}: {why}. Nothing new leaves, working orders are canceled."
        self._tracking.effects.append(alert(AlertSeverity.CRITICAL, "Live trading has gone back to paper", body))
        for life in self._tracking.unended():
            self._changes.cancel(life)

    def canonical(self) -> JsonObject:
        """Return what is known, in one form for any order in which the same facts came."""
        return self._tracking.canonical()
