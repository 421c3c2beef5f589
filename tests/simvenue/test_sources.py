"""Market sources: recorded candles, recorded feeds, the generator; and that bad data ends in one clear line."""

from __future__ import annotations

import gzip
import json
import os
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

import pytest

from golive.model.order import Side
from simvenue.errors import UsageError
from simvenue.exchange.market import Update
from simvenue.source.base import Step
from simvenue.source.candle_file import CandleFile
from simvenue.source.feed import Feed, looks_like_feed
from simvenue.source.generator import Generator
from simvenue.source.number import decimals_seen, scaled
from simvenue.source.table import read_time

MINUTE = 60 * 10**9
START = 1_704_067_200 * 10**9
ROWS = "{0}\n2024-01-01 00:00:00,100.5,101,100,100.25,2.5\n2024-01-01 00:01:00,100.25,100.25,99.125,99.5,1\n"


def candles(path: Path, text: str, name: str = "candles.csv", *, timeframe: str | None = None, unit: str = "base") -> CandleFile:
    file = path / name
    file.write_text(text, encoding="utf-8")
    return CandleFile(file, "BTC/USDT", timeframe=timeframe, volume_unit=unit, steps=None)


def updates(steps: list[Step]) -> list[Update]:
    return [step.updates["BTC/USDT"] for step in steps]


@pytest.mark.parametrize("name", ["timestamp", "datetime", "date", "time", "open_time", "Date"])
def test_a_candle_file_is_read_exactly_whatever_its_time_column_is_called(tmp_path: Path, name: str) -> None:
    source = candles(tmp_path, ROWS.format(f"{name},open,high,low,close,volume"))
    assert source.instruments[0].tick_size == Decimal("0.001")
    found = [update.candle for update in updates(list(source.steps()))]
    unit = source.instruments[0].notional(1, 1)
    assert found == [
        (START, 100500, 101000, 100000, 100250, 250_000_000, 100250 * 250_000_000 * unit),
        (START + MINUTE, 100250, 100250, 99125, 99500, 100_000_000, 99500 * 100_000_000 * unit),
    ]
    assert (source.facts.fill_model, source.facts.timeframe, source.facts.steps) == ("bar", "1m", 2)


def test_a_step_of_a_candle_file_ends_when_its_candle_closes(tmp_path: Path) -> None:
    steps = list(candles(tmp_path, ROWS.format("timestamp,open,high,low,close,volume")).steps())
    assert [step.ts for step in steps] == [START + MINUTE, START + 2 * MINUTE]
    for step, update in zip(steps, updates(steps), strict=True):
        assert update.candle is not None
        assert sum(item.quantity for item in update.prints) == update.candle[5]
        assert (max(i.price for i in update.prints), min(i.price for i in update.prints)) == update.candle[2:4]
        assert all(step.ts - MINUTE <= item.ts < step.ts for item in update.prints)
        assert max(price for price, _ in update.bids) < update.candle[4] < min(price for price, _ in update.asks)


def test_quote_volume_is_divided_by_the_close(tmp_path: Path) -> None:
    text = "timestamp,open,high,low,close,volume\n2024-01-01 00:00:00,100,100,100,100,250\n"
    rows = [u.candle for u in updates(list(candles(tmp_path, text, unit="quote").steps()))]
    assert rows[0] is not None
    assert rows[0][5] == 250_000_000


@pytest.mark.parametrize("ending", ["parquet", "feather"])
def test_columnar_files_read_like_csv_and_float_noise_is_no_price_grid(tmp_path: Path, ending: str) -> None:
    import polars

    frame = polars.DataFrame(
        {
            "date": polars.Series([START, START + MINUTE]).cast(polars.Datetime("ns", "UTC")),
            "open": [0.1 + 0.2, 0.3],
            "high": [0.31, 0.31],
            "low": [0.3, 0.3],
            "close": [0.31, 0.3],
            "volume": [1.0, 2.0],
        }
    )
    path = tmp_path / f"c.{ending}"
    if ending == "parquet":
        frame.write_parquet(path)
    else:
        frame.write_ipc(path)
    source = CandleFile(path, "BTC/USDT", timeframe=None, volume_unit="base", steps=None)
    assert source.instruments[0].tick_size == Decimal("0.01")
    rows = [u.candle for u in updates(list(source.steps()))]
    assert [row[:5] for row in rows if row] == [(START, 30, 31, 30, 31), (START + MINUTE, 30, 31, 30, 30)]


