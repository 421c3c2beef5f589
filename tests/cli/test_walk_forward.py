"""`golive walk-forward` as the operator uses it."""

from __future__ import annotations

import json
import re
import shutil
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from golive.cli.main import main
from golive.market.store import CandleStore
from support.backtests import market

ROOT = Path(__file__).resolve().parents[2]
WALK = (
    "walk-forward", "--strategy", "ema_cross", "--risk-profile", "none", "--fees", "0,0", "--param", "position_pct=0.5",
    "--param", "fast_bars=3:9:3", "--param", "slow_bars=10:20:5",
)  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with 3,000 stored minutes of BTC/USDT."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    candles = market(3000)
    CandleStore(tmp_path / "var/data/okx_paper").append(candles.instrument, "1m", candles, source="test", now=1 << 62)
    return tmp_path


def printed(home: Path, capsysbinary: pytest.CaptureFixture[bytes], *words: str) -> dict[str, Any]:
    assert main([*WALK, *words, "--json", "--home", str(home)]) == 0
    document = json.loads(capsysbinary.readouterr().out)
    assert isinstance(document, dict)
    return document


def test_a_walk_forward_writes_its_windows_and_the_joined_tests(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    document = printed(home, capsysbinary, "--train", "1000", "--test", "10h", "--purge", "5m", "--embargo", "5")
    schema = json.loads((ROOT / "docs/schemas/golive.walk_forward.v1.json").read_text())
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
    outcome, run = document["outcome"], document["run"]
    windows = outcome["windows"]
    assert len(windows) == 4
    for before, after in pairwise(windows):
        assert before["test"]["until"] == after["test"]["since"]
        assert before["final_equity"] == after["start_equity"]
    assert outcome["out_of_sample"]["final_equity"] == windows[-1]["final_equity"] == outcome["equity"]["values"][-1]
    assert outcome["out_of_sample"]["fills"] == sum(each["fills"] for each in windows) > 0
    assert outcome["tried"] == 4 * 9
    assert json.loads((home / run["report_json"]).read_text()) == document
    page = (home / run["report_html"]).read_text()
    assert "<script" not in page
    assert not re.search(r"(src|href)=|https?://|url\(|style=", page)
    assert "# ema_cross · walk-forward" in (home / run["report_markdown"]).read_text()


def test_the_same_command_is_answered_from_what_is_known(home: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    words = ("--train", "1000", "--test", "600", "--anchored", "--no-report")
    first = printed(home, capsysbinary, *words)
    again = printed(home, capsysbinary, *words, "--workers", "1")
    assert (first["run"]["resumed"], again["run"]["resumed"]) == (0, 36)
    assert again["outcome"] == first["outcome"]
    assert len({each["train"]["since"] for each in first["outcome"]["windows"]}) == 1


def test_the_terminal_shows_the_windows(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*WALK, "--train", "1000", "--test", "600", "--home", str(home)]) == 0
    out = capsys.readouterr().out
    assert "Return out of sample" in out
    for path in home.glob("*/walk_forward/*"):
        assert path.relative_to(home).as_posix() in out
    assert len(list(home.glob("*/walk_forward/*"))) == 3


@pytest.mark.parametrize("width", [80, 140])
def test_a_window_takes_a_line_with_its_day(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert main([*WALK, "--train", "1440", "--test", "1440", "--no-report", "--home", str(home)]) == 0
    out = capsys.readouterr().out
    assert "2 windows, 2024, UTC" in out
    table = [line for line in out.splitlines() if line.startswith(("┃", "│", "┏"))]
    assert max(map(len, table)) <= width
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in table if line.startswith("│")]
    assert [row[:2] for row in rows] == [["1", "01-02"], ["2", "01-03"]]
    assert all(row[2] in ("3", "6", "9") and row[3] in ("10", "15", "20") for row in rows)
    if width == 140:
        assert [row[-2:] for row in rows] == [["01-03 00:00", "01-02"], ["01-03 02:00", "01-03"]]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--train", "long", "--test", "10"), "--train long: give a number of bars"),
        (("--train", "90s", "--test", "10"), "no whole number of bars"),
        (("--train", "2999", "--test", "10"), "too few"),
    ],
)
def test_lengths_that_do_not_fit_are_refused(
    home: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], said: str
) -> None:
    assert main([*WALK, *words, "--home", str(home)]) == 2
    assert said in capsys.readouterr().err
    assert not list(home.glob("*/walk_forward/*"))
