"""`golive strategy new | list | show | check`."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from golive.cli import main as command_line
from golive.market.candle_export import export_candles
from golive.market.store import CandleStore
from golive.matching.columns import CandleColumns
from golive.model.clock import MINUTE
from golive.runtime.strategy_check import generated_candles
from golive.strategy import STRATEGIES
from support.published import published

ROOT = Path(__file__).parents[2]

PEEKING = """
import numpy as np

from golive.strategy.signals import Signals


class Peeking(Signals):
    name = "peeking"
    summary = "knows the next close"

    def signals(self, columns, params):
        return np.where(np.roll(columns["close"], -1) > columns["close"], 1.0, 0.0)
"""


def golive(home: Path, *words: str) -> int:
    return command_line.main(["strategy", *words, "--home", str(home)])


def test_a_new_strategy_is_written_listed_shown_and_checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert golive(tmp_path, "new", "my_trend") == 0
    assert "golive strategy check my_trend" in capsys.readouterr().out
    assert golive(tmp_path, "list") == 0
    listed = capsys.readouterr().out.splitlines()
    assert len(listed) == 1 + len(STRATEGIES) + 1
    assert listed[-1].split()[:4] == ["my_trend", "step", "my_trend.py", "1"]
    assert golive(tmp_path, "show", "my_trend") == 0
    shown = capsys.readouterr().out
    assert "average_bars" in shown
    assert "2 … 500, whole" in shown
    assert "stop_loss_pct" in shown
    assert golive(tmp_path, "check", "my_trend", "--bars", "1200", "--param", "average_bars=20") == 0
    checked = capsys.readouterr().out
    assert "on 1,200 candles" in checked
    assert "first target at candle 80" in checked
    assert "compiled = interpreted: 1200 targets, bit for bit" in checked
    assert checked.endswith("nothing failed\n")


def test_a_planted_look_ahead_ends_in_exit_4_with_bar_values_and_fix(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies/peeking.py").write_text(PEEKING)
    assert golive(tmp_path, "check", "peeking") == 4
    lines = capsys.readouterr().out.splitlines()
    place = next(number for number, line in enumerate(lines) if line.strip().startswith("FAILED  no look-ahead"))
    assert "bar " in lines[place]
    assert lines[place + 1].strip().startswith("fix: use only values up to the candle")
    assert lines[-1].endswith("checks failed")
    assert golive(tmp_path, "check", "peeking", "--json") == 4
    document = published(capsys.readouterr().out)
    assert document["passed"] is False
    assert document["schema"] == "golive.strategy_check.v1"
    assert {"no look-ahead", "no repaint"} <= {each["check"] for each in document["findings"] if each["status"] == "failed"}


def test_a_file_that_cannot_be_read_is_listed_with_its_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies/broken.py").write_text("import nothing_of_this_name\n")
    assert golive(tmp_path, "list") == 2
    assert "broken.py:1: ModuleNotFoundError" in capsys.readouterr().out
    assert golive(tmp_path, "list", "--json") == 2
    document = published(capsys.readouterr().out)
    assert [row["name"] for row in document["strategies"]] == sorted(STRATEGIES)
    assert len(document["unreadable"]) == 1


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("show", "moon"), "neither built in nor in"),
        (("check", "ema_cross", "--param", "fast_bars"), "give name=value"),
        (("check", "ema_cross", "--param", "speed=3"), "unknown parameter 'speed'"),
        (("check", "ema_cross", "--bars", "100"), "too few"),
        (("new", "ema_cross"), "built-in"),
        (("new", "mine", "--form", "free"), "--form free"),
    ],
)
def test_wrong_usage_ends_in_exit_2(
    words: tuple[str, ...], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert golive(tmp_path, *words) == 2
    assert told in capsys.readouterr().err


def test_the_json_of_one_strategy_has_its_parameters_with_ranges(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert golive(tmp_path, "show", "donchian_trend", "--json") == 0
    document = published(capsys.readouterr().out)
    assert document["parameters"]["entry_bars"] == {
        "default": 55, "low": 2, "high": 1000, "whole": True, "help": "channel of highs, bars",
    }  # fmt: skip
    assert (document["form"], document["file"], document["warm_up"]) == ("step", None, 56)


def test_small_steps_of_a_parameter_are_not_rounded_in_the_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "strategies").mkdir()
    declared = '    parameters = {"edge": Parameter(0.00005, 0.00001, 0.25, "least edge")}\n'
    text = PEEKING.replace("import Signals", "import Signals\nfrom golive.strategy import Parameter")
    (tmp_path / "strategies/tiny.py").write_text(
        text.replace('"peeking"', '"tiny"').replace("\n    def", f"\n{declared}\n    def")
    )
    assert golive(tmp_path, "show", "tiny", "--json") == 0
    edge = published(capsys.readouterr().out)["parameters"]["edge"]
    assert (edge["default"], edge["low"], edge["whole"]) == (0.00005, 0.00001, False)


def candles_file(path: Path, rows: int) -> CandleColumns:
    """Write a generated market as CSV and return it."""
    made = generated_candles(rows, MINUTE)
    export_candles(made, path)
    return made


def test_a_strategy_is_checked_on_stored_candles_and_on_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    file = tmp_path / "candles.csv"
    candles = candles_file(file, 2000)
    CandleStore(tmp_path / "var/data/okx_paper").append(candles.instrument, "1m", candles, source="test", now=1 << 62)
    words = ("check", "donchian_trend", "--bars", "900", "--json")
    found = []
    for data in ("okx:BTC/USDT", str(file)):
        assert golive(tmp_path, *words, "--data", data) == 0
        found.append(published(capsys.readouterr().out))
        assert (found[-1]["data"], found[-1]["candles"], found[-1]["passed"]) == (data, 900, True)
    assert found[0]["findings"] == found[1]["findings"]
    assert golive(tmp_path, *words) == 0
    assert published(capsys.readouterr().out)["findings"] != found[0]["findings"], "another market says the same"
    assert golive(tmp_path, "check", "donchian_trend", "--bars", "900", "--data", str(file)) == 0
    assert f"on 900 candles, {file}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("nowhere.csv", "--data nowhere.csv: there is no such file"),
        ("var/nowhere.csv", "there is no such file"),
        ("okx:ETH/USDT", "okx:ETH/USDT in okx_paper: nothing of it is stored"),
        ("twice.csv", "golive data import"),
        ("bad.csv", "golive data import"),
    ],
)
def test_candles_that_are_not_there_or_not_sound_are_refused(
    data: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "config", tmp_path / "config")
    candles_file(tmp_path / "good.csv", 300)
    lines = (tmp_path / "good.csv").read_text().splitlines()
    (tmp_path / "twice.csv").write_text("\n".join([*lines, lines[-1]]))
    (tmp_path / "bad.csv").write_text("\n".join([*lines[:-1], lines[-1].split(",")[0] + ",5,9,6,8,1"]))
    assert golive(tmp_path, "check", "donchian_trend", "--data", data) == 2
    assert told in capsys.readouterr().err
