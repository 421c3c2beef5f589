"""Emergency mode whose call was cut off after its flag: who lifts it completes it first, at whatever instant that is cut off too."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.model.emergency import ALL, EmergencyMode, TradingState
from golive.model.errors import JournalError
from golive.runtime.emergency import HostEmergency, Lifted
from golive.runtime.host_signer import host_signer
from golive.storage import failpoint
from golive.storage.auto_trade_record import read_switch
from golive.storage.auto_trade_switch import turn_switch
from golive.storage.emergency_journal import ACTIVATED, CLEAR_ASKED, CLEARED, EmergencyJournal
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.golive_process import Home
from support.people import ANNA, BERT
from support.wall_clock import WallClock

CONSERVATIVE, BALANCED = "okx_desktop_paper", "kraken_desktop_paper"
STEPS = ("file.rename.after", "journal.sync.after")
MOST_STEPS = dict.fromkeys(STEPS, 3)


def cut_off(path: Path) -> Path:
    """Make a home where a call was killed as soon as its flag stood."""
    home = Home(path).path
    HostEmergency(home).flag.switch_on(EmergencyMode(TradingState.REDUCING, "killed", "carl", ALL, WallClock().now()))
    assert read_switch(home, BALANCED, initial=True).enabled
    return home


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return cut_off(tmp_path)


def lift(home: Path) -> bool:
    """Let both people agree; say whether it is lifted."""
    host = HostEmergency(home)
    host.agree(ANNA)
    return isinstance(host.agree(BERT), Lifted)


def records(home: Path) -> list[tuple[str, object, object]]:
    entries = EmergencyJournal(home, host_signer(home, WallClock(), "anna")).entries()[1:]
    return [(entry.type, entry.operator, entry.body.get("operator")) for entry in entries]


def unsound(home: Path) -> list[str]:
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    return [str(each) for each in results if each.soundness is not Soundness.CLEAN]


def is_off(home: Path) -> bool:
    switches = [read_switch(home, name, initial=True) for name in (CONSERVATIVE, BALANCED)]
    return not any(switch.enabled or switch.fault for switch in switches)


def test_lifting_writes_the_missing_record_and_switches_auto_trade_off_first(home: Path) -> None:
    assert unsound(home), "a command was cut off"
    assert lift(home)
    assert records(home) == [(ACTIVATED, "anna", "carl"), (CLEAR_ASKED, "anna", None), (CLEARED, "bert", None)]
    switch = read_switch(home, BALANCED, initial=True)
    assert (switch.enabled, switch.operator, switch.cause) == (False, "carl", "emergency mode: killed")
    assert not unsound(home)


def test_a_switch_that_is_off_without_a_record_gets_one(home: Path) -> None:
    turn_switch(home, BALANCED, enabled=False, operator="carl", cause="emergency mode: killed", at=1)
    assert lift(home)
    assert is_off(home)
    assert not unsound(home)


def test_what_was_completed_is_not_done_again(home: Path) -> None:
    assert not HostEmergency(home).switch_on("again", "carl").problems
    assert lift(home)
    assert [each[0] for each in records(home)] == [ACTIVATED, CLEAR_ASKED, CLEARED]
    HostEmergency(home).switch_on("anew", "carl", "balanced")
    assert lift(home)
    assert [each[0] for each in records(home)][3:] == [ACTIVATED, CLEAR_ASKED, CLEARED]


def test_it_stays_on_where_it_is_not_known_whose_auto_trade_there_is(home: Path) -> None:
    runtime = home / "config/runtime.yaml"
    text = runtime.read_text()
    runtime.write_text("{")
    with pytest.raises(JournalError, match="auto-trade was not switched off"):
        HostEmergency(home).agree(ANNA)
    with pytest.raises(JournalError, match="auto-trade was not switched off"):
        HostEmergency(home).deactivate(ANNA, BERT)
    assert HostEmergency(home).read().modes
    runtime.write_text(text)
    assert lift(home)


@pytest.mark.parametrize("step", STEPS)
def test_lifting_that_is_killed_at_any_step_leaves_it_on_or_everything_off(tmp_path: Path, step: str) -> None:
    count = 1
    while is_killed_at(home := cut_off(tmp_path / str(count)), step, count):
        if HostEmergency(home).read().modes:
            HostEmergency(home).deactivate(ANNA, BERT)
        assert is_off(home)
        assert not unsound(home)
        assert next(each for each in records(home) if each[0] == ACTIVATED)[2] == "carl"
        count += 1
    assert count > MOST_STEPS[step]
    assert not HostEmergency(home).read().modes


def is_killed_at(home: Path, step: str, count: int) -> bool:
    """Lift in a process of its own that is killed when it reaches a step for the `count`-th time; False when it does not."""
    child = os.fork()
    if not child:
        code = 1
        try:
            failpoint.arm(step, count)
            code = 0 if lift(home) else 2
        finally:
            os._exit(code)
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return True
    assert os.WEXITSTATUS(status) == 0
    return False
