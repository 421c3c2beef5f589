"""Files of candles and of trades become exactly the candles they hold; what they lack or contradict is found."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.market.bars import BarBuilder
from golive.market.candle_export import ENDINGS, export_candles
from golive.market.candle_import import Imported, ImportTerms, import_file
from golive.market.quality import Status
from golive.market.trade_bars import TradeColumns, bars_of_trades
from golive.model.clock import MINUTE, SECOND, from_iso
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.market import Trade
from golive.model.order import Side
from support.candles import START, Row, btc, columns_of, rows_of, walk

BTC = InstrumentId.parse("okx:BTC/USDT")
HEAD = "timestamp,open,high,low,close,volume\n"
LINES = [
    "2024-01-31 22:00:00,42000.1,42010,41990.5,42000,1.5",
    "2024-01-31 22:01:00,42000,42001,41999,42000.3,0.00000001",
    "2024-01-31 22:02:00,42000,42001,41999,42000.3,0",
]


def imported(path: Path, **terms: Any) -> Imported:
    return import_file(path, ImportTerms(**{"instrument": BTC, "columns": {}, **terms}))


def csv(tmp_path: Path, lines: list[str], head: str = HEAD) -> Path:
    path = tmp_path / "candles.csv"
    path.write_bytes(head.encode("latin-1") + ("\n".join(lines) + "\n").encode())
    return path


def prices(found: Imported) -> list[list[str]]:
    candles = found.storable()
    grid = candles.instrument
    return [[*(grid.price_text(p) for p in row[1:5]), grid.quantity_text(row[5])] for row in rows_of(candles)]


def test_texts_become_the_numbers_they_say_on_a_grid_that_fits(tmp_path: Path) -> None:
    found = imported(csv(tmp_path, LINES))
    assert (found.kind, found.timeframe, found.quality.summary.status) == ("candles", "1m", Status.OK)
    assert (found.instrument.tick_size, found.instrument.lot_size) == (Decimal("0.1"), Decimal("0.00000001"))
    assert prices(found)[0] == ["42000.1", "42010", "41990.5", "42000", "1.5"]
    assert prices(found)[1][4] == "0.00000001"
    assert found.raw.opened_at[0] == from_iso("2024-01-31T22:00:00Z")


def test_a_given_grid_rounds_prices_and_says_how_many(tmp_path: Path) -> None:
    found = imported(csv(tmp_path, LINES), tick_size=Decimal("0.5"), lot_size=Decimal("0.001"))
    assert prices(found)[0] == ["42000", "42010", "41990.5", "42000", "1.5"]
    assert prices(found)[1] == ["42000", "42001", "41999", "42000.5", "0"]
    assert (found.rounded, found.cut) == (3, 1)
    assert imported(csv(tmp_path, LINES), lot_size=Decimal("0.5")).cut == 1
    assert imported(csv(tmp_path, LINES)).cut == 0


def test_half_a_tick_is_rounded_to_the_even_one_and_volume_down(tmp_path: Path) -> None:
    path = tmp_path / "c.parquet"
    columns = {"open": [42000.25], "high": [42001.75], "low": [41000.75], "close": [42000.25], "volume": [0.0199]}
    pl.DataFrame({"timestamp": [1706738400], **columns}).write_parquet(path)
    found = imported(path, timeframe="1m", tick_size=Decimal("0.5"), lot_size=Decimal("0.01"))
    assert prices(found) == [["42000", "42002", "41001", "42000", "0.01"]]


def test_the_grid_of_the_stored_series_is_kept_or_the_file_refused(tmp_path: Path) -> None:
    fine, coarse = btc(tick="0.01"), btc(tick="1", lot="0.01")
    assert imported(csv(tmp_path, LINES), grid=fine).instrument == fine
    with pytest.raises(ConfigError, match=r"candles\.csv:2: column open: the price is not a multiple of 1, .*--tick-size"):
        imported(csv(tmp_path, LINES), grid=coarse)


def test_volume_in_quote_is_divided_by_the_close(tmp_path: Path) -> None:
    lines = ["1706738400,100,100,100,100,250.5", "1706738460,3,3,3,3,1", "1706738520,3,3,3,0,1"]
    found = imported(csv(tmp_path, lines), volume_unit="quote")
    assert found.raw.volume.tolist() == [250_500_000, 33_333_333, 0]


FAULTY: list[tuple[str, list[str], str]] = [
    ("not_finite", ["2024-01-31 22:01:00,42000,NaN,41999,42000.3,1"], "critical"),
    ("not_finite", ["2024-01-31 22:01:00,42000,42001,,42000.3,1"], "critical"),
    ("non_positive", ["2024-01-31 22:01:00,0,42001,0,42000.3,1"], "critical"),
    ("ohlc_inconsistent", ["2024-01-31 22:01:00,42000,41000,41999,42000.3,1"], "critical"),
    ("duplicate", [LINES[1], LINES[1]], "warning"),
    ("unaligned", ["2024-01-31 22:00:30,42000,42001,41999,42000.3,1"], "critical"),
]


@pytest.mark.parametrize(("code", "lines", "status"), FAULTY)
def test_faults_in_the_file_are_judged_before_anything_is_stored(
    tmp_path: Path, code: str, lines: list[str], status: str
) -> None:
    found = imported(csv(tmp_path, [LINES[0], *lines, LINES[2]]), timeframe="1m")
    assert code in [issue.code for issue in found.quality.issues]
    assert found.quality.summary.status == status
    assert len(found.storable()) == (4 if code == "duplicate" else 2)


@pytest.mark.parametrize(
    ("head", "lines", "words"),
    [
        (HEAD, ["2024-01-31 22:00:00,1,1,1,1,1", "2024-01-31 22:01:00,1,x,1,1,1"], r"candles\.csv:3: column high: 'x' is not a number"),
        (HEAD, ["soon,1,1,1,1,1"], r"candles\.csv:2: column timestamp: 'soon' is no time"),
        (HEAD, [], "no rows"),
        (HEAD.replace("close", "price"), LINES, "no column for close"),
        (HEAD.replace("volume", "amount"), LINES, "no column for volume"),
        (HEAD.replace("close", "date"), LINES, r"timestamp or date for timestamp\? say it with --columns"),
        ("", ["1706738400,1,1,1,1,1"], "it has no header, so name columns by number: --columns timestamp=1"),
        (HEAD, ["2024-01-31 22:00:00,1,1,1,1,1,7,8"], "not a CSV file"),
        (HEAD, ["2024-01-31 22:00:00,1,1,1,0.0000000000001,1"], "13 decimals leave the tick open; give --tick-size"),
        (HEAD, ["2024-01-31 22:00:00,1,1,1,1,1", "2024-01-31 22:07:00,1,1,1,1,1"], "tell no timeframe"),
        (HEAD.replace("\n", ",close\n"), [LINES[0] + ",7"], r"candles\.csv:1: two columns are named close; rename or remove one"),
        (HEAD.replace("\n", ",Close\n"), [LINES[0] + ",7"], r"column close or Close for close\? say it with --columns close=close"),
        (HEAD.replace("\n", ",VOLUME\n"), [LINES[0] + ",7"], r"column volume or VOLUME for volume\?"),
        (HEAD.encode("utf-16").decode("latin-1"), [], "not UTF-8 text; write it anew as UTF-8"),
        (HEAD, [LINES[0], "", LINES[1]], r"candles\.csv:3: an empty line; remove it"),
        (HEAD, ["2024-01-31 22:00:00,\u0661,1,1,1,1"], r"candles\.csv:2: column open: '\u0661' is not a number"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_names_place_and_fix(tmp_path: Path, head: str, lines: list[str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        imported(csv(tmp_path, lines, head))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "2024-01-31 22:01:00,1,1,1,1,9e10",
            r"candles\.csv:3: column volume: 9e10 in steps of 0\.00000001 leaves the exact range",
        ),
        (
            "2024-01-31 22:01:00,1,6000000000000000000,1,1,1",
            r"candles\.csv:3: column high: 6000000000000000000 in steps of 1 leaves",
        ),
    ],
)
def test_a_number_out_of_range_names_its_line_and_what_stands_there(tmp_path: Path, line: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        imported(csv(tmp_path, ["2024-01-31 22:00:00,1,1,1,1,1", line]), timeframe="1m")


@pytest.mark.parametrize(("step_m", "given", "fits"), [(5, "1m", "5m"), (60, "1m", "1h"), (60, "5m", "1h"), (15, "5m", "15m")])
def test_rows_that_all_lie_on_a_longer_grid_are_not_taken_for_shorter_candles(
    tmp_path: Path, step_m: int, given: str, fits: str
) -> None:
    times = [START + n * step_m * MINUTE for n in (0, 1, 3)]
    file = csv(tmp_path, [f"{at // SECOND},1,1,1,1,1" for at in times])
    with pytest.raises(ConfigError, match=f"multiples of {fits}, so they are no candles of {given}; give --timeframe {fits}"):
        imported(file, timeframe=given)
    assert imported(file, timeframe=fits).timeframe == fits
    sparse = csv(tmp_path, [f"{at // SECOND},1,1,1,1,1" for at in [*times, times[-1] + MINUTE]])
    assert imported(sparse, timeframe="1m").timeframe == "1m"


def test_columns_are_found_by_the_names_the_operator_gives(tmp_path: Path) -> None:
    path = csv(tmp_path, ["1706738400,9,1,2,1,2,5", "1706738460,9,1,2,1,2,5"], "")
    overrides = {"timestamp": "1", "open": "3", "high": "4", "low": "5", "close": "6", "volume": "7"}
    assert imported(path, columns=overrides).raw.volume[0] == 5 * 10**8
    with pytest.raises(ConfigError, match="has no column Vol"):
        imported(path, columns={"volume": "Vol"})
    with pytest.raises(ConfigError, match="not a column that is read"):
        imported(path, columns={"vol": "7"})


@pytest.mark.parametrize("name", ["x.txt", "missing.csv", "broken.parquet", "broken.feather", "broken.csv.gz"])
def test_a_file_that_is_none_is_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.startswith("broken"):
        path.write_bytes(b"nothing of the kind")
    with pytest.raises(ConfigError, match=name):
        imported(path)


def test_columns_that_differ_in_capitals_are_chosen_by_their_very_name(tmp_path: Path) -> None:
    path = csv(tmp_path, [f"{line},{5 + n}" for n, line in enumerate(LINES)], HEAD.replace("\n", ",Volume\n"))
    assert imported(path, columns={"volume": "Volume"}).raw.volume[0] == 5 * 10**8
    assert imported(path, columns={"volume": "volume"}).raw.volume[0] == 15 * 10**7
    with pytest.raises(ConfigError, match="column volume or Volume for volume"):
        imported(path, columns={"volume": "VOLUME"})


def test_columns_without_a_name_may_be_several(tmp_path: Path) -> None:
    path = csv(tmp_path, [line + ",," for line in LINES], HEAD.replace("\n", ",,\n"))
    assert len(imported(path).raw) == 3


@pytest.mark.parametrize("name", ["c.jsonl", "c.json"])
def test_a_name_twice_in_one_object_is_an_error(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    row = '{"timestamp": 1706738400, "open": 1, "high": 1, "low": 1, "close": 1, "volume": 1, "close": 2}'
    path.write_text(row if name == "c.jsonl" else f"[{row}]")
    with pytest.raises(ConfigError, match="'close' twice in one object"):
        imported(path)


FORMS: dict[str, Callable[[list[dict[str, str]]], bytes]] = {
    "c.jsonl": lambda rows: "\n".join(json.dumps(row) for row in rows).encode(),
    "c.json": lambda rows: json.dumps(
        [[float(v) if k != "timestamp" else int(v) for k, v in row.items()] for row in rows]
    ).encode(),
    "c.csv.gz": lambda rows: gzip.compress((HEAD + "\n".join(",".join(row.values()) for row in rows)).encode()),
    "c.csv": lambda rows: ("\ufeff" + HEAD.replace(",", ";") + "\r\n".join(";".join(row.values()) for row in rows)).encode(),
}


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_text_gives_the_same_candles(tmp_path: Path, name: str) -> None:
    rows = [
        {"timestamp": "1706738400000", "open": "7160.69", "high": "7160.7", "low": "0.1", "close": "0.3", "volume": "5.50169101"},
        {"timestamp": "1706738460000", "open": "1", "high": "2", "low": "1", "close": "2", "volume": "0.0000001"},
    ]
    path = tmp_path / name
    path.write_bytes(FORMS[name](rows))
    assert prices(imported(path)) == [[*list(row.values())[1:5], row["volume"]] for row in rows]


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_is_exported_comes_back_the_same(tmp_path: Path, ending: str) -> None:
    rows = [row for i, row in enumerate(walk(200)) if i not in (7, 8, 90)]
    path = tmp_path / f"out{ending}"
    export_candles(columns_of(rows), path)
    found = imported(path, grid=btc())
    assert rows_of(found.storable()) == rows
    again = tmp_path / f"again{ending}"
    export_candles(found.storable(), again)
    assert again.read_bytes() == path.read_bytes()


def test_a_number_that_a_double_would_not_keep_is_not_exported_as_one(tmp_path: Path) -> None:
    rows = [(START, 5, 5, 5, 5, 1_234_567_890_123_456_789)]
    with pytest.raises(ConfigError, match="19 digits and a double keeps 15"):
        export_candles(columns_of(rows), tmp_path / "x.parquet")
    with pytest.raises(ConfigError, match="ending is not known"):
        export_candles(columns_of(rows), tmp_path / "x.xls")
    export_candles(columns_of(rows), tmp_path / "x.csv")
    assert "12345678901234.56789" in (tmp_path / "x.csv").read_text()


def built(trades: list[tuple[int, int, int]]) -> list[Row]:
    """The candles of `BarBuilder`, without the two that may be cut."""
    builder, candles = BarBuilder(btc(), MINUTE), []
    for ts, price, quantity in sorted(trades, key=lambda trade: trade[0]):
        candles += builder.on_trade(Trade(BTC, ts, price, quantity, Side.BUY, "1"))
    return [(c.opened_at, c.open, c.high, c.low, c.close, c.volume) for c in candles[1:]]


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 99), st.integers(1, 9)), min_size=1, max_size=60))
def test_candles_of_trades_are_those_that_a_session_builds(given_trades: list[tuple[int, int, int]]) -> None:
    trades = [(START + at * SECOND, price, quantity) for at, price, quantity in given_trades]
    table: Any = np.array(trades, dtype=np.int64)
    bars = bars_of_trades(TradeColumns(table[:, 0], table[:, 1], table[:, 2]), MINUTE)
    expected = built(trades)
    assert list(zip(*(column.tolist() for column in bars.columns), strict=True)) == expected
    assert bars.empty == sum(1 for row in expected if row[5] == 0)


def feed_line(ms: int, price: str, quantity: str, number: int, symbol: str = "BTCUSDT") -> str:
    trade = {"e": "trade", "E": ms, "s": symbol, "t": number, "p": price, "q": quantity, "T": ms, "m": True, "M": True}
    return f"{ms}000000 " + json.dumps({"stream": "btcusdt@trade", "data": trade})


def test_the_trades_of_a_recorded_feed_become_candles_and_missing_ones_are_told(tmp_path: Path) -> None:
    path = tmp_path / "feed.gz"
    start = START // 10**6
    lines = [
        feed_line(start + at * 1000, f"{100 + at}.50000000", "0.50000000", at if at < 70 else at + 2) for at in range(0, 190, 10)
    ]
    lines.insert(3, f'{start}000000 {{"stream": "btcusdt@depth@100ms", "data": {{}}}}')
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    found = imported(path, timeframe="1m")
    assert found.kind == "feed"
    assert prices(found) == [["160.5", "210.5", "160.5", "210.5", "3"], ["220.5", "270.5", "220.5", "270.5", "3"]]
    assert found.notes[0].endswith("trades are missing by their numbers: candles of those times lack them")
    with pytest.raises(ConfigError, match="give --timeframe"):
        imported(path)
    path.write_bytes(gzip.compress(b"nothing\n"))
    with pytest.raises(ConfigError, match=r"feed\.gz:1: not a receive time"):
        imported(path, timeframe="1m")
    path.write_bytes(gzip.compress("\n".join([lines[0], feed_line(start, "1", "1", 9, "ETHUSDT")]).encode()))
    with pytest.raises(ConfigError, match="BTCUSDT and ETHUSDT"):
        imported(path, timeframe="1m")


def test_a_trade_without_a_price_is_refused_by_row(tmp_path: Path) -> None:
    path = tmp_path / "trades.parquet"
    pl.DataFrame({"timestamp": [1706738400000] * 2, "price": [1.0, None], "amount": [1.0, 2.0]}).write_parquet(path)
    with pytest.raises(ConfigError, match=r"trades\.parquet row 2: a trade needs a price above zero"):
        imported(path, timeframe="1m")


RECORDED: list[tuple[str, str, dict[str, Any], tuple[int, str, str, int]]] = [
    ("btc-perp_1m_2022-01.csv", "okx:BTC/USDT", {"volume_unit": "quote"}, (45_031, "0.001", "ok", 0)),
    ("bitstamp_btcusd_1m_2020-01-01.csv", "kraken:BTC/USD", {}, (1440, "0.01", "ok", 0)),
    ("unittest-btc_1m_2017-11.feather", "okx:ETC/BTC", {}, (13_681, "0.00000001", "warning", 538)),
    ("xrp-eth_trades_2019.parquet", "okx:XRP/ETH", {"timeframe": "1m"}, (3558, "0.00000001", "ok", 0)),
    ("binance-spot_btcusdt_2024-08-08_feed.gz", "okx:BTC/USDT", {"timeframe": "1m"}, (5, "0.01", "ok", 0)),
]


@pytest.mark.recorded
@pytest.mark.skipif("GOLIVE_RECORDED_DATA" not in os.environ, reason="GOLIVE_RECORDED_DATA names no folder of recorded data")
@pytest.mark.parametrize(("name", "symbol", "terms", "expected"), RECORDED)
def test_recorded_files_are_read(name: str, symbol: str, terms: dict[str, Any], expected: tuple[int, str, str, int]) -> None:
    path = Path(os.environ["GOLIVE_RECORDED_DATA"], name)
    found = imported(path, instrument=InstrumentId.parse(symbol), **terms)
    summary = found.quality.summary
    assert (len(found.raw), f"{found.instrument.tick_size:f}", str(summary.status), summary.total_gaps) == expected
    assert len(found.storable()) == len(found.raw)
    if name.endswith("2020-01-01.csv"):
        texts = [line.split(",")[1:] for line in path.read_text().splitlines()[1:]]
        assert [[Decimal(v) for v in row] for row in prices(found)] == [[Decimal(v) for v in row] for row in texts]
