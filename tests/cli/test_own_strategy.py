"""Commands with strategies of the user that fail, ask for what is no target, or print."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from golive.cli.main import main
from golive.market.store import CandleStore
from support.backtests import market

ROOT = Path(__file__).resolve().parents[2]
CALLBACKS = '''
"""A strategy for tests."""
from golive.strategy.callbacks import Callbacks

print("loaded")


class Own(Callbacks):
    name, summary = "own", "for tests"

    def on_start(self, params):
        self.bars = 0

    def on_candle(self, bar):
        self.bars += 1
        if self.bars == 250:
            LAST_WORDS
        return 0.5 if self.bars % 2 else 0.25
'''
SIGNALS = '''
"""A strategy for tests."""
import numpy as np
from golive.strategy.signals import Signals


class Own(Signals):
    name, summary, window_bars = "own", "for tests", 400

    def signals(self, columns, params):
        targets = np.where(columns["ts"] // 60_000_000_000 % 2, 0.5, 0.25).astype(object)
        if len(targets) >= 250:
            LAST_WORDS
        return targets
'''


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A project with 400 stored minutes of BTC/USDT and a folder for strategies."""
    shutil.copytree(ROOT / "config", tmp_path / "config")
    (tmp_path / "strategies").mkdir()
    candles = market(400)
    CandleStore(tmp_path / "var/data/okx_paper").append(candles.instrument, "1m", candles, source="test", now=1 << 62)
    return tmp_path


def write(home: Path, text: str, name: str = "own") -> Path:
    file = home / "strategies" / f"{name}.py"
    file.write_text(text)
    return file


@pytest.mark.parametrize("driver", ["columns", "events"])
@pytest.mark.parametrize(
    ("last_words", "told"),
    [
        ("return 5.0", "it gave 5; a target is a share between 0 and 1, or WARMING_UP"),
        ("return", "it gave None; a target is a share between 0 and 1, or WARMING_UP"),
        ('return float("inf")', "it gave inf; a target is a share between 0 and 1, or WARMING_UP"),
        ('raise RuntimeError("boo")', "RuntimeError: boo (FILE:17)"),
        ("import sys; sys.exit(3)", "SystemExit: 3 (FILE:17)"),
    ],
)
def test_a_backtest_of_a_strategy_that_fails_is_one_line_whatever_the_driver(
    home: Path, capsys: pytest.CaptureFixture[str], last_words: str, told: str, driver: str
) -> None:
    file = write(home, CALLBACKS.replace("LAST_WORDS", last_words))
    assert main(["backtest", "--strategy", "own", "--driver", driver, "--home", str(home)]) == 2
    captured = capsys.readouterr()
    said = captured.err.splitlines()
    assert captured.out == ""
    line = f"strategy own: at the bar closed 2024-01-01T04:10:00Z{'' if told.startswith('it') else ':'} {told}"
    assert said[0] == "loaded"
    assert said[-1] == line.replace("FILE", str(file))
    assert "Traceback" not in captured.err
    assert not list(home.glob("logs/backtest/*"))


NO_TARGET = "at the bar closed 2024-01-01T04:10:00Z it gave GIVEN; a target is a share between 0 and 1, or WARMING_UP"


@pytest.mark.parametrize("driver", ["columns", "events"])
@pytest.mark.parametrize(
    ("last_words", "told"),
    [
        ("targets[249] = None", NO_TARGET.replace("GIVEN", "None")),
        ("return [*targets[:249], None, *targets[250:]]", NO_TARGET.replace("GIVEN", "None")),
        ('targets[249] = "much"', NO_TARGET.replace("GIVEN", "'much'")),
        ("targets[249] = 1 + 1e-10", NO_TARGET.replace("GIVEN", "1.0000000001")),
        ("return None", "signals gave None for the "),
        ("return targets[1:]", "signals gave an array of shape ("),
    ],
)
def test_signals_that_are_not_one_target_a_candle_are_one_line_whatever_the_driver(
    home: Path, capsys: pytest.CaptureFixture[str], last_words: str, told: str, driver: str
) -> None:
    write(home, SIGNALS.replace("LAST_WORDS", last_words))
    assert main(["backtest", "--strategy", "own", "--driver", driver, "--home", str(home)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"strategy own: {told}")
    assert captured.err.count("\n") == 1


@pytest.mark.parametrize(
    "words", [["backtest", "--json"], ["backtest", "--json", "--driver", "events"], ["strategy", "show"], ["strategy", "check"]]
)
def test_what_a_strategy_prints_is_no_part_of_the_result(
    home: Path, capsysbinary: pytest.CaptureFixture[bytes], words: list[str]
) -> None:
    write(home, CALLBACKS.replace("LAST_WORDS", 'print("spoken")'))
    named = ["--strategy", "own"] if words[0] == "backtest" else ["own", "--json"]
    main([*words, *named, "--home", str(home)])
    captured = capsysbinary.readouterr()
    assert json.loads(captured.out)["schema"].startswith("golive.")
    assert b"loaded" in captured.err
    assert (b"spoken" in captured.err) is (words[1] != "show")


@pytest.mark.parametrize(
    "stuck", ["while True: pass", "try:\n                while True: pass\n            except BaseException: raise ValueError"]
)
def test_a_check_that_does_not_end_has_failed_and_is_named(home: Path, capsys: pytest.CaptureFixture[str], stuck: str) -> None:
    file = write(home, CALLBACKS.replace("LAST_WORDS", stuck))
    assert main(["strategy", "check", "own", "--timeout", "0.2", "--home", str(home)]) == 4
    said = capsys.readouterr().out
    assert "FAILED  runs: " in said
    assert f"({file}:1" in said
    assert "1 of 1 checks failed" in said


def test_a_check_may_take_its_time(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(home, CALLBACKS.replace("LAST_WORDS", "pass"))
    assert main(["strategy", "check", "own", "--timeout", "0", "--bars", "300", "--home", str(home)]) in {0, 4}
    assert "runs: 300 candles" in capsys.readouterr().out


def test_a_balance_beyond_the_exact_range_and_a_warm_up_that_fails_are_wrong_input(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backtest", "--strategy", "ema_cross", "--balance", "1e12", "--home", str(home)]) == 2
    assert "start balance of USDT: 1" in capsys.readouterr().err
    parameters = (
        "from golive.strategy import Parameter\n    parameters = {'n': Parameter(1, 0, 9, 'n')}\n\n"
        "    def warm_up(self, params):\n        return int(1 / params.n)\n"
    )
    write(home, CALLBACKS.replace("LAST_WORDS", "pass").replace("    def on_start", f"    {parameters}\n    def on_start", 1))
    assert main(["backtest", "--strategy", "own", "--param", "n=0", "--home", str(home)]) == 2
    assert "strategy own: before its first bar: ZeroDivisionError: " in capsys.readouterr().err


@pytest.mark.integration
def test_what_a_strategy_prints_in_the_processes_of_a_sweep_is_no_part_of_the_result(
    home: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write(home, CALLBACKS.replace("LAST_WORDS", 'print("spoken")'))
    words = ("--strategy", "own", "--param", "position_pct=0.1,0.2", "--workers", "2", "--executor", "processes", "--no-report")
    assert main(["sweep", *words, "--json", "--home", str(home)]) == 0
    captured = capfd.readouterr()
    assert json.loads(captured.out)["schema"] == "golive.sweep.v1"
    assert captured.err.count("spoken") >= 2
