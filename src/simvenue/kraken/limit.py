"""Request limits: counters that decay. REST per key, public per address, the matching engine per account and pair.

Values of the Intermediate tier. Source: Kraken documentation, "Spot REST rate limits" and "Spot trading limits". Two
choices where the pages leave room: public methods allow a burst of 20 before the published one per second, and history
calls cost 4 (Kraken's pages give 2 or 4; the stricter one holds a client to both).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..exchange.exchange import Exchange
from ..exchange.order import VenueOrder
from .code import API_RATE_LIMIT, ORDER_RATE_LIMIT, ORDERS_LIMIT, TOO_MANY_REQUESTS, KrakenError

_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Decay:
    """A counter's ceiling and how much of it goes away per second."""

    ceiling: float
    per_second: float


REST = Decay(20, 0.5)
PUBLIC = Decay(20, 1)
ENGINE = Decay(125, 2.34)
OPEN_ORDERS = 80
"""working orders of one account in one pair"""
CONNECTIONS, CONNECTIONS_WINDOW_S = 150, 600.0
"""WebSocket connections of one address"""
REST_COST: Mapping[str, int] = {
    "TradesHistory": 4,
    **dict.fromkeys(("AddOrder", "AddOrderBatch", "AmendOrder", "CancelOrder", "CancelOrderBatch", "CancelAll"), 0),
}
"""cost of a private method, 1 for every other; what the engine counts does not count here"""
AMEND_PENALTY: Sequence[tuple[float, int]] = ((5, 3), (10, 2), (15, 1))
CANCEL_PENALTY: Sequence[tuple[float, int]] = ((5, 8), (10, 6), (15, 5), (45, 4), (90, 2), (300, 1))
"""(younger than s, points): by the age of the order since it was placed or last amended"""


class Counter:
    """One decaying counter; monotonic ns."""

    __slots__ = ("_at", "_decay", "_value")

    def __init__(self, decay: Decay) -> None:
        self._decay = decay
        self._value = 0.0
        self._at = 0

    def value(self, now: int) -> float:
        gone = (now - self._at) / _SECOND * self._decay.per_second
        self._value, self._at = max(0.0, self._value - gone), now
        return self._value

    def admit(self, now: int, cost: float) -> bool:
        """Take `cost`; False, and nothing taken, when the ceiling would be passed."""
        if self.value(now) + cost > self._decay.ceiling:
            return False
        self._value += cost
        return True

    def add(self, now: int, cost: float) -> None:
        """Take `cost` in any case."""
        self._value = self.value(now) + cost

    def is_full(self, now: int) -> bool:
        return self.value(now) >= self._decay.ceiling


class Limits:
    """All counters of the venue, made on first use. With `is_enforced` False nothing is counted."""

    def __init__(self, exchange: Exchange) -> None:
        self.is_enforced = True
        self._exchange = exchange
        self._counters: dict[tuple[str, str], Counter] = {}
        self._touched: dict[int, int] = {}
        """when a working order was placed or last amended; unknown for those older than this process"""

    def _counter(self, name: str, member: str, decay: Decay) -> Counter:
        counter = self._counters.get((name, member))
        if counter is None:
            counter = self._counters[(name, member)] = Counter(decay)
        return counter

    def public(self, address: str, now: int) -> None:
        """Count a public request; KrakenError when there are too many."""
        if self.is_enforced and not self._counter("public", address, PUBLIC).admit(now, 1):
            raise KrakenError(TOO_MANY_REQUESTS)

    def private(self, api_key: str, method: str, now: int) -> None:
        """Count a private request; KrakenError when there are too many."""
        if self.is_enforced and not self._counter("rest", api_key, REST).admit(now, REST_COST.get(method, 1)):
            raise KrakenError(API_RATE_LIMIT)

    def engine_count(self, account: str, symbol: str, now: int) -> float:
        """Return the engine counter of one account and pair."""
        return self._counter(f"engine {account}", symbol, ENGINE).value(now)

    def before_adding(self, account: str, symbol: str, now: int, orders: int = 1, cost: float = 1) -> None:
        """Count orders about to be placed, good or bad; KrakenError for a full counter or too many working orders."""
        self._engine(account, symbol, now, cost)
        if not self.is_enforced:
            return
        working = sum(1 for order in self._exchange.working(account) if order.listing.symbol == symbol)
        if working + orders > OPEN_ORDERS:
            raise KrakenError(ORDERS_LIMIT)

    def before_amending(self, order: VenueOrder, now: int) -> None:
        self._engine(order.account, order.listing.symbol, now, 1 + self._penalty(AMEND_PENALTY, order, now))

    def before_canceling(self, order: VenueOrder, now: int) -> None:
        self._engine(order.account, order.listing.symbol, now, self._penalty(CANCEL_PENALTY, order, now))

    def canceled_all(self, orders: Sequence[VenueOrder], now: int) -> None:
        """Count the orders of a cancel-all, which itself is never refused."""
        for order in orders:
            if self.is_enforced:
                cost = self._penalty(CANCEL_PENALTY, order, now)
                self._counter(f"engine {order.account}", order.listing.symbol, ENGINE).add(now, cost)
            self._touched.pop(order.order_id, None)

    def touched(self, order: VenueOrder, now: int) -> None:
        """Remember that an order was placed or amended now; a finished one is forgotten."""
        if order.is_working:
            self._touched[order.order_id] = now
        else:
            self._touched.pop(order.order_id, None)

    def _penalty(self, table: Sequence[tuple[float, int]], order: VenueOrder, now: int) -> int:
        since = self._touched.get(order.order_id)
        age = float("inf") if since is None else (now - since) / _SECOND
        return next((points for younger_than, points in table if age < younger_than), 0)

    def _engine(self, account: str, symbol: str, now: int, cost: float) -> None:
        """The engine refuses what comes when its counter has reached the ceiling; what it takes may pass it."""
        if not self.is_enforced:
            return
        counter = self._counter(f"engine {account}", symbol, ENGINE)
        if counter.is_full(now):
            raise KrakenError(ORDER_RATE_LIMIT)
        counter.add(now, cost)