@pytest.mark.parametrize(
    "text",
    [
        "1704067200",
        "1704067200000",
        "1704067200000000",
        "1704067200000000000",
        "2024-01-01T00:00:00Z",
        "2024-01-01 01:00:00+01:00",
    ],
)
def test_every_form_of_time_is_read(text: str) -> None:
    assert read_time(text) == START


@pytest.mark.parametrize(
    ("text", "place", "what"),
    [
        ("", ":1:", "empty"),
        ("timestamp,open,high,low,close\n", ":1:", "no volume"),
        ("when,open,high,low,close,volume\n", ":1:", "time column"),
        ("timestamp,open,high,low,close,volume\n", ":2:", "no candles"),
        ("timestamp,open,high,low,close,volume\nsoon,1,1,1,1,1\n", ":2:", "time 'soon'"),
        ("timestamp,open,high,low,close,volume\n2024-01-01,1,1,1\n", ":2:", "4 fields"),
        ("timestamp,open,high,low,close,volume\n2024-01-01,1,1,1,x,1\n", ":2:", "column close"),
        ("timestamp,open,high,low,close,volume\n2024-01-01,1,1,1,nan,1\n", ":2:", "column close"),
        ("timestamp,open,high,low,close,volume\n2024-01-01,1,1,1,1,-1\n", ":2:", "column volume"),
        ("timestamp,open,high,low,close,volume\n2024-01-01,2,1,1,1,1\n", ":2:", "low <= open"),
        ("timestamp,open,high,low,close,volume\n2024-01-01,0,1,0,1,1\n", ":2:", "low <= open"),
        ("timestamp,open,high,low,close,volume\n60,1,1,1,1,1\n120,1,1,1,1,1\n120,1,1,1,1,1\n", ":4:", "does not rise"),
        ("timestamp,open,high,low,close,volume\n7,1,1,1,1,1\n67,1,1,1,1,1\n", ":2:", "start of a candle"),
        ("timestamp,open,high,low,close,volume\n0,1,1,1,1,1\n7,1,1,1,1,1\n", "csv:", "no candle size"),
    ],
)
def test_a_bad_candle_file_is_named_by_line_and_field(tmp_path: Path, text: str, place: str, what: str) -> None:
    with pytest.raises(UsageError) as caught:
        candles(tmp_path, text)
    assert place in str(caught.value)
    assert what in str(caught.value)


def test_a_finer_timeframe_than_the_data_is_refused_and_a_coarser_one_is_shown(tmp_path: Path) -> None:
    text = ROWS.format("timestamp,open,high,low,close,volume")
    with pytest.raises(UsageError, match="cannot be shown as 1s"):
        candles(tmp_path, text, timeframe="1s")
    assert candles(tmp_path, text, timeframe="5m").facts.timeframe == "5m"


@pytest.mark.parametrize(
    ("text", "decimals", "expected"),
    [("1.23", 3, 1230), ("1.2399", 2, 123), ("1e-3", 4, 10), ("2.5E2", 1, 2500), ("007.10", 2, 710)],
)
def test_texts_become_integers_exactly(text: str, decimals: int, expected: int) -> None:
    assert scaled(text, decimals) == expected


def test_decimals_are_counted_without_trailing_zeros() -> None:
    assert (decimals_seen(["1.2300", "5"]), decimals_seen(["1.5e-7"]), decimals_seen(["1e3"])) == (2, 8, 0)


# ── feed ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def depth(first: int, last: int, ms: int, bids: list[list[str]], asks: list[list[str]]) -> dict[str, object]:
    return {"stream": "x@depth", "data": {"e": "depthUpdate", "E": ms, "s": "X", "U": first, "u": last, "b": bids, "a": asks}}


def traded(ms: int, price: str, quantity: str, is_maker: bool) -> dict[str, object]:
    return {
        "stream": "x@trade",
        "data": {"e": "trade", "E": ms, "s": "X", "t": 1, "p": price, "q": quantity, "T": ms, "m": is_maker},
    }


