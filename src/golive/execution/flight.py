"""What happens at a known market time: messages on their way, and orders whose time runs out.

Each direction is one connection: nothing overtakes what was sent before it. At equal times everything is decided against us:
an order expires before the market event of that time, and a message arrives after it (so a fill beats a cancel, and a
quote that leaves beats an order that came for it).
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from golive.model.command import Amend, Cancel, Submit
from golive.model.errors import MagnitudeError
from golive.model.ids import InstrumentId
from golive.model.order import Fill, OrderUpdate

Request: TypeAlias = Submit | Amend | Cancel


class Sent(NamedTuple):
    """A request on its way to the market, and when it left."""

    request: Request
    at: int


Message: TypeAlias = Sent | Fill | OrderUpdate
"""on its way to the market or back from it"""


class Channel:
    """The times of arrival of one direction; `delay_ns(n)` says how long the n-th message travels."""

    def __init__(self, delay_ns: Callable[[int], int]) -> None:
        self._delay_ns = delay_ns
        self._sent = 0
        self._last_due = 0
        self.under_way = 0

    def send(self, ts: int) -> int:
        """Return when a message sent at `ts` arrives: never before an earlier one. MagnitudeError for a negative delay."""
        self._sent += 1
        delay = self._delay_ns(self._sent)
        if delay < 0:
            raise MagnitudeError(f"message {self._sent} cannot arrive {-delay} ns before it was sent")
        self._last_due = max(self._last_due, ts + delay)
        return self._last_due


class Flight:
    """Arrivals and expiries in the order of their times, then of their coming in."""

    def __init__(self) -> None:
        self._arrivals: list[tuple[int, int, Message]] = []
        self._expiries: list[tuple[int, int, InstrumentId]] = []
        self._count = 0

    def __bool__(self) -> bool:
        return bool(self._arrivals or self._expiries)

    @property
    def next_arrival(self) -> int | None:
        return self._arrivals[0][0] if self._arrivals else None

    def arrive(self, due: int, message: Message) -> None:
        self._count += 1
        heapq.heappush(self._arrivals, (due, self._count, message))

    def expire(self, due: int, instrument: InstrumentId) -> None:
        self._count += 1
        heapq.heappush(self._expiries, (due, self._count, instrument))

    def pop(self, expiring_until: int, arriving_until: int) -> tuple[int, Message | InstrumentId] | None:
        """Take out what comes next, unless it is later than these times (inclusive)."""
        arrival = self._arrivals[0] if self._arrivals and self._arrivals[0][0] <= arriving_until else None
        if self._expiries and self._expiries[0][0] <= expiring_until:
            due, _, instrument = self._expiries[0]
            if arrival is None or due <= arrival[0]:
                heapq.heappop(self._expiries)
                return due, instrument
        if arrival is None:
            return None
        heapq.heappop(self._arrivals)
        return arrival[0], arrival[2]
