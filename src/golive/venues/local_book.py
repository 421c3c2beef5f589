"""A local order book kept from snapshots and deltas, in ticks and lots."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterable

from golive.model.instrument import Instrument
from golive.model.market import Book, Level


class LocalBook:
    """Both sides of one instrument; a level of quantity 0 is removed."""

    def __init__(self, instrument: Instrument, depth: int) -> None:
        self._instrument = instrument.id
        self._depth = depth
        self._bid_keys: list[int] = []
        """negated ticks, so that the best bid comes first"""
        self._bids: dict[int, int] = {}
        self._ask_keys: list[int] = []
        self._asks: dict[int, int] = {}

    def clear(self) -> None:
        for side in (self._bid_keys, self._bids, self._ask_keys, self._asks):
            side.clear()

    def update(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        for ticks, lots in bids:
            _put(self._bid_keys, self._bids, -ticks, lots)
        for ticks, lots in asks:
            _put(self._ask_keys, self._asks, ticks, lots)

    @property
    def is_crossed(self) -> bool:
        return bool(self._bid_keys and self._ask_keys) and -self._bid_keys[0] >= self._ask_keys[0]

    def view(self, ts: int) -> Book:
        """Return the best levels as a value; `ts` is event time, ns UTC."""
        bids = tuple([(-key, self._bids[key]) for key in self._bid_keys[: self._depth]])
        asks = tuple([(key, self._asks[key]) for key in self._ask_keys[: self._depth]])
        return Book(self._instrument, ts, bids, asks)


def _put(keys: list[int], levels: dict[int, int], key: int, lots: int) -> None:
    if lots:
        if key not in levels:
            insort(keys, key)
        levels[key] = lots
    elif key in levels:
        del levels[key]
        del keys[bisect_left(keys, key)]