SNAPSHOT: dict[str, object] = {"lastUpdateId": 20, "bids": [["99.00", "1.0"], ["98.50", "2.0"]], "asks": [["101.00", "1.5"]]}
FEED: list[dict[str, object]] = [
    depth(1, 10, 1000, [["50.00", "1"]], []),
    depth(11, 22, 1100, [["99.00", "3.0"]], []),
    SNAPSHOT,
    traded(1150, "100.25", "0.5", True),
    depth(23, 25, 1200, [["98.50", "0.0"]], [["100.50", "1.0"]]),
    traded(1190, "100.50", "0.25", False),
    {"stream": "x@bookTicker", "data": {"u": 1, "b": "1", "B": "1", "a": "2", "A": "1"}},
]


def feed(tmp_path: Path, messages: list[dict[str, object]]) -> Feed:
    path = tmp_path / "feed.gz"
    lines = "".join(f"{1_700_000_000_000_000_000 + n} {json.dumps(m)}\n" for n, m in enumerate(messages))
    path.write_bytes(gzip.compress(lines.encode()))
    assert looks_like_feed(path)
    return Feed(path, "BTC/USDT", timeframe="1s", steps=None)


def test_a_feed_is_aligned_to_its_snapshot_and_trades_go_to_the_update_after_them(tmp_path: Path) -> None:
    source = feed(tmp_path, FEED)
    start = updates(list(source.history()))
    assert (start[0].is_snapshot, start[0].bids, start[0].asks) == (
        True,
        [(9900, 10**8), (9850, 2 * 10**8)],
        [(10100, 150_000_000)],
    )
    first, second = updates(list(source.steps()))
    assert (first.bids, first.prints) == ([(9900, 3 * 10**8)], [])
    assert (second.bids, second.asks) == ([(9850, 0)], [(10050, 10**8)])
    assert [(p.ts // 10**6, p.price, p.quantity, p.side) for p in second.prints] == [
        (1150, 10025, 50_000_000, Side.SELL),
        (1190, 10050, 25_000_000, Side.BUY),
    ]
    assert source.facts.steps == 2


def test_a_gap_in_a_feed_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"feed\.gz:6: depth update U=27 does not follow u=25"):
        feed(tmp_path, [*FEED[:5], depth(27, 28, 1300, [], [["100.50", "0"]])])


def test_a_gap_is_repaired_by_a_later_snapshot(tmp_path: Path) -> None:
    later: dict[str, object] = {"lastUpdateId": 40, "bids": [["97.00", "1.0"]], "asks": [["98.00", "1.0"]]}
    messages = [*FEED[:5], depth(35, 41, 1300, [["97.00", "5"]], []), later, depth(42, 43, 1400, [["97.00", "6"]], [])]
    steps = updates(list(feed(tmp_path, messages).steps()))
    assert [step.is_snapshot for step in steps] == [False, False, True, False, False]
    assert [step.bids for step in steps[2:]] == [[(9700, 10**8)], [(9700, 5 * 10**8)], [(9700, 6 * 10**8)]]


@pytest.mark.parametrize(
    ("line", "what"),
    [('7 {"stream": "x", "data": {"e": "trade"}}', "feed.txt:2"), ("7 nonsense", "feed.txt:2"), ('7 {"other": 1}', "feed.txt:2")],
)
def test_a_broken_line_of_a_feed_is_named(tmp_path: Path, line: str, what: str) -> None:
    path = tmp_path / "feed.txt"
    path.write_text(f"1 {json.dumps(SNAPSHOT)}\n{line}\n", encoding="utf-8")
    with pytest.raises(UsageError, match=what):
        Feed(path, "BTC/USDT", timeframe="1s", steps=None)


