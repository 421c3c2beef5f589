"""Proving who one is: roles, locks, what is recorded, and what happens when book or log are not as they should be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from golive.config.rbac import Act
from golive.model.clock import SECOND
from golive.model.errors import ConfigError, JournalError, PrerequisiteMissing
from golive.model.secret import Secret
from golive.runtime.operators import add_operator, authenticate, authorised, change_passphrase, operators, remove_operator
from golive.storage.operator_file import DIRECTORY, OperatorFile
from golive.storage.security_admin import PATH
from golive.storage.session_tokens import SessionTokens
from support.durable import ToldClock

RIGHT, WRONG = Secret("correct horse battery"), Secret("incorrect horse battery")


@pytest.fixture
def clock() -> ToldClock:
    return ToldClock()


@pytest.fixture
def home(tmp_path: Path, clock: ToldClock) -> Path:
    add_operator(tmp_path, "anna", ["risk"], RIGHT, by=None, clock=clock)
    return tmp_path


def records(home: Path) -> list[tuple[str, str, dict[str, object]]]:
    rows = [json.loads(line) for line in (home / PATH).read_text().splitlines()]
    return [(row["type"], row["operator"], row["body"]) for row in rows[1:]]


def test_a_person_of_the_role_is_let_in_and_that_is_recorded(home: Path, clock: ToldClock) -> None:
    identity = authorised(home, "anna", RIGHT, Act.RISK_RELEASE_DRAWDOWN, clock=clock)
    assert identity.name == "anna"
    kind, who, body = records(home)[-1]
    assert (kind, who, body["purpose"]) == ("operator_authenticated", "anna", "risk.release_drawdown")


def test_in_a_folder_where_others_may_replace_files_nobody_is_believed(home: Path, clock: ToldClock) -> None:
    (home / DIRECTORY).chmod(0o770)
    for ask in (lambda: authenticate(home, "anna", RIGHT, purpose="test", clock=clock), lambda: SessionTokens(home)):
        with pytest.raises(JournalError, match=r"others may replace what is in it .* chmod 700"):
            ask()


def test_another_role_is_refused_with_the_role_it_takes(home: Path, clock: ToldClock) -> None:
    with pytest.raises(PrerequisiteMissing, match=r"takes role operator, anna has risk"):
        authorised(home, "anna", RIGHT, Act.AUTOTRADE_CONFIRM, clock=clock)
    kind, _, body = records(home)[-1]
    assert (kind, body["reason"]) == ("operator_refused", "role")


def test_a_wrong_name_and_a_wrong_passphrase_are_told_alike(home: Path, clock: ToldClock) -> None:
    told = set()
    for name in ("anna", "nobody", RIGHT.reveal()):
        with pytest.raises(PrerequisiteMissing) as refused:
            authenticate(home, name, WRONG, purpose="test", clock=clock)
        told.add(str(refused.value))
    assert told == {"name or passphrase of the operator is wrong"}
    assert RIGHT.reveal() not in (home / PATH).read_text(), "what was typed as a name is not written down"


@pytest.mark.parametrize("name", ["anna", "nobody"])
def test_five_failures_lock_the_name_for_a_minute(home: Path, clock: ToldClock, name: str) -> None:
    for _ in range(5):
        with pytest.raises(PrerequisiteMissing, match="wrong"):
            authenticate(home, name, WRONG, purpose="test", clock=clock)
        clock.time += SECOND
    with pytest.raises(PrerequisiteMissing, match="try again in 59 seconds"):
        authenticate(home, name, RIGHT, purpose="test", clock=clock)
    assert records(home)[-1][2]["reason"] == "locked"
    clock.time += 60 * SECOND
    if name == "anna":
        assert authenticate(home, name, RIGHT, purpose="test", clock=clock).name == "anna"
    else:
        with pytest.raises(PrerequisiteMissing, match="wrong"):
            authenticate(home, name, RIGHT, purpose="test", clock=clock)


def test_a_proof_forgets_the_failures_before_it(home: Path, clock: ToldClock) -> None:
    for _ in range(3):
        for _ in range(4):
            with pytest.raises(PrerequisiteMissing, match="wrong"):
                authenticate(home, "anna", WRONG, purpose="test", clock=clock)
        authenticate(home, "anna", RIGHT, purpose="test", clock=clock)


def test_files_are_private_and_one_that_is_not_is_refused(home: Path, clock: ToldClock) -> None:
    path = OperatorFile(home).path
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    path.chmod(0o640)
    with pytest.raises(JournalError, match=r"chmod 600"):
        authenticate(home, "anna", RIGHT, purpose="test", clock=clock)


def test_a_log_that_was_tampered_with_lets_nobody_in(home: Path, clock: ToldClock) -> None:
    path = home / PATH
    path.write_bytes(path.read_bytes().replace(b'"anna"', b'"emma"'))
    with pytest.raises(JournalError, match=r"not sound|does not match its seal"):
        authenticate(home, "anna", RIGHT, purpose="test", clock=clock)


def test_failures_that_cannot_be_read_let_nobody_in(home: Path, clock: ToldClock) -> None:
    path = home / "var/security/operator_failures.json"
    path.write_text("{")
    path.chmod(0o600)
    with pytest.raises(JournalError, match=r"operator_failures\.json"):
        authenticate(home, "anna", RIGHT, purpose="test", clock=clock)


def test_once_somebody_manages_the_book_nobody_else_changes_it(home: Path, clock: ToldClock) -> None:
    add_operator(home, "sec", ["secops"], RIGHT, by=None, clock=clock)
    anna = authenticate(home, "anna", RIGHT, purpose="test", clock=clock)
    for by in (None, anna):
        with pytest.raises(PrerequisiteMissing, match="role secops"):
            add_operator(home, "eve", ["risk"], RIGHT, by=by, clock=clock)
        with pytest.raises(PrerequisiteMissing, match="role secops"):
            remove_operator(home, "anna", by=by, clock=clock)
    sec = authorised(home, "sec", RIGHT, Act.OPERATOR_MANAGE, clock=clock)
    add_operator(home, "bob", ["operator"], RIGHT, by=sec, clock=clock)
    remove_operator(home, "anna", by=sec, clock=clock)
    assert [entry.name for entry in operators(home)] == ["bob", "sec"]
    assert [row[:2] for row in records(home)][-2:] == [("operator_added", "sec"), ("operator_removed", "sec")]


def test_a_passphrase_is_changed_by_its_owner_or_by_secops(home: Path, clock: ToldClock) -> None:
    add_operator(home, "bob", ["operator"], RIGHT, by=None, clock=clock)
    bob = authenticate(home, "bob", RIGHT, purpose="test", clock=clock)
    with pytest.raises(PrerequisiteMissing, match="bob may not change the passphrase of anna"):
        change_passphrase(home, "anna", WRONG, by=bob, clock=clock)
    change_passphrase(home, "bob", WRONG, by=bob, clock=clock)
    assert authenticate(home, "bob", WRONG, purpose="test", clock=clock).name == "bob"


def test_a_name_is_given_once(home: Path, clock: ToldClock) -> None:
    with pytest.raises(ConfigError, match="is an operator already"):
        add_operator(home, "anna", ["viewer"], WRONG, by=None, clock=clock)
