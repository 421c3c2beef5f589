"""Kraken's private channels: what is told of an order step by step, its fills, totals, and the numbering of messages."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.errors import MagnitudeError, MalformedPayload
from golive.model.ids import FillId
from golive.model.instrument import Instrument
from golive.model.order import Liquidity, OrderStatus, Side
from golive.venues.dialect import AccountEvent, FeedGap, FillSighting, OrderSighting, Total
from golive.venues.kraken_account_feed import KrakenAccountFeed
from golive.venues.kraken_dialect import REST, KrakenDialect

DATA = Path(__file__).parent / "data" / "kraken" / "account.jsonl"
BTC = Instrument.from_text(
    "kraken:BTC/USD", tick_size="0.1", lot_size="0.00000001", min_quantity="0.00001", max_quantity="10000000000"
)
OURS = "ab" * 16


def feed_of(events: list[AccountEvent]) -> KrakenAccountFeed:
    return KrakenDialect().account_feed([BTC], sink=events.append)


def exact(line: str) -> dict[str, Any]:
    value = json.loads(line, parse_float=str)
    assert isinstance(value, dict)
    return value


def executions(sequence: int, *rows: dict[str, Any], kind: str = "update") -> dict[str, Any]:
    return {"channel": "executions", "type": kind, "data": list(rows), "sequence": sequence}


PENDING = exact("""{"order_id":"OK4GJX-KSTLS-7DZZO5","order_userref":3,"symbol":"BTC/USD","order_qty":0.005,"cum_cost":0.0,
    "time_in_force":"GTC","exec_type":"pending_new","side":"sell","order_type":"limit","limit_price_type":"static",
    "limit_price":26500.0,"stop_price":0.0,"order_status":"pending_new","fee_usd_equiv":0.0,"fee_ccy_pref":"fciq",
    "timestamp":"2023-09-22T10:33:05.709950Z","cl_ord_id":"abababababababababababababababab"}""")
NEW = exact("""{"timestamp":"2023-09-22T10:33:05.709982Z","order_status":"new","exec_type":"new","order_userref":3,
    "order_id":"OK4GJX-KSTLS-7DZZO5"}""")
TRADED = exact("""{"order_id":"OK4GJX-KSTLS-7DZZO5","order_userref":3,"exec_id":"TGBB7L-HT5LX-J3BZ4A","exec_type":"trade",
    "trade_id":62887576,"symbol":"BTC/USD","side":"sell","last_qty":0.005,"last_price":26599.9,"liquidity_ind":"t",
    "cost":132.9995,"order_type":"limit","timestamp":"2023-09-22T10:33:05.709993Z","order_status":"partially_filled",
    "cum_qty":0.005,"cum_cost":132.9995,"avg_price":26599.9,"fee_usd_equiv":0.3458,"fees":[{"asset":"USD","qty":0.3458}]}""")
FILLED = exact("""{"timestamp":"2023-09-22T10:33:05.709999Z","order_status":"filled","exec_type":"filled",
    "order_id":"OK4GJX-KSTLS-7DZZO5"}""")
"""Kraken's own examples of the channel, with our id, and the end that follows them"""


def played(*messages: dict[str, Any]) -> list[AccountEvent]:
    events: list[AccountEvent] = []
    feed = feed_of(events)
    feed.take(executions(1, kind="snapshot"))
    for message in messages:
        feed.take(message)
    return events


# coming up


def test_the_token_is_asked_for_over_rest_and_said_in_each_subscription() -> None:
    feed = feed_of([])
    request = feed.token()
    assert request is not None
    assert (request.method, request.path, request.private, request.charges[REST]) == ("POST", "GetWebSocketsToken", True, 1)
    token = feed.read_token({"error": [], "result": {"token": "tok", "expires": 900}})
    (link,) = feed.links
    assert (link.access, link.keys, link.needs_snapshot) == (
        "private",
        ("executions:", "balances:"),
        frozenset({"executions:", "balances:"}),
    )
    assert link.subscriptions == ()
    assert [message["params"] for message in feed.subscriptions(link, token)] == [
        {"channel": "executions", "token": "tok", "snap_orders": True, "snap_trades": False},
        {"channel": "balances", "token": "tok", "snapshot": True},
    ]


def test_confirmations_and_refusals_are_told_apart() -> None:
    feed = feed_of([])
    messages = [exact(line) for line in DATA.read_text().splitlines()]
    assert {feed.acknowledged(message) for message in messages} == {None, "executions:", "balances:"}
    refusal = {"method": "subscribe", "success": False, "error": "ESession:Invalid session"}
    assert feed.refused(refusal) == ("ESession:Invalid session",)
    assert all(feed.refused(message) == () for message in messages)


# orders and fills


