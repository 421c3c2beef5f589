"""Messages to a session: private files, oldest first, gone when done, none of them read when one cannot be."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.model.errors import JournalError
from golive.model.event import OperatorAction
from golive.storage.operator_inbox import (
    DIRECTORY,
    OperatorInbox,
    OperatorMessage,
    put_message,
    wait_until_taken,
    withdraw_message,
)
from support.durable import START

REARM = OperatorMessage(OperatorAction.REARM, "anna", "golive risk rearm", START)


def test_messages_are_read_oldest_first_and_gone_when_done(tmp_path: Path) -> None:
    inbox = OperatorInbox(tmp_path, "e")
    assert inbox.waiting() == ()
    later = REARM._replace(at=START + 1, operator="bob")
    for message in (later, REARM):
        path = put_message(tmp_path, "e", message)
        assert path.stat().st_mode & 0o777 == 0o600
    first, second = inbox.waiting()
    assert (first.message, second.message) == (REARM, later)
    inbox.done(first)
    assert [each.message for each in inbox.waiting()] == [later]
    assert OperatorInbox(tmp_path, "other").waiting() == ()


def test_who_asks_hears_when_it_was_taken(tmp_path: Path) -> None:
    path = put_message(tmp_path, "e", REARM)
    assert not wait_until_taken(path, 0.02)
    inbox = OperatorInbox(tmp_path, "e")
    inbox.done(inbox.waiting()[0])
    assert wait_until_taken(path, 0.02)
    assert not withdraw_message(path)
    assert withdraw_message(put_message(tmp_path, "e", REARM))


def test_what_was_asked_of_an_earlier_session_is_forgotten(tmp_path: Path) -> None:
    put_message(tmp_path, "e", REARM)
    put_message(tmp_path, "e", REARM._replace(at=START + 10))
    inbox = OperatorInbox(tmp_path, "e")
    inbox.discard_before(START + 10)
    assert [each.message.at for each in inbox.waiting()] == [START + 10]


@pytest.mark.parametrize("damage", ["{", '{"schema": "other"}', "[]"])
def test_a_message_that_cannot_be_read_is_told(tmp_path: Path, damage: str) -> None:
    put_message(tmp_path, "e", REARM)
    bad = tmp_path / DIRECTORY / "e" / "0.json"
    bad.write_text(damage)
    bad.chmod(0o600)
    with pytest.raises(JournalError, match=r"0\.json: not an operator's message"):
        OperatorInbox(tmp_path, "e").waiting()


def test_a_message_that_others_may_write_is_refused(tmp_path: Path) -> None:
    put_message(tmp_path, "e", REARM).chmod(0o666)
    with pytest.raises(JournalError, match="others may read or change it"):
        OperatorInbox(tmp_path, "e").waiting()
