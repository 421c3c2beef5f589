"""The replay of a tape against the oracle, event by event, in both ways an L1 market can be written down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

import numpy as np
import pytest

from golive.matching.book import BookOrder, Execution, OrderBook
from golive.matching.compiled import compiled
from golive.matching.kernel.growth import grown
from golive.matching.kernel.layout import (
    CANCEL_RESTING,
    FILL_COUNT,
    GTC,
    IMPOSSIBLE,
    NO_ROOM,
    POST_ONLY,
    SHORT,
    Book,
    Column,
    Table,
    new_book,
)
from golive.matching.kernel.level import best_price, orders_at, quantity_at
from golive.matching.kernel.match import cancel, submit
from golive.matching.kernel.order import ahead_of
from golive.matching.kernel.tape import BEST, FILL_COLUMNS, LEVEL, MALFORMED, MORE, PRINT, WHOLE
from golive.matching.kernel.tape import replay as replay_columns
from golive.model.order import Side, TimeInForce

Row = tuple[int, int, int, int]
"""kind, side, price, quantity"""


Step = tuple[int, Callable[[OrderBook], list[Execution]]]


class Market:
    """A random L1 market: each step as rows of quotes, as rows of levels, and as what the oracle is told."""

    def __init__(self, seed: int, *, asks_first: bool = False, remembers_taken: bool = True) -> None:
        self.rng = Random(seed)
        self.middle = 100
        self.shown: dict[int, dict[int, int]] = {1: {}, -1: {}}
        self.sides = (-1, 1) if asks_first else (1, -1)
        # A book without memory no longer knows of a level that was taken whole: to name it as gone is then more than a quote says.
        self.one_sided = 0.15 if remembers_taken else 0

    def step(self) -> tuple[list[Row], list[Row], Callable[[OrderBook], list[Execution]]]:
        draw = self.rng.random()
        side = self.rng.choice((1, -1))
        if draw < 0.25:
            row = (PRINT, side, self.middle + self.rng.randint(-3, 3), self.rng.randint(1, 12))
            return [row], [row], lambda book: book.trade_through(Side.BUY if side > 0 else Side.SELL, row[2], row[3])
        if draw < 0.35:
            stated = {self.middle - side * self.rng.randint(-1, 6): self.rng.randint(0, 9) for _ in range(self.rng.randint(1, 4))}
            self.shown[side] |= stated
            rows = joined(LEVEL, [(side, *level) for level in stated.items()])
            return rows, rows, in_depth(side, list(stated.items()))
        if draw < 0.35 + self.one_sided:
            gone = dict.fromkeys(self.shown[side], 0)
            new = self.quote(side)
            levels = list((gone | {new[0]: new[1]}).items())
            return [(BEST, side, *new)], joined(LEVEL, [(side, *level) for level in levels]), in_depth(side, levels)
        self.middle = min(110, max(90, self.middle + self.rng.choice((-2, -1, 0, 0, 0, 0, 1, 2))))
        quotes = {side: self.quote(side) for side in self.sides}
        both = [(side, *quote) for side, quote in quotes.items()]
        whole = joined(LEVEL, both)
        whole[0] = (whole[0][0] | WHOLE, *whole[0][1:])
        return joined(BEST, both), whole, lambda book: book.replace_depth([quotes[1]], [quotes[-1]])

    def quote(self, side: int) -> tuple[int, int]:
        price = self.middle - side * self.rng.choice((0, 1, 1, 1, 2))
        unchanged = self.shown[side].get(price, 4)
        lots = unchanged if self.rng.random() < 0.2 else self.rng.choice((0, 1, 2, 3, 8, 20))
        self.shown[side] = {price: lots}
        return price, lots


def in_depth(side: int, levels: list[tuple[int, int]]) -> Callable[[OrderBook], list[Execution]]:
    return lambda book: book.set_depth(levels, []) if side > 0 else book.set_depth([], levels)


def joined(kind: int, rows: list[tuple[int, int, int]]) -> list[Row]:
    """Make one statement of several rows."""
    return [(kind | MORE, *row) for row in rows[:-1]] + [(kind, *rows[-1])]


def columns(rows: Sequence[tuple[int, ...]]) -> Any:
    return np.array(rows, dtype=np.int64).T.copy()


def replay(book: Book, tape: Any, start: int, until: int, fills: Any) -> int:
    ts, kind, side, price, quantity = tape
    return replay_columns(book, ts, kind, side, price, quantity, start, until, fills)


def play(book: Book, ts: int, rows: list[Row], fills: Any) -> list[Execution]:
    """Replay one statement or print at `ts`; return the fills it caused."""
    before = book[FILL_COUNT]
    tape = columns([(ts, *row) for row in rows])
    assert replay(book, tape, 0, ts, fills) == 0
    assert replay(book, tape, 0, ts + 1, fills) == len(rows)
    assert book[SHORT] == 0
    new = fills[before : book[FILL_COUNT]].tolist()
    assert all(row[0] == ts for row in new)
    return [Execution(0, number, Side.SELL if side > 0 else Side.BUY, price, lots) for _, number, side, price, lots in new]


PRICES = range(80, 121)


def shown(book: Book) -> list[object]:
    return [[(price, quantity_at(book, side, price), orders_at(book, side, price)) for price in PRICES] for side in (1, -1)]


def shown_by(oracle: OrderBook) -> list[object]:
    return [[(price, oracle.quantity_at(side, price), oracle.orders_at(side, price)) for price in PRICES] for side in Side]


@pytest.mark.parametrize("remembers_taken", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_quotes_levels_and_the_oracle_agree_event_by_event(seed: int, remembers_taken: bool) -> None:
    market, rng = Market(seed, remembers_taken=remembers_taken), Random(seed)
    oracle = OrderBook(remembers_taken=remembers_taken, estimates_queue=True)
    books = [new_book(64, 64, remembers_taken=remembers_taken, estimates_queue=True) for _ in range(2)]
    tables = [np.zeros((9_000, FILL_COLUMNS), dtype=np.int64) for _ in books]
    for ts in range(1, 2_000):
        quotes, levels, tell = market.step()
        expected = tell(oracle)
        assert play(books[0], ts, quotes, tables[0]) == expected, (ts, quotes)
        assert play(books[1], ts, levels, tables[1]) == expected, (ts, levels)
        if rng.random() < 0.4:
            side, price = rng.choice((1, -1)), market.middle + rng.randint(-4, 4)
            tif, code = rng.choice(((TimeInForce.GTC, GTC), (TimeInForce.POST_ONLY, POST_ONLY)))
            lots, owner = rng.randint(1, 9), rng.randint(0, 1)
            oracle.submit(BookOrder(ts, "ab"[owner], Side.BUY if side > 0 else Side.SELL, price, lots), tif)
            for book in books:
                submit(book, ts, owner, side, price, lots, code, CANCEL_RESTING)
        for order_id in range(max(1, ts - 30), ts + 1):
            entry = oracle.order(order_id)
            assert {ahead_of(book, order_id) for book in books} == {entry.ahead if entry else -1}, (ts, order_id)
        canceled = oracle.cancel(ts - 30) if ts > 30 else None
        assert {cancel(book, max(1, ts - 30)) for book in books if ts > 30} in ({canceled.remaining if canceled else 0}, set())
        assert shown(books[0]) == shown(books[1]) == shown_by(oracle), (ts, quotes)
    assert books[0][FILL_COUNT] > 100


@pytest.mark.parametrize("seed", range(4))
def test_quotes_that_name_the_ask_first_do_what_the_same_levels_do(seed: int) -> None:
    market, rng = Market(seed, asks_first=True), Random(seed)
    books = [new_book(64, 256, remembers_taken=True, estimates_queue=True) for _ in range(2)]
    tables = [np.zeros((9_000, FILL_COLUMNS), dtype=np.int64) for _ in books]
    for ts in range(1, 2_000):
        quotes, levels, _ = market.step()
        assert play(books[0], ts, quotes, tables[0]) == play(books[1], ts, levels, tables[1]), (ts, quotes)
        side, price, lots = rng.choice((1, -1)), market.middle + rng.randint(-4, 4), rng.randint(1, 9)
        for book in books:
            submit(book, ts, ts % 3, side, price, lots, GTC, CANCEL_RESTING)
            cancel(book, max(1, ts - 30))
        assert shown(books[0]) == shown(books[1]), (ts, quotes)
    assert books[0][FILL_COUNT] > 100


# ── the edges of a replay ───────────────────────────────────────────────────────────────────────────────────────

TAPE: list[tuple[int, ...]] = [
    (10, BEST | MORE, 1, 100, 5),
    (10, BEST, -1, 101, 5),
    (20, PRINT, -1, 100, 7),
    (20, LEVEL, 1, 99, 4),
    (30, LEVEL | MORE, 1, 99, 0),
    (30, LEVEL, -1, 102, 3),
]


def table(rows: int = 16) -> Any:
    return np.zeros((rows, FILL_COLUMNS), dtype=np.int64)


def test_a_replay_stops_before_the_first_row_of_its_time() -> None:
    book, tape = new_book(), columns(TAPE)
    assert [replay(book, tape, 0, until, table()) for until in (0, 10, 20)] == [0, 0, 2]
    assert replay(book, tape, 2, 30, table()) == 4
    assert [quantity_at(book, 1, price) for price in (100, 99)] == [5, 4]
    assert replay(book, tape, 4, 1_000, table()) == len(TAPE)
    assert [quantity_at(book, 1, 99), quantity_at(book, -1, 102)] == [0, 3]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((15, 3, 1, 100, 5), MALFORMED),
        ((15, BEST, 1, 0, 5), IMPOSSIBLE),
        ((15, LEVEL, 1, 100, -5), IMPOSSIBLE),
        ((15, LEVEL, 1, 0, 5), IMPOSSIBLE),
    ],
)
def test_a_row_that_cannot_be_stops_the_replay_and_is_named(row: tuple[int, ...], reason: int) -> None:
    book, tape = new_book(), columns([*TAPE[:2], row, *TAPE[2:]])
    assert replay(book, tape, 0, 1_000, table()) == 2
    assert (book[SHORT], quantity_at(book, 1, 100)) == (reason, 5)


@pytest.mark.parametrize("pair", [(1, 1), (-1, -1)])
def test_a_quote_of_one_side_twice_is_malformed(pair: tuple[int, int]) -> None:
    book, tape = new_book(), columns([(10, BEST | MORE, pair[0], 100, 5), (10, BEST, pair[1], 101, 5)])
    assert replay(book, tape, 0, 1_000, table()) == 0
    assert book[SHORT] == MALFORMED


def test_a_replay_without_room_for_fills_stops_and_goes_on_with_more() -> None:
    book, tape = new_book(), columns(TAPE)
    assert replay(book, tape, 0, 20, table()) == 2
    submit(book, 1, 0, 1, 101, 3, POST_ONLY, CANCEL_RESTING)
    for order_id in (2, 3):
        submit(book, order_id, 0, 1, 99, 3, POST_ONLY, CANCEL_RESTING)
    assert replay(book, tape, 2, 1_000, table(2)) == 2
    assert book[SHORT] == NO_ROOM
    assert replay(book, tape, 2, 1_000, table()) == len(TAPE)
    assert book[SHORT] == 0


def test_a_replay_without_room_for_levels_stops_and_goes_on_in_a_larger_book() -> None:
    tape = columns([(ts, LEVEL, 1, 100 - ts, 1) for ts in range(1, 21)])
    book = new_book(8, 8)
    reached = replay(book, tape, 0, 1_000, table())
    assert (reached, book[SHORT]) == (8, NO_ROOM)
    book = grown(book, 12)
    assert replay(book, tape, reached, 1_000, table()) == 20
    assert [quantity_at(book, 1, 100 - ts) for ts in range(1, 21)] == [1] * 20


def test_a_statement_larger_than_the_book_takes_says_so() -> None:
    tape = columns([(1, LEVEL | MORE, 1, 50 - i, 1) for i in range(5)] + [(1, LEVEL, 1, 60, 1)])
    book = new_book(64, 4, statement=4)
    assert replay(book, tape, 0, 9, table()) == 0
    assert (book[SHORT], best_price(book, 1)) == (NO_ROOM, 0)


# ── a strategy in compiled code ─────────────────────────────────────────────────────────────────────────────────


@compiled
def quoter(
    book: Book, ts: Column, kind: Column, side: Column, price: Column, quantity: Column, fills: Table, every: int
) -> tuple[int, int]:
    """Join both sides of the touch every `every` ns; return position and cash."""
    i, number, booked, position, cash = 0, 0, 0, 0, 0
    until = ts[0] + every
    while i < len(ts):
        i = replay_columns(book, ts, kind, side, price, quantity, i, until, fills)
        while booked < book[FILL_COUNT]:
            position += fills[booked, 2] * fills[booked, 4]
            cash -= fills[booked, 2] * fills[booked, 3] * fills[booked, 4]
            booked += 1
        for own in (1, -1):
            number += 1
            cancel(book, number - 2)
            at = best_price(book, own)
            if at > 0:
                submit(book, number, 1, own, at, 3, POST_ONLY, CANCEL_RESTING)
        until += every
    return position, cash


def test_a_compiled_strategy_earns_what_the_same_strategy_earns_on_the_oracle() -> None:
    market = Market(11)
    rows: list[tuple[int, ...]] = []
    steps: list[Step] = []
    for ts in range(1, 3_000):
        quotes, _, tell = market.step()
        rows += [(ts, *row) for row in quotes]
        steps.append((ts, tell))
    fills = table(20_000)
    book = new_book(32, 32, remembers_taken=True, estimates_queue=True)
    ts_, kind, side, price, quantity = columns(rows)
    result = quoter(book, ts_, kind, side, price, quantity, fills, 10)

    oracle, number, position, cash, until = OrderBook(remembers_taken=True, estimates_queue=True), 0, 0, 0, 1 + 10
    end: Step = (3_000, lambda _: [])
    for ts, tell in [*steps, end]:
        while ts >= until or ts == 3_000:
            for own in (Side.BUY, Side.SELL):
                number += 1
                oracle.cancel(number - 2)
                if (at := oracle.best(own)) is not None:
                    oracle.submit(BookOrder(number, "us", own, at, 3), TimeInForce.POST_ONLY)
            until += 10
            if ts == 3_000:
                break
        for execution in tell(oracle):
            position -= execution.side.sign * execution.quantity
            cash += execution.side.sign * execution.price * execution.quantity
    assert result == (position, cash)
    assert book[FILL_COUNT] > 100
