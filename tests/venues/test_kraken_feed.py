"""Kraken's market channels: exact books held to their checksum, candles that are over, trades; recorded and made up."""

from __future__ import annotations

import contextlib
import json
import zlib
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.errors import MagnitudeError, MalformedPayload
from golive.model.instrument import Instrument
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import Side
from golive.venues.dialect import FeedGap
from golive.venues.kraken_book import KrakenBook, digits_of
from golive.venues.kraken_dialect import KrakenDialect
from golive.venues.kraken_feed import KrakenFeed

DATA = Path(__file__).parent / "data" / "kraken" / "market.jsonl"
BTC = Instrument.from_text(
    "kraken:BTC/USD", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="10000000000"
)
ETH = Instrument.from_text("kraken:ETH/USD", tick_size="0.01", lot_size="0.000001", min_quantity="0.01", max_quantity="1000000")
MINUTE_NS = 60 * 10**9

K2_ASKS = (
    "45285.2/0.00100000 45286.4/1.54571953 45286.6/1.54571109 45289.6/1.54560911 45290.2/0.15890660 "
    "45291.8/1.54553491 45294.7/0.04454749 45296.1/0.35380000 45297.5/0.09945542 45299.5/0.18772827"
)
K2_BIDS = (
    "45283.5/0.10000000 45283.4/1.54582015 45282.1/0.10000000 45281.0/0.10000000 45280.3/1.54592586 "
    "45279.0/0.07990000 45277.6/0.03310103 45277.5/0.30000000 45277.3/1.54602737 45276.6/0.15445238"
)
K2_CHECKSUM = 3310070434


def levels(text: str) -> list[dict[str, str]]:
    return [dict(zip(("price", "qty"), level.split("/"), strict=True)) for level in text.split()]


def feed_of(events: list[MarketEvent], *, minutes: int | None = 1, book: bool = True, trades: bool = True) -> KrakenFeed:
    return KrakenDialect().feed(
        [BTC, ETH],
        bar=None if minutes is None else str(minutes),
        period_ns=(minutes or 0) * MINUTE_NS,
        book=book,
        trades=trades,
        sink=events.append,
    )


def exact(line: str) -> dict[str, Any]:
    """A message as the stream reads it: fractions as their texts."""
    value = json.loads(line, parse_float=str)
    assert isinstance(value, dict)
    return value


def recorded() -> list[dict[str, Any]]:
    return [exact(line) for line in DATA.read_text().splitlines()]


def played(messages: Iterable[dict[str, Any]], events: list[MarketEvent]) -> Counter[str]:
    feed = feed_of(events)
    return Counter(feed.take(message) for message in messages if feed.is_data(message))


# subscriptions


def test_each_channel_is_asked_for_once_for_all_pairs_and_confirmed_pair_by_pair() -> None:
    feed = feed_of([])
    (link,) = feed.links
    assert link.access == "public"
    assert [message["params"] for message in link.subscriptions] == [
        {"channel": "ohlc", "symbol": ["BTC/USD", "ETH/USD"], "interval": 1},
        {"channel": "book", "symbol": ["BTC/USD", "ETH/USD"], "depth": 100},
        {"channel": "trade", "symbol": ["BTC/USD", "ETH/USD"], "snapshot": False},
    ]
    assert set(link.keys) == {f"{channel}:{pair}" for channel in ("ohlc", "book", "trade") for pair in ("BTC/USD", "ETH/USD")}
    assert link.needs_snapshot == {"book:BTC/USD", "book:ETH/USD"}
    acknowledged = {feed.acknowledged(message) for message in recorded()}
    assert acknowledged == {None, "ohlc:BTC/USD", "book:BTC/USD", "trade:BTC/USD"}


@pytest.mark.parametrize(
    ("message", "codes"),
    [
        (
            {"method": "subscribe", "success": False, "error": "Currency pair not supported BTC/FOO"},
            "Currency pair not supported",
        ),
        ({"error": "Exceeded msg rate", "status": "error"}, "Exceeded msg rate"),
        ({"method": "subscribe", "success": False}, "refused without a reason"),
    ],
)
def test_a_refusal_is_told_with_its_code_and_never_taken_for_a_confirmation(message: dict[str, Any], codes: str) -> None:
    feed = feed_of([])
    assert feed.refused(message)[-1] == codes
    assert feed.acknowledged(message) is None
    assert not feed.is_data(message)


