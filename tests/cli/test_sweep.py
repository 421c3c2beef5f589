"""`golive sweep` as the operator uses it: options, files, resuming after a kill, exit codes."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from golive.backtest.search import Values
from golive.backtest.statistics import told
from golive.backtest.sweep_work import SweepWork
from golive.cli.main import main
from golive.market.store import CandleStore
from support.backtests import market

ROOT = Path(__file__).resolve().parents[2]
TRADE = ("--strategy", "ema_cross", "--risk-profile", "none", "--fees", "1,2", "--param", "position_pct=0.5")
SPACE = ("--param", "fast_bars=3:9:3", "--param", "slow_bars=9:21:4", "--where", "fast_bars < slow_bars")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with 2,000 stored minutes of BTC/USDT."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    candles = market(2000)
    CandleStore(tmp_path / "var/data/okx_paper").append(candles.instrument, "1m", candles, source="test", now=1 << 62)
    return tmp_path


def sweep(home: Path, *words: str) -> int:
    return main(["sweep", *TRADE, *words, "--home", str(home)])


def printed(home: Path, capsysbinary: pytest.CaptureFixture[bytes], *words: str) -> dict[str, Any]:
    assert sweep(home, "--json", *words) == 0
    document = json.loads(capsysbinary.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_a_sweep_writes_four_files_of_one_document(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    document = printed(home, capsysbinary, *SPACE)
    schema = json.loads((ROOT / "docs/schemas/golive.sweep.v1.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
    run, outcome = document["run"], document["outcome"]
    assert json.loads((home / run["report_json"]).read_text()) == document
    assert (outcome["tried"], outcome["ranked"]) == (11, 11)
    rows = list(csv.DictReader((home / run["report_csv"]).read_text().splitlines()))
    assert [int(row["number"]) for row in rows] == list(range(11))
    assert all(float(row["fast_bars"]) < float(row["slow_bars"]) for row in rows)
    best = outcome["best"]
    assert [row["sharpe"] for row in best] == sorted((row["sharpe"] for row in best), reverse=True)
    assert best[0]["sharpe"] == max(float(row["sharpe"]) for row in rows)
    assert best[0]["parameters"]["fast_bars"] == float(rows[best[0]["number"]]["fast_bars"])
    for row in best:
        line = rows[row["number"]]
        assert [line[name] for name in ("final_equity", "turnover")] == [row["final_equity"], row["turnover"]]
        assert float(line["worst_fall"]) / float(line["worst_peak"]) == pytest.approx(row["drawdown"])
        assert 90_000 < float(line["worst_peak"]) < 200_000
        assert [int(line[name]) for name in ("fills", "trades", "wins")] == [row["fills"], row["trades"], row["wins"]]
    assert "position_pct" in outcome["strategy"]["parameters"]
    stability = outcome["stability"]
    assert stability["mean"] == told(stability["mean"]) != 0
    assert "# ema_cross · sweep" in (home / run["report_markdown"]).read_text()


def test_an_allocation_is_backtested_as_a_whole_and_not_swept(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    core = home / "config/core.yaml"
    members = "    allocation:\n      - {strategy: ema_cross, capital_pct: 0.6}\n      - {strategy: breakout, capital_pct: 0.4}\n"
    core.write_text(core.read_text().replace("strategies:\n", f"strategies:\n  both:\n    timeframe: 1m\n{members}"))
    terms = ("--strategy", "both", "--risk-profile", "none", "--param", "position_pct=0.5", "--home", str(home))
    assert main(["backtest", *terms, "--json"]) == 0
    document = json.loads(capsysbinary.readouterr().out)
    assert document["outcome"]["fills"]
    assert main(["sweep", *terms[:4], "--param", "position_pct=0.1:0.5:0.1", *terms[-2:]]) == 2
    assert b"sweep its members by name" in capsysbinary.readouterr().err


def test_a_sweep_counts_the_start_as_a_backtest_does(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    runtime = home / "config/runtime.yaml"
    runtime.write_text(runtime.read_text().replace("USDT: 100000\n", "USDT: 100000\n        BTC: 0.5\n"))
    assert main(["backtest", *TRADE, "--json", "--no-report", "--home", str(home)]) == 0
    told_of_one = json.loads(capsysbinary.readouterr().out)["outcome"]
    assert float(told_of_one["account"]["start_equity"]) > 101_000
    swept = printed(home, capsysbinary, "--param", "fast_bars=20,21", "--no-report")["outcome"]
    assert [[each[name] for name in ("instrument", "first", "last", "sha256")] for each in swept["data"]] == [
        [each[name] for name in ("instrument", "first", "last", "sha256")] for each in told_of_one["data"]
    ]
    rows = swept["best"]
    fast = told_of_one["strategy"]["parameters"]["fast_bars"]
    (row,) = [each for each in rows if each["parameters"]["fast_bars"] == fast]
    statistics = told_of_one["statistics"]
    assert row["return"] == pytest.approx(statistics["total_return"], rel=1e-9)
    assert row["sharpe"] == pytest.approx(statistics["sharpe"], rel=1e-9)
    assert (row["final_equity"], row["trades"]) == (told_of_one["account"]["end_equity"], statistics["trades"])


def test_the_page_needs_nothing_from_outside(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    document = printed(home, capsysbinary, *SPACE)
    page = (home / document["run"]["report_html"]).read_text()
    assert "<script" not in page
    assert not re.search(r"(src|href)=|https?://|url\(|style=", page)
    (heat,) = document["outcome"]["heat_maps"]
    assert page.count("<title>fast_bars ") == len(heat["cells"]) == 11
    assert page.count('stroke="#d0342c"') == 1
    assert page.count('<div class="scroll"><svg class="map"') == 1  # on a small screen it keeps its width and scrolls
    assert ".map{min-width:620px}" in page
    assert '<table class="pairs"><tbody><tr><th scope="row">Sharpe ratio of the best' in page


def test_the_outcome_is_the_same_for_any_executor_and_number_of_workers(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    first = printed(home, capsysbinary, *SPACE, "--workers", "1", "--no-report")
    assert "report_json" not in first["run"]
    for words in (("--workers", "4"), ("--executor", "processes", "--workers", "2")):
        again = printed(home, capsysbinary, *SPACE, "--fresh", "--no-report", *words)
        assert again["run"]["resumed"] == 0
        assert again["outcome"] == first["outcome"]
        assert again["outcome_sha256"] == first["outcome_sha256"]
    known = printed(home, capsysbinary, *SPACE, "--no-report")
    assert known["run"]["resumed"] == 11
    assert known["outcome"] == first["outcome"]
    assert not list((home / "var/state/sweeps").glob("columns.*"))


@pytest.mark.parametrize("words", [(), ("--executor", "processes")])
def test_time_is_taken_when_everything_is_compiled(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes], words: tuple[str, ...]
) -> None:
    order: list[str] = []
    make_ready, clock = SweepWork.make_ready, time.perf_counter_ns

    def ready(work: SweepWork, values: Values) -> None:
        order.append("ready")
        make_ready(work, values)

    def now() -> int:
        order.append("time")
        return clock()

    monkeypatch.setattr(SweepWork, "make_ready", ready)
    monkeypatch.setattr("golive.runtime.sweep_run.time.perf_counter_ns", now)
    document = printed(home, capsysbinary, *SPACE, "--no-report", *words)
    assert order == ["ready", "time", "time"]
    assert document["run"]["bars_per_second"] > 0


@pytest.mark.parametrize("method", ["random", "bayesian"])
def test_random_and_bayesian_search_follow_from_the_seed(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes], method: str
) -> None:
    if method == "bayesian":
        pytest.importorskip("optuna", reason="the extra `search` is not installed")
    words = ("--param", "fast_bars=2:60", "--param", "slow_bars=61:200", "--method", method, "--trials", "20", "--no-report")
    one = printed(home, capsysbinary, *words, "--workers", "1")
    assert one["outcome"]["tried"] == 20
    assert printed(home, capsysbinary, *words, "--workers", "3", "--fresh")["outcome"] == one["outcome"]
    assert printed(home, capsysbinary, *words, "--seed", "8")["outcome"]["results_sha256"] != one["outcome"]["results_sha256"]


def test_the_terminal_shows_the_best_the_luck_and_the_paths(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(home, *SPACE) == 0
    out = capsys.readouterr().out
    assert "Deflated Sharpe ratio" in out
    assert "Probability of overfitting" in out
    for path in home.glob("*/sweep/*"):
        assert path.relative_to(home).as_posix() in out
    assert len(list(home.glob("*/sweep/*"))) == 4


def test_a_drawdown_is_positive_everywhere_and_the_least_is_best(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(home, *SPACE, "--objective", "drawdown") == 0
    out = capsys.readouterr().out
    (path,) = home.glob("logs/sweep/*.json")
    outcome = json.loads(path.read_text())["outcome"]
    rows = list(csv.DictReader(path.with_suffix(".csv").read_text().splitlines()))
    falls = [row["drawdown"] for row in outcome["best"]]
    assert falls == sorted(float(row["drawdown"]) for row in rows)
    assert 0 < falls[0] < falls[-1]
    (heat,) = outcome["heat_maps"]
    assert sorted(cell[2] for cell in heat["cells"]) == falls
    assert falls[0] < outcome["stability"]["mean"] <= outcome["stability"]["worst"] <= falls[-1]
    page = (home / "reports/sweep" / path.with_suffix(".html").name).read_text()
    for text in (out, page):
        assert f"{falls[0] * 100:.2f} %" in text
        assert f"-{falls[0] * 100:.2f} %" not in text
    best = outcome["best"][0]
    assert f"drawdown {falls[0]:.4g} (set {best['number']})" in page
    assert page.count('stroke="#d0342c"') == 1


def test_what_risk_refused_is_counted_and_said(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ("--risk-profile", "balanced", "--param", "position_pct=0.04,0.9", "--param", "fast_bars=3", "--param", "slow_bars=9")
    assert main(["sweep", "--strategy", "ema_cross", *words, "--home", str(home)]) == 0
    out = capsys.readouterr().out
    (path,) = home.glob("logs/sweep/*.json")
    outcome = json.loads(path.read_text())["outcome"]
    first, last = outcome["best"]
    assert (first["refused"], first["refusal"]) == (0, None)
    assert last["refused"] > 10
    assert (last["refusal"], last["fills"], last["parameters"]) == ("RISK_MAX_POSITION", 0, {"position_pct": 0.9})
    assert outcome["refused"] == {"orders": last["refused"], "sets": 1, "most_often": "RISK_MAX_POSITION"}
    rows = list(csv.DictReader(path.with_suffix(".csv").read_text().splitlines()))
    assert [(row["refused"], row["refusal"]) for row in rows] == [("0", ""), (str(last["refused"]), "RISK_MAX_POSITION")]
    assert f"refused {last['refused']:,} orders of 1 of 2 sets, most often RISK_MAX_POSITION" in out
    assert "Refused" in out


@pytest.mark.parametrize("width", [80, 100, 140])
def test_the_best_sets_take_a_line_each_whatever_the_width(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert sweep(home, *SPACE, "--no-report", "--objective", "calmar") == 0
    table = [line for line in capsys.readouterr().out.splitlines() if line.startswith(("┃", "│", "┏"))]
    assert max(map(len, table)) <= width
    (titles,) = (line.replace("┃", " ").split() for line in table if line.startswith("┃"))
    assert titles[:7] == ["#", "fast_bars", "slow_bars", "Return", "Sharpe", "Drawdown", "Calmar"]
    assert set(titles[7:]) <= {"Trades", "Final", "equity", "Wins", "Sortino", "Fills"}
    assert ("Final" in titles) == (width > 80)
    assert len([line for line in table if line.startswith("│")]) == 10


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--param", "fast_bars=3:9:3", "--where", "fast < 3"), "no parameter 'fast'"),
        (("--param", "speed=3:9:3"), "no parameter 'speed'"),
        (("--param", "fast_bars=3"), "at least one --param"),
        (("--param", "fast_bars=3:9:3", "--objective", "luck"), "--objective luck"),
        (("--param", "fast_bars=3:9:3", "--trials", "3"), "--trials is for"),
        (("--param", "fast_bars=3:9:3", "--method", "random"), "needs --trials"),
        (("--param", "fast_bars=3:9:3", "--workers", "0"), "--workers 0"),
        (("--param", "fast_bars=3:9:3", "--heat-map", "fast_bars,slow_bars"), "--heat-map"),
        (("--param", "fast_bars=3:9:3", "--where", "fast_bars > 9"), "no parameter set keeps"),
        (("--param", "fast_bars=3:9:3", "--cluster", "tcp://127.0.0.1:1"), "--cluster tcp://127.0.0.1:1: no scheduler answers"),
        (("--param", "fast_bars=3:9:3", "--cluster", "nonsense"), "--cluster 'nonsense': give a scheduler as tcp://host:port"),
        (("--param", "position_pct"), "a grid needs a step"),
        (
            ("--param", "fast_bars=3:9:3", "--param", "fast_bars=6"),
            "fast_bars is given twice: as fast_bars=3:9:3 and as fast_bars=6",
        ),
        (("--param", "fast_bars=3:9:3", "--param", "slow_bars=9", "--param", "slow_bars=8"), "slow_bars is given twice"),
        (("--param", "fast_bars=3:9:3", "--where", "fast_bars / 0 > 1"), "divides by zero"),
        (("--param", "fast_bars=3:9:3", "--where", "fast_bars / (2 - 2) > 1"), "divides by zero"),
    ],
)
def test_what_is_wrong_is_one_clear_error_and_leaves_no_report(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("golive.runtime.sweep_cluster.CONNECT_S", 0.5)
    assert main(["sweep", "--strategy", "ema_cross", *words, "--home", str(home)]) == 2
    assert said in capsys.readouterr().err
    assert not list(home.glob("*/sweep/*"))


def test_a_report_folder_that_cannot_be_made_leaves_no_file(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (home / "reports").touch()
    assert sweep(home, *SPACE) == 70
    assert "reports/sweep" in capsys.readouterr().err
    assert not [path for path in (home / "logs").rglob("*") if path.is_file()]


def test_results_that_nobody_used_for_long_are_forgotten(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    printed(home, capsysbinary, *SPACE, "--no-report")
    (folder,) = (home / "var/state/sweeps").iterdir()
    for path in (*folder.iterdir(), folder):
        os.utime(path, (0, 0))
    again = printed(home, capsysbinary, *SPACE, "--no-report")
    assert again["run"]["resumed"] == 11  # its own results are in use
    for path in (*folder.iterdir(), folder):
        os.utime(path, (0, 0))
    printed(home, capsysbinary, *SPACE, "--no-report", "--seed", "8")
    assert not folder.exists()
    assert len(list((home / "var/state/sweeps").iterdir())) == 1


def test_one_set_known_before_is_one_set(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for known in ("", ", 1 set known from before"):
        assert sweep(home, "--param", "fast_bars=3,9", "--where", "fast_bars < 5", "--no-report") == 0
        assert capsys.readouterr().out.splitlines()[-1].endswith(known or "a second")


SLOW = ("--param", "fast_bars=2:16", "--param", "slow_bars=17:26", "--latency-ms", "1", "--workers", "1", "--no-report", "--json")
"""150 sets, candle by candle"""


def _started(home: Path) -> subprocess.Popen[bytes]:
    """Start the slow sweep as a process and return when it has kept something."""
    command = [sys.executable, "-m", "golive.cli.main", "sweep", *TRADE, *SLOW, "--home", str(home)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while process.poll() is None:
        for path in home.glob("var/state/sweeps/*/results.sqlite"):
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
                tables = db.execute("SELECT count(*) FROM sqlite_master WHERE name = 'results'").fetchone()
                if tables[0] and db.execute("SELECT count(*) FROM results").fetchone()[0]:
                    return process
        time.sleep(0.005)
    raise AssertionError(process.communicate())


@pytest.mark.integration
def test_a_killed_sweep_goes_on_and_ends_with_the_same_results(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    process = _started(home)
    process.kill()
    process.communicate()
    again = printed(home, capsysbinary, *SLOW[:-1])
    assert 0 < again["run"]["resumed"] < 150
    assert again["run"]["driver"] == "events"
    whole = printed(home, capsysbinary, *SLOW[:-1], "--fresh")
    assert whole["run"]["resumed"] == 0
    assert again["outcome"] == whole["outcome"]


@pytest.mark.integration
def test_an_interrupted_sweep_says_that_it_goes_on(home: Path) -> None:
    process = _started(home)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 6
    assert b"the same command goes on" in err
    assert out == b""


def test_the_same_sweep_runs_once_at_a_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert sweep(home, *SPACE, "--no-report") == 0
    (folder,) = (home / "var/state/sweeps").iterdir()
    from golive.storage.sweep_results import SweepResults

    with SweepResults(folder):
        assert sweep(home, *SPACE, "--no-report") == 3
    assert "running already" in capsys.readouterr().err
