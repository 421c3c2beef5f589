"""Auto-trade of a running session: switched off and on, confirmed, withdrawn and read-only, with real processes."""

from __future__ import annotations

import contextlib
import json
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.forked_golive import ForkedHome
from support.golive_process import ALONE, Home, Process, wait_for_file
from support.long_form import only_in_proof

pytestmark = pytest.mark.e2e_demo_paper
SWITCH = "var/state/auto_trade/okx_desktop_paper.json"


@contextlib.contextmanager
def running(home: Home, *words: str) -> Iterator[Process]:
    """A demo session at speed 1 that has started; it is ended with SIGTERM."""
    ready = home.path / "ready.json"
    ready.unlink(missing_ok=True)
    process = home.start(
        "demo", "--speed", "1", "--max-runtime", "0", "--timeframe", "1m", "--ready-file", str(ready), *ALONE, *words
    )
    try:
        wait_for_file(ready)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        with contextlib.suppress(ValueError):  # its output was read already
            process.communicate(timeout=40)


def ended(process: Process) -> dict[str, Any]:
    process.send_signal(signal.SIGTERM)
    report = json.loads(process.communicate(timeout=40)[0])
    assert isinstance(report, dict)
    return report


def autotrade(home: Home, *words: str, code: int = 0) -> dict[str, Any]:
    done = home.golive("autotrade", *words, "--json")
    assert done.code == code, done.stderr + done.stdout
    told = json.loads(done.stdout)
    assert isinstance(told, dict)
    return told


def transitions(home: Home) -> list[tuple[str, str, str]]:
    """What the newest session has written down of its auto-trader: from, to, cause."""
    [*_, store] = sorted((home.path / "var/state/sessions").glob("*.sqlite"), key=lambda path: path.stat().st_mtime_ns)
    with contextlib.closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT body FROM records WHERE event = 'auto_trader_transition' ORDER BY record_seq").fetchall()
    bodies = [json.loads(row[0]) for row in rows]
    return [(body["from"], body["to"], body["cause"]) for body in bodies]


def wait_until(holds: Callable[[], bool]) -> None:
    """Wait until it holds, on however busy a machine."""
    for _ in range(5000):
        if holds():
            return
        time.sleep(0.02)
    raise AssertionError("it never came to hold")


