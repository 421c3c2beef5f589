"""A strategy that fails in the middle of a session: one line, no further order, and a report all the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from golive.storage.alert_story import alert_stories
from support.forked_golive import ForkedHome
from support.golive_process import ALONE, Finished, Home

pytestmark = pytest.mark.e2e_demo_paper

STRATEGY = '''
"""Fails at its 60th candle."""
from golive.strategy.callbacks import Callbacks


class Failing(Callbacks):
    name, summary = "failing", "fails"

    def on_start(self, params):
        self.bars = 0

    def on_candle(self, bar):
        self.bars += 1
        if self.bars == 60:
            LAST_WORDS
        return 0.5 if self.bars % 2 else 0.25
'''
SIGNALS = '''
"""Gives None at its 60th candle."""
import numpy as np
from golive.strategy.signals import Signals


class Failing(Signals):
    name, summary, window_bars = "failing", "fails", 400

    def signals(self, columns, params):
        targets = np.where(columns["ts"] // 60_000_000_000 % 2, 0.5, 0.25).astype(object)
        if len(targets) >= 60:
            LAST_WORDS
        return targets
'''


def session(path: Path, last_words: str, strategy: str = STRATEGY) -> tuple[Finished, Home]:
    """Run a demo session of 120 candles with a strategy that does this at its 60th."""
    home = ForkedHome(path)
    (path / "strategies").mkdir()
    (path / "strategies/failing.py").write_text(strategy.replace("LAST_WORDS", last_words))
    home.edit(
        "core.yaml", "strategies:\n", 'strategies:\n  failing:\n    timeframe: "1m"\n    parameters: {position_pct: 0.04}\n'
    )
    home.edit("runtime.yaml", "strategy: multi_strategy_default", "strategy: failing")
    return home.run("demo", "--candles", "120", "--symbol", "BTC/USDT", *ALONE), home


@pytest.mark.parametrize(
    ("last_words", "told", "strategy"),
    [
        ('raise RuntimeError("boo")', "RuntimeError: boo (", STRATEGY),
        ("return 5.0", "it gave 5; a target is a share between 0 and 1", STRATEGY),
        ("return None", "it gave None; a target is a share between 0 and 1", STRATEGY),
        ("targets[-1] = None", "it gave None; a target is a share between 0 and 1", SIGNALS),
    ],
)
def test_a_strategy_that_fails_ends_its_session_with_a_report(last_words: str, told: str, strategy: str, tmp_path: Path) -> None:
    done, home = session(tmp_path, last_words, strategy)
    report = done.report
    assert (done.code, report["status"], report["stage_record"]) == (70, "error", None)
    [error] = report["errors"]
    assert error.startswith("StrategyError: strategy failing: at the bar closed ")
    assert told in error
    assert [each.message.title for each in alert_stories(home.path, 10)] == ["okx_desktop_paper: the session died"]
    assert "Traceback" not in done.stderr
    assert "Unclosed" not in done.stderr
    outcome = report["outcome"]
    assert outcome["market"]["candles"] == 59
    assert outcome["orders"], "it traded before"
    assert {order["status"] for order in outcome["orders"]} <= {"FILLED", "CANCELED"}
    [written] = home.reports("demo")
    assert written.exists()
    verified = home.golive("audit", "verify", "--all")
    assert verified.code == 0, verified.stdout + verified.stderr


BROKEN = """
import os, pathlib, sys, types
from golive.runtime.bootstrap import plan_session, run_session
from golive.runtime.options import RunOptions

home = pathlib.Path(sys.argv[1])
plan = plan_session(RunOptions(mode="demo", candles=40), home / "config/runtime.yaml", home, os.environ)
result = run_session(plan, lambda facts: [][0], lambda *place: types.SimpleNamespace(url=None, close=lambda: None))
print(result.report["status"], result.report["errors"])
sys.exit(result.exit_code)
"""


def test_a_fault_that_nobody_foresaw_does_not_cost_the_report(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    words = [sys.executable, "-c", BROKEN, str(tmp_path)]
    done = subprocess.run(words, env=home.env, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 70, done.stderr
    assert done.stdout == "error ['IndexError: list index out of range']\n"
    assert len(home.reports("demo")) == 1
    assert "Traceback" in done.stderr, "it is ours to find"
    assert "Unclosed" not in done.stderr
