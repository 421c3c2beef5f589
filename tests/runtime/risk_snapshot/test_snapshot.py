"""The risk snapshot of an environment: what is in it is what was stored, listed and configured; the rest is named unknown."""

from __future__ import annotations

import asyncio
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from golive.cli.main import main
from golive.config.configuration import Configuration
from golive.market.store import CandleStore
from golive.model.clock import MINUTE, from_iso, to_iso
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.runtime.clock import SystemClock
from golive.runtime.download.carry_out import Outcome, carry_out
from golive.runtime.download.plan import DownloadOptions, plan_download
from golive.runtime.risk_snapshot.document import document, snapshot_schema
from golive.runtime.risk_snapshot.snapshot import take_snapshot
from golive.runtime.risk_snapshot.stored import stored_figures
from support.candles import LATER, btc, columns_of, walk
from support.configuration import parse
from support.forked_golive import ForkedHome
from support.venue_process import VenueProcess, venue_process

pytestmark = pytest.mark.integration
END = from_iso("2024-01-03T00:00:00Z")


def past(dialect: str = "okx", symbol: str = "BTC/USDT", bars: int = 1600) -> Any:
    flags = ("--symbol", symbol, "--start", to_iso(END), "--history", str(bars), "--no-limits")
    return venue_process(*flags, dialect=dialect)


def downloaded(home: Path, process: VenueProcess, configuration: Configuration, bars: int = 1500) -> Outcome:
    wanted = DownloadOptions(
        venue="okx",
        symbol="BTC/USDT",
        timeframe="1m",
        since=to_iso(END - bars * MINUTE),
        until=to_iso(END),
        endpoint=process.rest,
    )
    plan = plan_download(wanted, configuration, home, SystemClock().now())
    return carry_out(plan, configuration, home, SystemClock(), lambda _: None)


def snapshot_at(home: Path) -> dict[str, Any]:
    found = json.loads((home / "var/data/okx_paper/risk_snapshot.json").read_text())
    assert isinstance(found, dict)
    return found


def test_a_download_writes_a_snapshot_of_what_is_stored_listed_and_configured(tmp_path: Path) -> None:
    configuration = parse()
    with past() as process:
        done = downloaded(tmp_path, process, configuration)
    assert done.snapshot is not None
    assert done.snapshot.exit_code == 0
    found = snapshot_at(tmp_path)
    jsonschema.Draft202012Validator(snapshot_schema()).validate(found)
    assert (found["status"], found["evidence_class"], found["endpoint_host"]) == ("ok", "custom", "127.0.0.1")
    assert found["core_sha256"] == configuration.file_digest.core_sha256
    store = CandleStore(tmp_path / "var/data/okx_paper")
    index = store.index(InstrumentId.parse("okx:BTC/USDT"), "1m")
    candles = store.read(InstrumentId.parse("okx:BTC/USDT"), "1m")
    (row,) = found["instruments"]
    tick, lot = candles.instrument.tick_size, candles.instrument.lot_size
    assert Decimal(row["last_price"]) == int(candles.close[-1]) * tick
    assert row["last_price_at"] == to_iso(END)
    assert (row["grid"]["tick_size"], row["maker_bps"], row["taker_bps"]) == ("0.1", "8", "10")
    day = [(int(close), int(volume)) for close, volume in zip(candles.close[-1440:], candles.volume[-1440:], strict=True)]
    assert Decimal(row["volume_24h"]["base"]) == sum(volume for _, volume in day) * lot
    assert Decimal(row["volume_24h"]["quote"]) == sum(close * volume for close, volume in day) * tick * lot
    assert row["volatility"]["returns"] == 1499
    assert 0.05 < row["volatility"]["annualised"] < 5
    assert Decimal(row["average_true_range"]["value"]) % tick == 0
    assert (row["candles"]["rows"], row["candles"]["ok_ratio"], row["candles"]["max_gap_minutes"]) == (1500, 1.0, 0.0)
    assert row["candles"]["sources"] == [source.name for source in index.sources]
    (limits,) = found["risk_limits"]
    assert (limits["entrypoint"], limits["max_position_pct"]) == ("okx_desktop_paper", "0.05")


