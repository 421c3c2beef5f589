"""The feeds of Bybit: books in sequence, closed candles only, exact trades; our orders, fills and balances."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from golive.model.balance import Balance
from golive.model.errors import MagnitudeError, MalformedPayload
from golive.model.instrument import Instrument
from golive.model.market import Book, Candle, Trade
from golive.model.order import OrderStatus, Side
from golive.model.secret import Credentials, Secret
from golive.venues.bybit import CODES
from golive.venues.bybit_account_feed import BybitAccountFeed, login_signature
from golive.venues.bybit_feed import BybitFeed
from golive.venues.dialect import FeedGap, FillSighting, OrderSighting
from golive.venues.meaning import Meaning

DATA = Path(__file__).parent / "data" / "bybit"
MINUTE_NS = 60 * 10**9
BTC = Instrument.from_text(
    "bybit:BTC/USDT", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="10000", min_notional="1"
)
ETH = Instrument.from_text("bybit:ETH/USDT", tick_size="0.01", lot_size="0.001", min_quantity="0.001", max_quantity="100")


def frames(name: str) -> list[Any]:
    return [json.loads(line) for line in (DATA / f"{name}.jsonl").read_text().splitlines()]


def pushed(topic: str) -> list[Any]:
    return [frame for frame in frames("stream_public") if frame.get("topic", "").startswith(topic)]


def market_feed(sink: list[Any]) -> BybitFeed:
    return BybitFeed([BTC], bar="1", period_ns=MINUTE_NS, book=True, trades=True, sink=sink.append)


# market


def test_every_topic_is_asked_for_alone_and_confirmed_by_its_request_id() -> None:
    feed = BybitFeed([BTC, ETH], bar="1", period_ns=MINUTE_NS, book=True, trades=True, sink=lambda event: None)
    (link,) = feed.links
    assert link.access == "public"
    assert set(link.keys) == {f"{c}:{s}" for c in ("kline.1", "orderbook.50", "publicTrade") for s in ("BTCUSDT", "ETHUSDT")}
    assert link.needs_snapshot == {"orderbook.50:BTCUSDT", "orderbook.50:ETHUSDT"}
    assert {"op": "subscribe", "req_id": "kline.1.BTCUSDT", "args": ["kline.1.BTCUSDT"]} in link.subscriptions
    confirmed = {feed.acknowledged(frame) for frame in frames("stream_public")} - {None}
    assert confirmed == {"kline.1:BTCUSDT", "orderbook.50:BTCUSDT", "publicTrade:BTCUSDT"}


def test_a_refused_subscription_is_named_by_its_operation_and_nothing_else_is_refused() -> None:
    feed = market_feed([])
    refused = {json.dumps(frame): feed.refused(frame) for frame in frames("stream_public") if feed.refused(frame)}
    ((frame, codes),) = refused.items()
    assert "handler not found" in frame
    assert codes == ("subscribe",)
    assert CODES[codes[0]].meaning is Meaning.REQUEST
    assert feed.acknowledged(json.loads(frame)) is None
    old = {"success": False, "ret_msg": "error:USVC1111", "conn_id": "x", "request": {"op": "auth", "args": []}}
    assert feed.refused(old) == ("auth",)
    assert feed.refused({"retCode": 10004, "retMsg": "bad", "op": "auth"}) == ("10004",)


def test_no_topic_means_no_connection() -> None:
    assert BybitFeed([BTC], bar=None, period_ns=0, book=False, trades=False, sink=lambda event: None).links == ()


def test_a_snapshot_and_its_deltas_make_the_book_the_venue_shows() -> None:
    events: list[Any] = []
    feed = market_feed(events)
    snapshot, *deltas = pushed("orderbook")
    levels: dict[str, dict[str, str]] = {side: dict(snapshot["data"][side]) for side in "ba"}
    for frame in (snapshot, *deltas):
        assert feed.take(frame) == "orderbook.50:BTCUSDT"
        for side in "ba":
            levels[side].update(dict(frame["data"][side]))
            levels[side] = {price: size for price, size in levels[side].items() if size != "0"}
        book = events[-1]
        assert isinstance(book, Book)
        assert book.ts == frame["ts"] * 10**6
        shown = {"b": book.bids, "a": book.asks}
        for side in "ba":
            expected = sorted(levels[side].items(), key=lambda level: float(level[0]), reverse=side == "b")
            assert [(BTC.price_text(p), BTC.quantity_text(q)) for p, q in shown[side]] == expected


def step(kind: str, update_id: object, **data: Any) -> dict[str, Any]:
    body = {"s": "BTCUSDT", "b": [["100", "1"]], "a": [["101", "1"]], "u": update_id, "seq": 1, **data}
    return {"topic": "orderbook.50.BTCUSDT", "ts": 1_700_000_000_000, "type": kind, "data": body}


@pytest.mark.parametrize("next_id", [5, 4, 7, 0, 9999])
def test_an_update_that_does_not_follow_by_one_is_a_gap(next_id: int) -> None:
    feed = market_feed([])
    feed.take(step("snapshot", 5))
    with pytest.raises(FeedGap, match="ours stands at 5"):
        feed.take(step("delta", next_id))


def test_a_delta_without_a_snapshot_is_a_gap_also_after_a_new_subscription() -> None:
    feed = market_feed([])
    with pytest.raises(FeedGap):
        feed.take(step("delta", 2))
    feed.take(step("snapshot", 5))
    feed.reset(feed.links[0])
    with pytest.raises(FeedGap):
        feed.take(step("delta", 6))


def test_update_one_is_a_restart_and_replaces_the_book_whatever_it_is_called() -> None:
    events: list[Any] = []
    feed = market_feed(events)
    feed.take(step("snapshot", 500, b=[["99", "3"], ["98", "1"]]))
    feed.take(step("delta", 1, b=[["97", "2"]]))
    assert events[-1].bids == ((970, 2 * 10**8),)
    feed.take(step("delta", 2, b=[["97", "0.000"]], a=[]))
    assert events[-1].bids == ()


def test_a_crossed_book_is_a_gap_and_never_shown() -> None:
    events: list[Any] = []
    feed = market_feed(events)
    feed.take(step("snapshot", 5))
    with pytest.raises(FeedGap, match="crossed"):
        feed.take(step("delta", 6, b=[["102", "1"]], a=[]))
    assert len(events) == 1


@pytest.mark.parametrize(
    "frame",
    [
        step("update", 5),
        step("snapshot", "5"),
        step("snapshot", True),
        step("snapshot", 5, s="ETHUSDT"),
        step("snapshot", 5, b=None),
        step("snapshot", 5, b=[["100"]]),
        step("snapshot", 5, b=[["100", ""]]),
        step("snapshot", 5, b=[["100", None]]),
        step("snapshot", 5, b=[[100, "1"]]),
        step("snapshot", 5, b=[["100.05", "1"]]),
        step("snapshot", 5, b=[["100", "-1"]]),
        step("snapshot", 5, b=["ab"]),
        {**step("snapshot", 5), "ts": "1700000000000"},
        {**step("snapshot", 5), "data": []},
        {**step("snapshot", 5), "topic": "orderbook.50.ETHUSDT"},
        {**step("snapshot", 5), "topic": None},
    ],
)
def test_a_book_message_with_one_thing_wrong_is_refused(frame: dict[str, Any]) -> None:
    events: list[Any] = []
    with pytest.raises((MalformedPayload, MagnitudeError)):
        market_feed(events).take(frame)
    assert events == []


def test_a_trade_is_exact_and_its_side_is_the_aggressors() -> None:
    events: list[Any] = []
    (frame,) = pushed("publicTrade")
    assert market_feed(events).take(frame) == "publicTrade:BTCUSDT"
    assert len(events) == len(frame["data"])
    for trade, row in zip(events, frame["data"], strict=True):
        assert isinstance(trade, Trade)
        assert (BTC.price_text(trade.price), BTC.quantity_text(trade.quantity)) == (row["p"], row["v"])
        assert (trade.ts, trade.trade_id) == (row["T"] * 10**6, row["i"])
        assert trade.side is (Side.BUY if row["S"] == "Buy" else Side.SELL)


def test_only_confirmed_candles_are_told() -> None:
    events: list[Any] = []
    feed = market_feed(events)
    closed, running = pushed("kline")
    assert feed.take(running) == "kline.1:BTCUSDT"
    assert events == []
    feed.take(closed)
    row = closed["data"][0]
    (candle,) = events
    assert isinstance(candle, Candle)
    assert (candle.opened_at, candle.closed_at) == (row["start"] * 10**6, (row["end"] + 1) * 10**6)
    shown = [BTC.price_text(price) for price in (candle.open, candle.high, candle.low, candle.close)]
    assert shown == [row["open"], row["high"], row["low"], row["close"]]
    assert BTC.quantity_text(candle.volume) == row["volume"]


@pytest.mark.parametrize(
    ("topic", "field"), [("publicTrade", name) for name in "TsSvpi"] + [("kline", "confirm"), ("kline", "start")]
)
def test_a_row_without_a_field_is_refused_by_its_name(topic: str, field: str) -> None:
    frame = copy.deepcopy(pushed(topic)[0])
    del frame["data"][0][field]
    with pytest.raises(MalformedPayload):
        market_feed([]).take(frame)


# account


def account_feed(sink: list[Any], instruments: tuple[Instrument, ...] = (BTC,)) -> BybitAccountFeed:
    return BybitAccountFeed(instruments, sink=sink.append)


def test_the_login_is_signed_as_the_published_vector_says_and_valid_for_ten_seconds() -> None:
    assert login_signature("test_secret", 1_700_000_000_000) == (
        "bacffe7500499eb829bb58c45d36d1b3e5ac67c14eaeba91df5e99ccee013925"
    )
    credentials = Credentials({"apiKey": Secret("test_api_key"), "secret": Secret("test_secret")})
    message = account_feed([]).login(credentials, 1_699_999_990_000)
    assert message is not None
    assert (message["op"], message["args"]) == (
        "auth",
        ["test_api_key", 1_700_000_000_000, login_signature("test_secret", 1_700_000_000_000)],
    )


def test_the_private_stream_comes_up_by_login_and_confirmed_topics() -> None:
    feed = account_feed([])
    (link,) = feed.links
    assert (feed.token(), link.access, link.keys) == (None, "private", ("order:", "execution:", "wallet:"))
    logins = [frame for frame in frames("stream_private") if feed.logged_in(frame)]
    assert [frame["op"] for frame in logins] == ["auth"]
    assert {feed.acknowledged(frame) for frame in frames("stream_private")} - {None} == set(link.keys)
    assert feed.refused({"success": False, "ret_msg": "Params Error", "conn_id": "x", "req_id": "auth", "op": "auth"}) == (
        "auth",
    )
    assert CODES["auth"].meaning is Meaning.AUTHENTICATION
    assert not any(feed.refused(frame) for frame in frames("stream_private"))


def test_the_disconnect_protection_is_asked_for_where_it_guards_and_its_refusal_is_none() -> None:
    other = account_feed([])
    assert [message["args"] for message in other.subscriptions(other.links[0], "")] == [["order"], ["execution"], ["wallet"]]
    events: list[Any] = []
    feed = BybitAccountFeed((BTC,), sink=events.append, is_guarding=True)
    asked = [message["args"] for message in feed.subscriptions(feed.links[0], "")]
    assert asked == [["order"], ["execution"], ["wallet"], ["dcp.spot"]]
    refusal = {"success": False, "ret_msg": "error:handler not found", "req_id": "dcp.spot", "op": "subscribe"}
    assert feed.refused(refusal) == ()
    assert feed.refused({**refusal, "req_id": "order"}) == ("subscribe",)
    assert not feed.is_data({"topic": "dcp.spot", "data": []})


def test_orders_fills_and_balances_come_as_they_were_pushed() -> None:
    events: list[Any] = []
    feed = account_feed(events)
    for frame in frames("stream_private"):
        if feed.is_data(frame):
            assert feed.take(frame) == f"{frame['topic']}:"
    orders = [e for e in events if isinstance(e, OrderSighting)]
    assert [(o.client_order_id[0], o.status) for o in orders] == [
        ("a", OrderStatus.OPEN),
        ("a", OrderStatus.FILLED),
        ("c", OrderStatus.OPEN),
        ("c", OrderStatus.CANCELED),
    ]
    (seen,) = [e for e in events if isinstance(e, FillSighting)]
    assert (seen.fill.client_order_id, seen.fill.fee, seen.fill.fee_asset) == ("a" * 32, 1_000, "BTC")
    assert seen.fill.quantity == orders[1].filled == 1_000_000
    wallets = [e for e in events if isinstance(e, Balance)]
    assert {balance.asset for balance in wallets} == {"BTC", "USDT"}
    assert wallets[-1].total_text == "99538.725"


def test_rows_of_other_categories_and_instruments_are_not_ours_but_are_counted_as_received() -> None:
    events: list[Any] = []
    (frame,) = [f for f in frames("stream_private") if f.get("topic") == "execution"]
    assert account_feed(events, (ETH,)).take(frame) == "execution:"
    linear = copy.deepcopy(frame)
    linear["data"][0]["category"] = "linear"
    assert account_feed(events).take(linear) == "execution:"
    assert events == []


def test_nothing_of_a_push_is_told_when_one_of_its_rows_is_wrong() -> None:
    events: list[Any] = []
    frame = copy.deepcopy(next(f for f in frames("stream_private") if f.get("topic") == "order"))
    frame["data"].append({**frame["data"][0], "cumExecQty": "5"})
    with pytest.raises(MalformedPayload, match="filled 5"):
        account_feed(events).take(frame)
    assert events == []


@pytest.mark.parametrize(
    "frame",
    [
        {"topic": "position", "data": []},
        {"topic": None, "data": []},
        {"topic": "order", "data": {}},
        {"topic": "order", "data": ["x"]},
        {"topic": "order", "data": [{}]},
        {"topic": "execution", "data": [{"category": "spot", "symbol": ""}]},
        {"topic": "wallet", "data": [{"accountType": "CONTRACT", "coin": []}]},
    ],
)
def test_a_push_nobody_asked_for_or_without_its_fields_is_refused(frame: dict[str, Any]) -> None:
    with pytest.raises(MalformedPayload):
        account_feed([]).take(frame)
