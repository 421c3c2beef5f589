"""Request limits as data, and the counting of them over a sliding window of wall time.

Source: OKX API v5 documentation, "Rate limits" of every endpoint.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a limit is counted by."""

    ADDRESS = "address"
    USER = "user"
    USER_INSTRUMENT = "user+instrument"


@dataclass(frozen=True, slots=True)
class Limit:
    """`count` requests in `window_s` seconds for each member of the scope."""

    count: int
    window_s: float
    scope: Scope


LIMITS: Mapping[str, Limit] = {
    "GET public/instruments": Limit(20, 2, Scope.ADDRESS),
    "GET public/time": Limit(10, 2, Scope.ADDRESS),
    "GET system/status": Limit(1, 5, Scope.ADDRESS),
    "GET market/ticker": Limit(20, 2, Scope.ADDRESS),
    "GET market/tickers": Limit(20, 2, Scope.ADDRESS),
    "GET market/books": Limit(40, 2, Scope.ADDRESS),
    "GET market/candles": Limit(40, 2, Scope.ADDRESS),
    "GET market/history-candles": Limit(20, 2, Scope.ADDRESS),
    "GET market/trades": Limit(100, 2, Scope.ADDRESS),
    "GET asset/currencies": Limit(6, 1, Scope.USER),
    "GET account/balance": Limit(10, 2, Scope.USER),
    "GET account/config": Limit(5, 2, Scope.USER),
    "GET account/trade-fee": Limit(5, 2, Scope.USER),
    "POST trade/order": Limit(60, 2, Scope.USER_INSTRUMENT),
    "POST trade/batch-orders": Limit(300, 2, Scope.USER_INSTRUMENT),
    "POST trade/cancel-order": Limit(60, 2, Scope.USER_INSTRUMENT),
    "POST trade/cancel-batch-orders": Limit(300, 2, Scope.USER_INSTRUMENT),
    "POST trade/amend-order": Limit(60, 2, Scope.USER_INSTRUMENT),
    "GET trade/order": Limit(60, 2, Scope.USER_INSTRUMENT),
    "GET trade/orders-pending": Limit(60, 2, Scope.USER),
    "GET trade/orders-history": Limit(40, 2, Scope.USER),
    "GET trade/fills": Limit(60, 2, Scope.USER),
    "GET trade/fills-history": Limit(10, 2, Scope.USER),
}
ORDERS_PER_ACCOUNT = Limit(1000, 2, Scope.USER)
"""new and amended orders of one account, all instruments (50061)"""
CONNECTIONS = Limit(3, 1, Scope.ADDRESS)
"""WebSocket connections"""
OPERATIONS = Limit(480, 3600, Scope.ADDRESS)
"""subscribe, unsubscribe and login on one connection"""
SINGLE = {"POST trade/batch-orders": "POST trade/order", "POST trade/cancel-batch-orders": "POST trade/cancel-order"}
"""a batch of one counts as the single operation"""


class Window:
    """Counts events against one limit."""

    __slots__ = ("_limit", "_times", "_window_ns")

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._window_ns = int(limit.window_s * 1e9)
        self._times: deque[int] = deque()

    def admit(self, now: int, cost: int = 1) -> bool:
        """Take `cost` events at monotonic `now` (ns); False, and nothing taken, when they do not fit."""
        times = self._times
        while times and times[0] <= now - self._window_ns:
            times.popleft()
        if len(times) + cost > self._limit.count:
            return False
        times.extend([now] * cost)
        return True


class Limiter:
    """All windows of the venue, made on first use."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}

    def admit(self, name: str, limit: Limit, member: str, now: int, cost: int = 1) -> bool:
        window = self._windows.get((name, member))
        if window is None:
            window = self._windows[(name, member)] = Window(limit)
        return window.admit(now, cost)
