"""`golive panic` against a paper session that runs at speed 1, in a process of its own: no entry leaves after it, whatever happens."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from golive.model.event import OperatorAction
from golive.storage.emergency_flag import FLAG
from golive.storage.operator_inbox import OperatorMessage, put_message
from support.forked_golive import ForkedHome
from support.golive_process import GOLIVE
from support.published import published
from support.running_paper import opened, paper_session, tidal
from support.venue_process import venue_process
from support.wall_clock import WallClock

pytestmark = [pytest.mark.e2e_demo_paper, pytest.mark.timeout(600)]

FIRST_EFFECT_NS = 250_000_000
"""by the market's clock, which is the wall's at speed 1"""


def test_no_entry_leaves_a_running_session_after_it_and_what_is_held_is_sold(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    tidal(home)
    opened(home)
    with venue_process("--symbol", "BTC/USDT", speed="1") as venue, paper_session(home, venue.rest) as session:
        session.start()
        session.wait(lambda: session.position > 0)
        done = home.golive("panic", "--reason", "a drill", "--json")
        assert done.code == 0, done.stderr + done.stdout
        document = published(done.stdout)
        assert session.process is not None
        if not any("answered" in step["detail"] for step in document["steps"]):
            assert session.process.wait(10) is not None, "on a machine too busy to answer in time it is fenced off and ended"
            return
        session.wait(lambda: bool(session.records("emergency_mode_activated")))
        session.wait(lambda: session.sold)
        time.sleep(7)  # the strategy wants to buy within six bars
        assert session.submitted("buy", after="emergency_mode_activated") == 0
        flagged = (tmp_path / FLAG).stat().st_mtime_ns
        sent = session.ask("SELECT ts, body FROM records WHERE event = 'order_submitted'")
        assert all(ts <= flagged + FIRST_EFFECT_NS for ts, body in sent if json.loads(body)["side"] == "buy")
        report = session.end()
        assert (report["status"], report["exit_code"]) == ("breached", 5)
        assert home.golive("audit", "verify", "--all").code == 0


def test_an_entry_in_flight_of_a_session_that_is_killed_during_a_panic_never_arrives(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    tidal(home)
    home.edit(
        "runtime.yaml",
        "      start_balances:\n        USDT: 100000\n",
        "      latency_ms: 3000\n      start_balances:\n        USDT: 100000\n",
    )
    opened(home)
    with venue_process("--symbol", "BTC/USDT", speed="1") as venue, paper_session(home, venue.rest) as session:
        session.start()
        session.wait(lambda: session.submitted("buy") == 1)
        panic = subprocess.Popen([*GOLIVE, "panic", "--home", str(tmp_path)], env=home.env, stdout=subprocess.DEVNULL)
        session.kill()
        assert panic.wait(60) == 0
        assert session.position == 0, "it was on its way"
        session.start("--resume")
        session.wait(lambda: bool(session.records("order_canceled")))
        time.sleep(7)
        assert session.submitted("buy") == 1
        assert session.records("order_canceled")[0]["code"] == "LOST_AT_RESTART"
        report = session.end()
        assert report["outcome"]["fills"] == []
        assert report["status"] == "breached"


def test_what_an_operator_asked_of_a_session_that_was_killed_before_it_heard_is_done_when_it_is_resumed(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    tidal(home)
    opened(home)
    with venue_process("--symbol", "BTC/USDT", speed="1") as venue, paper_session(home, venue.rest) as session:
        session.start()
        session.kill()
        asked = OperatorMessage(OperatorAction.WITHDRAW, "anna", "operator_command", WallClock().now())
        message = put_message(tmp_path, "okx_desktop_paper", asked)
        session.start("--resume")
        session.wait(lambda: not message.exists())
        told = [(body[0], body[1]) for kind, body in session.events() if kind == "Operator"]
        assert told[-1] == ("withdraw", "anna"), "it is on disk before its message goes"
        assert session.end()["errors"] == []
