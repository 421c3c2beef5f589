"""Kraken's order book as WebSocket v2 sends it: truncated to its depth, checked by CRC32 over the digits as they came.

The checksum covers the ten best asks, then the ten best bids; of each level the digits of price and quantity, without
point and leading zeros. Source: Kraken, "Book checksum (v2)"; VENUES §2.1, vector K2.
"""

from __future__ import annotations

import zlib
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from typing import Final

from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from golive.model.market import Book, Level

from .converters import grid_reader

_CHECKED: Final = 10
"""levels per side that the checksum covers"""


def number_text(value: object, where: str) -> str:
    """Return a JSON number as it was written: fractions come as texts, whole numbers as ints."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or not isinstance(value, int):
        raise MalformedPayload(f"{where}: {value!r:.40} is not an exact number")
    return str(value)


def digits_of(number: str) -> str:
    """`0.00100000` → `100000`."""
    return number.replace(".", "").lstrip("0")


class _Side:
    """Levels by key, best first; the key is the price in ticks, negated for bids."""

    def __init__(self, sign: int) -> None:
        self._sign = sign
        self._keys: list[int] = []
        self._levels: dict[int, tuple[int, str]] = {}
        """key → quantity in lots, and the digits the checksum is made of"""

    def clear(self) -> None:
        self._keys.clear()
        self._levels.clear()

    def put(self, ticks: int, lots: int, digits: str) -> None:
        key = self._sign * ticks
        if lots:
            if key not in self._levels:
                insort(self._keys, key)
            self._levels[key] = (lots, digits)
        elif key in self._levels:
            del self._levels[key]
            del self._keys[bisect_left(self._keys, key)]

    def truncate(self, depth: int) -> None:
        """Forget what fell out of scope: its end is not told."""
        for key in self._keys[depth:]:
            del self._levels[key]
        del self._keys[depth:]

    def best(self, count: int) -> tuple[Level, ...]:
        return tuple([(self._sign * key, self._levels[key][0]) for key in self._keys[:count]])

    def digits(self) -> str:
        return "".join([self._levels[key][1] for key in self._keys[:_CHECKED]])

    @property
    def top(self) -> int | None:
        return self._sign * self._keys[0] if self._keys else None


class KrakenBook:
    """Both sides of one instrument, `depth` levels each."""

    def __init__(self, instrument: Instrument, depth: int) -> None:
        self._instrument = instrument
        self._depth = depth
        self._bids, self._asks = _Side(-1), _Side(1)
        self._ticks = grid_reader(instrument.tick_size, instrument.ticks)
        self._lots = grid_reader(instrument.lot_size, instrument.lots)
        self.is_known = False
        """a snapshot has come since the book was last cleared"""

    def clear(self) -> None:
        self._bids.clear()
        self._asks.clear()
        self.is_known = False

    def update(self, bids: Iterable[Mapping[str, object]], asks: Iterable[Mapping[str, object]]) -> None:
        """Take in the levels of one message, in its order: a level may occur twice."""
        for side, levels in ((self._bids, bids), (self._asks, asks)):
            for level in levels:
                price = number_text(level.get("price"), "book: field 'price'")
                quantity = number_text(level.get("qty"), "book: field 'qty'")
                digits = digits_of(quantity)
                lots = self._lots(quantity) if digits else 0
                side.put(self._ticks(price), lots, digits_of(price) + digits)
            side.truncate(self._depth)

    def checksum(self) -> int:
        """Return what Kraken sends with a book that looks like this one."""
        return zlib.crc32((self._asks.digits() + self._bids.digits()).encode())

    @property
    def is_crossed(self) -> bool:
        bid, ask = self._bids.top, self._asks.top
        return bid is not None and ask is not None and bid >= ask

    def view(self, ts: int, levels: int) -> Book:
        """Return the best `levels` per side as a value; `ts` is event time, ns UTC."""
        return Book(self._instrument.id, ts, self._bids.best(levels), self._asks.best(levels))


def objects_in(value: object, name: str) -> list[Mapping[str, object]]:
    """Return a list of objects."""
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise MalformedPayload(f"stream: field {name!r} is not a list of objects")
    return value
