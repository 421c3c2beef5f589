"""Alerts of a running process are kept again once an outbox that failed was put right."""

from __future__ import annotations

from pathlib import Path

import pytest

from golive.model.alert import AlertMessage, AlertSeverity
from golive.model.errors import JournalError
from golive.storage.alert_intake import AlertIntake
from golive.storage.alert_outbox import AlertOutbox
from support.durable import START


def message(n: int) -> AlertMessage:
    return AlertMessage(f"id-{n}", "risk", AlertSeverity.CRITICAL, "title", "body", START + n, "k")


def test_an_outbox_that_goes_away_takes_nothing_unseen_and_one_that_is_put_right_takes_it(tmp_path: Path) -> None:
    intake = AlertIntake(tmp_path)
    intake.put(message(1))
    held = AlertOutbox.open(tmp_path)
    held.path.unlink()
    with pytest.raises(JournalError, match="removed or replaced while it was open"):
        held.pending()
    with pytest.raises(JournalError, match="removed or replaced while it was open"):
        intake.put(message(2))
    held.close()
    for left in tmp_path.glob("var/state/alerts/outbox.sqlite-*"):
        left.unlink()
    held.path.write_text("no database at all " * 500)
    for _ in range(2):
        with pytest.raises(JournalError, match="cannot open the alert outbox"):
            intake.put(message(2))
    held.path.unlink()
    intake.put(message(2))
    intake.close()
    outbox = AlertOutbox.open(tmp_path)
    assert outbox.pending() == (message(2),)
    outbox.close()
