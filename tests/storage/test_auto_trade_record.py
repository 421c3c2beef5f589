"""A switch that is not what the signed log says is off, and `golive audit verify` names it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from golive.audit import Soundness
from golive.model.emergency import TradingState
from golive.runtime.emergency import HostEmergency
from golive.storage.auto_trade_record import NOT_AS_RECORDED, SwitchReader, read_switch
from golive.storage.auto_trade_switch import AutoTradeSwitch, switch_path, turn_switch
from golive.storage.emergency_flag import FLAG
from golive.storage.security_admin import PATH
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.people import ANNA, BERT
from support.switches import CAUSE, recorded, turned

NAME = "okx_desktop_paper"
OLD, NEW = 7, 9


def by_hand(home: Path, *, enabled: bool) -> None:
    turn_switch(home, NAME, enabled=enabled, operator="ben", cause=CAUSE, at=NEW)


def verified(home: Path) -> dict[str, Soundness]:
    results = Verifier(home, VerificationKeys.of_home(home)).everything()
    return {result.path.name: result.soundness for result in results if result.soundness is not Soundness.CLEAN}


def test_nobody_turned_it_and_what_a_command_writes_is_believed(tmp_path: Path) -> None:
    assert read_switch(tmp_path, NAME, True) == AutoTradeSwitch(True)
    assert read_switch(tmp_path, NAME, False) == AutoTradeSwitch(False)
    for enabled in (False, True, False):
        switch = turned(tmp_path, NAME, enabled=enabled)
        assert read_switch(tmp_path, NAME, True) == switch
    assert read_switch(tmp_path, "kraken_desktop_paper", True) == AutoTradeSwitch(True), "each entrypoint has its own"
    assert verified(tmp_path) == {}


def gone_after_off(home: Path) -> None:
    turned(home, NAME, enabled=False)
    switch_path(home, NAME).unlink()


def on_after_off(home: Path) -> None:
    turned(home, NAME, enabled=False)
    by_hand(home, enabled=True)


def on_without_a_record(home: Path) -> None:
    turned(home, "another", enabled=True)
    by_hand(home, enabled=True)


def on_without_a_log(home: Path) -> None:
    by_hand(home, enabled=True)


def an_older_one(home: Path) -> None:
    turned(home, NAME, enabled=True, at=OLD)
    older = switch_path(home, NAME).read_bytes()
    turned(home, NAME, enabled=True, at=NEW)
    switch_path(home, NAME).write_bytes(older)


def unreadable(home: Path) -> None:
    turned(home, NAME, enabled=True)
    switch_path(home, NAME).write_bytes(b"{")


@pytest.mark.parametrize(
    "spoil", [gone_after_off, on_after_off, on_without_a_record, on_without_a_log, an_older_one, unreadable]
)  # fmt: skip
@pytest.mark.parametrize("initial", [True, False])
def test_what_nobody_signed_for_is_off_names_file_and_fix_and_is_tampered_with(
    tmp_path: Path, spoil: Callable[[Path], None], initial: bool
) -> None:
    spoil(tmp_path)
    found = read_switch(tmp_path, NAME, initial)
    assert (found.enabled, found.operator) == (False, None)
    assert found.cause == ("unreadable" if spoil is unreadable else NOT_AS_RECORDED)
    assert str(switch_path(tmp_path, NAME)) in str(found.fault)
    assert f"golive autotrade on --entrypoint {NAME}" in str(found.fault)
    assert verified(tmp_path) == {switch_path(tmp_path, NAME).name: Soundness.TAMPERED}
    turned(tmp_path, NAME, enabled=True, at=NEW)
    assert read_switch(tmp_path, NAME, initial).enabled, "it is turned anew"
    assert verified(tmp_path) == {}


def test_a_command_that_was_cut_off_leaves_it_off_and_cannot_say(tmp_path: Path) -> None:
    recorded(tmp_path, NAME, enabled=True, at=NEW)
    assert not read_switch(tmp_path, NAME, True).enabled, "recorded as on, and not turned yet"
    assert verified(tmp_path) == {switch_path(tmp_path, NAME).name: Soundness.CANNOT_SAY}
    by_hand(tmp_path, enabled=False)
    assert read_switch(tmp_path, NAME, True) == AutoTradeSwitch(False, CAUSE, "ben", NEW), "off is believed without a record"


def test_a_log_that_is_not_sound_is_off_but_where_the_file_says_so_itself(tmp_path: Path) -> None:
    turned(tmp_path, NAME, enabled=True)
    log = tmp_path / PATH
    log.write_bytes(log.read_bytes().replace(b"true", b"tru3"))
    assert "cannot be told" in str(read_switch(tmp_path, NAME, True).fault)
    log.unlink()
    assert not read_switch(tmp_path, NAME, True).enabled, "its seal is there"


def test_it_is_read_again_only_when_something_has_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turned(tmp_path, NAME, enabled=True)
    reader = SwitchReader(tmp_path, NAME, True)
    first = reader.read()
    assert reader.read() is first
    turned(tmp_path, "another", enabled=True)
    assert reader.read() == first
    turned(tmp_path, NAME, enabled=False)
    assert not reader.read().enabled


def test_emergency_mode_signs_for_the_switches_that_it_turns_off(tmp_path: Path) -> None:
    from support.golive_process import Home

    home = Home(tmp_path).path
    assert not HostEmergency(home).switch_on("a drill", "anna").problems
    switch = read_switch(home, NAME, True)
    assert (switch.enabled, switch.fault, switch.operator) == (False, None, "anna")
    assert verified(home) == {}
    switch_path(home, NAME).unlink()
    assert not read_switch(home, NAME, True).enabled


def test_a_flag_of_emergency_mode_that_says_less_than_its_journal_is_named(tmp_path: Path) -> None:
    host, flag = HostEmergency(tmp_path), tmp_path / FLAG
    host.switch_on("a drill", "anna", "balanced")
    assert verified(tmp_path) == {}
    reducing = flag.read_bytes()
    host.switch_on("a fire", "anna", "balanced", TradingState.HALTED)
    flag.write_bytes(reducing)
    assert host.read().state("balanced") is TradingState.HALTED, "what the journal says counts"
    assert verified(tmp_path) == {FLAG.name: Soundness.TAMPERED}
    flag.unlink()
    assert verified(tmp_path) == {FLAG.name: Soundness.TAMPERED}
    flag.write_bytes(b"{")
    assert verified(tmp_path) == {FLAG.name: Soundness.TAMPERED}
    host.switch_on("again", "anna")
    assert verified(tmp_path) == {}
    host.deactivate(ANNA, BERT)
    assert verified(tmp_path) == {}
    (tmp_path / FLAG).write_bytes(reducing)
    assert verified(tmp_path) == {FLAG.name: Soundness.CANNOT_SAY}, "a flag that says more keeps orders back"