@pytest.mark.parametrize("line", ['{"channel":"heartbeat"}', '{"method":"pong","req_id":1}', '{"channel":"status","data":[{}]}'])
def test_what_comes_unasked_is_neither_data_nor_a_refusal(line: str) -> None:
    feed = feed_of([])
    message = exact(line)
    assert not feed.is_data(message)
    assert feed.refused(message) == ()
    assert feed.acknowledged(message) is None


# books


def test_the_published_checksum_is_ours_vector_k2() -> None:
    book = KrakenBook(BTC, 10)
    book.update(levels(K2_BIDS), levels(K2_ASKS))
    assert book.checksum() == K2_CHECKSUM


def test_the_checksum_is_made_of_the_digits_as_they_were_sent() -> None:
    """45285.20 is the same price as 45285.2, and another checksum."""
    book = KrakenBook(BTC, 10)
    book.update(levels(K2_BIDS), levels(K2_ASKS.replace("45285.2/", "45285.20/")))
    assert book.checksum() != K2_CHECKSUM
    assert book.view(0, 1).asks == ((452852, 100000),)


def test_recorded_books_hold_to_every_checksum_and_are_exact() -> None:
    events: list[MarketEvent] = []
    counts = played(recorded(), events)
    books = [event for event in events if isinstance(event, Book)]
    assert counts["book:BTC/USD"] > 20
    updates = [m for m in recorded() if m.get("channel") == "book" and "timestamp" in m["data"][0]]
    assert len(books) == len(updates), "a book is told when it has a time"
    for book in books:
        assert 0 < len(book.bids) <= 50
        assert list(book.bids) == sorted(book.bids, reverse=True)
        assert list(book.asks) == sorted(book.asks)
        assert book.bids[0][0] < book.asks[0][0]


def test_one_lost_update_is_found_by_the_next_checksum() -> None:
    messages = recorded()
    books = [index for index, message in enumerate(messages) if message.get("channel") == "book"]
    for lost in books[1:6]:
        with pytest.raises(FeedGap, match=r"checksum|crossed"):
            played(messages[:lost] + messages[lost + 1 :], [])


def snapshot(bids: str = K2_BIDS, asks: str = K2_ASKS, checksum: object = K2_CHECKSUM, **more: object) -> dict[str, Any]:
    row = {"symbol": "BTC/USD", "bids": levels(bids), "asks": levels(asks), "checksum": checksum, **more}
    return {"channel": "book", "type": "snapshot", "data": [row]}


def update(bids: str, asks: str, checksum: int, timestamp: str = "2026-11-21T07:06:50.123456Z") -> dict[str, Any]:
    row = {"symbol": "BTC/USD", "bids": levels(bids), "asks": levels(asks), "checksum": checksum, "timestamp": timestamp}
    return {"channel": "book", "type": "update", "data": [row]}


def test_a_snapshot_without_a_time_stands_and_shows_with_the_next_update() -> None:
    events: list[MarketEvent] = []
    feed = feed_of(events)
    assert feed.take(snapshot()) == "book:BTC/USD"
    assert events == []
    asks = K2_ASKS.replace("45285.2/0.00100000", "45285.2/0.50000000")
    wanted = zlib.crc32("".join(digits_of(part) for row in (asks, K2_BIDS) for part in row.replace("/", " ").split()).encode())
    feed.take(update("", "45285.2/0.50000000", wanted))
    (book,) = events
    assert isinstance(book, Book)
    assert book.ts == 1_795_244_810_123_456_000
    assert book.asks[0] == (452852, 50_000_000)
    assert book.bids[0] == (452835, 10_000_000)
    assert len(book.asks) == 10


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        (snapshot(checksum=K2_CHECKSUM + 1), FeedGap),
        (snapshot(checksum="3310070434"), MalformedPayload),
        (snapshot(checksum=None), MalformedPayload),
        (update("", "", 0), FeedGap),
        (snapshot(asks=K2_ASKS.replace("45285.2/", "45285.25/")), MagnitudeError),
        (snapshot(asks=K2_ASKS.replace("0.00100000", "-0.00100000")), MagnitudeError),
        ({**snapshot(), "type": "delta"}, MalformedPayload),
        ({**snapshot(), "data": []}, MalformedPayload),
        ({**snapshot(), "data": {}}, MalformedPayload),
        ({**snapshot(), "channel": "level3"}, MalformedPayload),
        ({"channel": "book", "type": "snapshot", "data": [{"symbol": "XBT/EUR"}]}, MalformedPayload),
    ],
)
def test_a_book_that_cannot_be_trusted_is_never_shown(message: dict[str, Any], problem: type[Exception]) -> None:
    events: list[MarketEvent] = []
    with pytest.raises(problem):
        feed_of(events).take(message)
    assert events == []


