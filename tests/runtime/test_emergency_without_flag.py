"""Emergency mode whose flag cannot be written: record, auto-trade and alert are done all the same, and the answer tells the truth."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.model.errors import JournalError
from golive.runtime.emergency import HostEmergency, Lifted
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.auto_trade_record import read_switch
from golive.storage.emergency_flag import FLAG
from golive.storage.emergency_journal import PATH
from golive.storage.switch_verification import verify_switches
from support.golive_process import Home
from support.people import ANNA, BERT

NAME = "kraken_desktop_paper"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a directory where the flag should be."""
    home = Home(tmp_path).path
    (home / FLAG).mkdir(parents=True)
    return home


def alert(home: Path) -> tuple[str, str]:
    outbox = AlertOutbox.open(home)
    [message] = outbox.pending()
    outbox.close()
    return message.title, message.body


def test_it_is_recorded_told_and_on_once_the_obstacle_is_gone(home: Path) -> None:
    host, seen = HostEmergency(home), list[str]()
    done = host.switch_on("smoke", "anna", durable=lambda reading: seen.append("durable"), unwritten=seen.append)
    assert seen == [done.flag_fault]
    assert str(home / FLAG) in done.flag_fault
    assert (done.problems, done.recorded, done.auto_trade_off, done.told) == ((), True, True, True)
    assert not read_switch(home, NAME, initial=True).enabled
    title, body = alert(home)
    assert title == "Emergency mode is on (all)"
    assert body.startswith("anna: smoke. Its flag could not be written")
    (home / FLAG).rmdir()
    assert HostEmergency(home).read().state("balanced") == "REDUCING", "by the signed journal"
    [(soundness, text)] = [(each.soundness, str(each.faults[0])) for each in verify_switches(home)]
    assert soundness is Soundness.CANNOT_SAY, "nobody has tampered with it"
    assert "could not be written" in text
    host.agree(ANNA)
    assert isinstance(host.agree(BERT), Lifted)
    assert not HostEmergency(home).read().modes
    assert not list(verify_switches(home))


def test_neither_flag_nor_record_is_said_to_hold_nobody(home: Path) -> None:
    (home / PATH).parent.parent.mkdir(parents=True)
    (home / PATH).parent.touch()
    done = HostEmergency(home).switch_on("smoke", "anna")
    assert (bool(done.flag_fault), len(done.problems), done.recorded, done.auto_trade_off, done.told) == (
        True,
        1,
        False,
        True,
        True,
    )
    assert alert(home)[0] == "Emergency mode was called for and holds nobody (all)"


def test_an_engine_that_switches_the_host_hears_of_it(home: Path) -> None:
    with pytest.raises(JournalError, match="Is a directory"):
        HostEmergency(home).activate("smoke", "anna")
    assert (home / PATH).exists()
