"""Candles and trades in line: whatever is repeated, late or lost, the sink sees each once, in order, without holes."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.errors import MalformedPayload
from golive.model.ids import InstrumentId
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import Side
from golive.venues.candle_line import REMEMBERED_TRADES, CandleLine

BTC, ETH = InstrumentId("okx", "BTC", "USDT"), InstrumentId("okx", "ETH", "USDT")


def candle(n: int, instrument: InstrumentId = BTC) -> Candle:
    return Candle(instrument, n * 60, (n + 1) * 60, 1, 1, 1, 1, volume=n)


def trade(trade_id: int, instrument: InstrumentId = BTC) -> Trade:
    return Trade(instrument, trade_id, 1, 1, Side.BUY, str(trade_id))


class Line:
    def __init__(self) -> None:
        self.told: list[MarketEvent] = []
        self.missing: list[InstrumentId] = []
        self.line = CandleLine(self.told.append, self.missing.append)

    def put(self, *numbers: int) -> None:
        for n in numbers:
            self.line.put(candle(n))

    @property
    def numbers(self) -> list[int]:
        return [event.volume for event in self.told if isinstance(event, Candle)]


def test_candles_told_twice_or_late_are_dropped() -> None:
    line = Line()
    line.put(3, 4, 4, 3, 5)
    assert line.numbers == [3, 4, 5]
    assert line.missing == []


def test_a_hole_holds_what_follows_and_asks_once() -> None:
    line = Line()
    line.put(3, 6, 7)
    assert (line.numbers, line.missing, line.line.is_holding) == ([3], [BTC], True)
    line.line.release(BTC, [candle(n) for n in (2, 3, 4, 5, 6)])
    assert (line.numbers, line.line.is_holding) == ([3, 4, 5, 6, 7], False)


def test_a_hole_that_the_venue_has_no_candles_for_is_a_quiet_market() -> None:
    line = Line()
    line.put(3, 9)
    line.line.release(BTC, [candle(3), candle(9)])
    assert line.numbers == [3, 9]


def test_a_list_that_does_not_reach_back_proves_nothing_and_goes_on_holding() -> None:
    line = Line()
    line.put(3, 9)
    with pytest.raises(MalformedPayload, match="reach back"):
        line.line.release(BTC, [candle(8), candle(9)])
    assert (line.numbers, line.line.is_holding) == ([3], True)


def test_after_a_loss_newer_candles_wait_for_those_that_were_missed() -> None:
    line = Line()
    line.put(3)
    line.line.hold(BTC)
    line.put(6)
    line.line.put(candle(1, ETH))
    assert line.numbers == [3, 1], "another instrument does not wait"
    line.line.release(BTC, [candle(n) for n in (3, 4, 5)])
    assert line.numbers == [3, 1, 4, 5, 6]


def test_before_the_first_candle_there_is_nothing_to_miss() -> None:
    line = Line()
    line.line.hold(BTC)
    line.put(6)
    assert line.numbers == [6]


def test_trades_are_told_once_and_books_always() -> None:
    line = Line()
    book = Book(BTC, 1, (), ())
    for event in (trade(1), trade(2), trade(1), book, book, trade(1, ETH)):
        line.line.put(event)
    assert line.told == [trade(1), trade(2), book, book, trade(1, ETH)]
    for n in range(10, 10 + REMEMBERED_TRADES):
        line.line.put(trade(n))
    assert len(line.line._trades[BTC]) == REMEMBERED_TRADES, "memory is bounded"


@given(st.lists(st.integers(0, 30), max_size=40), st.data())
def test_whatever_comes_the_line_has_no_hole_and_no_repetition(numbers: list[int], data: st.DataObject) -> None:
    line = Line()
    line.put(0)
    newest = 0
    for n in numbers:
        newest = max(newest, n)
        if data.draw(st.booleans()):
            line.line.hold(BTC)
        line.put(n)
        if line.line.is_holding and data.draw(st.booleans()):
            line.line.release(BTC, [candle(i) for i in range(newest + 1)])
    line.line.release(BTC, [candle(i) for i in range(newest + 1)])
    assert line.numbers == list(range(newest + 1))
    assert all(after == before + 1 for before, after in pairwise(line.numbers))