def test_an_order_is_known_by_what_was_told_before() -> None:
    pending, new, fill, partial, filled = played(
        *(executions(n, row) for n, row in enumerate((PENDING, NEW, TRADED, FILLED), start=2))
    )
    assert isinstance(pending, OrderSighting)
    assert (pending.client_order_id, pending.status, pending.quantity, pending.filled) == (OURS, OrderStatus.OPEN, 500_000, 0)
    assert isinstance(new, OrderSighting)
    assert (new.client_order_id, new.status, new.quantity) == (OURS, OrderStatus.OPEN, 500_000), "from the row before"
    assert isinstance(fill, FillSighting)
    assert fill.venue_order_id == "OK4GJX-KSTLS-7DZZO5"
    assert fill.fill.fill_id == FillId("kraken", "TGBB7L-HT5LX-J3BZ4A")
    assert (fill.fill.client_order_id, fill.fill.side, fill.fill.liquidity) == (OURS, Side.SELL, Liquidity.TAKER)
    assert (fill.fill.price, fill.fill.quantity, fill.fill.ts) == (265999, 500_000, 1_695_378_785_709_993_000)
    assert (fill.fill.fee_asset, BTC.quote_text(fill.fill.fee)) == ("USD", "0.3458")
    assert isinstance(partial, OrderSighting)
    assert (partial.status, partial.filled) == (OrderStatus.PARTIAL, 500_000), "so Kraken says, until it says filled"
    assert isinstance(filled, OrderSighting)
    assert (filled.status, filled.filled, filled.average_price) == (OrderStatus.FILLED, 500_000, "26599.9")


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("canceled", OrderStatus.CANCELED),
        ("expired", OrderStatus.EXPIRED),
        ("brand_new_state", OrderStatus.UNKNOWN),
        ("new", OrderStatus.OPEN),
    ],
)
def test_states_become_statuses_and_what_nobody_knows_is_never_open(said: str, status: OrderStatus) -> None:
    end = {**NEW, "order_status": said, "exec_type": said}
    last = played(executions(2, PENDING), executions(3, end))[-1]
    assert isinstance(last, OrderSighting)
    assert last.status is status


def test_an_amendment_changes_the_quantity_that_is_told_from_then_on() -> None:
    amended = {**NEW, "exec_type": "amended", "order_qty": "0.007"}
    events = played(executions(2, PENDING), executions(3, amended), executions(4, NEW))
    assert [event.quantity for event in events if isinstance(event, OrderSighting)] == [500_000, 700_000, 700_000]


def test_orders_of_other_pairs_are_followed_in_silence() -> None:
    other = {**PENDING, "order_id": "OTHER", "symbol": "ETH/USD"}
    assert played(executions(2, other), executions(3, {**NEW, "order_id": "OTHER"})) == []


def test_an_order_whose_beginning_was_not_told_is_a_gap() -> None:
    with pytest.raises(FeedGap, match="beginning was not told"):
        played(executions(2, NEW))


def test_after_a_reconnection_known_orders_still_have_their_names() -> None:
    events: list[AccountEvent] = []
    feed = feed_of(events)
    feed.take(executions(1, PENDING, kind="snapshot"))
    feed.reset(feed.links[0])
    feed.take(executions(1, kind="snapshot"))
    feed.take(executions(2, {**NEW, "order_status": "canceled"}))
    last = events[-1]
    assert isinstance(last, OrderSighting)
    assert (last.client_order_id, last.status) == (OURS, OrderStatus.CANCELED)


def test_the_memory_of_ended_orders_is_bounded() -> None:
    events: list[AccountEvent] = []
    feed = feed_of(events)
    feed.take(executions(1, kind="snapshot"))
    for n in range(2, 3000):
        feed.take(executions(n, {**PENDING, "order_id": f"O{n}", "order_status": "canceled"}))
    assert len(feed._orders) <= 1001
    assert len(events) == 2998


# numbering


def test_a_message_told_twice_or_late_is_dropped_and_a_missing_one_is_a_gap() -> None:
    once = played(executions(2, PENDING), executions(3, NEW))
    assert played(executions(2, PENDING), executions(2, PENDING), executions(3, NEW), executions(2, PENDING)) == once
    with pytest.raises(FeedGap, match="4 follows 2"):
        played(executions(2, PENDING), executions(4, NEW))


def test_each_channel_counts_for_itself_and_begins_with_a_snapshot() -> None:
    feed = feed_of([])
    with pytest.raises(FeedGap, match="before the snapshot"):
        feed.take(executions(5, PENDING))
    feed.take(executions(1, kind="snapshot"))
    feed.take(executions(2, PENDING))
    assert feed.take({"channel": "balances", "type": "snapshot", "data": [], "sequence": 1}) == "balances:"


# totals


