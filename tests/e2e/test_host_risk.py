"""Sessions side by side, as real processes: what one has lost stops the other, one that stands still stops it too, a dead one not."""

from __future__ import annotations

import contextlib
import json
import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from support.forked_golive import ForkedHome
from support.golive_process import GOLIVE, ROOT, Home, Process, wait_for_file

pytestmark = pytest.mark.e2e_demo_paper
PASSPHRASE = "correct horse battery"
OKX, BYBIT = "okx_desktop_paper", "bybit_desktop_paper"
CHURN = '''
"""Wants something else on every bar."""
from golive.strategy.callbacks import Callbacks


class Churn(Callbacks):
    name, summary = "churn", "buys and sells on every bar"

    def on_start(self, params):
        self.bars = 0

    def on_candle(self, bar):
        self.bars += 1
        return 1.0 if self.bars % 2 else 0.0
'''


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Two entrypoints in USDT that trade on every bar, one under an aggressive profile, one under a conservative one."""
    home = ForkedHome(tmp_path)
    (tmp_path / "strategies").mkdir()
    (tmp_path / "strategies/churn.py").write_text(CHURN)
    home.edit("core.yaml", "strategies:\n", 'strategies:\n  churn:\n    timeframe: "1m"\n    parameters: {position_pct: 0.028}\n')
    home.edit("runtime.yaml", "strategy: multi_strategy_default", "strategy: churn")
    home.edit("runtime.yaml", "risk_profile: balanced  ", "risk_profile: aggressive  ")
    profile = "risk_profile: balanced\n      tags: [desktop, paper, bybit]"
    home.edit("runtime.yaml", profile, profile.replace("balanced", "conservative"))
    core = tmp_path / "config/core.yaml"  # without what needs many bars before anything may be bought
    core.write_text(re.sub(r"    (target_volatility|stop_loss_atr_multiple|trade_risk_pct): .*\n", "", core.read_text()))
    return home


@contextlib.contextmanager
def running(home: Home, entrypoint: str) -> Iterator[Process]:
    """A demo session at a bar each two seconds that has started."""
    ready = home.path / f"{entrypoint}.ready.json"
    process = home.start(
        "demo",
        "--entrypoint",
        entrypoint,
        "--speed",
        "30",
        "--max-runtime",
        "0",
        "--symbol",
        "BTC/USDT",
        "--ready-file",
        str(ready),
    )
    try:
        wait_for_file(ready)
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def decisions(home: Home, entrypoint: str) -> list[dict[str, Any]]:
    """What risk said in the newest session of an entrypoint, oldest first."""
    [store] = (home.path / "var/state/sessions").glob(f"*{entrypoint}*.sqlite")
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT risk_body FROM decisions ORDER BY decision_seq").fetchall()
    return [json.loads(row[0]) for row in rows]


def within(seconds: float, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def golive(home: Home, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command that a passphrase is given to."""
    command = [*GOLIVE, *words, "--home", str(home.path)]
    return subprocess.run(command, env=home.env, input=PASSPHRASE + "\n", capture_output=True, text=True, timeout=60, check=False)


def status(home: Home) -> tuple[int, dict[str, Any]]:
    done = golive(home, "risk", "status", "--json")
    document = json.loads(done.stdout)
    schema = json.loads((ROOT / "docs/schemas/golive.risk_status.v1.json").read_text())
    jsonschema.Draft202012Validator(schema).validate(document)
    return done.returncode, document


def status_once_known(home: Home) -> dict[str, Any]:
    """What everything is worth as soon as all who run have said so: a busy machine lets them wait."""
    deadline = time.monotonic() + 40
    while True:
        code, told = status(home)
        if code == 0:
            return told
        assert time.monotonic() < deadline, told


def test_what_one_loses_stops_the_other(home: Home) -> None:
    home.edit("runtime.yaml", "maker_bps: 8\n        taker_bps: 10", "maker_bps: 1000\n        taker_bps: 1000")
    with running(home, BYBIT):
        within(30, lambda: any(each["allowed"] for each in decisions(home, BYBIT)))
        with running(home, OKX):
            within(75, lambda: any((each["limit"] or "").startswith("max_daily_loss_pct") for each in decisions(home, BYBIT)))
        [refused, *_] = [each for each in decisions(home, BYBIT) if (each["limit"] or "").startswith("max_daily_loss_pct")]
        assert (refused["code"], refused["side"]) == ("RISK_CROSS_ENTRYPOINT", "buy")
        _, told = status(home)
        [together] = told["across"]
        assert (together["entrypoints"], together["ended"]) == ([BYBIT], [OKX])
        assert {stop["limit"] for stop in together["stops"]} >= {"max_daily_loss_pct"}
        seen = len(decisions(home, BYBIT))
        within(30, lambda: any(each["side"] == "buy" for each in decisions(home, BYBIT)[seen:]))
        later = [each for each in decisions(home, BYBIT)[seen:] if each["side"] == "buy"]
        assert {each["code"] for each in later} == {"RISK_CROSS_ENTRYPOINT"}, "the other has ended, and what it lost is lost"


@pytest.mark.slow
def test_one_that_stands_still_stops_the_other_and_a_dead_one_does_not(home: Home) -> None:
    assert golive(home, "operator", "add", "anna", "--role", "risk").returncode == 0
    with running(home, BYBIT), running(home, OKX) as okx:
        within(30, lambda: any(each["allowed"] for each in decisions(home, OKX)))
        told = status_once_known(home)
        sources = {row["entrypoint"]: row["source"] for row in told["entrypoints"]}
        assert (sources[OKX], sources[BYBIT], told["status"]) == ("running", "running", "ok")
        [together] = told["across"]
        assert together["entrypoints"] == [BYBIT, OKX]
        assert [row["limit"] for row in together["limits"]] == ["max_daily_loss_pct", "weekly_loss_pct", "hard_drawdown_pct"]

        rearm = ("risk", "rearm", "--entrypoint", OKX, "--operator", "anna")
        within(30, lambda: golive(home, *rearm).stdout == f"{OKX}: re-armed by anna\n")
        released = golive(home, "risk", "release", "--entrypoint", OKX, "--operator", "anna")
        assert released.returncode == 3
        assert "is running in process" in released.stderr

        okx.send_signal(signal.SIGSTOP)
        within(30, lambda: f"equity of {OKX} is" in (decisions(home, BYBIT)[-1]["value"] or ""))
        assert decisions(home, BYBIT)[-1]["code"] == "RISK_CROSS_ENTRYPOINT"
        within(30, lambda: status(home)[0] == 6)
        okx.kill()
        seen = len(decisions(home, BYBIT))
        within(30, lambda: any(each["allowed"] and each["side"] == "buy" for each in decisions(home, BYBIT)[seen:]))
        within(30, lambda: status(home)[0] == 0)
