"""A session that was killed, and switched off before it is resumed: it goes on, opens nothing, and may still get out of what it holds."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from golive.runtime.emergency import HostEmergency
from support.forked_golive import ForkedHome
from support.golive_process import Home
from support.people import ANNA, BERT
from support.running_paper import PaperSession, opened, paper_session, replayed_commands, tidal
from support.venue_process import venue_process

pytestmark = [pytest.mark.e2e_demo_paper, pytest.mark.timeout(600)]


@contextlib.contextmanager
def killed(home: Home, *, speed: str = "1", protection: str = "") -> Iterator[PaperSession]:
    """A paper session that holds a position, killed."""
    tidal(home, protection=protection)
    opened(home)
    with venue_process("--symbol", "BTC/USDT", speed=speed) as venue, paper_session(home, venue.rest, speed) as session:
        session.start()
        session.wait(lambda: session.position > 0)
        session.kill()
        yield session


def said(home: Home, *words: str, code: int = 0) -> str:
    done = home.golive(*words)
    assert done.code == code, done.stdout + done.stderr
    return done.stdout


def state(session: PaperSession) -> str:
    told: dict[str, Any] = json.loads(said(session.home, "autotrade", "status", "--json"))
    return str(told["session"]["state"])


def check_replayed(session: PaperSession, report: dict[str, Any]) -> None:
    """The stored events alone lead to the commands that the session gave, before it was killed and after."""
    assert report["errors"] == []
    assert replayed_commands(session, report) == report["outcome"]["decisions"]["commands_sha256"]
    assert said(session.home, "audit", "verify", "--all")


def lift(home: Home) -> None:
    HostEmergency(home.path).deactivate(ANNA, BERT)


def test_after_a_panic_it_is_halted_gets_out_of_what_it_holds_and_goes_on_once_that_is_cleared(tmp_path: Path) -> None:
    with killed(ForkedHome(tmp_path)) as session:
        home, known = session.home, len(session.events())
        said(home, "panic", "--reason", "a drill", "--entrypoint", "okx_desktop_paper")
        session.start("--resume")
        assert state(session) == "halted"
        session.wait(lambda: session.sold)
        time.sleep(7)  # the strategy wants to buy again within six bars
        told = [body for kind, body in session.events()[known:] if kind == "Operator"]
        assert [(action, cause, scope) for action, _, cause, _, scope, _ in told] == [("emergency", "a drill", "balanced")]
        kinds = [kind for kind, _ in session.events()[known:] if kind != "OrderUpdate"]
        assert kinds[0] == "Operator", "but for the order that was lost on its way, nothing came to the session before it"
        assert session.submitted("buy", after="emergency_mode_activated") == 0
        [activated] = session.records("emergency_mode_activated")
        assert (activated["scope"], activated["reason"]) == ("balanced", "a drill")

        lift(home)
        session.wait(lambda: state(session) == "read_only")
        said(home, "autotrade", "on")
        said(home, "autotrade", "confirm")
        session.wait(lambda: session.submitted("buy", after="emergency_mode_cleared") > 0)
        [cleared] = session.records("emergency_mode_cleared")
        assert (cleared["scope"], cleared["operators"]) == ("balanced", ["anna", "bert"])
        report = session.end()
        assert report["status"] == "breached", "it was in emergency mode, whatever came afterwards"
        check_replayed(session, report)


def test_after_it_was_switched_off_it_is_read_only_keeps_its_stop_and_goes_on_once_it_is_confirmed(tmp_path: Path) -> None:
    with killed(ForkedHome(tmp_path), protection="stop_loss_pct: 0.05") as session:
        home, known = session.home, len(session.events())
        said(home, "autotrade", "off")
        session.start("--resume")
        assert state(session) == "read_only"
        time.sleep(4)
        heard = [(kind, body) for kind, body in session.events()[known:] if kind != "OrderUpdate"]
        kind, act = heard[0]  # but for the order that was lost on its way
        assert (kind, act[0], act[2]) == ("Operator", "auto_trade_off", "operator_command")
        assert session.submitted("buy", after="auto_trader_transition") == 0
        orders = json.loads(said(home, "orders", "--stage", "paper", "--json"))["orders"]
        [*_, stop] = [(row["type"], row["status"]) for row in orders if row["side"] == "sell"]
        assert stop == ("stop", "OPEN"), "also in place of one that was lost on its way"

        said(home, "autotrade", "on")
        said(home, "autotrade", "confirm")
        session.wait(lambda: session.submitted("buy", after="auto_trader_transition") > 0)
        check_replayed(session, session.end())


@pytest.mark.parametrize("deed", [("panic",), pytest.param(("autotrade", "off"), marks=pytest.mark.slow)], ids=" ".join)
def test_a_lock_step_session_hears_of_it_where_it_was_cut_off_and_again_when_it_is_resumed_once_more(
    tmp_path: Path, deed: tuple[str, ...]
) -> None:
    home = ForkedHome(tmp_path)
    tidal(home)
    with paper_session(home, None, speed="max") as session:
        session.start()
        session.wait(lambda: session.submitted("buy") > 3)
        session.kill()
        known = len(session.events())
        said(home, *deed)
        for _ in range(2):
            session.start("--resume")
            session.wait(lambda: len(session.events()) > known)
            session.kill()
        session.start("--resume")
        session.wait(lambda: state(session) in ("halted", "read_only"))
        time.sleep(2)
        report = session.end()
        kind, act = session.events()[known]
        assert (kind, act[0]) == ("Operator", "emergency" if deed == ("panic",) else "auto_trade_off")
        assert sum(kind == "Operator" for kind, _ in session.events()[known:]) == 2, "that, and the end"
        assert session.submitted("buy", after="auto_trader_transition") == 0
        assert len(report["restarts"]) >= 2, "one that is killed before it has caught up is no restart"
        check_replayed(session, report)


@pytest.mark.slow
def test_what_a_session_was_started_as_it_stays(tmp_path: Path) -> None:
    home = ForkedHome(tmp_path)
    tidal(home)
    with paper_session(home, None, speed="max") as session:
        said(home, "autotrade", "off")
        session.start()
        session.kill()
        said(home, "autotrade", "on")
        session.start("--resume")
        assert session.end()["outcome"]["orders"] == []
        assert (
            json.loads(session.ask("SELECT value FROM session WHERE key = 'terms'")[0][0])["rules"]["read-only"]
            == "operator_command"
        )
        session.start()
        session.kill()
        with pytest.raises(AssertionError, match="read-only was no, now it is read_only_option"):
            session.start("--resume", "--read-only")
