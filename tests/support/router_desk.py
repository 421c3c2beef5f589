"""A live router with the desk around it that a driver would be: it answers effects as a test says, and follows the news."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from golive.execution import News
from golive.execution.live.degradation import DegradePolicy
from golive.execution.live.effect import Conclude, Effect, Keep, Place, Reroute
from golive.execution.live.happening import Answered, Condition, Happening, Leaving, NotSent, Seen, Waited
from golive.execution.live.recovery import RestoredOrder
from golive.execution.live.route import Route, Venue
from golive.execution.live.router import LiveExecutionRouter
from golive.metrics.recorder import MemoryRecorder
from golive.model.clock import MILLISECOND
from golive.model.command import Alert
from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.instrument import Instrument
from golive.model.live_order import AttemptResult, FallbackReason
from golive.model.order import TERMINAL, Fill, Liquidity, NewOrder, OrderStatus, OrderType, OrderUpdate, Side
from golive.orders import OrderEvent, Orders

from .trading import BTC, START, client_order_id

BYBIT = Instrument.from_text(
    "bybit:BTC/USDT", tick_size="0.01", lot_size="0.000001", min_quantity="0.000048", max_quantity="100", min_notional="5"
)
KRAKEN = Instrument.from_text(
    "kraken:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.0001", max_quantity="100", min_notional="0.5"
)
ETH = Instrument.from_text(
    "okx:ETH/USDT", tick_size="0.01", lot_size="0.000001", min_quantity="0.0001", max_quantity="1000", min_notional="1"
)
VENUES = (
    Venue("okx_spot", "okx", {BTC.id: BTC, ETH.id: ETH}),
    Venue("bybit_spot", "bybit", {BYBIT.id: BYBIT}),
    Venue("kraken_spot", "kraken", {KRAKEN.id: KRAKEN}),
)
INSTRUMENTS = {key: each for venue in VENUES for key, each in venue.instruments.items()}
ADAPTER_OF = {venue.label: venue.adapter for venue in VENUES}
E = TypeVar("E")


class RouterDesk:
    """Effects are kept in `effects`, news in `news`; `orders` follows from news alone, by the one table, as an engine does."""

    def __init__(
        self,
        *,
        routes: Sequence[Route] = (Route(name="main", adapters=("okx_spot", "bybit_spot", "kraken_spot"), allow_fallback=True),),
        degrade: DegradePolicy = DegradePolicy.ALERT,
        is_ready: bool = True,
        cancel_lag_s: float = 1.0,
    ) -> None:
        self.mono = 1_000_000_000
        self.now = START
        self.recorder = MemoryRecorder()
        self.refuses: DecisionCode | None = None
        """what risk says of every order that shall go to another venue; None: it approves"""
        self.made = 1000
        self.router = LiveExecutionRouter(
            routes=routes,
            risk_profile="balanced",
            venues=VENUES,
            recorder=self.recorder,
            monotonic=lambda: self.mono,
            reapprove=self._reapprove,
            new_id=self._new_id,
            degrade=degrade,
            cancel_lag_s=cancel_lag_s,
        )
        self.effects: list[Effect] = []
        self.news: list[News] = []
        self.orders = Orders()
        if is_ready:
            for venue in VENUES:
                self.condition(venue.adapter)

    def _reapprove(self, order: NewOrder) -> Approved | Refused:
        if self.refuses is not None:
            return Refused(order, 2, self.refuses, "0.05", "0.06")
        return Approved(order, 2)

    def _new_id(self, adapter: str) -> ClientOrderId:
        self.made += 1
        return client_order_id(self.made)

    # what a driver does

    def take(self, *happenings: Happening) -> None:
        for happening in happenings:
            self.router.take(happening)
            self._collect(())

    def _collect(self, news: Sequence[News]) -> None:
        for effect in self.router.effects():
            if isinstance(effect, Reroute):
                self._follow(effect.approved.order)
            self.effects.append(effect)
        for item in (*news, *self.router.news()):
            self._note(item)

    def collect(self) -> None:
        """Take what the router wants, as after any call."""
        self._collect(())

    def _follow(self, order: NewOrder) -> None:
        self.orders.plan(order, self.now)
        self.orders.sent(order.client_order_id)

    def _note(self, item: News) -> None:
        if isinstance(item, Fill):
            assert self.orders.fill(item) is not None, "a fill is told once"
        else:
            self.orders.apply(item)
        self.news.append(item)

    def drain(self) -> list[Effect]:
        """Return the effects since the last time."""
        effects, self.effects = self.effects, []
        return effects

    def kind(self, wanted: type[E]) -> list[E]:
        """Return the effects of one kind so far."""
        return [each for each in self.effects if isinstance(each, wanted)]

    @property
    def alerts(self) -> list[str]:
        return [f"{alert.severity}: {alert.title}" for alert in self.kind(Alert)]

    # what is asked of the service

    def submit(self, order: NewOrder) -> ClientOrderId:
        self._follow(order)
        self._collect(self.router.submit(Approved(order, 1), self.now))
        return order.client_order_id

    def cancel(self, name: ClientOrderId) -> None:
        self._collect(self.router.cancel(name, self.now))

    def amend(self, order: NewOrder) -> None:
        self._collect(self.router.amend(Approved(order, 3), self.now))

    def pass_time(self, seconds: float) -> None:
        self.mono += int(seconds * 1_000_000_000)
        self.now += int(seconds * 1_000_000_000)
        self._collect(self.router.on_time(self.now))

    def restored(self, adapter: str, orders: Sequence[RestoredOrder]) -> None:
        """Start again with what a journal says; the session has stored the facts, and hears what came of them."""
        facts = [fact for order in orders for fact in order.facts if fact.event != OrderEvent.AMENDED]
        fills = [fill for order in orders for fill in order.fills]
        for order in orders:
            self._follow(order.intent)
        self.router.restored(adapter, orders)
        self._collect(self.router.restore(self.orders, [], [], (), self.now))
        self.news = [item for item in self.news if item not in (*facts, *fills)]

    # happenings

    def condition(
        self, adapter: str, *, is_ready: bool = True, breaker: bool = False, reconnect: bool = False, has_failed: bool = False
    ) -> None:
        why = "" if is_ready else "not reconciled"
        self.take(Condition(adapter, is_ready, why, breaker, reconnect, has_failed))

    def adapter(self, name: ClientOrderId) -> str:
        return ADAPTER_OF[self.router.order(name).intent.instrument.venue]

    def leave(self, name: ClientOrderId, n: int = 1) -> None:
        adapter = self.adapter(name)
        if n == 1:
            self.take(Waited(adapter, name, 2 * MILLISECOND))
        self.take(Leaving(adapter, name, n, 1_000 + n))

    def answer(
        self, name: ClientOrderId, result: AttemptResult, *, n: int = 1, code: str = "", fallback: FallbackReason | None = None
    ) -> None:
        self.mono += 10 * MILLISECOND
        venue_id = VenueOrderId(f"v-{name[:6]}") if result is AttemptResult.ACCEPTED else None
        self.take(Answered(self.adapter(name), name, n, result, code, "as told", self.mono, venue_id, fallback))

    def not_sent(self, name: ClientOrderId, reason: FallbackReason, n: int = 0) -> None:
        """An order never left; `n` is the attempt that was written for it."""
        self.take(NotSent(self.adapter(name), name, reason, "as told", self.mono, n=n, deadline_ms=1_000 + n if n else 0))

    def see(self, name: ClientOrderId, *news: News, filled: int | None = None) -> None:
        self.take(Seen(self.adapter(name), name, news, filled))

    def accepted(self, order: NewOrder) -> ClientOrderId:
        """Let an order be taken by its venue, and rest."""
        name = self.submit(order)
        self.leave(name)
        self.answer(name, AttemptResult.ACCEPTED)
        return name

    def unknown(self, order: NewOrder) -> ClientOrderId:
        """Let an order leave, and no answer come."""
        name = self.submit(order)
        self.leave(name)
        self.answer(name, AttemptResult.UNKNOWN)
        return name

    # looks

    def status(self, name: ClientOrderId) -> OrderStatus:
        assert self.orders[name].status is self.router.order(name).status or self.router.order(name).status in (
            OrderStatus.PLANNED,
        ), "who follows the news knows what the router knows"
        return self.router.order(name).status

    @property
    def places(self) -> list[tuple[str, ClientOrderId]]:
        return [(each.adapter, each.approved.order.client_order_id) for each in self.kind(Place)]

    @property
    def ends(self) -> dict[ClientOrderId, str]:
        ended = [(each.client_order_id, each.result.value) for each in self.kind(Conclude)]
        assert len(dict(ended)) == len(ended), "an order ends once"
        return dict(ended)

    @property
    def kept(self) -> list[News]:
        return [each.news for each in self.kind(Keep)]

    def count(self, metric: str, **labels: str) -> float | None:
        return self.recorder.value(metric, **labels)


def limit(n: int, quantity: str = "0.1", price: str = "39000", *, side: Side = Side.BUY, of: Instrument = BTC) -> NewOrder:
    """The n-th order: a limit order at the venue of its instrument."""
    return NewOrder(client_order_id(n), of.id, side, OrderType.LIMIT, of.lots(quantity), of.ticks(price))


def fill(order: NewOrder, quantity: str, trade: str, ts: int = START) -> Fill:
    instrument = INSTRUMENTS[order.instrument]
    assert order.price is not None
    return Fill(
        FillId(order.instrument.venue, trade), order.client_order_id, order.instrument, ts, order.side, order.price,
        instrument.lots(quantity), 0, "BTC", Liquidity.MAKER,
    )  # fmt: skip


def update(order: NewOrder, event: OrderEvent, ts: int = START, code: str = "", **terms: int | None) -> OrderUpdate:
    return OrderUpdate(order.client_order_id, ts, event, VenueOrderId(f"v-{order.client_order_id[:6]}"), code, **terms)


__all__ = [
    "BTC", "BYBIT", "ETH", "KRAKEN", "START", "TERMINAL", "VENUES", "InstrumentId", "RouterDesk", "fill", "limit", "update",
]  # fmt: skip