def test_a_feed_that_begins_after_its_snapshot_ended_cannot_be_aligned(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not follow"):
        feed(tmp_path, [SNAPSHOT, depth(30, 31, 1200, [], [])])


def test_a_cut_off_gzip_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "feed.gz"
    path.write_bytes(gzip.compress(b"1 {}\n" * 1000)[:-20])
    with pytest.raises(UsageError, match="complete"):
        Feed(path, "BTC/USDT", timeframe="1s", steps=None)


# ── generator ───────────────────────────────────────────────────────────────────────────────────────────────────────


def generated(seed: int, *symbols: str, steps: int = 300) -> list[Step]:
    source = Generator(symbols, seed=seed, start=START, period=MINUTE, steps=steps, timeframe="1m")
    return [*source.history(), *source.steps()]


def test_the_same_seed_gives_the_same_market_and_another_seed_another() -> None:
    assert generated(7, "BTC/USDT") == generated(7, "BTC/USDT")
    assert generated(7, "BTC/USDT") != generated(8, "BTC/USDT")


def test_an_instrument_is_the_same_market_alone_and_beside_others() -> None:
    together = [step.updates["ETH/USDT"] for step in generated(7, "BTC/USDT", "ETH/USDT", steps=50)]
    assert together == [step.updates["ETH/USDT"] for step in generated(7, "ETH/USDT", steps=50)]


def test_a_generated_book_is_deep_ordered_and_never_crossed() -> None:
    for update in updates(generated(3, "BTC/USDT"))[-100:]:
        bids, asks = [price for price, _ in update.bids], [price for price, _ in update.asks]
        assert len(bids) >= 20
        assert len(asks) >= 20
        assert bids == sorted(set(bids), reverse=True)
        assert asks == sorted(set(asks))
        assert 0 < bids[-1] < bids[0] < asks[0]
        assert all(lots > 0 for _, lots in update.bids + update.asks)


def test_a_generated_market_moves_like_one() -> None:
    """Returns of a minute: of the right size, fat-tailed, and their sizes cluster."""
    closes = [u.prints[-1].price for u in updates(generated(7, "BTC/USDT", steps=3000)) if u.prints]
    returns = [b / a - 1 for a, b in pairwise(closes)]
    size = (sum(r * r for r in returns) / len(returns)) ** 0.5
    assert 0.0003 < size < 0.003
    kurtosis = sum(r**4 for r in returns) / len(returns) / size**4
    assert kurtosis > 3.3
    sizes = [abs(r) for r in returns]
    mean = sum(sizes) / len(sizes)
    spread = sum((s - mean) ** 2 for s in sizes)
    clustering = sum((a - mean) * (b - mean) for a, b in zip(sizes, sizes[10:], strict=False)) / spread
    assert clustering > 0.05


def test_a_symbol_that_is_no_pair_is_refused() -> None:
    with pytest.raises(UsageError, match="not a pair"):
        generated(1, "btc-usdt")


# ── recorded data ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def recorded() -> Path:
    folder = os.environ.get("GOLIVE_RECORDED_DATA")
    if not folder:
        pytest.skip("GOLIVE_RECORDED_DATA is not set: no recorded market data here")
    return Path(folder)


@pytest.mark.recorded
@pytest.mark.parametrize(
    ("name", "unit", "count", "tick"),
    [
        ("btc-perp_1m_2022-01.csv", "quote", 45_031, "0.001"),
        ("bitstamp_btcusd_1m_2020-01-01.csv", "base", 1440, "0.01"),
        ("unittest-btc_1m_2017-11.feather", "base", 13_681, "0.00000001"),
    ],
)
def test_recorded_candles_are_read_whole(recorded: Path, name: str, unit: str, count: int, tick: str) -> None:
    source = CandleFile(recorded / name, "BTC/USDT", timeframe=None, volume_unit=unit, steps=None)
    assert (source.facts.steps, source.instruments[0].tick_size) == (count, Decimal(tick))


@pytest.mark.recorded
def test_the_recorded_feed_is_aligned_without_a_gap_and_its_book_is_never_crossed(recorded: Path) -> None:
    from golive.matching.book import OrderBook

    source = Feed(recorded / "binance-spot_btcusdt_2024-08-08_feed.gz", "BTC/USDT", timeframe="1s", steps=None)
    book, count, prints, clock = OrderBook(), 0, 0, 0
    for step in [*source.history(), *source.steps()]:
        update = step.updates["BTC/USDT"]
        assert all(clock < item.ts <= step.ts for item in update.prints)
        assert step.ts > clock
        clock, count, prints = step.ts, count + 1, prints + len(update.prints)
        assert book.set_depth(update.bids, update.asks) == []
        bid, ask = book.best(Side.BUY), book.best(Side.SELL)
        assert bid is not None
        assert ask is not None
        assert bid < ask
    assert (count, prints) == (3450, 9754)


def test_finely_priced_assets_have_coarser_lots_so_that_large_balances_stay_exact(tmp_path: Path) -> None:
    text = "timestamp,open,high,low,close,volume\n2024-01-01 00:00:00,0.00001234,0.00001300,0.00001200,0.00001250,1000.129\n"
    [instrument] = candles(tmp_path, text).instruments
    assert (instrument.tick_size, instrument.lot_size, instrument.quote_scale) == (Decimal("1E-8"), Decimal("0.0001"), 12)
    assert instrument.notional(instrument.ticks("1"), instrument.lots("1000000")) == 10**18
