"""The live router with a venue that is the matching kernel: what a driver does, without a journal file and without sockets.

The venue outlives a restart of the router, as a venue does; `Journal` is what a journal would have kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field

from golive.execution import News, PaperExecution
from golive.execution.live.effect import Ask, Change, Conclude, Effect, Keep, Place, Withdraw
from golive.execution.live.happening import Answered, Changed, Condition, Leaving, Seen, Waited
from golive.execution.live.recovery import RestoredAttempt, RestoredOrder
from golive.execution.live.route import Route, Venue
from golive.execution.live.router import LiveExecutionRouter
from golive.matching.latency import LatencyModel
from golive.matching.model import MarketModel
from golive.metrics.recorder import MemoryRecorder
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId, VenueOrderId
from golive.model.live_order import AttemptResult
from golive.model.market import MarketEvent
from golive.model.order import Fill, NewOrder, OrderUpdate
from golive.orders import Order, OrderEvent
from golive.portfolio import Ledger

from .paper_desk import PaperDesk
from .trading import BTC, BTC_ID, START, client_order_id

OKX = "okx_spot"


@dataclass
class Written:
    """An order that has not ended, as a journal has it."""

    intent: NewOrder
    result: AttemptResult | None = None
    facts: list[OrderUpdate] = field(default_factory=list)
    fills: list[Fill] = field(default_factory=list)


class Journal(dict[ClientOrderId, Written]):
    def restored(self) -> list[RestoredOrder]:
        return [
            RestoredOrder(
                each.intent, "main", START, (RestoredAttempt(1, 1, each.result, ""),), tuple(each.facts), tuple(each.fills)
            )
            for each in self.values()
        ]


class LiveOverPaper:
    """An `ExecutionService`: the router and its driver."""

    def __init__(self, venue: PaperExecution, journal: Journal, told: dict[ClientOrderId, list[News]]) -> None:
        self._venue = venue
        self._journal = journal
        self._told = told
        """all the venue ever said of each order"""
        self._changes: dict[ClientOrderId, Change] = {}
        self.router = LiveExecutionRouter(
            routes=(Route(name="main", adapters=(OKX,)),),
            risk_profile="balanced",
            venues=(Venue(OKX, "okx", {BTC_ID: BTC}),),
            recorder=MemoryRecorder(),
            monotonic=lambda: 1,
            reapprove=lambda order: Approved(order, 1),
            new_id=lambda _: client_order_id(999),
        )
        self.router.take(Condition(OKX, True, "", False, False))

    @property
    def account(self) -> Ledger:
        return self._venue.account

    @property
    def working(self) -> int:
        return self._venue.working

    @property
    def next_due(self) -> int | None:
        return self._venue.next_due

    def submit(self, approved: Approved, ts: int) -> Sequence[News]:
        return self._carried(self.router.submit(approved, ts), ts)

    def amend(self, approved: Approved, ts: int) -> Sequence[News]:
        return self._carried(self.router.amend(approved, ts), ts)

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> Sequence[News]:
        return self._carried(self.router.cancel(client_order_id, ts), ts)

    def on_market(self, event: MarketEvent) -> Sequence[News]:
        news = self.router.on_market(event)
        self._hear(self._venue.on_market(event))
        return self._carried(news, event.ts)

    def on_time(self, ts: int) -> Sequence[News]:
        news = self.router.on_time(ts)
        self._hear(self._venue.on_time(ts))
        return self._carried(news, ts)

    def restore(
        self,
        orders: Iterable[Order],
        updates: Iterable[OrderUpdate],
        fills: Iterable[Fill],
        canceling: Collection[ClientOrderId],
        ts: int,
    ) -> Sequence[News]:
        stored = self._journal.restored()
        if not any(self.router.knows(each.intent.client_order_id) for each in stored):
            self.router.restored(OKX, stored)
        return self._carried(self.router.restore(orders, updates, fills, canceling, ts), ts)

    # the driver

    def _carried(self, news: Sequence[News], ts: int) -> list[News]:
        news = list(news)
        while effects := self.router.effects():
            for effect in effects:
                self._carry(effect, ts)
        return [*news, *self.router.news()]

    def _carry(self, effect: Effect, ts: int) -> None:
        match effect:
            case Place(_, approved):
                name = approved.order.client_order_id
                self._journal[name] = Written(approved.order)
                self.router.take(Waited(OKX, name, 0))
                self.router.take(Leaving(OKX, name, 1, 1))
                self._hear(self._venue.submit(approved, ts))
            case Change(_, approved):
                self._changes[approved.order.client_order_id] = effect
                self._hear(self._venue.amend(approved, ts))
            case Withdraw(_, name):
                self._hear(self._venue.cancel(name, ts))
            case Ask(client_order_id=name):
                said = self._told.get(name, [])
                filled = sum(item.quantity for item in said if isinstance(item, Fill))
                self.router.take(Seen(OKX, name, tuple(said), filled))
            case Keep(_, news):
                written = self._journal.get(news.client_order_id)
                if written is not None and isinstance(news, Fill):
                    written.fills.append(news)
                elif written is not None and isinstance(news, OrderUpdate):
                    written.facts.append(news)
            case Conclude(_, name):
                del self._journal[name]

    def _hear(self, news: Iterable[News]) -> None:
        """Pass on what the venue says: answers to what was asked of it as answers, all else as news of its stream."""
        for item in news:
            name = item.client_order_id
            change, written = self._changes.get(name), self._journal.get(name)
            if isinstance(item, OrderUpdate) and change is not None and item.event in (OrderEvent.AMENDED, OrderEvent.ACCEPTED):
                del self._changes[name]
                self._told.setdefault(name, []).append(item)
                result = AttemptResult.ACCEPTED if item.event == OrderEvent.AMENDED else AttemptResult.REJECTED
                if written is not None and result is AttemptResult.ACCEPTED:
                    written.intent = change.approved.order
                self.router.take(Changed(OKX, name, change.n, result, item.code, ""))
                continue
            if isinstance(item, OrderUpdate) and item.event == OrderEvent.REJECTED and written is not None:
                self._answer(written, AttemptResult.REJECTED, item.code, None)
                continue
            self._told.setdefault(name, []).append(item)
            self.router.take(Seen(OKX, name, (item,), self._filled(name, item)))
            if (
                isinstance(item, OrderUpdate)
                and item.event == OrderEvent.ACCEPTED
                and written is not None
                and written.result is None
            ):
                self._answer(written, AttemptResult.ACCEPTED, "", item.venue_order_id)

    def _filled(self, name: ClientOrderId, item: News) -> int | None:
        """The venue tells the sum with the news of an end."""
        if isinstance(item, Fill) or item.event not in (OrderEvent.CANCELED, OrderEvent.EXPIRED):
            return None
        return sum(each.quantity for each in self._told[name] if isinstance(each, Fill))

    def _answer(self, written: Written, result: AttemptResult, code: str, venue_order_id: VenueOrderId | None) -> None:
        written.result = result
        self.router.take(Answered(OKX, written.intent.client_order_id, 1, result, code, "", 2, venue_order_id))


class LiveOverPaperDesk(PaperDesk):
    """A desk whose orders go through the live router to a venue that is the matching kernel."""

    def __init__(self, new_model: Callable[[], MarketModel], *, latency: LatencyModel | None = None) -> None:
        super().__init__(new_model, latency=latency)
        venue, journal, told = self.paper, Journal(), dict[ClientOrderId, list[News]]()
        assert isinstance(venue, PaperExecution)
        self._make = lambda: LiveOverPaper(venue, journal, told)
        self.paper = self._make()
