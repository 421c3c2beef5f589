"""Market data, coins, fees and time in Bybit's words."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from simvenue.face.mode import Mode
from support.bybit_client import MILLION, BybitClient

MINUTE = 60_000


@pytest.fixture(scope="module")
def client() -> BybitClient:
    made = BybitClient(has_limits=False, steps=400)
    for _ in range(300):
        made.driver.step()
    return made


def rows(client: BybitClient, path: str) -> list[Any]:
    answer = client.get(path, None)
    assert (answer["retCode"], answer["retMsg"], answer["time"]) == (0, "OK", client.millis)
    return list(answer["result"]["list"])


def test_time_is_wall_time(client: BybitClient) -> None:
    result = client.get("market/time", None)["result"]
    assert result == {"timeSecond": str(client.clock.wall // 10**9), "timeNano": str(client.clock.wall)}


def test_instruments_state_their_grid_and_amounts(client: BybitClient) -> None:
    listed = rows(client, "market/instruments-info?category=spot")
    assert [row["symbol"] for row in listed] == ["BTCUSDT", "ETHUSDT"]
    bitcoin = listed[0]
    assert (bitcoin["status"], bitcoin["priceFilter"]["tickSize"]) == ("Trading", "0.1")
    lots = bitcoin["lotSizeFilter"]
    assert (lots["basePrecision"], lots["minOrderQty"], lots["minOrderAmt"], lots["maxOrderAmt"]) == (
        "0.00000001",
        "0.00001",
        "1",
        "2000000",
    )
    assert rows(client, "market/instruments-info?category=spot&symbol=ETHUSDT") == [listed[1]]
    assert rows(client, "market/instruments-info?category=linear") == []


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("market/instruments-info", "Category is invalid"),
        ("market/tickers?category=shares", "Category is invalid"),
        ("market/tickers?category=spot&symbol=NOPE", "Not supported symbols"),
        ("market/orderbook?category=spot", "Not supported symbols"),
        ("market/orderbook?category=linear&symbol=BTCUSDT", "Not supported symbols"),
        ("market/orderbook?category=spot&symbol=BTCUSDT&limit=ten", "params error: limit invalid"),
        ("market/orderbook?category=spot&symbol=BTCUSDT&limit=0", "params error: limit invalid"),
        ("market/kline?category=spot&symbol=BTCUSDT&interval=2", "Invalid period!"),
        ("market/kline?category=spot&symbol=BTCUSDT", "Invalid period!"),
        ("market/kline?category=spot&symbol=BTCUSDT&interval=1&start=soon", "params error: start invalid"),
        ("market/kline?category=spot&symbol=BTCUSDT&interval=M&start=999999999999999999", "params error: start invalid"),
    ],
)
def test_what_cannot_be_asked_is_10001_in_bybits_words(client: BybitClient, path: str, said: str) -> None:
    answer = client.get(path, None)
    assert (answer["retCode"], answer["retMsg"], answer["result"]) == (10001, said, {})


def test_a_ticker_agrees_with_the_book_and_the_trades(client: BybitClient) -> None:
    (ticker,) = rows(client, "market/tickers?category=spot&symbol=BTCUSDT")
    book = client.get("market/orderbook?category=spot&symbol=BTCUSDT", None)["result"]
    assert [[ticker["bid1Price"], ticker["bid1Size"]], [ticker["ask1Price"], ticker["ask1Size"]]] == [book["b"][0], book["a"][0]]
    (last,) = rows(client, "market/recent-trade?category=spot&symbol=BTCUSDT&limit=1")
    assert ticker["lastPrice"] == last["price"]
    opened, price = Decimal(ticker["prevPrice24h"]), Decimal(ticker["lastPrice"])
    assert abs((price - opened) / opened - Decimal(ticker["price24hPcnt"])) <= Decimal("0.0001")
    assert Decimal(ticker["lowPrice24h"]) <= price <= Decimal(ticker["highPrice24h"])
    assert len(rows(client, "market/tickers?category=spot")) == 2
    assert rows(client, "market/tickers?category=option") == []


def test_a_book_has_one_level_unless_more_are_asked_and_at_most_200(client: BybitClient) -> None:
    def sizes(suffix: str) -> tuple[int, int]:
        result = client.get(f"market/orderbook?category=spot&symbol=BTCUSDT{suffix}", None)["result"]
        return len(result["b"]), len(result["a"])

    assert (sizes(""), sizes("&limit=20")) == ((1, 1), (20, 20))
    assert max(sizes("&limit=500")) <= 200
    result = client.get("market/orderbook?category=spot&symbol=BTCUSDT&limit=50", None)["result"]
    bids, asks = ([Decimal(price) for price, _ in result[side]] for side in ("b", "a"))
    assert bids == sorted(bids, reverse=True)
    assert asks == sorted(asks)
    assert bids[0] < asks[0]


def test_candles_come_newest_first_within_start_and_end(client: BybitClient) -> None:
    base = "market/kline?category=spot&symbol=BTCUSDT&interval=1"
    newest = rows(client, base)
    assert len(newest) == 200
    opened = [int(row[0]) for row in newest]
    assert {a - b for a, b in pairwise(opened)} == {MINUTE}
    start, end = opened[150], opened[50]
    assert [int(r[0]) for r in rows(client, f"{base}&start={start}&end={end}")] == opened[50:151]
    assert [int(r[0]) for r in rows(client, f"{base}&start={start}&limit=10")] == opened[141:151]
    assert [int(r[0]) for r in rows(client, f"{base}&start={start - 1}&limit=10")] == opened[141:151]
    assert [int(r[0]) for r in rows(client, f"{base}&end={end}&limit=3")] == opened[50:53]
    assert [len(rows(client, f"{base}&limit={n}")) for n in ("1000", "5000")] == [601, 601]
    for _, first, high, low, last, volume, turnover in newest:
        assert Decimal(low) <= min(Decimal(first), Decimal(last)) <= max(Decimal(first), Decimal(last)) <= Decimal(high)
        assert Decimal(low) * Decimal(volume) <= Decimal(turnover) <= Decimal(high) * Decimal(volume)


@pytest.mark.parametrize(("interval", "count"), [("5", 121), ("60", 11), ("D", 2), ("W", 2), ("M", 2)])
def test_candles_come_in_all_sizes(client: BybitClient, interval: str, count: int) -> None:
    found = rows(client, f"market/kline?category=spot&symbol=BTCUSDT&interval={interval}&limit=1000")
    assert len(found) == count
    fine = rows(client, "market/kline?category=spot&symbol=BTCUSDT&interval=1&limit=1000")
    assert sum(Decimal(row[5]) for row in found) == sum(Decimal(row[5]) for row in fine)


def test_recent_trades_come_newest_first_and_at_most_sixty(client: BybitClient) -> None:
    found = rows(client, "market/recent-trade?category=spot&symbol=BTCUSDT&limit=1000")
    assert len(found) == 60
    assert [int(row["execId"]) for row in found] == sorted((int(row["execId"]) for row in found), reverse=True)
    assert {row["side"] for row in found} == {"Buy", "Sell"}


def test_fees_and_coins_and_the_account_are_told(client: BybitClient) -> None:
    fees = client.get("account/fee-rate?category=spot&symbol=BTCUSDT")["result"]["list"]
    assert [(row["makerFeeRate"], row["takerFeeRate"]) for row in fees] == [("0.001", "0.001")]
    assert client.get("account/fee-rate?category=spot&symbol=NO")["retCode"] == 170121
    assert [row["coin"] for row in client.get("asset/coin/query-info")["result"]["rows"]] == ["BTC", "USDT", "ETH"]
    assert client.get("account/info")["result"]["unifiedMarginStatus"] == 6
    assert client.get("account/wallet-balance?accountType=SPOT")["retCode"] == 10001


def test_maintenance_is_announced_and_answers_nothing_but_status_and_time() -> None:
    client = BybitClient(has_limits=False)
    client.driver.step()
    client.face.heartbeat(client.clock.wall, 0)
    assert rows(client, "system/status") == []
    client.face.mode = Mode.MAINTENANCE
    since = client.millis
    client.face.heartbeat(client.clock.wall, 0)
    client.clock.move(60)
    (notice,) = rows(client, "system/status")
    assert (notice["state"], notice["begin"], int(notice["end"]) > client.millis) == ("ongoing", str(since), True)
    assert rows(client, "system/status?state=completed") == []
    assert client.get("market/time", None)["retCode"] == 0
    for answer in (
        client.get("market/tickers?category=spot", None),
        client.post("order/create", {"category": "spot"}),
        client.get("user/query-api"),
    ):
        assert (answer["retCode"], answer["retMsg"]) == (10016, "System error. Please try again later.")
    client.face.mode = Mode.ONLINE
    assert rows(client, "system/status") == []
    assert client.get("market/tickers?category=spot", None)["retCode"] == 0


@pytest.mark.parametrize(
    ("mode", "codes"),
    [
        (Mode.POST_ONLY, (170217, 170217, 0)),
        (Mode.LIMIT_ONLY, (0, 170159, 0)),
        (Mode.CANCEL_ONLY, (170031, 170031, 170031)),
    ],
)
def test_a_restricted_market_takes_only_the_orders_it_may(mode: Mode, codes: tuple[int, int, int]) -> None:
    client = BybitClient(has_limits=False)
    resting = client.placed()
    client.face.mode = mode
    limit, market = client.create(), client.create(orderType="Market", qty="10", price=None)
    assert (limit["retCode"], market["retCode"], client.create(timeInForce="PostOnly")["retCode"]) == codes
    assert client.post("order/cancel", {"category": "spot", "symbol": "BTCUSDT", "orderId": resting})["retCode"] == 0


def test_candle_times_are_those_of_the_market_clock(client: BybitClient) -> None:
    newest = rows(client, "market/kline?category=spot&symbol=BTCUSDT&interval=1&limit=1")
    now = client.venue.exchange.now // MILLION
    assert int(newest[0][0]) < now <= int(newest[0][0]) + MINUTE
