"""Recorded feeds decoded plainly: json and Decimal, a dictionary for each message, nothing shared with the decoder under test."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from golive.matching.kernel.tape import BEST, LEVEL, MORE, PRINT, WHOLE

TapeRow = tuple[int, int, int, int, int, int, int]
"""ts, stated, kind, side, price, quantity, sequence"""


@dataclass(frozen=True)
class PlainMessage:
    """One line: its rows are (side, price in ticks, quantity in lots)."""

    line: int
    kind: str
    received: int
    stated: int
    first: int
    last: int
    rows: list[tuple[int, int, int]]


def plain_messages(raw: bytes, tick: str, lot: str) -> list[PlainMessage]:
    """Decode every line; ValueError, KeyError, TypeError or AttributeError for what is not a feed."""
    messages = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        if line in (b"", b"\r"):
            continue
        received, _, text = line.partition(b" ")
        if not received.isdigit():
            raise ValueError("no time")
        document = json.loads(text.decode())
        data = document.get("data", document)
        messages.append(_message(number, int(received), data, "stream" in document, Decimal(tick), Decimal(lot)))
    return messages


def _message(line: int, received: int, data: dict[str, Any], is_streamed: bool, tick: Decimal, lot: Decimal) -> PlainMessage:
    def steps(value: object, step: Decimal) -> int:
        assert isinstance(value, str)
        count = Decimal(value) / step
        if count != int(count) or count < 0:
            raise ValueError(f"{value} is off the grid")
        return int(count)

    def row(side: int, price: object, quantity: object) -> tuple[int, int, int]:
        return side, steps(price, tick), steps(quantity, lot)

    def rows(bids: str, asks: str) -> list[tuple[int, int, int]]:
        sides = [(key, 1 if key == bids else -1) for key in data if key in (bids, asks)]
        assert len(sides) == 2
        return [row(side, *level) for key, side in sides for level in data[key]]

    def whole(key: str) -> int:
        if type(data[key]) is not int:
            raise TypeError(key)
        return int(data[key])

    event = data.get("e")
    if "lastUpdateId" in data:
        last = whole("lastUpdateId")
        return PlainMessage(line, "snapshot", received, 0, last, last, rows("bids", "asks"))
    if event == "depthUpdate":
        return PlainMessage(line, "depth", received, whole("E") * 1_000_000, whole("U"), whole("u"), rows("b", "a"))
    if event == "trade":
        print_of = row(-1 if {True: True, False: False}[data["m"]] else 1, data["p"], data["q"])
        return PlainMessage(line, "trade", received, whole("T") * 1_000_000, whole("t"), whole("t"), [print_of])
    if event == "bookTicker" or ("e" not in data and "B" in data and "A" in data):
        stated = whole("E") * 1_000_000 if "E" in data else 0
        sides = [row(1, data["b"], data["B"]), row(-1, data["a"], data["A"])]
        return PlainMessage(line, "quotes", received, stated, whole("u"), whole("u"), sides)
    if not is_streamed:
        raise ValueError("no message")
    return PlainMessage(line, "other", received, 0, 0, 0, [])


def aligned(messages: Iterable[PlainMessage]) -> Iterator[PlainMessage | tuple[int, PlainMessage]]:  # noqa: PLR0912
    """Yield the messages that count, in order; (expected, message) before a depth update or a trade that leaves a gap."""
    last: int | None = None
    has_begun = False
    last_trade: int | None = None
    last_quote = -1
    waiting: list[PlainMessage] = []
    for message in messages:
        queue = [message]
        if message.kind == "snapshot":
            if last is not None and message.last < last:
                continue
            if last is None:
                queue += waiting
            waiting, last, has_begun = [], message.last, True
            yield message
            queue = queue[1:]
        for each in queue:
            if each.kind == "depth":
                if last is None:
                    waiting.append(each)
                elif each.last > last:
                    if each.first > last + 1:
                        yield last + 1, each
                        last = None
                        waiting = [each]
                    else:
                        last = each.last
                        yield each
            elif each.kind == "trade" and has_begun:
                if last_trade is None or each.last > last_trade:
                    if last_trade is not None and each.last > last_trade + 1:
                        yield last_trade + 1, each
                    last_trade = each.last
                    yield each
            elif each.kind == "quotes" and has_begun and each.last >= last_quote:
                last_quote = each.last
                yield each


def plain_tape(messages: Iterable[PlainMessage], *, is_book: bool) -> list[TapeRow]:
    """Return the rows of the tape of depth and trades, or of quotes and trades."""
    tape: list[TapeRow] = []
    now = 0
    for entry in aligned(messages):
        message = entry if isinstance(entry, PlainMessage) else entry[1]
        now = max(now, message.received)
        if not isinstance(entry, PlainMessage):
            if message.kind == "depth" and is_book:
                tape.append((now, message.stated, LEVEL + WHOLE, 1, 1, 0, message.last))
            continue
        if message.kind != "trade" and (message.kind == "quotes") == is_book:
            continue
        rows = message.rows or ([(1, 1, 0)] if message.kind == "snapshot" else [])
        for n, (side, price, quantity) in enumerate(rows):
            kind = {"trade": PRINT, "quotes": BEST}.get(message.kind, LEVEL)
            kind += MORE if message.kind != "trade" and n + 1 < len(rows) else 0
            kind += WHOLE if message.kind == "snapshot" and n == 0 else 0
            tape.append((now, message.stated, kind, side, max(price, 1), quantity, message.last))
    return tape


def plain_book(messages: Iterable[PlainMessage]) -> tuple[dict[int, int], dict[int, int]]:
    """Return the lots at each price of both sides after all messages; empty while the book is unknown."""
    sides: dict[int, dict[int, int]] = {1: {}, -1: {}}
    for entry in aligned(messages):
        message = entry if isinstance(entry, PlainMessage) else entry[1]
        if message.kind == "snapshot" or (message.kind == "depth" and entry is not message):
            sides[1].clear()
            sides[-1].clear()
        if entry is message and message.kind in ("snapshot", "depth"):
            for side, price, quantity in message.rows:
                sides[side][price] = quantity
    return tuple({price: lots for price, lots in sides[side].items() if lots} for side in (1, -1))  # type: ignore[return-value]