def test_after_a_reset_an_update_waits_for_its_snapshot() -> None:
    feed = feed_of([])
    feed.take(snapshot())
    feed.reset(feed.links[0])
    with pytest.raises(FeedGap, match="before the snapshot"):
        feed.take(update("", "", K2_CHECKSUM))


def test_a_level_that_fell_out_of_scope_does_not_come_back_by_itself() -> None:
    book = KrakenBook(BTC, 2)
    book.update(levels("10.0/1 9.0/1 8.0/1"), [])
    book.update(levels("10.0/0"), [])
    assert book.view(1, 5).bids == ((90, 10**8),), "8.0 may be gone by now, and nobody would have told"


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 8), st.integers(0, 3)), max_size=60), st.integers(2, 4))
def test_the_book_is_the_best_levels_of_a_plain_model(changes: list[tuple[bool, int, int]], depth: int) -> None:
    """Levels that fell out of scope are forgotten, as the venue forgets to tell their end."""
    book, model = KrakenBook(BTC, depth), {True: dict[int, int](), False: dict[int, int]()}
    for is_bid, ticks, lots in changes:
        level = [{"price": BTC.price_text(ticks), "qty": f"{Decimal(lots).scaleb(-8):.8f}"}]
        book.update(level if is_bid else [], [] if is_bid else level)
        side = model[is_bid]
        side[ticks] = lots
        kept = sorted((t for t, q in side.items() if q), reverse=is_bid)[:depth]
        model[is_bid] = {t: side[t] for t in kept}
    view = book.view(1, depth)
    assert view.bids == tuple(sorted(model[True].items(), reverse=True))
    assert view.asks == tuple(sorted(model[False].items()))


# trades


def test_trades_are_events_with_the_aggressors_side() -> None:
    events: list[MarketEvent] = []
    row = '{"symbol":"BTC/USD","side":"sell","price":43643.8,"qty":0.04447053,"trade_id":1921,"timestamp":"2026-11-21T07:06:43.774Z"}'
    key = feed_of(events).take(exact(f'{{"channel":"trade","type":"update","data":[{row}]}}'))
    assert key == "trade:BTC/USD"
    assert events == [Trade(BTC.id, 1_795_244_803_774_000_000, 436438, 4_447_053, Side.SELL, "1921")]


def test_a_whole_number_is_read_as_exactly_as_a_fraction() -> None:
    events: list[MarketEvent] = []
    row = '{"symbol":"BTC/USD","side":"buy","price":43643,"qty":2,"trade_id":1,"timestamp":"2026-11-21T07:06:43Z"}'
    feed_of(events).take(exact(f'{{"channel":"trade","type":"update","data":[{row}]}}'))
    (trade,) = events
    assert isinstance(trade, Trade)
    assert (trade.price, trade.quantity) == (436430, 2 * 10**8)


@pytest.mark.parametrize(
    ("field", "value"),
    [("price", 1.5), ("price", None), ("qty", True), ("side", "long"), ("timestamp", "yesterday"), ("trade_id", None)],
)
def test_a_trade_with_one_thing_wrong_is_refused(field: str, value: object) -> None:
    row = {"symbol": "BTC/USD", "side": "buy", "price": "1.0", "qty": "1", "trade_id": 1, "timestamp": "2026-11-21T07:06:43Z"}
    events: list[MarketEvent] = []
    with pytest.raises(MalformedPayload):
        feed_of(events).take({"channel": "trade", "type": "update", "data": [{**row, field: value}]})
    assert events == []


# candles


def candle(minute: int, close: str = "101.0", kind: str = "update", **more: object) -> dict[str, Any]:
    return {"channel": "ohlc", "type": kind, "data": [candle_row(minute, close, **more)]}


def candle_row(minute: int, close: str = "101.0", **more: object) -> dict[str, Any]:
    begin = f"2026-11-21T07:{minute:02d}:00.000000000Z"
    prices = {"open": "100.0", "high": "102.0", "low": "99.5", "close": close}
    return {"symbol": "BTC/USD", **prices, "volume": "1.50000000", "interval_begin": begin, "interval": 1, **more}


