"""A desk that trades on paper execution: it keeps what the news say, as a session does, and checks the venue's side against it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Protocol

from golive.execution import ExecutionService, News, PaperExecution
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.matching.latency import LatencyModel
from golive.matching.model import MarketModel
from golive.metrics.recorder import MemoryRecorder
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import TERMINAL, Fill, Liquidity, NewOrder, OrderStatus, OrderUpdate, Side
from golive.orders import Order, OrderEvent, Orders
from golive.portfolio import Ledger

from .trading import BALANCES, BTC, BTC_ID

OKX_FEES = FeeSchedule(Decimal(8), Decimal(10))
KRAKEN_FEES = FeeSchedule(Decimal(25), Decimal(40), FeeAsset.QUOTE)
CODES: dict[str, str] = {"INSUFFICIENT_FUNDS": "51008", "BELOW_MINIMUM": "51020", "POST_ONLY_WOULD_CROSS": "31"}


class PaperService(ExecutionService, Protocol):
    """An execution service whose venue is the matching kernel, with the venue's side of the books."""

    @property
    def account(self) -> Ledger: ...

    @property
    def working(self) -> int: ...


class PaperDesk:
    """Orders and ledger follow from news alone; an illegal life of an order, or one filled beyond its quantity, raises."""

    def __init__(
        self,
        new_model: Callable[[], MarketModel],
        *,
        balances: Mapping[str, Decimal] = BALANCES,
        fees: FeeSchedule = OKX_FEES,
        latency: LatencyModel | None = None,
    ) -> None:
        self._make: Callable[[], PaperService] = lambda: PaperExecution(
            label="okx", models={BTC_ID: new_model()}, account=Ledger([BTC], balances), codes=CODES, recorder=self.recorder,
            fees=fees, latency=latency,
        )  # fmt: skip
        self.fees = fees
        self._balances = balances
        self._intents: dict[ClientOrderId, NewOrder] = {}
        self.recorder = MemoryRecorder()
        self.paper: PaperService = self._make()
        self.ledger = Ledger([BTC], balances)
        self.orders = Orders()
        self.news: list[News] = []
        self.ends: Counter[ClientOrderId] = Counter()
        self._held_at: dict[ClientOrderId, int] = {}
        self.canceling: set[ClientOrderId] = set()
        self._last_market: dict[type, MarketEvent] = {}

    # -- what a session does ----------------------------------------------------------------------------------------

    def submit(self, order: NewOrder, ts: int) -> list[News]:
        self.orders.plan(order, ts)
        self._intents[order.client_order_id] = order
        self.orders.sent(order.client_order_id)
        return self.take(self.paper.submit(Approved(order, 1), ts))

    def amend(self, order: NewOrder, ts: int) -> list[News]:
        return self.take(self.paper.amend(Approved(order, 2), ts))

    def cancel(self, client_order_id: ClientOrderId, ts: int) -> list[News]:
        self.canceling.add(client_order_id)
        return self.take(self.paper.cancel(client_order_id, ts))

    def market(self, event: MarketEvent) -> list[News]:
        self._last_market[type(event)] = event
        return self.take(self.paper.on_market(event))

    def time(self, ts: int) -> list[News]:
        return self.take(self.paper.on_time(ts))

    def drain(self) -> list[News]:
        """Let time pass until nothing is on its way."""
        news: list[News] = []
        while (due := self.paper.next_due) is not None:
            news += self.time(due)
        return news

    def restart(self, ts: int, stored: int | None = None) -> list[News]:
        """Lose everything but the first `stored` of the news (all of them), and go on from there."""
        if stored is not None:
            self._forget(stored)
        self.paper = self._make()
        for kind in (Candle, Book, Trade):
            if kind in self._last_market:
                assert not self.paper.on_market(self._last_market[kind])
        updates = [item for item in self.news if isinstance(item, OrderUpdate)]
        fills = [item for item in self.news if isinstance(item, Fill)]
        return self.take(self.paper.restore(self.orders, updates, fills, self.canceling, ts))

    def _forget(self, stored: int) -> None:
        kept, self.news = self.news[:stored], []
        self.ledger, self.orders, before = Ledger([BTC], self._balances), Orders(), self.orders
        self.ends.clear()
        for order in before:
            self.orders.plan(self._intents[order.intent.client_order_id], order.planned_at)
            self.orders.sent(order.intent.client_order_id)
        for item in kept:
            self._note(item)

    def take(self, news: Sequence[News]) -> list[News]:
        for item in news:
            self._note(item)
        self.check()
        return list(news)

    def _note(self, item: News) -> None:
        before = self.orders[item.client_order_id].status
        if isinstance(item, Fill):
            order = self.orders.fill(item)
            assert order is not None, "a fill comes once"
            self.ledger.apply(item)
            limit = order.intent.price
            assert limit is None or (limit - item.price) * item.side.sign >= 0, "never worse than its limit"
        else:
            order = self.orders.apply(item)
            if item.event == OrderEvent.ACCEPTED and item.price is not None:
                self._held_at[item.client_order_id] = item.price
        if order.status in TERMINAL:
            assert before not in TERMINAL, "an order ends once and has no news afterwards"
            self.ends[item.client_order_id] += 1
        self.news.append(item)

    # -- what must hold at any moment ---------------------------------------------------------------------------------

    def check(self) -> None:
        """Nothing negative; and when no news is on its way: the same money, and reserved what the open orders need."""
        for balance in self.paper.account.balances.values():
            assert 0 <= balance.reserved <= balance.total
        if self.paper.next_due is not None or any(order.status is OrderStatus.SENT for order in self.orders):
            return
        assert self.totals(self.ledger) == self.totals(self.paper.account)
        assert {asset: b.reserved for asset, b in self.paper.account.balances.items()} == self.needed()
        assert self.paper.working == len(self.open)

    @staticmethod
    def totals(ledger: Ledger) -> dict[str, int]:
        return {asset: balance.total for asset, balance in ledger.balances.items()}

    @property
    def open(self) -> list[Order]:
        return [order for order in self.orders if order.status in (OrderStatus.OPEN, OrderStatus.PARTIAL)]

    @property
    def canceling_open(self) -> bool:
        """Whether a cancel was asked for that an order which works has not been answered."""
        return any(order.intent.client_order_id in self.canceling for order in self.open)

    def needed(self) -> dict[str, int]:
        """What the open orders hold by their own terms."""
        needed = dict.fromkeys(self.ledger.balances, 0)
        for order in self.open:
            intent = order.intent
            if intent.side is Side.SELL:
                needed[BTC.base] += BTC.base_units(order.remaining)
                continue
            price = intent.price or intent.trigger or self._held_at.get(intent.client_order_id, 0)
            needed[BTC.quote] += BTC.notional(price, order.remaining)
            if self.fees.asset is FeeAsset.QUOTE:
                needed[BTC.quote] += max(self.fees.fee(BTC, Side.BUY, price, order.remaining, each)[0] for each in Liquidity)
        return needed

    def balance(self, asset: str) -> str:
        return self.paper.account.text(asset, self.paper.account.balances[asset].total)

    def reserved(self, asset: str) -> str:
        return self.paper.account.text(asset, self.paper.account.balances[asset].reserved)


def fills(news: Sequence[News]) -> list[Fill]:
    return [item for item in news if isinstance(item, Fill)]


def updates(news: Sequence[News]) -> list[OrderUpdate]:
    return [item for item in news if isinstance(item, OrderUpdate)]
