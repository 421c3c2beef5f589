"""Downloads from simulated venues over real HTTP: paging, going on after an end of any kind, holes, faults, and what is refused."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from golive.cli.main import main
from golive.market.series import SeriesIndex
from golive.market.store import CandleStore
from golive.model.clock import MINUTE, from_iso, to_iso
from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.runtime.clock import SystemClock
from golive.runtime.download.carry_out import Outcome, carry_out
from golive.runtime.download.plan import DownloadOptions, plan_download
from golive.runtime.download.record import DownloadRecord
from support.adapters import unhurried
from support.candles import LATER, btc, columns_of, rows_of, walk
from support.configuration import parse
from support.forked_golive import ForkedHome
from support.golive_process import GOLIVE, Home
from support.published import published
from support.venue_process import VenueProcess, venue_process

pytestmark = pytest.mark.integration
END = from_iso("2024-01-01T00:00:00Z")
SYMBOLS = {"okx": "BTC/USDT", "bybit": "BTC/USDT", "kraken": "BTC/USD"}
HISTORY = {"okx": "/api/v5/market/history-candles", "bybit": "/v5/market/kline", "kraken": "/0/public/Trades"}


def past(venue: str, bars: int, *flags: str, symbol: str | None = None) -> Any:
    """A venue that stands still one candle behind END, so that END is the end of a closed candle on every one."""
    words = ("--symbol", symbol or SYMBOLS[venue], "--start", to_iso(END + MINUTE), "--history", str(bars + 1), "--no-limits")
    return venue_process(*words, *flags, dialect=venue)


def options(venue: str, process: VenueProcess, bars: int, **changes: Any) -> DownloadOptions:
    given = {"until": to_iso(END), "symbol": SYMBOLS[venue], **changes}
    return DownloadOptions(venue=venue, timeframe="1m", since=to_iso(END - bars * MINUTE), endpoint=process.rest, **given)


def downloaded(home: Path, wanted: DownloadOptions) -> Outcome:
    """Download as fast as the venue lets us: these venues have no limits, so the budget that keeps them is left out."""
    plan = plan_download(wanted, parse(), home, SystemClock().now())
    quick = replace(plan, profile=unhurried(plan.entrypoint.exchange))
    outcome = carry_out(quick, parse(), home, SystemClock(), lambda _: None)
    published(json.dumps(outcome.document()))
    return outcome


def index(home: Path, venue: str, symbol: str | None = None) -> SeriesIndex:
    store = CandleStore(home / f"var/data/{venue}_paper")
    return store.index(InstrumentId.parse(f"{venue}:{symbol or SYMBOLS[venue]}"), "1m")


def rows(home: Path, venue: str, symbol: str | None = None) -> list[Any]:
    store = CandleStore(home / f"var/data/{venue}_paper")
    return rows_of(store.read(InstrumentId.parse(f"{venue}:{symbol or SYMBOLS[venue]}"), "1m"))


def asked(process: VenueProcess, venue: str) -> list[dict[str, str]]:
    """The parameters of the history requests that the venue has seen; the one for the newest candles names no time."""
    targets = [urlsplit(str(each["target"])) for each in process.requests(1000)]
    queries = [parse_qs(url.query) for url in targets if url.path == HISTORY[venue]]
    found = [{name: values[0] for name, values in query.items()} for query in queries]
    return [each for each in found if each.keys() & {"after", "end", "since"}]


@pytest.mark.parametrize(("venue", "bars", "pages"), [("okx", 700, 3), ("bybit", 2100, 3)])
def test_all_candles_of_a_span_are_stored_and_not_asked_for_again(venue: str, bars: int, pages: int, tmp_path: Path) -> None:
    with past(venue, bars) as process:
        done = downloaded(tmp_path, options(venue, process, bars))
        before = len(asked(process, venue))
        again = downloaded(tmp_path, options(venue, process, bars))
        assert len(asked(process, venue)) == before
    assert (done.exit_code, done.download.added, done.download.wanted, done.download.absent) == (0, bars, bars, 0)
    assert (again.exit_code, again.download.added, again.download.wanted) == (0, 0, 0)
    assert [row[0] for row in rows(tmp_path, venue)] == [END - (bars - n) * MINUTE for n in range(bars)]
    assert before == pages
    assert done.quality.summary.status == "ok"
    assert done.quality_report.is_file()
    assert again.quality_report != done.quality_report


def test_bars_of_krakens_trades_are_the_candles_that_another_venue_lists_of_the_same_market(tmp_path: Path) -> None:
    bars = 900
    with past("kraken", bars) as process:
        done = downloaded(tmp_path, options("kraken", process, bars))
        assert 1 <= len(asked(process, "kraken")) <= 4  # of some 180 minutes; the last 719 candles are listed
    with past("okx", bars, symbol="BTC/USD") as process:
        downloaded(tmp_path, options("okx", process, bars, symbol="BTC/USD"))
    assert (done.exit_code, done.download.added, done.download.absent) == (0, bars, 0)
    assert rows(tmp_path, "kraken") == rows(tmp_path, "okx", "BTC/USD")


def test_a_quiet_minute_between_trades_is_flat_and_before_the_first_there_is_none(tmp_path: Path) -> None:
    file, bars = tmp_path / "quiet.csv", 740
    volumes = [0, 0, 1, 0, 0, 2] + [1] * (bars - 6)
    first = END - bars * MINUTE
    lines = "".join(f"{(first + n * MINUTE) // 10**9},10.0,10.0,10.0,10.0,{volume}\n" for n, volume in enumerate(volumes))
    file.write_text("timestamp,open,high,low,close,volume\n" + lines)
    with venue_process(
        "--data", str(file), "--symbol", "BTC/USD", "--history", str(bars), "--no-limits", dialect="kraken"
    ) as process:
        done = downloaded(tmp_path, options("kraken", process, bars))
        downloaded(tmp_path / "parts", options("kraken", process, bars, until=to_iso(first + 4 * MINUTE)))
        downloaded(tmp_path / "parts", options("kraken", process, bars))
    stored = rows(tmp_path, "kraken")
    assert rows(tmp_path / "parts", "kraken") == stored  # cut where nothing was traded before and behind
    assert [row[0] for row in stored[:4]] == [first + n * MINUTE for n in (2, 3, 4, 5)]
    assert [row[5] for row in stored[1:3]] == [0, 0]
    assert len({row[4] for row in stored[:4]}) == 1
    assert done.download.absent == 2


@pytest.mark.parametrize("venue", ["okx", "kraken"])
def test_what_lies_between_two_downloads_is_filled_as_if_there_had_been_one(venue: str, tmp_path: Path) -> None:
    bars = 830
    with past(venue, bars) as process:
        downloaded(tmp_path / "one", options(venue, process, bars))
        parts = tmp_path / "parts"
        downloaded(parts, options(venue, process, bars, until=to_iso(END - 810 * MINUTE)))
        downloaded(parts, options(venue, process, 300))
        assert index(parts, venue).gaps == 1
        before = len(asked(process, venue))
        last = downloaded(parts, options(venue, process, bars))
        assert len(asked(process, venue)) > before
    assert last.download.added == 830 - 20 - 300
    assert index(parts, venue).digest == index(tmp_path / "one", venue).digest


def gappy(file: Path, bars: int, hole: Sequence[int]) -> None:
    lines = [
        f"{(END - (bars - n) * MINUTE) // 10**9},{100 + n % 7},{110 + n % 7},{90 + n % 7},{101 + n % 7},{n}\n"
        for n in range(bars)
        if n not in hole
    ]
    file.write_text("timestamp,open,high,low,close,volume\n" + "".join(lines))


@pytest.mark.parametrize("venue", ["okx", "bybit"])
def test_a_hole_of_the_venue_is_reported_and_asked_for_once_unless_told_to(venue: str, tmp_path: Path) -> None:
    file, hole = tmp_path / "gappy.csv", range(200, 260)
    gappy(file, 400, hole)
    flags = ("--data", str(file), "--symbol", SYMBOLS[venue], "--history", "340", "--no-limits")
    with venue_process(*flags, dialect=venue) as process:
        wanted = options(venue, process, 1000, until=to_iso(END - MINUTE))
        done = downloaded(tmp_path, wanted)
        count = len(asked(process, venue))
        again = downloaded(tmp_path, wanted)
        assert len(asked(process, venue)) == count
        filled = downloaded(tmp_path, options(venue, process, 1000, until=to_iso(END - MINUTE), fill_gaps=True))
        assert len(asked(process, venue)) > count
    assert done.download.added == 339
    assert done.download.absent == 600 + 60
    assert (again.download.wanted, filled.download.wanted) == (0, 660)
    (record,) = tmp_path.glob(f"var/data/{venue}_paper/downloads/**/1m.json")
    assert sum(from_iso(until) - from_iso(first) for first, until in published(record.read_bytes())["empty"]) == 660 * MINUTE
    assert index(tmp_path, venue).missing_rows == 60
    assert done.quality.summary.status == "critical"  # 60 of 399 are missing


def test_without_a_beginning_a_download_goes_on_behind_what_is_stored(tmp_path: Path) -> None:
    with past("okx", 100) as process:
        downloaded(tmp_path, options("okx", process, 100, until=to_iso(END - 40 * MINUTE)))
        rest = DownloadOptions(venue="okx", symbol="BTC/USDT", timeframe="1m", endpoint=process.rest)
        done = downloaded(tmp_path, rest)
    assert done.download.added == 41  # up to the last closed candle, one behind END
    assert index(tmp_path, "okx").gaps == 0


def test_a_hole_in_the_middle_is_filled_by_a_download_that_names_no_beginning(tmp_path: Path) -> None:
    with past("okx", 100) as process:
        downloaded(tmp_path, options("okx", process, 100, until=to_iso(END - 60 * MINUTE)))
        downloaded(tmp_path, options("okx", process, 20))
        assert index(tmp_path, "okx").gaps == 1
        rest = DownloadOptions(venue="okx", symbol="BTC/USDT", timeframe="1m", until=to_iso(END), endpoint=process.rest)
        done = downloaded(tmp_path, rest)
        again = downloaded(tmp_path, rest)
    assert (done.exit_code, done.download.added, index(tmp_path, "okx").gaps) == (0, 40, 0)
    assert (again.exit_code, again.download.wanted) == (0, 0)


def test_an_end_before_what_is_stored_is_refused_without_a_word_of_an_option_that_was_not_given(tmp_path: Path) -> None:
    with past("okx", 100) as process:
        downloaded(tmp_path, options("okx", process, 20))
        early = DownloadOptions(
            venue="okx", symbol="BTC/USDT", timeframe="1m", until=to_iso(END - 60 * MINUTE), endpoint=process.rest
        )
        with pytest.raises(ConfigError, match=r"^the first stored candle, 2023-12-31T23:40:00Z, is not before the end"):
            downloaded(tmp_path, early)


# ── an end of any kind ──────────────────────────────────────────────────────────────────────────────────────────────


def interrupted(home: Home, process: VenueProcess, venue: str, bars: int | None, number: signal.Signals, least: int) -> int:
    """Start a download (without --since where `bars` is None), end it when `least` candles are stored; return its exit code."""
    words = ["data", "download", "--venue", venue, "--symbol", SYMBOLS[venue]]
    words += [] if bars is None else ["--since", to_iso(END - bars * MINUTE)]
    words += ["--until", to_iso(END), "--endpoint", process.rest, "--home", str(home.path)]
    with subprocess.Popen([*GOLIVE, *words], env=home.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and child.poll() is None:
            try:
                if index(home.path, venue).rows >= least:
                    break
            except Exception:  # noqa: BLE001 - not stored yet
                time.sleep(0.05)
        assert child.poll() is None, child.communicate()
        child.send_signal(number)
        child.communicate(timeout=60)
        return child.returncode


@pytest.mark.parametrize(
    ("venue", "bars", "least", "delay"), [("okx", 6300, 3000, 0.1), ("bybit", 9000, 3000, 0.5), ("kraken", 1900, 100, 0.9)]
)
def test_a_killed_download_goes_on_to_the_same_store(venue: str, bars: int, least: int, delay: float, tmp_path: Path) -> None:
    (tmp_path / "cut").mkdir()
    home = ForkedHome(tmp_path / "cut")
    with past(venue, bars) as process:
        process.add_fault("delay", match=HISTORY[venue], seconds=delay)
        code = interrupted(home, process, venue, bars, signal.SIGKILL, least)
        process.clear_faults()
        kept, before = index(home.path, venue).rows, len(asked(process, venue))
        done = downloaded(home.path, options(venue, process, bars))
        later = asked(process, venue)[before:]
        downloaded(tmp_path / "one", options(venue, process, bars))
    assert code == -signal.SIGKILL
    assert least <= kept < bars
    assert done.download.added == bars - kept
    assert index(home.path, venue).digest == index(tmp_path / "one", venue).digest
    if venue == "kraken":
        assert all(int(each["since"]) >= END - bars * MINUTE + 50 * MINUTE for each in later), later
    else:
        page = 300 if venue == "okx" else 1000
        assert len(later) == -(-(bars - kept) // page)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_download_keeps_what_came_and_says_so(number: signal.Signals, tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    with past("okx", 6000) as process:
        process.add_fault("delay", match=HISTORY["okx"], seconds=0.1)
        code = interrupted(home, process, "okx", 6000, number, 3000)
        process.clear_faults()
        kept = index(home.path, "okx").rows
        done = downloaded(home.path, options("okx", process, 6000))
    assert code == 6
    assert done.download.added == 6000 - kept
    assert index(home.path, "okx").gaps == 0


def test_a_killed_download_without_a_beginning_is_mended_by_the_same_command(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    with past("okx", 6000) as process:
        downloaded(home.path, options("okx", process, 6000, until=to_iso(END - 5900 * MINUTE)))
        process.add_fault("delay", match=HISTORY["okx"], seconds=0.1)
        interrupted(home, process, "okx", None, signal.SIGKILL, 3000)
        process.clear_faults()
        kept = index(home.path, "okx")
        again = DownloadOptions(venue="okx", symbol="BTC/USDT", timeframe="1m", until=to_iso(END), endpoint=process.rest)
        done = downloaded(home.path, again)
    assert kept.gaps == 1
    assert (done.exit_code, done.download.added, index(home.path, "okx").gaps) == (0, 6000 - kept.rows, 0)


def test_a_download_into_an_empty_store_that_was_killed_is_mended_without_naming_its_beginning_again(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    with past("okx", 6000) as process:
        process.add_fault("delay", match=HISTORY["okx"], seconds=0.1)
        interrupted(home, process, "okx", 6000, signal.SIGKILL, 3000)
        process.clear_faults()
        kept = index(home.path, "okx")
        published(next(home.path.glob("var/data/okx_paper/downloads/*/*/1m.json")).read_bytes())
        again = DownloadOptions(venue="okx", symbol="BTC/USDT", timeframe="1m", until=to_iso(END), endpoint=process.rest)
        done = downloaded(home.path, again)
        unfinished = DownloadRecord(done.plan.root, done.plan.instrument, "1m", done.plan.source).unfinished
    assert kept.first > END - 6000 * MINUTE
    assert (done.exit_code, done.download.added, index(home.path, "okx").rows) == (0, 6000 - kept.rows, 6000)
    assert unfinished == []


def test_a_venue_that_is_gone_ends_the_download_with_6_and_keeps_what_came(tmp_path: Path) -> None:
    with past("bybit", 6000) as process:
        process.add_fault("http", status=503, match=HISTORY["bybit"], after=4)
        done = downloaded(tmp_path, options("bybit", process, 6000))
        process.clear_faults()
        assert done.exit_code == 6
        assert "503" in done.stopped
        assert 1000 <= index(tmp_path, "bybit").rows < 6000
        assert downloaded(tmp_path, options("bybit", process, 6000)).exit_code == 0
    assert index(tmp_path, "bybit").rows == 6000


@pytest.mark.parametrize(
    ("venue", "fault"), [("okx", "http_429"), ("okx", "truncated"), ("bybit", "throttle"), ("kraken", "html")]
)
def test_a_fault_that_passes_costs_no_candle(venue: str, fault: str, tmp_path: Path) -> None:
    with past(venue, 900) as process:
        process.add_fault(fault, match=HISTORY[venue], count=1)
        done = downloaded(tmp_path, options(venue, process, 900))
    assert (done.exit_code, done.download.added, index(tmp_path, venue).gaps) == (0, 900, 0)
    assert index(tmp_path, venue).rows == 900


def test_a_venue_that_does_not_answer_is_6_and_nothing_is_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ForkedHome(tmp_path)
    words = ("--venue", "okx", "--symbol", "BTC/USDT", "--since", "2024-01-01", "--endpoint", "http://127.0.0.1:9")
    assert main(["data", "download", *words, "--home", str(home.path)]) == 6
    assert "no connection" in capsys.readouterr().out
    (report,) = tmp_path.glob("audit/ai_decision/data_quality/*.json")
    assert json.loads(report.read_text())["summary"]["status"] == "no_data"
    assert not (tmp_path / "var/data").exists()


# ── what is refused ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--symbol", "btcusdt"], "--symbol btcusdt: not a pair"),
        (["--symbol", "ETH/USDT"], "known: BTC/USDT"),
        (
            ["--timeframe", "7m"],
            "--timeframe 7m: the embedded okx, whose past is one of minutes, has no such candles; it has 1m, 3m",
        ),
        (["--timeframe", "1s"], "--timeframe 1s: the embedded okx, whose past is one of minutes, has no such candles"),
        (["--since", "yesterday"], "--since yesterday: give a date"),
        (["--since", "1950-01-01"], "before 1970"),
        (["--since", "2024-01-05", "--until", "2024-01-05"], "not before the end"),
        (["--since", "2199-01-01", "--until", "2199-01-02"], "in the future"),
        (["--until", "2024-13-01"], "--until 2024-13-01: give a date"),
        (["--endpoint", "nowhere"], "--endpoint nowhere: is neither"),
        (["--endpoint", "production"], "not allowed in an environment of type paper"),
        (["--venue", "mtgox"], "no environment of venue 'mtgox'"),
        (["--environment", "okx_life"], "--environment okx_life: not configured"),
        (["--environment", "kraken_paper"], "--venue okx"),
    ],
)
def test_a_wrong_option_is_one_clear_error_and_nothing_is_written(
    words: list[str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ForkedHome(tmp_path)
    given = {"--venue": "okx", "--symbol": "BTC/USDT", "--since": "2024-01-01"}
    given |= dict(zip(words[::2], words[1::2], strict=True))
    flat = [word for pair in given.items() for word in pair]
    assert main(["data", "download", *flat, "--home", str(home.path)]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.strip().splitlines()) == 1
    assert {path.name for path in tmp_path.iterdir()} == {"config"}


def test_nothing_stored_needs_a_beginning(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ForkedHome(tmp_path)
    assert main(["data", "download", "--venue", "okx", "--symbol", "BTC/USDT", "--home", str(home.path)]) == 2
    assert "say from when with --since" in capsys.readouterr().err


def test_a_series_that_lost_its_index_is_named_and_not_downloaded_over(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ForkedHome(tmp_path)
    store = CandleStore(home.path / "var/data/okx_paper")
    store.append(btc(), "1m", columns_of(walk(60)), source="download embedded seed 7", now=LATER)
    next(store.root.rglob("index.json")).unlink()
    words = ["data", "download", "--venue", "okx", "--symbol", "BTC/USDT", "--home", str(home.path)]
    for more in ([], ["--since", "2024-01-01"]):
        assert main([*words, *more]) == 2
        assert "no index.json, but parts; `golive data remove`" in capsys.readouterr().err


def test_a_symbol_that_the_venue_does_not_list_is_refused_with_what_it_has(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = ForkedHome(tmp_path)
    with past("okx", 10) as process:
        words = ("--venue", "okx", "--symbol", "BTC/EUR", "--since", "2023-12-31", "--endpoint", process.rest)
        assert main(["data", "download", *words, "--home", str(home.path)]) == 2
    assert "okx does not trade it now; it has BTC/USDT" in capsys.readouterr().err
    assert not (tmp_path / "var/data").exists()


def test_two_markets_do_not_mix_in_one_series(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = ForkedHome(tmp_path)
    with past("okx", 10) as process:
        downloaded(tmp_path, options("okx", process, 10))
    before = index(tmp_path, "okx").digest
    words = ("--venue", "okx", "--symbol", "BTC/USDT", "--since", "2024-01-01", "--endpoint", "embedded")
    assert main(["data", "download", *words, "--home", str(home.path)]) == 2
    assert "another market" in capsys.readouterr().err
    assert main(["data", "download", *words, "--mix", "--home", str(home.path)]) == 2
    assert "was downloaded from another market (custom 127.0.0.1, not embedded seed 7)" in capsys.readouterr().err
    assert index(tmp_path, "okx").digest == before


def test_a_series_from_files_takes_a_venues_candles_only_with_consent_and_then_for_good(tmp_path: Path) -> None:
    store = CandleStore(tmp_path / "var/data/okx_paper")
    far = walk(3, start=END - 1000 * MINUTE)
    with past("okx", 10) as process:
        fine = btc(lot="0.00000001")
        store.append(fine, "1m", columns_of(far, instrument=fine), source="import a.csv", now=LATER)
        with pytest.raises(ConfigError, match=r"holds candles of another market \(file, not custom 127.*--mix"):
            downloaded(tmp_path, options("okx", process, 10))
        mixed = replace(options("okx", process, 10), may_mix=True)
        assert downloaded(tmp_path, mixed).download.added == 10
        assert downloaded(tmp_path, options("okx", process, 10)).exit_code == 0
    with pytest.raises(ConfigError, match="was downloaded from another market"):
        downloaded(tmp_path, DownloadOptions(venue="okx", symbol="BTC/USDT", timeframe="1m", may_mix=True))


def test_the_embedded_market_is_the_same_however_much_of_it_is_asked_for(tmp_path: Path) -> None:
    def embedded(home: str, since: str, until: str) -> None:
        wanted = DownloadOptions(venue="okx", symbol="BTC/USDT", timeframe="1m", since=since, until=until)
        assert downloaded(tmp_path / home, wanted).exit_code == 0

    embedded("one", "2024-01-01", "2024-01-01T06:00:00Z")
    embedded("two", "2024-01-01T05:00:00Z", "2024-01-01T06:00:00Z")
    embedded("two", "2024-01-01", "2024-01-01T02:00:00Z")
    embedded("two", "2023-12-31T23:00:00Z", "2024-01-01T06:00:00Z")
    assert index(tmp_path / "one", "okx").digest == index(tmp_path / "two", "okx").digest


def test_help_needs_no_numpy() -> None:
    code = "import sys; from golive.cli.main import main; main(['data', 'download', '--help']); sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def everything(screen: int) -> str:
    """Return all that is written to a terminal until nobody has it open any more; it is handed out in pieces."""
    drawn = b""
    with contextlib.suppress(OSError):  # how Linux says that a terminal has no writer any more
        while piece := os.read(screen, 1 << 16):
            drawn += piece
    return drawn.decode()


def test_a_terminal_shows_a_bar_and_nothing_else_does(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    words = ["data", "download", "--venue", "okx", "--symbol", "BTC/USDT", "--since", to_iso(END - 900 * MINUTE)]
    with past("okx", 900) as process:
        words += ["--until", to_iso(END), "--endpoint", process.rest, "--home", str(home.path)]
        screen, terminal = os.openpty()
        try:
            command = subprocess.Popen(
                [*GOLIVE, *words], env={**home.env, "TERM": "xterm"}, stdout=subprocess.PIPE, stderr=terminal
            )
            os.close(terminal)
            drawn = everything(screen)  # as it is drawn: a terminal that nobody reads is full after some 4,000 bytes
            stdout, _ = command.communicate(timeout=60)
        finally:
            os.close(screen)
        quiet = home.golive(*words[:-2])
    assert (command.returncode, b"900 candles added" in stdout) == (0, True)
    assert "900/900" in drawn
    assert (quiet.code, quiet.stderr) == (0, "")
