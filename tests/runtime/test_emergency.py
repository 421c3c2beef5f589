"""Emergency mode of a host: switching on, the record of each call, lifting by two people, and what a lost flag means."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from golive.audit import Entry, Soundness
from golive.model.clock import MINUTE, Nanos
from golive.model.emergency import Emergencies, TradingState
from golive.model.errors import PrerequisiteMissing
from golive.runtime.emergency import FirstWord, HostEmergency, Lifted
from golive.runtime.emergency_watch import EmergencyWatch
from golive.runtime.host_signer import host_signer
from golive.storage.alert_outbox import AlertOutbox
from golive.storage.auto_trade_record import read_switch
from golive.storage.emergency_flag import FLAG
from golive.storage.emergency_journal import ACTIVATED, PATH, EmergencyJournal
from golive.storage.verification import Verifier
from golive.storage.verified import VerificationKeys
from support.golive_process import Home
from support.people import ANNA, BERT, CARL
from support.wall_clock import WallClock


class LaterClock(WallClock):
    """The wall clock, shifted."""

    shift = 0

    def now(self) -> Nanos:
        return Nanos(super().now() + self.shift)


def test_each_call_is_recorded_and_told_and_the_first_reason_stays(tmp_path: Path) -> None:
    host = HostEmergency(tmp_path)
    assert host.read() == Emergencies()
    assert not host.switch_on("one", "anna").was_on
    again = host.switch_on("two", "bert")
    assert again.was_on
    assert not again.problems
    [mode] = host.read().modes
    assert (mode.reason, mode.operator, mode.state) == ("one", "anna", TradingState.REDUCING)
    entries = [entry for entry in host._journal().entries() if entry.type == ACTIVATED]
    assert [(entry.operator, entry.body["reason"], entry.body["was_on"]) for entry in entries] == [
        ("anna", "one", False), ("bert", "two", True),
    ]  # fmt: skip
    outbox = AlertOutbox.open(tmp_path)
    alerts = outbox.pending()
    outbox.close()
    assert [alert.severity for alert in alerts] == ["critical", "critical"]
    assert len({alert.dedup_key for alert in alerts}) == 2, "no throttle takes two for one"


def test_words_that_are_no_text_are_written_as_far_as_they_can_be(tmp_path: Path) -> None:
    activation = HostEmergency(tmp_path).switch_on(os.fsdecode(b"stra\xbfa"), os.fsdecode(b"anna\xff"))
    assert not activation.problems
    [mode] = activation.reading.emergencies.modes
    assert (mode.reason, mode.operator) == ("stra?a", "anna?")
    assert [
        entry.body["reason"] for entry in EmergencyJournal(tmp_path, host_signer(tmp_path, WallClock(), "bert")).entries()[1:]
    ] == ["stra?a"]


def test_a_record_of_it_that_was_changed_is_found_when_everything_is_verified(tmp_path: Path) -> None:
    def found() -> dict[Path, Soundness]:
        results = Verifier(tmp_path, VerificationKeys.of_home(tmp_path)).everything()
        return {each.path.relative_to(tmp_path): each.soundness for each in results}

    HostEmergency(tmp_path).switch_on("one", "anna")
    assert found() == {PATH: Soundness.CLEAN}
    journal = tmp_path / PATH
    journal.write_text(journal.read_text().replace('"reason":"one"', '"reason":"two"'))
    assert found()[PATH] is Soundness.TAMPERED


def test_two_people_of_different_roles_lift_it_within_a_quarter_of_an_hour(tmp_path: Path) -> None:
    clock = LaterClock()
    host = HostEmergency(tmp_path, clock=clock)
    with pytest.raises(PrerequisiteMissing, match="not on"):
        host.agree(ANNA)
    host.switch_on("a drill")
    assert isinstance(host.agree(ANNA), FirstWord)
    for other in (ANNA, CARL):
        with pytest.raises(PrerequisiteMissing):
            host.agree(other)
    clock.shift = 16 * MINUTE
    assert isinstance(host.agree(BERT), FirstWord), "the first word is too old"
    assert host.read().modes
    lifted = host.agree(ANNA)
    assert isinstance(lifted, Lifted)
    assert (lifted.first, lifted.second, lifted.scope) == ("bert", "anna", "all")
    assert not host.read().modes
    assert host.lifting_of("balanced")[0] == "bert, anna"


def test_what_is_lifted_is_named_by_what_was_on(tmp_path: Path) -> None:
    host = HostEmergency(tmp_path)
    host.switch_on("one", "anna", "balanced")
    word = host.agree(ANNA)
    assert isinstance(word, FirstWord)
    lifted = host.agree(BERT)
    assert isinstance(lifted, Lifted)
    assert (word.scope, lifted.scope) == ("balanced", "balanced"), "not all, which never was on"


def test_a_flag_is_written_before_the_journal_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = HostEmergency(tmp_path)
    host.switch_on("one", "anna", "balanced")
    seen: list[bool] = []
    journal = EmergencyJournal.entries

    def read(self: EmergencyJournal) -> Sequence[Entry]:
        seen.append(False)
        return journal(self)

    monkeypatch.setattr(EmergencyJournal, "entries", read)
    host.switch_on("two", "anna", durable=lambda reading: seen.append(True))
    assert seen[0] is True, "a journal may be long"


def test_a_word_does_not_outlive_another_activation(tmp_path: Path) -> None:
    host = HostEmergency(tmp_path)
    host.switch_on("one")
    host.agree(ANNA)
    host.switch_on("two")
    assert isinstance(host.agree(BERT), FirstWord)
    assert host.read().modes


def test_a_flag_that_cannot_be_read_is_on_and_can_be_lifted(tmp_path: Path) -> None:
    host = HostEmergency(tmp_path)
    host.switch_on("one")
    (tmp_path / FLAG).write_bytes(b"\0" * 10)
    assert host.read().state("any") is TradingState.REDUCING
    host.agree(ANNA)
    assert isinstance(host.agree(BERT), Lifted)
    assert host.reading().problem == ""
    assert not host.read().modes


def test_a_flag_that_is_gone_is_on_while_the_journal_says_so(tmp_path: Path) -> None:
    host = HostEmergency(tmp_path)
    host.switch_on("one")
    (tmp_path / FLAG).unlink()
    [mode] = host.read().modes
    assert "journal of emergency mode" in mode.reason
    journal: EmergencyJournal = host._journal()
    journal.path.write_bytes(journal.path.read_bytes()[:-20])
    assert host.read().modes, "a journal that cannot tell is on too"


def test_an_older_flag_that_was_put_back_ends_nothing(tmp_path: Path) -> None:
    host = HostEmergency(tmp_path)
    host.switch_on("drill", "anna")
    host.deactivate(ANNA, BERT)
    older = (tmp_path / FLAG).read_bytes()
    host.switch_on("smoke", "anna", scope="balanced")
    (tmp_path / FLAG).write_bytes(older)
    reading = HostEmergency(tmp_path).reading()
    assert [mode.scope for mode in reading.emergencies.modes] == ["all"], "which of the profiles is not known any more"
    assert "not the one that was written last" in reading.problem
    seen: list[bool] = []
    watch = EmergencyWatch(
        tmp_path, WallClock(), entrypoint="e", risk_profile="balanced", changed=lambda mode: seen.append(mode is not None),
        open_entries=lambda: 0,
    )  # fmt: skip
    watch.look()
    assert seen == [True], "nor does a process that starts now, or is running, take it for lifted"
    assert not host.switch_on("again", "anna", scope="balanced").problems
    assert {mode.scope for mode in host.read().modes} == {"all", "balanced"}, "what was in doubt stays on"
    host.deactivate(ANNA, BERT)
    assert host.read() == Emergencies()


def test_the_switch_of_every_entrypoint_that_it_holds_for_is_turned_off(tmp_path: Path) -> None:
    home = Home(tmp_path)
    activation = HostEmergency(home.path).switch_on("a drill", "anna", "balanced")
    assert not activation.problems
    switch = read_switch(home.path, "okx_desktop_paper", initial=True)
    assert (switch.enabled, switch.operator, switch.cause) == (False, "anna", "emergency mode: a drill")
