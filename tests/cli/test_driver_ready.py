"""What the operator reads while the driver over columns is compiled, and when there is nothing to read."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from golive.cli.main import main
from golive.market.store import CandleStore
from support.backtests import market

ROOT = Path(__file__).resolve().parents[2]
TRADE = ("--strategy", "ema_cross", "--risk-profile", "none", "--no-report")
SPACE = ("--param", "fast_bars=3:9:3")
COMMANDS = {
    "backtest": ("backtest", *TRADE),
    "sweep": ("sweep", *TRADE, *SPACE),
    "walk-forward": ("walk-forward", *TRADE, *SPACE, "--train", "500", "--test", "400"),
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    shutil.copytree(ROOT / "config", tmp_path / "config")
    candles = market(1000)
    CandleStore(tmp_path / "var/data/okx_paper").append(candles.instrument, "1m", candles, source="test", now=1 << 62)
    return tmp_path


@pytest.mark.integration
@pytest.mark.parametrize("name", COMMANDS)
def test_the_wait_for_the_compiler_is_told_before_it_begins(home: Path, tmp_path: Path, name: str) -> None:
    command = [sys.executable, "-m", "golive.cli.main", *COMMANDS[name], "--home", str(home)]
    settings = {**os.environ, "GOLIVE_CACHE_DIR": str(tmp_path / "cache")}
    process = subprocess.Popen(
        command, env=settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert process.stderr is not None
    try:
        assert process.stderr.readline().startswith("golive: compiling the driver of backtests")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize("name", COMMANDS)
def test_what_is_compiled_already_is_not_told(home: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main([*COMMANDS["backtest"], "--home", str(home)]) == 0
    capsys.readouterr()
    assert main([*COMMANDS[name], "--home", str(home)]) == 0
    assert "compiling" not in capsys.readouterr().err


@pytest.mark.integration
def test_what_goes_event_by_event_waits_for_no_compiler(home: Path, tmp_path: Path) -> None:
    for words in ((*COMMANDS["backtest"], "--driver", "events"), (*COMMANDS["sweep"], "--latency-ms", "1")):
        done = subprocess.run(
            [sys.executable, "-m", "golive.cli.main", *words, "--home", str(home)],
            env={**os.environ, "GOLIVE_CACHE_DIR": str(tmp_path / "cache")}, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert "compiling" not in done.stderr


@pytest.mark.integration
@pytest.mark.slow
@pytest.mark.timeout(600)
def test_it_is_compiled_once(home: Path, tmp_path: Path) -> None:
    said = [
        subprocess.run(
            [sys.executable, "-m", "golive.cli.main", *COMMANDS["backtest"], "--home", str(home)],
            env={**os.environ, "GOLIVE_CACHE_DIR": str(tmp_path / "cache")}, capture_output=True, text=True, check=True,
        ).stderr.count("compiling")
        for _ in range(2)
    ]  # fmt: skip
    assert said == [1, 0]
