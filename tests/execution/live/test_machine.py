"""Orders, answers, cuts, late and repeated news, fallbacks and trouble in any order: what must hold at every moment."""

from __future__ import annotations

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from golive.execution import News
from golive.execution.live.effect import Change, Conclude, Place, Reroute
from golive.execution.live.happening import Changed, Leaving, Seen, Unprovable, Vanished, Withdrawn
from golive.metrics.declaration import LIVE_ATTEMPT_RESULTS, LIVE_ORDER_RESULTS
from golive.model.ids import ClientOrderId
from golive.model.live_order import AttemptResult, FallbackReason
from golive.model.order import TERMINAL, OrderStatus
from golive.orders import OrderEvent
from support.router_desk import BTC, BYBIT, ETH, VENUES, RouterDesk, fill, limit, update

A, E, S = AttemptResult, OrderEvent, OrderStatus
OF = {"btc": (BTC, "39000"), "eth": (ETH, "2000"), "bybit": (BYBIT, "39000")}
NOTHING = limit(0)


class LiveOrders(RuleBasedStateMachine):
    """A venue of truth for each order: what it filled and whether it ended is decided once, and told in any order."""

    names = Bundle("names")
    told: Bundle[tuple[ClientOrderId, News, int | None]] = Bundle("told")

    def __init__(self) -> None:
        super().__init__()
        self.desk = RouterDesk()
        self.count = 0
        self.answered: Counter[tuple[ClientOrderId, int]] = Counter()
        self.left: set[tuple[ClientOrderId, int]] = set()
        self.ever_unknown: set[ClientOrderId] = set()
        self.truth: Counter[ClientOrderId] = Counter()
        """lots the venue has filled, told or not"""
        self.over: set[ClientOrderId] = set()
        self.trades = 0

    def status(self, name: ClientOrderId) -> OrderStatus:
        return self.desk.router.order(name).status

    @rule(target=names, what=st.sampled_from(sorted(OF)))
    def submit(self, what: str) -> ClientOrderId:
        self.count += 1
        instrument, price = OF[what]
        return self.desk.submit(limit(self.count, "0.1", price, of=instrument))

    @rule(name=names, reason=st.sampled_from(FallbackReason))
    def never_left(self, name: ClientOrderId, reason: FallbackReason) -> None:
        if self.desk.router.knows(name) and self.status(name) is S.PLANNED:
            self.desk.not_sent(name, reason)

    @rule(name=names)
    def leave(self, name: ClientOrderId) -> None:
        if self.desk.router.may_leave(name) == "":
            self.desk.leave(name)
            self.left.add((name, 1))

    @rule(name=names, result=st.sampled_from(AttemptResult), fallback=st.sampled_from([None, *FallbackReason]))
    def answer(self, name: ClientOrderId, result: AttemptResult, fallback: FallbackReason | None) -> None:
        n = max((n for who, n in self.left if who == name), default=0)
        if n == 0 or self.answered[name, n]:
            return
        if result in (A.REJECTED, A.NOT_PROCESSED, A.NOT_SENT) and (self.truth[name] or name in self.over):
            return  # the venue has it, so it does not say that
        if result is A.NOT_PROCESSED and n == 2:
            result = A.REJECTED
        if result is A.REJECTED or result is A.NOT_SENT:
            self.over.add(name)
        was = self.status(name)
        self.answered[name, n] += 1
        self.desk.answer(name, result, n=n, fallback=fallback if result in (A.REJECTED, A.NOT_SENT) else None)
        if self.status(name) is S.UNKNOWN:
            self.ever_unknown.add(name)
        if result is A.NOT_PROCESSED and was is S.SENT:
            self.desk.take(Leaving(self.desk.adapter(name), name, 2, 5))
            self.left.add((name, 2))

    @rule(target=told, name=names, percent=st.sampled_from([10, 50, 100]))
    def trade(self, name: ClientOrderId, percent: int) -> tuple[ClientOrderId, News, int | None]:
        """The venue fills a part of what is left of an order, or accepts it; the news may come at any time."""
        if not any(who == name for who, _ in self.left) or name in self.over or not self._may_be_there(name):
            return name, update(NOTHING, E.ACCEPTED), None
        order = self.desk.router.order(name).intent
        lots = (order.quantity - self.truth[name]) * percent // 100
        if lots <= 0:
            return name, update(order, E.ACCEPTED), self.truth[name]
        self.trades += 1
        self.truth[name] += lots
        return name, fill(order, "0.1", f"t{self.trades}")._replace(quantity=lots), self.truth[name]

    @rule(target=told, name=names, event=st.sampled_from([E.CANCELED, E.EXPIRED]))
    def end(self, name: ClientOrderId, event: OrderEvent) -> tuple[ClientOrderId, News, int | None]:
        if not any(who == name for who, _ in self.left) or name in self.over or not self._may_be_there(name):
            return name, update(NOTHING, E.ACCEPTED), None
        self.over.add(name)
        return name, update(self.desk.router.order(name).intent, event), self.truth[name]

    def _may_be_there(self, name: ClientOrderId) -> bool:
        """The venue can have an order only of an attempt that was not answered as refused."""
        return self.status(name) not in (S.REJECTED, S.ABSENT)

    @rule(news=told, knows_sum=st.booleans())
    def hear(self, news: tuple[ClientOrderId, News, int | None], knows_sum: bool) -> None:
        name, item, filled = news
        if item.client_order_id == name:
            self.desk.see(name, item, filled=filled if knows_sum else None)

    @rule(news=consumes(told))
    def hear_for_the_last_time(self, news: tuple[ClientOrderId, News, int | None]) -> None:
        self.hear(news, True)

    @rule(name=names)
    def prove_absent(self, name: ClientOrderId) -> None:
        if self.desk.router.knows(name) and self.status(name) is S.UNKNOWN and not self.truth[name] and name not in self.over:
            self.over.add(name)
            self.desk.take(Vanished(self.desk.adapter(name), name))

    @rule(name=names)
    def cannot_be_asked(self, name: ClientOrderId) -> None:
        if self.desk.router.knows(name):
            self.desk.take(Unprovable(self.desk.adapter(name), name, "", False))

    @rule(name=names, found=st.booleans())
    def cancel(self, name: ClientOrderId, found: bool) -> None:
        self.desk.cancel(name)
        if any(who == name for who, _ in self.left):
            self.desk.take(Withdrawn(self.desk.adapter(name), name, found))

    @rule(name=names, price=st.sampled_from(["100", "1000"]), result=st.sampled_from([A.ACCEPTED, A.REJECTED]))
    def amend(self, name: ClientOrderId, price: str, result: AttemptResult) -> None:
        if not self.desk.router.knows(name):
            return
        order, before = self.desk.router.order(name).intent, len(self.desk.kind(Change))
        self.desk.amend(order._replace(price=BTC.ticks(price)))
        for change in self.desk.kind(Change)[before:]:
            self.desk.take(Changed(change.adapter, name, change.n, result, "", ""))

    @rule(adapter=st.sampled_from([venue.adapter for venue in VENUES]), is_ready=st.booleans(), breaker=st.booleans())
    def condition(self, adapter: str, is_ready: bool, breaker: bool) -> None:
        self.desk.condition(adapter, is_ready=is_ready, breaker=breaker)

    @rule(seconds=st.sampled_from([0.1, 2.0]))
    def time(self, seconds: float) -> None:
        self.desk.pass_time(seconds)

    # what must hold

    @invariant()
    def nothing_of_unknown_outcome_was_ever_placed_again(self) -> None:
        placed = Counter(name for _, name in self.desk.places)
        assert all(times == 1 for times in placed.values())
        for reroute in self.desk.kind(Reroute):
            assert reroute.original not in self.ever_unknown
            assert self.status(reroute.original) in (S.ABSENT, S.REJECTED)
            assert self.truth[reroute.original] == 0

    @invariant()
    def every_order_ends_once_and_is_counted_once(self) -> None:
        ends = self.desk.ends
        for name, _ in self.left:
            assert (name in ends) is (self.status(name) in TERMINAL)
        counted: Counter[str] = Counter()
        for venue in VENUES:
            for result in LIVE_ORDER_RESULTS:
                counted[result] += int(
                    self.desk.count("live_orders_total", exchange=venue.label, route="main", result=result) or 0
                )
        assert counted == Counter(ends.values()) + Counter()
        attempts = sum(
            self.desk.count("live_order_attempts_total", exchange=venue.label, route="main", result=result) or 0
            for venue in VENUES
            for result in LIVE_ATTEMPT_RESULTS
        )
        assert attempts == sum(self.answered.values())

    @invariant()
    def exactly_the_symbols_of_unknown_orders_are_frozen(self) -> None:
        frozen = {name for names in self.desk.router.frozen.values() for name in names}
        unknown = {order.intent.client_order_id for order in self.desk.router.unended if order.status is S.UNKNOWN}
        assert frozen == unknown
        gauges = sum(self.desk.count("live_orders_unknown", exchange=venue.label) or 0 for venue in VENUES)
        assert gauges == len(unknown)
        waiting = sum(self.desk.count("live_execution_queue_depth", exchange=venue.label) or 0 for venue in VENUES)
        assert waiting == sum(order.status is S.PLANNED for order in self.desk.router.unended)

    @invariant()
    def nobody_believes_more_or_less_than_the_venue_did(self) -> None:
        for order in self.desk.orders:
            name = order.intent.client_order_id
            assert order.filled <= self.truth[name]
            if not self.desk.router.knows(name):
                continue
            ours = self.desk.router.order(name)
            assert (order.filled, order.intent.quantity) == (ours.filled, ours.intent.quantity)
            assert order.status is ours.status or ours.status is S.PLANNED
            if ours.status in (S.CANCELED, S.EXPIRED):
                assert ours.filled == self.truth[name], "it has ended when all its fills are here"

    @invariant()
    def effects_keep_their_order(self) -> None:
        placed: set[ClientOrderId] = set()
        ended: set[ClientOrderId] = set()
        for effect in self.desk.effects:
            if isinstance(effect, Place):
                placed.add(effect.approved.order.client_order_id)
            elif isinstance(effect, Conclude):
                assert effect.client_order_id in placed
                ended.add(effect.client_order_id)
            elif isinstance(effect, Reroute):
                assert effect.original in ended, "an order goes elsewhere after its end is written"

    def teardown(self) -> None:
        """All news told, everything that the venue has is known."""
        for name, _ in sorted(self.left):
            if self.status(name) not in TERMINAL:
                self.desk.take(Seen(self.desk.adapter(name), name, (), None))
        assert len({name for name, _ in self.left} - set(self.desk.ends)) == sum(
            order.status is not S.PLANNED for order in self.desk.router.unended
        )


LiveOrders.TestCase.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
TestLiveOrders = LiveOrders.TestCase