def balances(*rows: dict[str, Any], kind: str = "snapshot", sequence: int = 1) -> list[AccountEvent]:
    events: list[AccountEvent] = []
    feed = feed_of(events)
    if kind == "update":
        feed.take({"channel": "balances", "type": "snapshot", "data": [], "sequence": 1})
        sequence = 2
    feed.take({"channel": "balances", "type": kind, "data": list(rows), "sequence": sequence})
    return events


def test_a_snapshot_tells_the_spot_wallet_of_each_asset() -> None:
    wallets = [{"type": "spot", "id": "main", "balance": "300.5"}, {"type": "earn", "id": "flex", "balance": 200}]
    assert balances({"asset": "SOL", "asset_class": "currency", "balance": "500.5", "wallets": wallets}) == [
        Total("SOL", 30_050_000_000, 8)
    ]


def test_an_update_of_the_spot_wallet_is_told_and_one_of_another_is_not() -> None:
    row = {"asset": "BTC", "amount": "0.01", "balance": "0.02", "wallet_type": "spot", "wallet_id": "main"}
    assert balances(row, kind="update") == [Total("BTC", 2_000_000, 8)]
    assert balances({**row, "wallet_type": "earn", "wallet_id": "flex"}, kind="update") == []


# the recorded session, and one thing wrong


def test_the_recorded_session_is_told_order_by_order() -> None:
    events: list[AccountEvent] = []
    feed = feed_of(events)
    for line in DATA.read_text().splitlines():
        message = exact(line)
        if feed.is_data(message):
            feed.take(message)
    last = {event.client_order_id: event for event in events if isinstance(event, OrderSighting)}
    assert {int(oid, 16): order.status for oid, order in last.items()} == {
        1: OrderStatus.OPEN,
        2: OrderStatus.FILLED,
        3: OrderStatus.FILLED,
        5: OrderStatus.CANCELED,
        6: OrderStatus.CANCELED,
    }
    fills = [event for event in events if isinstance(event, FillSighting)]
    for seen in fills:
        order = last[seen.fill.client_order_id]
        assert (order.venue_order_id, order.filled) == (seen.venue_order_id, seen.fill.quantity)
    totals = {event.asset: event for event in events if isinstance(event, Total)}
    rest = json.loads((DATA.parent / "balances.json").read_text(), parse_float=str)["result"]
    assert totals["BTC"].units == int(rest["XXBT"]["balance"].replace(".", ""))


@pytest.mark.parametrize(
    ("row", "field", "value"),
    [
        (TRADED, "last_qty", 1.5),
        (TRADED, "last_qty", "0"),
        (TRADED, "last_price", "26599.95"),
        (TRADED, "side", "long"),
        (TRADED, "liquidity_ind", "x"),
        (TRADED, "exec_id", ""),
        (TRADED, "fees", []),
        (TRADED, "fees", [{"asset": "KFEE", "qty": "1"}]),
        (TRADED, "cum_qty", "0.006"),
        (TRADED, "timestamp", "soon"),
        (PENDING, "order_qty", None),
        (PENDING, "order_id", 5),
    ],
)
def test_a_row_with_one_thing_wrong_tells_nothing(row: dict[str, Any], field: str, value: object) -> None:
    events: list[AccountEvent] = []
    feed = feed_of(events)
    feed.take(executions(1, kind="snapshot"))
    if row is TRADED:
        feed.take(executions(2, PENDING))
    before = list(events)
    with pytest.raises((MalformedPayload, MagnitudeError)):
        feed.take(executions(3 if row is TRADED else 2, {**row, field: value}))
    assert events == before
    feed.reset(feed.links[0])
    feed.take(executions(1, PENDING, kind="snapshot"))
    feed.take(executions(2, TRADED))
    assert len(events) == len(before) + 3, "what could not be read has left nothing behind"


@pytest.mark.parametrize("message", [{"channel": "level3", "data": []}, {"channel": "executions", "type": "update", "data": []}])
def test_a_message_without_its_number_or_of_another_channel_is_refused(message: dict[str, Any]) -> None:
    with pytest.raises(MalformedPayload):
        feed_of([]).take(message)


GARBAGE = st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.text(max_size=6) | st.lists(st.none(), max_size=2)


@given(st.sampled_from([PENDING, NEW, TRADED, FILLED]), st.data())
def test_a_row_with_anything_in_any_field_is_refused_or_tells_the_fill_that_was_made(
    row: dict[str, Any], data: st.DataObject
) -> None:
    field = data.draw(st.sampled_from(sorted(row)))
    events: list[AccountEvent] = []
    feed = feed_of(events)
    feed.take(executions(1, kind="snapshot"))
    feed.take(executions(2, PENDING))
    with contextlib.suppress(MalformedPayload, MagnitudeError, FeedGap):
        feed.take(executions(3, {**row, field: data.draw(GARBAGE)}))
    for event in events:
        if isinstance(event, FillSighting) and field not in ("last_qty", "last_price"):
            assert (event.fill.quantity, event.fill.price) == (500_000, 265999)
