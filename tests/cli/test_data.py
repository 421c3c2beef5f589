"""`golive data` over files and stores: what it says, what it stores, its exit codes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from golive.cli import main as command_line
from golive.market import store as store_module
from golive.market.store import CandleStore
from golive.model.clock import from_iso
from golive.model.errors import JournalError
from golive.model.ids import InstrumentId
from support.candles import LATER, btc, columns_of, rows_of, walk
from support.published import published

ROOT = Path(__file__).parents[2]
ROWS = walk(130)
BTC = InstrumentId.parse("okx:BTC/USDT")


class Desk:
    """A home with the shipped configuration, and the command in this process."""

    def __init__(self, path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.path = path
        self._capsys = capsys
        shutil.copytree(ROOT / "config", path / "config")
        self.file = path / "candles.csv"

    def data(self, *words: str) -> tuple[int, str, str]:
        code = command_line.main(["data", *words, "--home", str(self.path)])
        out, err = self._capsys.readouterr()
        return code, out, err

    def write(self, rows: list[tuple[int, int, int, int, int, int]], extra: str = "") -> Path:
        from golive.market.candle_export import export_candles

        export_candles(columns_of(rows), self.file)
        with self.file.open("a") as out:
            out.write(extra)
        return self.file

    def stored(self, environment: str = "okx_paper") -> CandleStore:
        return CandleStore(self.path / "var/data" / environment)

    def reports(self) -> list[dict[str, Any]]:
        schema = json.loads((ROOT / "docs/schemas/golive.data_quality.v1.json").read_text())
        found = []
        for path in sorted((self.path / "audit/ai_decision/data_quality").glob("*.json")):
            found.append(json.loads(path.read_text()))
            Draft202012Validator(schema).validate(found[-1])
        return found


@pytest.fixture
def desk(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Desk:
    return Desk(tmp_path, capsys)


def test_an_import_stores_reports_and_is_listed(desk: Desk) -> None:
    code, out, _ = desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    assert code == 0
    assert "stored in okx_paper: 130 new, 0 replaced, 0 known; 130 in all" in out
    assert len(desk.stored().read(BTC, "1m")) == 130
    (report,) = desk.reports()
    assert (report["summary"]["status"], report["source"], report["tags"]) == ("ok", "import candles.csv", ["import", "candles"])
    code, out, _ = desk.data("list", "--json")
    (series,) = published(out)["series"]
    assert (code, series["instrument"], series["rows"], series["gaps"]) == (0, "okx:BTC/USDT", 130, 0)
    assert "okx_paper" in desk.data("list")[1]


def test_the_same_file_again_changes_nothing(desk: Desk) -> None:
    file = str(desk.write(ROWS))
    desk.data("import", file, "--symbol", "BTC/USDT")
    digest = desk.stored().series()[0].digest
    code, out, _ = desk.data("import", file, "--symbol", "BTC/USDT", "--json")
    assert (code, published(out)["stored"]["known"]) == (0, 130)
    assert desk.stored().series()[0].digest == digest


BAD = "2024-02-01T00:10:00Z,1,2,0,1,5\n2024-02-01T00:11:00Z,NaN,2,1,1,5\n2024-02-01T00:12:30Z,1,2,1,1,5\n"


def test_impossible_rows_refuse_the_file_or_are_dropped(desk: Desk) -> None:
    file = str(desk.write(ROWS, BAD))
    code, out, _ = desk.data("import", file, "--symbol", "BTC/USDT")
    assert code == 4
    assert "nothing was stored: 3 rows that cannot be a candle" in out
    assert desk.stored().series() == []
    assert desk.reports()[0]["summary"]["status"] == "critical"
    code, out, _ = desk.data("import", file, "--symbol", "BTC/USDT", "--drop-bad")
    assert code == 0
    assert "3 rows left out" in out
    assert desk.stored().series()[0].rows == 130


def test_a_candle_that_differs_needs_a_decision(desk: Desk) -> None:
    desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    file = str(desk.write([(*ROWS[0][:5], ROWS[0][5] + 1), *ROWS[1:]]))
    code, _, err = desk.data("import", file, "--symbol", "BTC/USDT")
    assert code == 2
    assert "two different candles of 2024-01-31T22:00:00Z" in err
    code, out, _ = desk.data("import", file, "--symbol", "BTC/USDT", "--replace")
    assert code == 0
    assert "1 replaced" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--symbol", "btc/usdt"], "give it like BTC/USDT"),
        (["--symbol", "okx:BTC/USDT", "--venue", "kraken"], "of another venue"),
        (["--symbol", "BTC/USDT:USDT"], "--symbol BTC/USDT:USDT: not a pair of the spot market"),
        (["--symbol", "B" * 300 + "/USDT"], "not a pair of the spot market"),
        (["--symbol", "BTC/USDT", "--venue", "binance"], "no environment of venue 'binance'"),
        (["--symbol", "BTC/USDT", "--environment", "x"], "not configured"),
        (["--symbol", "BTC/USDT", "--timeframe", "2m"], "not supported"),
        (["--symbol", "BTC/USDT", "--volume-unit", "usd"], "give base or quote"),
        (["--symbol", "BTC/USDT", "--tick-size", "0"], "--tick-size: 0 is zero"),
        (["--symbol", "BTC/USDT", "--columns", "volume"], "give pairs"),
    ],
)
def test_a_word_that_fits_nothing_is_named(desk: Desk, words: list[str], message: str) -> None:
    code, _, err = desk.data("import", str(desk.write(ROWS)), *words)
    assert (code, message in err) == (2, True), err
    assert not (desk.path / "var").exists()


def test_the_venue_chooses_the_environment(desk: Desk) -> None:
    desk.data("import", str(desk.write(ROWS)), "--symbol", "kraken:BTC/USD")
    assert str(desk.stored("kraken_paper").series()[0].instrument.id) == "kraken:BTC/USD"


def test_an_export_of_a_period_comes_back(desk: Desk) -> None:
    desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    out_file = desk.path / "out.parquet"
    words = ("--symbol", "BTC/USDT", "--since", "2024-01-31T22:10:00", "--until", "2024-01-31T22:20:00")
    code, out, _ = desk.data("export", str(out_file), *words)
    assert (code, out.startswith("10 candles of okx:BTC/USDT 1m")) == (0, True)
    desk.data("import", str(out_file), "--symbol", "bybit:BTC/USDT")
    copied = desk.stored("bybit_paper").read(InstrumentId.parse("bybit:BTC/USDT"), "1m")
    assert len(copied) == 10
    assert desk.data("export", str(desk.path / "x.xls"), "--symbol", "BTC/USDT")[0] == 2
    assert desk.data("export", str(out_file), "--symbol", "ETH/USDT")[0] == 2


def test_longer_candles_are_stored(desk: Desk) -> None:
    desk.data("import", str(desk.write([*ROWS[:10], *ROWS[11:]])), "--symbol", "BTC/USDT")
    code, out, _ = desk.data("resample", "--symbol", "BTC/USDT", "--to", "5m")
    assert code == 0
    assert "5m: 25 candles made of 129 of 1m, 1 not made" in out
    assert desk.stored().index(BTC, "5m").rows == 25
    assert desk.data("resample", "--symbol", "BTC/USDT", "--to", "1s")[0] == 2


def test_a_series_is_shown_with_gaps_and_both_ends(desk: Desk) -> None:
    desk.data("import", str(desk.write([*ROWS[:50], *ROWS[53:]])), "--symbol", "BTC/USDT")
    code, out, _ = desk.data("show", "--symbol", "BTC/USDT", "--rows", "2")
    assert code == 0
    assert "gap 2024-01-31 22:50:00 to 2024-01-31 22:53:00: 3 candles" in out
    grid = btc()
    for row in (ROWS[0], ROWS[1], ROWS[-2], ROWS[-1]):
        assert grid.price_text(row[4]) in out
    assert desk.data("show", "--symbol", "ETH/USDT")[0] == 2


def test_verification_says_sound_damaged_or_nothing(desk: Desk) -> None:
    assert desk.data("verify")[0] == 6
    desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    code, out, _ = desk.data("verify")
    assert (code, "files sound, quality ok" in out) == (0, True)
    assert desk.reports()[-1]["tags"] == ["verify"]
    code, out, _ = desk.data("verify", "--fresh", "--json")
    assert (code, published(out)["series"][0]["issues"][0]["code"]) == (0, "stale")
    (part, *_) = (desk.path / "var/data/okx_paper/candles/okx/BTC-USDT/1m").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:-9])
    code, out, _ = desk.data("verify")
    assert (code, part.name in out) == (4, True)
    assert desk.data("remove", "--symbol", "BTC/USDT", "--timeframe", "1m")[0] == 0
    assert desk.data("verify")[0] == 6


def test_missing_candles_make_a_verification_fail_only_when_they_are_many(desk: Desk) -> None:
    desk.data("import", str(desk.write([*ROWS[:50], *ROWS[60:]])), "--symbol", "BTC/USDT")
    assert desk.data("verify")[0] == 4
    assert rows_of(desk.stored().read(BTC, "1m"))[50][0] == ROWS[60][0]


def test_an_empty_store_says_how_to_fill_it(desk: Desk) -> None:
    code, out, _ = desk.data("list")
    assert (code, "golive data import" in out) == (0, True)


def test_the_newest_quality_report_is_shown_with_its_verdict_and_path(desk: Desk) -> None:
    code, out, err = desk.data("quality")
    assert (code, out, "golive data verify" in err) == (6, "", True)
    desk.data("import", str(desk.write([*ROWS[:50], *ROWS[51:]])), "--symbol", "BTC/USDT")
    code, out, _ = desk.data("quality")
    assert (code, "quality warning: 99.23% of 130 expected candles" in out) == (0, True)
    assert "by import candles.csv; signed off: risk pending, compliance pending" in out
    assert (desk.path / out.splitlines()[-1].removeprefix("quality report: ")).is_file()
    desk.data("import", str(desk.write(ROWS, BAD)), "--symbol", "BTC/USDT")
    code, out, _ = desk.data("quality", "--json")
    assert (code, published(out)) == (4, desk.reports()[-1])
    (desk.path / "audit/ai_decision/data_quality/29990101T000000000000Z.json").write_text("[]")
    code, _, err = desk.data("quality")
    assert "Traceback" not in err
    assert (code, "29990101T000000000000Z.json: a data-quality report is a JSON object, not a list" in err) == (70, True)


def test_a_damaged_index_blocks_only_its_own_series(desk: Desk) -> None:
    desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    broken = desk.path / "var/data/okx_paper/candles/okx/BTC-USDT/1d"
    broken.mkdir()
    (broken / "index.json").write_text("{")
    code, out, _ = desk.data("list")
    assert (code, "okx_paper okx/BTC-USDT/1d: damaged: " in out, "okx:BTC/USDT  1m  " in out.replace("1m   ", "1m  ")) == (
        4,
        True,
        True,
    )
    code, out, _ = desk.data("list", "--json")
    document = published(out)
    assert (code, document["exit_code"], [row["timeframe"] for row in document["series"]]) == (4, 4, ["1m"])
    assert [row["path"] for row in document["damaged"]] == [str(broken)]
    assert desk.data("show", "--symbol", "BTC/USDT")[0] == 0
    assert desk.data("import", str(desk.file), "--symbol", "ETH/USDT")[0] == 0
    code, _, err = desk.data("show", "--symbol", "BTC/USDT", "--timeframe", "1d")
    assert (code, "1d/index.json: not an index" in err) == (2, True)
    assert desk.data("verify")[0] == 4
    code, out, _ = desk.data("remove", "--symbol", "BTC/USDT", "--timeframe", "1d")
    assert (code, out) == (0, "a damaged series of okx:BTC/USDT 1d of okx_paper removed\n")
    assert (desk.data("list")[0], desk.data("verify")[0]) == (0, 0)


def test_what_downloads_have_noted_is_removed_with_the_series(desk: Desk) -> None:
    desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    record = desk.path / "var/data/okx_paper/downloads/okx/BTC-USDT/1m.json"
    record.parent.mkdir(parents=True)
    record.write_text("{}")
    assert desk.data("remove", "--symbol", "BTC/USDT", "--timeframe", "1m")[0] == 0
    assert not record.exists()


def test_longer_candles_that_have_become_stale_are_named_and_not_used(desk: Desk) -> None:
    desk.data("import", str(desk.write(ROWS[:100])), "--symbol", "BTC/USDT")
    desk.data("resample", "--symbol", "BTC/USDT", "--to", "5m")
    assert desk.data("verify")[0] == 0
    desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT", "--timeframe", "1m")
    words = "okx:BTC/USDT 5m is stale: the 1m candles that it was made of have changed; `golive data resample --symbol"
    code, out, _ = desk.data("verify")
    assert (code, f"okx/BTC-USDT/5m: faulty\n  {words}" in out) == (4, True)
    code, _, err = desk.data("export", str(desk.path / "x.csv"), "--symbol", "BTC/USDT", "--timeframe", "5m")
    assert (code, words in err) == (2, True)
    code, out, _ = desk.data("list")
    assert (code, f"okx_paper {words}" in out) == (0, True)
    assert [bool(row["stale"]) for row in published(desk.data("list", "--json")[1])["series"]] == [False, True]
    assert desk.data("resample", "--symbol", "BTC/USDT", "--to", "5m")[0] == 0
    assert desk.data("verify")[0] == 0


def test_a_file_enters_a_downloaded_series_only_with_consent(desk: Desk) -> None:
    store = desk.stored()
    store.append(btc(), "1m", columns_of(ROWS[:50]), source="download embedded seed 7", now=LATER)
    file = str(desk.write(ROWS[60:]))
    code, _, err = desk.data("import", file, "--symbol", "BTC/USDT")
    assert (code, "holds candles of another market (embedded seed 7, not file)" in err) == (2, True)
    assert store.index(BTC, "1m").rows == 50
    assert desk.data("import", file, "--symbol", "BTC/USDT", "--mix")[0] == 5  # ten minutes are missing
    assert store.index(BTC, "1m").rows == 120


def test_the_report_of_an_import_is_of_the_whole_series_with_the_file_in_a_section(desk: Desk) -> None:
    desk.data("import", str(desk.write(ROWS[:50])), "--symbol", "BTC/USDT")
    code, out, _ = desk.data(
        "import", str(desk.write([ROWS[125], ROWS[127], ROWS[126]])), "--symbol", "BTC/USDT", "--timeframe", "1m"
    )
    assert code == 5
    assert "quality critical; of the file alone: warning" in out
    assert "a limit of okx_paper is broken: ok_ratio is 0.4141, min_ok_ratio is 0.95" in out
    report = desk.reports()[-1]
    assert (report["summary"]["status"], report["summary"]["observed_rows"], report["summary"]["missing_rows"]) == (
        "critical",
        53,
        75,
    )
    assert (report["summary"]["missing_ratio"], report["summary"]["ok_ratio"]) == (0.5859, 0.4141)
    assert [issue["code"] for issue in report["issues"]] == ["gap", "out_of_order"]
    assert [issue["details"].get("of") for issue in report["issues"]] == [None, "file"]
    assert report["dataset"]["path"] == "var/data/okx_paper/candles/okx/BTC-USDT/1m"
    file = report["dataset"]["file"]
    assert (file["path"], file["rows"], file["stored_rows"], file["status"], file["problem"]) == (
        "candles.csv",
        3,
        3,
        "warning",
        None,
    )
    assert [issue["code"] for issue in file["issues"]] == ["out_of_order"]
    code, out, _ = desk.data("import", str(desk.file), "--symbol", "BTC/USDT", "--timeframe", "1m", "--json")
    document = published(out)
    assert (code, document["quality"], document["file_quality"], len(document["breaches"])) == (5, "critical", "warning", 1)


def test_a_gap_longer_than_the_limit_is_a_breach(desk: Desk) -> None:
    rows = walk(6_000)
    code, out, _ = desk.data("import", str(desk.write([*rows[:3_000], *rows[3_241:]])), "--symbol", "BTC/USDT")
    assert (code, "the longest gap lasts 241 min, max_gap_minutes is 240" in out) == (5, True)
    assert desk.stored().index(BTC, "1m").rows == 5_759
    assert desk.data("import", str(desk.write([rows[3_000]])), "--symbol", "BTC/USDT", "--timeframe", "1m")[0] == 0


def nothing_of(desk: Desk) -> dict[str, Any]:
    """Return the file section of the newest report, which must be one of no data."""
    report = desk.reports()[-1]
    assert (report["summary"]["status"], report["summary"]["observed_rows"], report["issues"]) == ("no_data", 0, [])
    assert report["dataset"]["path"] == "candles.csv"
    file = report["dataset"]["file"]
    assert (file["stored_rows"], report["dataset_sha256"]) == (0, file["sha256"])
    assert isinstance(file, dict)
    return file


def test_a_file_of_candles_that_have_not_ended_is_reported_as_no_data(desk: Desk) -> None:
    desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    later = walk(20, start=from_iso("2091-01-01T00:00:00Z"))
    code, out, _ = desk.data("import", str(desk.write(later)), "--symbol", "BTC/USDT")
    assert (code, "nothing was stored: none of its candles has ended" in out) == (4, True)
    assert nothing_of(desk)["problem"] == "none of its candles has ended"
    assert desk.data("quality")[0] == 6


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("timestamp,open,high,low,close,volume\n", "no rows"),
        ("", "no header"),
        ("timestamp,open,high,low,close,volume\n2024-01-01,1,1,1,1,x\n", "'x' is not a number"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported_as_no_data(desk: Desk, text: str, words: str) -> None:
    desk.file.write_text(text)
    assert desk.data("import", str(desk.file), "--symbol", "BTC/USDT")[0] == 2
    assert words in nothing_of(desk)["problem"]
    code, out, _ = desk.data("quality")
    assert (code, "okx:BTC/USDT ?, candles.csv" in out) == (6, True)


def test_a_file_that_contradicts_the_store_is_reported_as_no_data(desk: Desk) -> None:
    desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    desk.data("import", str(desk.write([(*ROWS[0][:5], ROWS[0][5] + 1), *ROWS[1:]])), "--symbol", "BTC/USDT")
    assert "two different candles" in nothing_of(desk)["problem"]


def test_a_store_that_takes_nothing_is_reported_as_no_data(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise JournalError("no space left")

    monkeypatch.setattr(store_module, "write_part", refuse)
    assert desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")[0] == 70
    assert nothing_of(desk)["problem"] == "no space left"


@pytest.mark.parametrize("is_held", [False, True])
def test_a_file_that_is_refused_for_rows_off_the_timeframe_is_reported_as_no_data(desk: Desk, is_held: bool) -> None:
    if is_held:
        desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    code, out, _ = desk.data("import", str(desk.write(ROWS, "2024-02-01T00:08:30Z,1,2,1,1,5\n")), "--symbol", "BTC/USDT")
    assert (code, "quality no_data; of the file alone: warning" in out) == (4, True)
    assert nothing_of(desk)["problem"] == "1 row that cannot be a candle; repair the file, or give --drop-bad"


def test_a_file_that_is_not_there_has_no_report(desk: Desk) -> None:
    assert desk.data("import", "nowhere.csv", "--symbol", "BTC/USDT")[0] == 2
    assert desk.reports() == []


def test_rows_that_were_dropped_are_missing_in_the_series(desk: Desk) -> None:
    bad = "".join(f"2024-02-01T00:{10 + n}:00Z,1,2,1,NaN,5\n" for n in range(3)) + "2024-02-01T00:13:00Z,1,1,1,1,1\n"
    desk.data("import", str(desk.write(ROWS, bad)), "--symbol", "BTC/USDT", "--drop-bad")
    report = desk.reports()[-1]
    assert (report["summary"]["missing_rows"], report["summary"]["status"]) == (3, "critical")
    assert desk.stored().index(BTC, "1m").missing_rows == 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--since", "2024-02-01", "--until", "2024-01-31"), "--since 2024-02-01 is not before --until 2024-01-31"),
        (("--since", "2024-02-01", "--until", "2024-02-01"), "--since 2024-02-01 is not before --until 2024-02-01"),
        (
            ("--since", "2025-01-01"),
            "no whole candle in that period; stored are those from 2024-01-31T22:00:00Z to 2024-02-01T00:09",
        ),
        (("--until", "2023-01-01"), "no whole candle in that period"),
        (("--timeframe", "1d"), "okx:BTC/USDT 1d: no whole candle in that period; stored are those from 2024-01-31T22:00:00Z"),
    ],
)
def test_a_period_without_candles_is_an_error_and_leaves_a_file_alone(desk: Desk, words: tuple[str, ...], said: str) -> None:
    desk.data("import", str(desk.write(ROWS)), "--symbol", "BTC/USDT")
    before = desk.file.read_bytes()
    code, _, err = desk.data("export", str(desk.file), "--symbol", "BTC/USDT", *words)
    assert (code, said in err) == (2, True), err
    assert desk.file.read_bytes() == before
    assert desk.data("show", "--symbol", "BTC/USDT", *words)[0] == 2