def test_a_running_session_follows_the_switch_and_trades_again_only_when_it_is_confirmed(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    with running(home) as process:
        assert autotrade(home, "status")["session"]["state"] == "running"
        told = autotrade(home, "off")
        assert (told["switch"]["enabled"], told["followed"], told["session"]["state"]) == (False, True, "read_only")
        assert home.golive("autotrade", "confirm").code == 3
        told = autotrade(home, "on")
        assert (told["followed"], told["session"]["state"]) == (True, "armed")
        assert autotrade(home, "confirm")["session"]["state"] == "running"
        assert autotrade(home, "confirm")["followed"] is True, "it is so already"
        assert autotrade(home, "withdraw")["session"]["state"] == "armed"
        report = ended(process)
    assert report["errors"] == []
    assert transitions(home) == [
        ("stopped", "armed", "session_start"), ("armed", "running", "session_command"), ("running", "read_only", "operator_command"),
        ("read_only", "armed", "operator_command"), ("armed", "running", "operator_command"), ("running", "armed", "operator_command"),
        ("armed", "stopped", "session_end"),
    ]  # fmt: skip
    assert autotrade(home, "status")["session"] is None
    assert home.golive("autotrade", "confirm").code == 3, "a confirmation is not kept for a session to come"
    log = (home.path / "logs/security_admin.log").read_text()
    assert [log.count(event) for event in ("auto_trade_switched", "auto_trade_confirmed", "auto_trade_withdrawn")] == [2, 1, 1]


def test_the_file_itself_is_followed_and_an_unreadable_one_is_off(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    with running(home) as process:
        (home.path / SWITCH).parent.mkdir(parents=True, exist_ok=True)
        (home.path / SWITCH).write_text("{ not json")
        (home.path / SWITCH).chmod(0o640)
        published = home.path / SWITCH.replace(".json", ".session.json")
        wait_until(lambda: json.loads(published.read_text())["state"] == "read_only")
        report = ended(process)
    assert ("running", "read_only", "unreadable") in transitions(home)
    assert any("cannot be read" in warning for warning in report["warnings"])
    again = home.run("demo", "--candles", "200", *ALONE).report
    assert again["outcome"]["decisions"]["by_code"].keys() <= {"AUTO_TRADE_OFF"}


def test_with_manual_confirm_a_person_confirms(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    with running(home, "--manual-confirm") as process:
        assert autotrade(home, "status")["session"]["state"] == "armed"
        assert autotrade(home, "confirm")["session"]["state"] == "running"
        ended(process)
    assert transitions(home)[1] == ("armed", "running", "operator_command")


@pytest.mark.parametrize("how", ["option", "switch", *only_in_proof("configuration")])
def test_a_read_only_session_constructs_nothing_that_could_trade_and_opens_nothing(tmp_path: Path, how: str) -> None:
    home = ForkedHome(tmp_path)
    if how == "switch":
        assert autotrade(home, "off")["followed"] is None
    if how == "configuration":
        home.edit("runtime.yaml", "enable_auto_trade: true", "enable_auto_trade: false")
    done = home.run("demo", "--candles", "400", *(["--read-only"] if how == "option" else []))
    report = done.report
    assert done.code == 0, report["errors"]
    assert report["outcome"]["decisions"]["by_code"].keys() == {"AUTO_TRADE_OFF"}
    assert (report["outcome"]["orders"], report["divergence"], report["stage_record"]) == ([], None, None)
    causes = {"option": "read_only_option", "switch": "operator_command", "configuration": "configuration"}
    assert transitions(home)[1] == ("armed", "read_only", causes[how])
    assert home.run("paper", "--candles", "400").code == 3, "what could not trade is no evidence"


def test_switching_a_read_only_session_on_says_that_it_takes_a_new_one(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    with running(home, "--read-only") as process:
        told = autotrade(home, "on")
        assert (told["session"]["state"], told["session"]["can_trade"]) == ("read_only", False)
        assert "start it anew" in home.golive("autotrade", "status").stdout
        assert home.golive("autotrade", "confirm").code == 3
        time.sleep(0.3)
        report = ended(process)
    assert any("cannot trade" in warning for warning in report["warnings"])


def test_several_strategies_trade_as_one_from_demo_to_paper(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    home.edit("core.yaml", "    parameters: {}                     # empty: the strategy's own defaults\n", ALLOCATION)
    demo = home.run("demo", "--candles", "600")
    assert demo.code == 0, demo.stderr + str(demo.report["errors"])
    assert len(demo.report["outcome"]["fills"]) > 4
    assert demo.report["validation"]["strategy"] == "multi_strategy_default"
    assert home.run("paper", "--candles", "600").code == 0
    home.edit("core.yaml", "capital_pct: 0.4", "capital_pct: 0.3")
    assert home.run("paper", "--candles", "600").code == 3, "another allocation is another strategy"


ALLOCATION = """    parameters: {}
    allocation:
      - {strategy: ema_cross, capital_pct: 0.6, parameters: {fast_bars: 5, slow_bars: 20}}
      - {strategy: breakout, capital_pct: 0.4, schedule: [mon-sun 00:00-12:00]}
"""


def test_a_killed_lock_step_session_hears_the_same_acts_at_the_same_places_again(tmp_path: Path) -> None:
    home, words = ForkedHome(tmp_path), ("--candles", "200000", *ALONE, "--ready-file", str(tmp_path / "ready.json"))
    process = home.start("demo", *words)
    wait_for_file(tmp_path / "ready.json")
    for deed in ("off", "on", "confirm"):
        assert autotrade(home, deed)["followed"] is True
    time.sleep(0.5)
    process.kill()
    process.communicate(timeout=20)
    before = transitions(home)
    assert before[-1] == ("armed", "running", "operator_command")
    (tmp_path / "ready.json").unlink()
    resumed = home.start("demo", *words, "--resume")
    wait_for_file(tmp_path / "ready.json")

    def has_caught_up() -> bool:
        session = autotrade(home, "status")["session"]
        return (session["state"], session["cause"]) == ("running", "operator_command")

    wait_until(has_caught_up)
    time.sleep(3)
    assert autotrade(home, "off")["followed"] is True, "what is asked for now is heard once it has caught up"
    report = ended(resumed)
    assert report["errors"] == []
    assert len(report["restarts"]) == 1
    assert transitions(home) == [*before, ("running", "read_only", "operator_command"), ("read_only", "stopped", "session_end")]