async def test_the_spread_is_the_books(tmp_path: Path) -> None:
    with past() as process:
        taken = await take_snapshot(parse(), tmp_path, SystemClock(), environment="okx_paper", venue=None, endpoint=process.rest)
        books = process.requests(100)
    (row,) = taken.snapshot.instruments
    assert row.touch is not None
    assert row.touch.samples == 3
    assert sum("/market/books" in request["target"] for request in books) == 3
    assert 0 < row.touch.median_spread_bps < 10
    assert Decimal(row.touch.median_bid_quantity) > 0


async def test_what_is_not_known_is_null_and_named(tmp_path: Path) -> None:
    with past(symbol="ETH/USDT") as process:
        taken = await take_snapshot(parse(), tmp_path, SystemClock(), environment="okx_paper", venue=None, endpoint=process.rest)
    (row,) = taken.snapshot.instruments
    assert (taken.exit_code, taken.snapshot.status, row.status) == (6, "unknown", "unknown")
    assert (row.grid, row.touch, row.candles, row.last_price, row.volatility, row.volume_24h) == (None,) * 6
    assert [each.partition(":")[0] for each in row.unknown] == [
        "grid", "touch", "candles", "last_price", "volatility", "average_true_range", "volume_24h",
    ]  # fmt: skip
    assert "does not list it" in row.unknown[0]


def test_no_coarser_series_stands_in_for_a_damaged_one(tmp_path: Path) -> None:
    store, symbol = CandleStore(tmp_path), InstrumentId.parse("okx:BTC/USDT")
    for timeframe, length in (("1m", MINUTE), ("5m", 5 * MINUTE)):
        rows = columns_of(walk(60, start=END, step=length), timeframe_ns=length)
        store.append(btc(), timeframe, rows, source="test", now=LATER)
    assert stored_figures(store, symbol).candles is not None
    (tmp_path / "candles/okx/BTC-USDT/1m/index.json").write_text("{")
    with pytest.raises(ConfigError, match="not an index of candles"):
        stored_figures(store, symbol)


def test_a_day_with_a_gap_has_no_volume_and_a_venue_that_is_gone_no_book(tmp_path: Path) -> None:
    with past() as process:
        downloaded(tmp_path, process, parse(), 100)
        process.kill()
        taken = asyncio.run(
            take_snapshot(parse(), tmp_path, SystemClock(), environment="okx_paper", venue=None, endpoint=process.rest)
        )
    (row,) = taken.snapshot.instruments
    assert taken.exit_code == 6
    assert taken.snapshot.venue_problem is not None
    assert (row.volume_24h, row.touch) == (None, None)
    assert row.volatility is not None
    assert any(each.startswith("volume_24h: the last day has a gap") for each in row.unknown)
    assert document(taken.snapshot) == snapshot_at(tmp_path)


def test_the_command_writes_it_and_says_what_is_unknown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ForkedHome(tmp_path)
    words = ["data", "snapshot", "--environment", "okx_paper", "--home", str(home.path)]
    assert main(words) == 6
    said = capsys.readouterr().out
    assert "unknown candles: nothing is stored; run golive data download" in said
    assert main([*words[:2], "--environment", "nowhere", "--home", str(home.path)]) == 2
    assert snapshot_at(tmp_path)["instruments"][0]["grid"] is not None


def test_the_book_is_one_of_the_market_that_was_downloaded_or_it_is_unknown(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    span = ["--since", "2024-01-01", "--until", "2024-01-02T02:00:00Z"]
    words = ["--venue", "okx", "--symbol", "BTC/USDT", "--home", str(home.path)]
    assert main(["data", "download", *words, *span, "--seed", "9"]) == 0
    assert snapshot_at(tmp_path)["instruments"][0]["touch"] is not None
    assert main(["data", "snapshot", "--environment", "okx_paper", "--home", str(home.path)]) == 0
    assert snapshot_at(tmp_path)["instruments"][0]["touch"] is not None
    assert main(["data", "snapshot", "--environment", "okx_paper", "--home", str(home.path), "--seed", "3"]) == 6
    other = snapshot_at(tmp_path)["instruments"][0]
    assert (other["touch"], other["unknown"]) == (
        None, ["touch: the book is one of embedded seed 3, the candles are of embedded seed 9"],
    )  # fmt: skip
