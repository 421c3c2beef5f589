"""Public data in Kraken's words: names, grids, tickers, books, candles, trades."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from simvenue.kraken.name import asset_altname, asset_id, pair_altname, pair_id, pair_wsname
from simvenue.kraken.number import fixed
from support.kraken_client import KrakenClient


@pytest.fixture(scope="module")
def client() -> KrakenClient:
    made = KrakenClient(has_limits=False)
    for _ in range(20):
        made.driver.step()
    return made


@pytest.mark.parametrize(
    ("symbol", "names"),
    [
        ("BTC/USD", ("XXBTZUSD", "XBTUSD", "XBT/USD")),
        ("ETH/EUR", ("XETHZEUR", "ETHEUR", "ETH/EUR")),
        ("SOL/USD", ("SOLUSD", "SOLUSD", "SOL/USD")),
        ("BTC/USDT", ("XBTUSDT", "XBTUSDT", "XBT/USDT")),
        ("DOGE/USD", ("XDGUSD", "XDGUSD", "XDG/USD")),
        ("ETH/BTC", ("XETHXXBT", "ETHXBT", "ETH/XBT")),
    ],
)
def test_pairs_are_named_as_kraken_names_them(symbol: str, names: tuple[str, str, str]) -> None:
    assert (pair_id(symbol), pair_altname(symbol), pair_wsname(symbol)) == names


def test_assets_have_an_id_and_an_alternative_name() -> None:
    assert [(asset_id(a), asset_altname(a)) for a in ("BTC", "USD", "SOL", "DOGE")] == [
        ("XXBT", "XBT"),
        ("ZUSD", "USD"),
        ("SOL", "SOL"),
        ("XXDG", "XDG"),
    ]


@pytest.mark.parametrize(
    ("value", "scale", "text"),
    [(1230, 4, "0.1230"), (5, 0, "5"), (0, 1, "0.0"), (-15, 1, "-1.5"), (-5, 2, "-0.05"), (123, 2, "1.23")],
)
def test_amounts_keep_their_decimals(value: int, scale: int, text: str) -> None:
    assert fixed(value, scale) == text


def test_every_name_of_a_pair_finds_it_and_the_answer_is_keyed_by_its_id(client: KrakenClient) -> None:
    for name in ("XXBTZUSD", "XBTUSD", "XBT/USD"):
        for method in ("Ticker", "Depth", "OHLC", "Trades", "AssetPairs"):
            assert "XXBTZUSD" in client.get(method, pair=name)["result"]
    assert client.get("Ticker", pair="BTCUSD")["error"] == ["EQuery:Unknown asset pair"]
    assert client.get("Depth")["error"] == ["EGeneral:Invalid arguments:pair"]


def test_assets_and_pairs_say_their_grids(client: KrakenClient) -> None:
    assets = client.get("Assets")["result"]
    assert set(assets) == {"XXBT", "ZUSD", "XETH"}
    assert (assets["XXBT"]["altname"], assets["XXBT"]["decimals"]) == ("XBT", 8)
    assert set(client.get("Assets", asset="XBT,ZUSD")["result"]) == {"XXBT", "ZUSD"}
    assert client.get("Assets", asset="XYZ")["error"] == ["EQuery:Unknown asset"]
    pairs = client.get("AssetPairs")["result"]
    pair = pairs["XXBTZUSD"]
    assert set(pairs) == {"XXBTZUSD", "XETHZUSD"}
    assert (pair["pair_decimals"], pair["tick_size"], pair["lot_decimals"], pair["costmin"]) == (1, "0.1", 8, "0.5")
    assert (pair["fees"], pair["fees_maker"]) == ([[0, 0.4]], [[0, 0.25]])


def test_time_is_the_wall_clock(client: KrakenClient) -> None:
    time = client.get("Time")["result"]
    assert time == {"unixtime": 1_800_000_000, "rfc1123": "Fri, 15 Jan 27 08:00:00 +0000"}
    assert client.get("SystemStatus")["result"] == {"status": "online", "timestamp": "2027-01-15T08:00:00Z"}


def test_a_ticker_agrees_with_book_and_trades(client: KrakenClient) -> None:
    ticker = client.get("Ticker", pair="XBTUSD")["result"]["XXBTZUSD"]
    bid, ask = client.top()
    assert (Decimal(ticker["b"][0]), Decimal(ticker["a"][0])) == (bid, ask)
    last = client.get("Trades", pair="XBTUSD", count=1)["result"]["XXBTZUSD"][0]
    assert ticker["c"] == last[:2]
    for low, high, average in zip(ticker["l"], ticker["h"], ticker["p"], strict=True):
        assert Decimal(low) <= Decimal(ticker["c"][0]) <= Decimal(high)
        assert Decimal(low) <= Decimal(average) <= Decimal(high)
    assert Decimal(ticker["v"][0]) <= Decimal(ticker["v"][1])
    assert set(client.get("Ticker")["result"]) == {"XXBTZUSD", "XETHZUSD"}


def test_a_book_has_the_depth_that_was_asked_for_best_first(client: KrakenClient) -> None:
    book = client.get("Depth", pair="XBTUSD", count=7)["result"]["XXBTZUSD"]
    assert len(book["bids"]) == len(book["asks"]) == 7
    assert all(Decimal(a[0]) > Decimal(b[0]) for a, b in pairwise(book["bids"]))
    assert all(Decimal(a[0]) < Decimal(b[0]) for a, b in pairwise(book["asks"]))
    assert client.get("Depth", pair="XBTUSD", count="x")["error"] == ["EGeneral:Invalid arguments:count"]


def test_candles_end_with_the_one_that_runs_and_name_the_last_finished_one(client: KrakenClient) -> None:
    result = client.get("OHLC", pair="XBTUSD", interval=1)["result"]
    rows, last = result["XXBTZUSD"], result["last"]
    assert len(rows) <= 720
    assert all(later[0] - earlier[0] == 60 for earlier, later in pairwise(rows))
    assert rows[-2][0] == last
    assert rows[-1][0] == client.exchange.now // 10**9 // 60 * 60
    for _, first, high, low, close, vwap, volume, count in rows:
        assert Decimal(low) <= min(Decimal(first), Decimal(close)) <= max(Decimal(first), Decimal(close)) <= Decimal(high)
        assert (count > 0) == (Decimal(volume) > 0)
        assert Decimal(volume) == 0 or Decimal(low) <= Decimal(vwap) <= Decimal(high)


def test_candles_since_a_time_are_the_later_ones(client: KrakenClient) -> None:
    rows = client.get("OHLC", pair="XBTUSD", interval=1)["result"]["XXBTZUSD"]
    since = rows[-6][0]
    later = client.get("OHLC", pair="XBTUSD", interval=1, since=since)["result"]["XXBTZUSD"]
    assert [row[0] for row in later] == [row[0] for row in rows[-5:]]
    assert client.get("OHLC", pair="XBTUSD", interval=5)["result"]["XXBTZUSD"][-1][0] % 300 == 0
    assert client.get("OHLC", pair="XBTUSD", interval=2)["error"] == ["EGeneral:Invalid arguments:interval"]


def test_never_more_than_720_candles_are_given() -> None:
    client = KrakenClient(steps=800, has_limits=False)
    for _ in range(799):
        client.driver.step()
    rows = client.get("OHLC", pair="XBTUSD")["result"]["XXBTZUSD"]
    assert len(rows) == 720
    assert rows[-1][0] == client.exchange.now // 10**9


def test_trades_after_an_id_are_given_oldest_first(client: KrakenClient) -> None:
    result = client.get("Trades", pair="XBTUSD", count=10)["result"]
    rows = result["XXBTZUSD"]
    assert len(rows) == 10
    assert [row[6] for row in rows] == sorted(row[6] for row in rows)
    later = client.get("Trades", pair="XBTUSD", since=int(rows[3][2] * 1e9) - 1, count=2)["result"]
    assert len(later["XXBTZUSD"]) == 2
    assert client.get("Trades", pair="XBTUSD", since=result["last"])["result"] == {"XXBTZUSD": [], "last": result["last"]}


def test_fees_are_percentages_of_the_pairs_asked_for(client: KrakenClient) -> None:
    asked: dict[str, Any] = {"pair": "XBTUSD", "fee-info": "True"}
    volume = client.ask("TradeVolume", **asked)
    assert volume["fees"]["XXBTZUSD"]["fee"] == "0.4000"
    assert volume["fees_maker"]["XXBTZUSD"]["fee"] == "0.2500"
    assert "fees" not in client.ask("TradeVolume")
