"""What the order journal of an account is told of emergency mode, by whatever desks come to it one after another."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from golive.model.clock import SECOND
from golive.model.emergency import ALL, Emergencies, EmergencyMode, TradingState
from golive.model.json import JsonObject
from golive.runtime.emergency import HostEmergency
from golive.runtime.live.emergency_notes import EmergencyNotes
from golive.storage.emergency_flag import FlagReading

PROFILE, OTHER = "balanced", "manual"
ON, OFF = "emergency_mode_activated", "emergency_mode_cleared"
REDUCING, HALTED = TradingState.REDUCING, TradingState.HALTED


def mode(since_s: int = 1, scope: str = ALL, state: TradingState = REDUCING) -> EmergencyMode:
    return EmergencyMode(state, "the feed lies", "anna", scope, since_s * SECOND)


def on(*modes: EmergencyMode, problem: str = "") -> FlagReading:
    return FlagReading(Emergencies(modes), 0 if problem else 1, problem)


UNREADABLE = on(mode(0), problem="it cannot be read")


class Account:
    """An account's journal, which keeps the newest note of each event and subject."""

    def __init__(self, home: Path, notes: Mapping[str, JsonObject] | None = None) -> None:
        self.notes = dict(notes or {})
        self._host = HostEmergency(home)

    def desk(self, *readings: FlagReading, profile: str = PROFILE) -> list[tuple[str, str, object]]:
        """Open a desk, which reads the flag so often, and close it; return what it wrote."""
        desk = EmergencyNotes("okx_spot", dict(self.notes))
        wrote: list[tuple[str, str, object]] = []
        for reading in readings:
            for adapter, event, body in desk.missing(reading, profile, self._host):
                assert adapter == "okx_spot"
                self.notes[f"{event}:{body['subject']}"] = body
                wrote.append((event, str(body["subject"]), body["activation"]))
        return wrote


@pytest.fixture
def account(tmp_path: Path) -> Account:
    return Account(tmp_path)


def test_an_account_that_never_saw_it_is_told_nothing(account: Account) -> None:
    assert account.desk(on()) == []
    assert account.desk(UNREADABLE, profile=OTHER) == [(ON, ALL, 1)]


def test_the_same_activation_is_told_once_and_so_is_its_end(account: Account) -> None:
    assert account.desk(on(mode()), on(mode())) == [(ON, ALL, 1)]
    assert account.desk(on(mode())) == []
    assert account.desk(on(), on()) == [(OFF, ALL, 1)]
    assert account.desk(on()) == []


def test_a_running_desk_tells_both(account: Account) -> None:
    assert account.desk(on(), on(mode()), on(), on(mode(2)), on()) == [(ON, ALL, 1), (OFF, ALL, 1), (ON, ALL, 2), (OFF, ALL, 2)]


def test_what_ended_and_began_again_while_nobody_looked_is_an_end_and_a_beginning(account: Account) -> None:
    account.desk(on(mode(1)))
    assert account.desk(on(mode(2))) == [(OFF, ALL, 1), (ON, ALL, 2)]


def test_what_became_tighter_is_told_under_its_number_and_never_looser(account: Account) -> None:
    account.desk(on(mode()))
    assert account.desk(on(mode(state=HALTED))) == [(ON, ALL, 1)]
    assert account.notes[f"{ON}:{ALL}"]["state"] == HALTED
    assert account.desk(on(mode(state=HALTED)), UNREADABLE, on(mode(state=REDUCING))) == []
    assert account.desk(on()) == [(OFF, ALL, 1)]


def test_each_scope_has_its_own_beginning_and_end(account: Account) -> None:
    assert account.desk(on(mode(1), mode(2, PROFILE), mode(3, OTHER))) == [(ON, ALL, 1), (ON, PROFILE, 1)]
    assert account.desk(on(mode(1), mode(3, OTHER))) == [(OFF, PROFILE, 1)]
    assert account.desk(on(mode(3, OTHER))) == [(OFF, ALL, 1)]


def test_a_scope_that_is_on_for_others_is_not_over_because_this_desk_trades_under_another_profile(account: Account) -> None:
    account.desk(on(mode(1, PROFILE)))
    assert account.desk(on(mode(1, PROFILE)), profile=OTHER) == []
    assert account.desk(on(), profile=OTHER) == [(OFF, PROFILE, 1)]


def test_a_flag_that_cannot_be_read_ends_nothing_and_is_one_activation(account: Account) -> None:
    account.desk(on(mode(1, PROFILE)))
    assert account.desk(UNREADABLE, UNREADABLE) == [(ON, ALL, 1)]
    assert account.desk(UNREADABLE) == []
    assert account.desk(on(mode(5), mode(1, PROFILE))) == [], "it can be read again, and is on"
    assert account.desk(on()) == [(OFF, ALL, 1), (OFF, PROFILE, 1)]
    assert account.desk(UNREADABLE) == [(ON, ALL, 2)]
    assert account.desk(on()) == [(OFF, ALL, 2)]


def test_notes_without_a_number_are_the_first(tmp_path: Path) -> None:
    body: JsonObject = {"subject": ALL, "state": "REDUCING", "reason": "the feed lies", "operator": "anna"}
    account = Account(tmp_path, {f"{ON}:{ALL}": body})
    assert account.desk(on(mode(7))) == []
    assert account.desk(on()) == [(OFF, ALL, 1)]
    account = Account(tmp_path, {f"{ON}:{ALL}": body, f"{OFF}:{ALL}": {"subject": ALL}})
    assert account.desk(on(mode(8))) == [(ON, ALL, 2)]
