"""Texts of recorded feeds, as a venue and a recorder write them, and hostile variations of them."""

from __future__ import annotations

import json
import random
from typing import Any

BASE_PRICE = 6_000_000
"""ticks of 0.01"""


def price_text(ticks: int) -> str:
    return f"{ticks // 100}.{ticks % 100:02d}000000"


def quantity_text(lots: int) -> str:
    """Lots of 0.00001."""
    return f"{lots // 100_000}.{lots % 100_000:05d}000"


class FeedWriter:
    """Writes a feed of a moving market, line by line, from one seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._received = 1_700_000_000_000_000_000
        self.sequence = 1000
        self.trade_id = 5

    def line(self, document: dict[str, Any], separators: tuple[str, str] = (",", ":")) -> bytes:
        self._received += self._rng.randrange(1, 10**8)
        return f"{self._received} {json.dumps(document, separators=separators)}\n".encode()

    def _levels(self, count: int) -> list[list[str]]:
        rng = self._rng
        prices = rng.sample(range(BASE_PRICE - 50, BASE_PRICE + 50), count)
        return [[price_text(price), quantity_text(rng.choice((0, rng.randrange(1, 10**7))))] for price in prices]

    def snapshot(self, sequence: int | None = None) -> dict[str, Any]:
        last = self.sequence if sequence is None else sequence
        return {"lastUpdateId": last, "bids": self._levels(4), "asks": self._levels(4)}

    def depth(self, *, skip: int = 0) -> dict[str, Any]:
        first = self.sequence + 1 + skip
        self.sequence = first + self._rng.randrange(0, 9)
        sides = {"b": self._levels(self._rng.randrange(0, 4)), "a": self._levels(self._rng.randrange(0, 4))}
        stated = self._received // 1_000_000
        return _streamed("x@depth", {"e": "depthUpdate", "E": stated, "s": "X", "U": first, "u": self.sequence, **sides})

    def trade(self, *, skip: int = 0) -> dict[str, Any]:
        self.trade_id += 1 + skip
        p, q = price_text(BASE_PRICE + self._rng.randrange(-9, 9)), quantity_text(self._rng.randrange(1, 10**6))
        stated = self._received // 1_000_000
        data = {"e": "trade", "E": stated, "s": "X", "t": self.trade_id, "p": p, "q": q, "T": stated - 1}
        return _streamed("x@trade", {**data, "m": self._rng.random() < 0.5, "M": True})

    def quotes(self) -> dict[str, Any]:
        bid, rng = BASE_PRICE + self._rng.randrange(-9, 9), self._rng
        b, a = [bid, rng.randrange(1, 10**6)], [bid + 1, rng.randrange(1, 10**6)]
        texts = {"b": price_text(b[0]), "B": quantity_text(b[1]), "a": price_text(a[0]), "A": quantity_text(a[1])}
        return _streamed("x@bookTicker", {"u": self.sequence, "s": "X", **texts})

    def feed(self, count: int) -> bytes:
        """Return a feed with gaps, snapshots that repair them, repetitions, other messages, and odd but proper JSON."""
        rng, lines = self._rng, []
        for _ in range(count):
            draw = rng.random()
            if draw < 0.45:
                document = self.depth(skip=rng.choice((0,) * 12 + (3,)))
            elif draw < 0.65:
                document = self.trade(skip=rng.choice((0,) * 12 + (2,)))
            elif draw < 0.85:
                document = self.quotes()
            elif draw < 0.95:
                document = self.snapshot(self.sequence - rng.choice((0, 0, 5, 40)))
            else:
                document = _streamed(
                    "x@other", {"e": "news", "b": "-1.5e3", "k": {"o": [1, {"x": None}, '\u20ac\\"'], "v": 1e-3}}
                )
            lines.append(self.line(self._odd(document), rng.choice(((",", ":"), (",", ":"), (" , ", ": ")))))
            if rng.random() < 0.1:
                lines.append(rng.choice((lines[-1], b"\n", b"\r\n")))
        return b"".join(lines)

    def _odd(self, document: dict[str, Any]) -> dict[str, Any]:
        """Shuffle fields, add unknown ones, or take the message out of its stream."""
        draw, data = self._rng.random(), document.get("data", document)
        if draw < 0.1 and data.get("e") != "news":
            document = data
        if draw < 0.3:
            fields = [*document.items(), ("extra", [{}, [], {"b": [["1", "2"]]}, -0.5, False])]
            self._rng.shuffle(fields)
            document = dict(fields)
        if draw < 0.2 and "data" in document:
            fields = [*document["data"].items(), ("x", "y"), ("stream", 1)]
            self._rng.shuffle(fields)
            document = {**document, "data": dict(fields)}
        return document


def mutated(text: bytes, rng: random.Random) -> bytes:
    """Return `text` with one to three edits: bytes changed, cut, doubled, moved or put in."""
    for _ in range(rng.randrange(1, 4)):
        at = rng.randrange(len(text))
        end = min(len(text), at + rng.choice((1, 1, 2, 5, 30)))
        piece = text[at:end]
        edit = rng.randrange(6)
        if edit == 0:
            piece = bytes([rng.randrange(256)])
        elif edit == 1:
            piece = b""
        elif edit == 2:
            piece += piece
        elif edit == 3:
            piece = rng.choice(_HOSTILE) + piece
        elif edit == 4:
            piece = rng.choice(_HOSTILE)
        else:
            other = rng.randrange(len(text))
            piece = text[other : other + len(piece)]
        text = text[:at] + piece + text[end:]
        if not text:
            return b"\n"
    return text


_HOSTILE = (
    *(bytes([c]) for c in b'0123456789.,:-+eE"\\[]{} \t\r\n\x00\x1f'),
    *(b"null", b"true", b"NaN", b"1e5", b"-1", b'"b":', b'"e":"trade",', b'"\\u0062"', b'"data":', b"\xff", b"\xc3\xa9", b'""'),
    *(b"99999999999999999999", b'"0.00000000"', b'"-1.0"', b'"1.000000001"', b'["1","1"],', b'"stream":"s",', b"00", b"\n1 "),
)


def _streamed(stream: str, data: dict[str, Any]) -> dict[str, Any]:
    return {"stream": stream, "data": data}
