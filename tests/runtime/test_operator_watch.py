"""What people may ask of a session that runs, and what they may not."""

from __future__ import annotations

from pathlib import Path

from golive.model.event import OperatorAction
from golive.runtime.drive import Inbox
from golive.runtime.operator_watch import OperatorWatch
from golive.storage.operator_inbox import OperatorInbox, OperatorMessage, put_message


def test_nobody_ends_an_observation_but_what_was_observed(tmp_path: Path) -> None:
    mail, inbox, warned = OperatorInbox(tmp_path, "okx_desktop_live"), Inbox(), list[str]()
    put_message(tmp_path, "okx_desktop_live", OperatorMessage(OperatorAction.OBSERVED, "mallory", "please", 1))
    put_message(tmp_path, "okx_desktop_live", OperatorMessage(OperatorAction.REARM, "rita", "golive risk rearm", 2))
    OperatorWatch(mail, inbox, warned.append).look()
    assert [act.action for act, _ in inbox.take_acts()] == [OperatorAction.REARM]
    assert warned == ["mallory asked for the end of an observation, which only what was observed can give"]
    assert len(list(mail.waiting())) == 1