def opened(events: list[MarketEvent]) -> list[tuple[int, int]]:
    """(minute, close in ticks) of the candles told."""
    return [(e.opened_at // MINUTE_NS % 60, e.close) for e in events if isinstance(e, Candle)]


def test_a_candle_is_told_when_a_later_one_has_begun_and_as_it_was_last() -> None:
    events: list[MarketEvent] = []
    feed = feed_of(events)
    for message in (candle(1), candle(1, "101.5"), candle(1, "100.5")):
        assert feed.take(message) == "ohlc:BTC/USD"
    assert opened(events) == []
    feed.take(candle(2))
    assert opened(events) == [(1, 1005)]
    (told,) = events
    assert isinstance(told, Candle)
    assert (told.open, told.high, told.low, told.volume, told.closed_at - told.opened_at) == (
        1000,
        1020,
        995,
        150_000_000,
        MINUTE_NS,
    )
    feed.take({"channel": "ohlc", "type": "update", "data": [candle_row(2, "99.9"), candle_row(3)]})
    assert opened(events) == [(1, 1005), (2, 999)]


def test_history_of_the_first_snapshot_is_not_news_and_the_running_candle_is_kept() -> None:
    events: list[MarketEvent] = []
    feed = feed_of(events)
    feed.take({"channel": "ohlc", "type": "snapshot", "data": [candle_row(1), candle_row(2), candle_row(3)]})
    assert opened(events) == []
    feed.take(candle(4))
    assert opened(events) == [(3, 1010)], "the candle that ran when we came is told though nothing traded in it since"


def test_a_later_snapshot_tells_what_was_missed_and_only_that() -> None:
    events: list[MarketEvent] = []
    feed = feed_of(events)
    for message in (candle(1), candle(2), candle(3)):
        feed.take(message)
    feed.reset(feed.links[0])
    feed.take({"channel": "ohlc", "type": "snapshot", "data": [candle_row(minute) for minute in range(1, 7)]})
    assert [minute for minute, _ in opened(events)] == [1, 2, 3, 4, 5]


def test_a_late_row_of_an_ended_candle_changes_nothing() -> None:
    events: list[MarketEvent] = []
    feed = feed_of(events)
    for message in (candle(1), candle(2), candle(1, "99.9"), candle(2, "100.5"), candle(3)):
        feed.take(message)
    assert opened(events) == [(1, 1010), (2, 1005)]


@pytest.mark.parametrize(
    "more",
    [{"interval": 5}, {"open": "103.0"}, {"volume": "-1"}, {"close": None}, {"interval_begin": "07:01"}, {"high": float("nan")}],
)
def test_a_candle_with_one_thing_wrong_is_refused(more: dict[str, object]) -> None:
    events: list[MarketEvent] = []
    feed = feed_of(events)
    with pytest.raises((MalformedPayload, MagnitudeError)):
        feed.take({"channel": "ohlc", "type": "update", "data": [{**candle_row(1), **more}]})
    assert events == []


def test_recorded_candles_and_trades_agree_with_their_messages() -> None:
    events: list[MarketEvent] = []
    counts = played(recorded(), events)
    trades = [event for event in events if isinstance(event, Trade)]
    rows = [row for m in recorded() if m.get("channel") == "trade" and m.get("type") == "update" for row in m["data"]]
    assert [trade.trade_id for trade in trades] == [str(row["trade_id"]) for row in rows]
    assert all(Decimal(BTC.price_text(t.price)) == Decimal(r["price"]) for t, r in zip(trades, rows, strict=True))
    assert counts["ohlc:BTC/USD"] > 0


GARBAGE = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=6) | st.lists(st.none(), max_size=2)


@given(st.sampled_from([snapshot(), update("", "", K2_CHECKSUM), candle(1)]), st.data())
def test_a_row_with_anything_in_any_field_is_refused_or_harmless(message: dict[str, Any], data: st.DataObject) -> None:
    """Never another error than those the stream reconnects after, and never a book that fails its checksum."""
    events: list[MarketEvent] = []
    feed = feed_of(events)
    (row,) = message["data"]
    field = data.draw(st.sampled_from(sorted(row)))
    with contextlib.suppress(MalformedPayload, MagnitudeError, FeedGap):
        feed.take(snapshot())
        feed.take({**message, "data": [{**row, field: data.draw(GARBAGE)}]})
    for book in (event for event in events if isinstance(event, Book)):
        assert book.asks[0] == (452852, 100_000)
        assert book.bids[0] == (452835, 10_000_000)
