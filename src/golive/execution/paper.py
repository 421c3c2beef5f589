"""Paper execution: orders of ours against the matching kernel, with the venue's rules and an account of its own.

An order is validated first and committed at once; a rejected order changes nothing. Open orders reserve what they may cost.
With a latency everything happens when it gets there: the order is judged and met by the market after it has travelled, and what
the market did to it is known here when the news has come back. Without one everything happens at once.

The account here is the "venue's" side of the books: the session compares it with the portfolio's ledger at the end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from golive.matching.fee import FeeSchedule
from golive.matching.latency import LatencyModel
from golive.matching.model import Effect, Ended, EndReason, MarketModel, Match
from golive.metrics.declaration import PAPER_LATENCY, PAPER_NOTIONAL, PAPER_ORDERS, PAPER_REJECTED
from golive.metrics.recorder import Recorder
from golive.model.clock import SECOND
from golive.model.command import Amend, Cancel, Submit
from golive.model.decision import Approved
from golive.model.errors import IllegalTransition
from golive.model.ids import ClientOrderId, InstrumentId, VenueOrderId
from golive.model.market import MarketEvent, Trade
from golive.model.order import Fill, NewOrder, OrderStatus, OrderUpdate, Side
from golive.orders import Order, OrderEvent
from golive.portfolio import Ledger

from .account import PaperAccount, Working
from .flight import Channel, Flight, Request, Sent
from .ports import News
from .restart import Survivor, awake, survivors
from .rule import RejectReason, broken_rule, is_well_formed, keeps_identity

LOST_AT_RESTART = "LOST_AT_RESTART"
"""code of an order that was on its way when the session was interrupted"""


class PaperExecution:
    """An `ExecutionService` that sends nothing anywhere.

    `label` is the venue's short name for metrics and ids; `codes` gives the venue's code of each reject reason; without
    `latency` nothing takes time.
    """

    def __init__(
        self,
        *,
        label: str,
        models: Mapping[InstrumentId, MarketModel],
        account: Ledger,
        fees: FeeSchedule,
        codes: Mapping[str, str],
        recorder: Recorder,
        latency: LatencyModel | None = None,
    ) -> None:
        self.account = account
        self._label = label
        self._models = models
        self._purse = PaperAccount(account, fees, label)
        self._codes = codes
        self._recorder = recorder
        self._working: dict[ClientOrderId, Working] = {}
        self._seen: set[ClientOrderId] = set()
        self._newest: dict[InstrumentId, int] = {}
        """when the last order or amendment came to each market"""
        self._flight = Flight()
        self._there = None if latency is None else Channel(latency.request_ns)
        self._back = None if latency is None else Channel(latency.response_ns)
        self._count = {r: recorder.counter(PAPER_ORDERS, exchange=label, result=r) for r in PAPER_ORDERS.closed["result"]}
        for reason in RejectReason:
            recorder.create(PAPER_REJECTED, exchange=label, reason=reason)
        self._traded = recorder.counter(PAPER_NOTIONAL, exchange=label)
        self._took = recorder.histogram(PAPER_LATENCY, exchange=label)

    @property
    def working(self) -> int:
        """How many orders the venue has now, resting or asleep."""
        return len(self._working)

    @property
    def next_due(self) -> int | None:
        return self._flight.next_arrival

    # -- what is asked for ------------------------------------------------------------------------------------------

    def submit(self, approved: Approved, ts: int) -> Sequence[News]:
        if self._there is None:
            self._took(0.0)
            return self._enter(approved.order, ts)
        return self._send(Submit(approved), self._there, ts)

    def amend(self, approved: Approved, ts: int) -> Sequence[News]:
        return self._change(approved.order, ts) if self._there is None else self._send(Amend(approved), self._there, ts)

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> Sequence[News]:
        if self._there is None:
            return self._take_out(client_order_id, ts)
        return self._send(Cancel(client_order_id), self._there, ts)

    def on_market(self, event: MarketEvent) -> Sequence[News]:
        at = event.ts
        earlier = self._advance(at, at - 1)
        model, newest = self._models.get(event.instrument), self._newest.get(event.instrument, 0)
        if model is None or (at < newest and isinstance(event, Trade)):
            return earlier  # a trade from before an order cannot have met it, however late it is told
        effects = model.on_market(event)
        if not effects:
            return earlier
        ts = max(at, newest)
        return [*earlier, *self._answer(self._book(effects, ts), ts)]

    def on_time(self, ts: int) -> Sequence[News]:
        return self._advance(ts, ts)

    def restore(
        self,
        orders: Iterable[Order],
        updates: Iterable[OrderUpdate],
        fills: Iterable[Fill],
        canceling: Collection[ClientOrderId],
        ts: int,
    ) -> Sequence[News]:
        """Go on after a restart: the same balances, reservations and working orders, at the end of their queues.

        The market models should have seen the last stored market events before. An order whose answer, or whose end, was on its
        way is canceled with code LOST_AT_RESTART and never entered again; one that was being canceled is canceled now. Of
        amendments and fills that were on their way nothing is left.
        """
        if self._seen:
            raise IllegalTransition("paper execution is restored before its first order, not after it")
        for fill in fills:
            self._purse.rebook(fill)
        news: list[News] = []
        orders = list(orders)
        for order in orders:
            if order.status in (OrderStatus.SENT, OrderStatus.UNKNOWN):
                news.append(OrderUpdate(order.intent.client_order_id, ts, OrderEvent.CANCELED, code=LOST_AT_RESTART))
            if order.status not in (OrderStatus.PLANNED, OrderStatus.REJECTED):
                self._seen.add(order.intent.client_order_id)
        for each in survivors(orders, updates):
            if not self._takes_back(each):
                news.append(OrderUpdate(each.order.client_order_id, ts, OrderEvent.CANCELED, code=LOST_AT_RESTART))
        for client_order_id in sorted(self._working.keys() & set(canceling)):
            news += self._take_out(client_order_id, ts)
        return news

    def _takes_back(self, each: Survivor) -> bool:
        """Let a survivor work again; False when it cannot, because its end was on its way."""
        order, model, terms = each.order, self._models[each.order.instrument], self._purse.terms[each.order.instrument]
        if order.price is None and (each.is_awake or each.remaining < order.quantity):
            return False
        held_at = each.held_at if each.held_at is not None else _value_price(order, model) or 0
        try:
            model.restore(order, each.remaining, each.arrived_at)
        except ValueError:  # it was met by the market already, and never rests
            return False
        asset = terms.asset_given(order.side)
        working = Working(order, terms, model, asset, each.remaining, held_at, is_awake=each.is_awake)
        if not self._purse.hold(working):
            model.cancel(order)
            return False
        self._working[order.client_order_id] = working
        self._newest[order.instrument] = max(self._newest.get(order.instrument, 0), each.arrived_at)
        if order.expires_at is not None:
            self._flight.expire(order.expires_at, order.instrument)
        return True

    # -- time -------------------------------------------------------------------------------------------------------

    def _send(self, request: Request, channel: Channel, ts: int) -> Sequence[News]:
        due = channel.send(ts)
        if due <= ts and not channel.under_way:
            return self._arrived(request, ts, due)
        channel.under_way += 1
        self._flight.arrive(due, Sent(request, ts))
        return ()

    def _advance(self, expiring_until: int, arriving_until: int) -> Sequence[News]:
        """Let happen what is due, in the order of its time; return the news that arrive here."""
        if not self._flight:
            return ()
        here: list[News] = []
        while (item := self._flight.pop(expiring_until, arriving_until)) is not None:
            due, what = item
            if isinstance(what, InstrumentId):
                here += self._answer(self._book(self._models[what].on_time(due), due), due)
            elif isinstance(what, Sent):
                assert self._there is not None
                self._there.under_way -= 1
                here += self._arrived(*what, due)
            else:
                assert self._back is not None
                self._back.under_way -= 1
                here.append(what)
        return here

    def _arrived(self, request: Request, sent_at: int, ts: int) -> Sequence[News]:
        match request:
            case Submit(approved):
                return self._answer(self._enter(approved.order, ts), ts, sent_at)
            case Amend(approved):
                return self._answer(self._change(approved.order, ts), ts)
            case Cancel(client_order_id):
                return self._answer(self._take_out(client_order_id, ts), ts)

    def _answer(self, news: Sequence[News], ts: int, sent_at: int | None = None) -> Sequence[News]:
        """Send news of `ts` back; return what is here at once. The first answers an order that was sent at `sent_at`."""
        if self._back is None:
            return news
        here = []
        for item in news:
            due = self._back.send(ts)
            if sent_at is not None:
                self._took((due - sent_at) / SECOND)
                sent_at = None
            if due <= ts and not self._back.under_way:
                here.append(item)
            else:
                self._back.under_way += 1
                self._flight.arrive(due, item)
        return here

    # -- at the venue -----------------------------------------------------------------------------------------------

    def _enter(self, order: NewOrder, ts: int) -> list[News]:
        """Judge an order that has reached the venue and let it meet the market."""
        terms = self._purse.terms.get(order.instrument)
        if terms is None:
            return [self._reject(order, RejectReason.UNKNOWN_INSTRUMENT, ts)]
        if order.client_order_id in self._seen:
            return [self._reject(order, RejectReason.DUPLICATE_ID, ts)]
        if not is_well_formed(order):
            return [self._reject(order, RejectReason.ORDER_INVALID, ts)]
        model = self._models[order.instrument]
        value = _value_price(order, model)
        reason = broken_rule(order, terms.instrument, ts, value)
        if reason is not None:
            return [self._reject(order, reason, ts)]
        held_at = value or 0
        asset = terms.asset_given(order.side)
        needed = terms.need(order.side, held_at, order.quantity)
        if needed > self._purse.free(asset):
            return [self._reject(order, RejectReason.INSUFFICIENT_FUNDS, ts)]
        self._seen.add(order.client_order_id)
        self._newest[order.instrument] = ts
        self._working[order.client_order_id] = working = Working(order, terms, model, asset, order.quantity, held_at)
        if order.expires_at is not None:
            self._flight.expire(order.expires_at, order.instrument)
        told = held_at if _is_held_at_market(order) else None
        venue_id = VenueOrderId(f"{self._label}-paper-{len(self._seen)}")
        news: list[News] = [OrderUpdate(order.client_order_id, ts, OrderEvent.ACCEPTED, venue_id, price=told)]
        effects = model.submit(order, ts)
        if not effects:
            self._purse.reserve(working, needed)
            return news
        news += self._book(effects, ts)
        if order.client_order_id in self._working and not self._purse.hold(working):
            news.append(self._run_dry(working, ts))
        return news

    def _change(self, order: NewOrder, ts: int) -> list[News]:
        """Judge an amendment that has reached the venue and carry it out; it cannot take back what is filled."""
        working = self._working.get(order.client_order_id)
        if working is None:
            return []
        if not is_well_formed(order):
            return [self._kept(order, RejectReason.ORDER_INVALID, ts)]
        terms = awake(order) if working.is_awake else order
        changed = terms._replace(quantity=max(order.quantity, working.filled))
        held_at = working.held_at if changed.price is None else changed.price
        left = changed.quantity - working.filled
        reason = self._amendment_rule_broken(working, changed, ts)
        needed = working.terms.need(changed.side, held_at, left) - working.reserved
        if reason is None and needed > self._purse.free(working.asset):
            reason = RejectReason.INSUFFICIENT_FUNDS
        effects = working.model.amend(changed, ts) if reason is None else None
        if effects is None:
            return [self._kept(order, reason or RejectReason.AMENDMENT_INVALID, ts)]
        self._newest[changed.instrument] = ts
        working.order, working.remaining, working.held_at = changed, left, held_at
        self._purse.hold(working)
        news: list[News] = [
            OrderUpdate(order.client_order_id, ts, OrderEvent.AMENDED, price=changed.price, quantity=changed.quantity)
        ]
        if left == 0:
            self._end(working, "filled")
        return news + self._book(effects, ts)

    def _kept(self, order: NewOrder, reason: RejectReason, ts: int) -> OrderUpdate:
        """Say that an amendment was rejected, and that the order stands as it was."""
        self._recorder.count(PAPER_REJECTED, exchange=self._label, reason=reason)
        return OrderUpdate(order.client_order_id, ts, OrderEvent.ACCEPTED, code=self._codes.get(reason, reason))

    def _amendment_rule_broken(self, working: Working, changed: NewOrder, ts: int) -> RejectReason | None:
        if not keeps_identity(working.order, changed):
            return RejectReason.AMENDMENT_INVALID
        return broken_rule(changed, working.terms.instrument, ts, changed.trigger or working.held_at or None)

    def _take_out(self, client_order_id: ClientOrderId, ts: int) -> list[News]:
        working = self._working.get(client_order_id)
        if working is None:
            return []
        if not working.model.cancel(working.order):
            raise IllegalTransition(f"the market has lost order {client_order_id}, which has not ended")
        return [self._canceled(working, ts, "")]

    def _reject(self, order: NewOrder, reason: RejectReason, ts: int) -> OrderUpdate:
        self._count["rejected"](1)
        self._recorder.count(PAPER_REJECTED, exchange=self._label, reason=reason)
        return OrderUpdate(order.client_order_id, ts, OrderEvent.REJECTED, code=self._codes.get(reason, reason))

    def _book(self, effects: Iterable[Effect], ts: int) -> list[News]:
        news: list[News] = []
        for effect in effects:
            working = self._working.get(effect.order.client_order_id)
            if working is None:
                continue  # the order ended for want of money within this same walk through the levels
            if isinstance(effect, Match):
                self._fill(working, effect, ts, news)
            elif isinstance(effect, Ended):
                news.append(self._ended(working, effect.reason, ts))
            else:
                news.append(OrderUpdate(working.order.client_order_id, ts, OrderEvent.TRIGGERED))
        return news

    def _fill(self, working: Working, match: Match, ts: int, news: list[News]) -> None:
        """Book one match; an order that turned out dearer than the account can pay ends where the money ends."""
        quantity, was_held = self._purse.affordable(working, match), working.reserved > 0
        if quantity:
            news.append(self._purse.book(working, match, quantity, ts))
            self._traded(working.terms.value(match.price, quantity))
        if working.remaining == 0:
            self._end(working, "filled")
            return
        may_rest = was_held and working.order.price is not None
        if quantity < match.quantity or (may_rest and not self._purse.hold(working)):
            news.append(self._run_dry(working, ts))

    def _run_dry(self, working: Working, ts: int) -> OrderUpdate:
        working.model.cancel(working.order)
        return self._canceled(working, ts, self._codes.get(RejectReason.INSUFFICIENT_FUNDS, RejectReason.INSUFFICIENT_FUNDS))

    def _ended(self, working: Working, reason: EndReason, ts: int) -> OrderUpdate:
        if reason is not EndReason.EXPIRED:
            return self._canceled(working, ts, self._codes.get(reason, reason))
        self._end(working, "partial" if working.filled else "expired")
        return OrderUpdate(working.order.client_order_id, ts, OrderEvent.EXPIRED)

    def _canceled(self, working: Working, ts: int, code: str) -> OrderUpdate:
        self._end(working, "partial" if working.filled else "canceled")
        return OrderUpdate(working.order.client_order_id, ts, OrderEvent.CANCELED, code=code)

    def _end(self, working: Working, result: str) -> None:
        self._purse.release(working)
        del self._working[working.order.client_order_id]
        self._count[result](1)


def _value_price(order: NewOrder, model: MarketModel) -> int | None:
    """Return the price in ticks at which the order is valued, None when it has none of its own and the market is unknown."""
    if order.price is not None:
        return order.price
    if order.trigger is not None:
        return order.trigger
    price = model.reference_price(order)
    return price + order.trail if price is not None and order.trail is not None and order.side is Side.BUY else price


def _is_held_at_market(order: NewOrder) -> bool:
    return order.side is Side.BUY and order.price is None and order.trigger is None
