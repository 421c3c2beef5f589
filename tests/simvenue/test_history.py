"""What lies behind a venue: `--history` and `--start`, and that an unmodified CCXT pages through it on every dialect."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ccxt
import pytest

from golive.venues import profile_named
from simvenue.cli import main
from simvenue.errors import UsageError
from simvenue.source.base import Step
from simvenue.source.candle_file import CandleFile
from simvenue.source.generator import Generator
from support.adapters import ADAPTERS
from support.venue_process import venue_process

MINUTE = 60 * 10**9
START = 1_704_067_200 * 10**9  # 2024-01-01
SYMBOLS = {"okx": "BTC/USDT", "bybit": "BTC/USDT", "kraken": "BTC/USD"}


def past(bars: int, start: int, timeframe: str = "1m") -> list[Step]:
    source = Generator(["BTC/USDT"], seed=7, start=start, period=MINUTE, steps=1, timeframe=timeframe, history=bars)
    return list(source.history())


def test_a_generated_past_has_as_many_bars_as_asked_for_and_ends_at_the_start() -> None:
    steps = past(50, START)
    assert [step.ts for step in steps] == [START - 50 * MINUTE + n * MINUTE for n in range(1, 51)]
    assert len(past(2, START, "1h")) == 120


def test_a_past_that_begins_at_the_same_time_is_the_same_market_however_far_it_goes() -> None:
    short, long = past(50, START), past(80, START + 30 * MINUTE)
    assert [step.updates["BTC/USDT"].prints for step in short] == [step.updates["BTC/USDT"].prints for step in long[:50]]


def test_the_first_rows_of_a_candle_file_can_lie_behind_the_venue(tmp_path: Path) -> None:
    file = tmp_path / "candles.csv"
    rows = "".join(f"{START // 10**9 + 60 * n},{n + 1},{n + 2},{n + 1},{n + 2},1\n" for n in range(10))
    file.write_text("timestamp,open,high,low,close,volume\n" + rows)

    def source(history: int, steps: int | None = None) -> CandleFile:
        return CandleFile(file, "BTC/USDT", timeframe=None, volume_unit="base", steps=steps, history=history)

    whole = [*source(0).steps()]
    parted = source(6)
    assert [*parted.history(), *parted.steps()] == whole
    assert len([*parted.history()]) == 6
    assert (parted.facts.start, parted.facts.steps) == (START + 6 * MINUTE, 4)
    assert source(10).facts.start == START + 10 * MINUTE
    assert len([*source(6, steps=1).steps()]) == 1
    with pytest.raises(UsageError, match="only 10 candles"):
        source(11)


@pytest.mark.parametrize(
    "flags", [["--start", "yesterday"], ["--start", "2024-01-01T00:00:30Z"], ["--history", "-1"], ["--history", "9999999"]]
)
def test_a_past_that_cannot_be_is_a_usage_error(flags: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", *flags]) == 2
    assert flags[0] in capsys.readouterr().err


# ── over a socket, by CCXT as it is ─────────────────────────────────────────────────────────────────────────────────


@contextmanager
def client(dialect: str, bars: int) -> Iterator[Any]:
    with venue_process(
        "--symbol", SYMBOLS[dialect], "--start", "2024-01-01T00:00:00Z", "--history", str(bars), "--no-limits", dialect=dialect
    ) as venue:
        exchange = getattr(ccxt, dialect)({"enableRateLimit": False, "options": {"defaultType": "spot"}})
        exchange.urls["api"] = profile_named(ADAPTERS[dialect]).dialect.urls(venue.rest)
        exchange.options["fetchMarkets"] = {"types": ["spot"]}
        yield exchange


def paged(page: Callable[[int], list[Any]], since: int, moment: Callable[[Any], int], step: int) -> list[Any]:
    """Page forwards as every CCXT user does: from the last row on, until nothing comes."""
    rows: list[Any] = []
    while found := page(since):
        rows += found
        since = moment(found[-1]) + step
    return rows


@pytest.mark.integration
@pytest.mark.parametrize(("dialect", "limit"), [("okx", 300), ("bybit", 1000)])
def test_ccxt_pages_through_all_candles(dialect: str, limit: int) -> None:
    first = START // 10**6 - 1440 * 60_000
    with client(dialect, 1440) as exchange:
        rows = paged(
            lambda since: exchange.fetch_ohlcv(SYMBOLS[dialect], "1m", since=since, limit=limit),
            first,
            lambda row: row[0],
            60_000,
        )
        some = exchange.fetch_ohlcv(SYMBOLS[dialect], "1m", since=first + 60_000 * 100, limit=7)
    assert [row[0] for row in rows] == [first + 60_000 * n for n in range(1440)]
    assert some == rows[100:107]


@pytest.mark.integration
def test_ccxt_gets_krakens_last_720_candles_and_pages_through_all_its_trades() -> None:
    bars = 1000
    first = START // 10**6 - bars * 60_000
    with client("kraken", bars) as exchange:
        candles = exchange.fetch_ohlcv("BTC/USD", "1m", since=first)
        trades = paged(
            lambda since: exchange.fetch_trades("BTC/USD", since=since, limit=1000), first, lambda row: row["timestamp"], 1
        )
    assert len(candles) == 720
    assert len(trades) > 5000
    by_minute = {
        opened: [trade["price"] for trade in group]
        for opened, group in itertools.groupby(trades, lambda trade: trade["timestamp"] // 60_000 * 60_000)
    }
    built = {row[0]: (row[1], row[2], row[3], row[4]) for row in candles[:-1] if row[5]}
    for opened, prices in built.items():
        traded = by_minute[opened]
        assert (traded[0], max(traded), min(traded), traded[-1]) == prices, opened
