"""Where a running process hands its alerts in: the outbox, opened anew after it failed, so that one put right is used again."""

from __future__ import annotations

from pathlib import Path

from golive.model.alert import AlertMessage
from golive.model.errors import JournalError

from .alert_outbox import AlertOutbox


class AlertIntake:
    """Puts messages into the outbox of `home`; JournalError, from the start, when it cannot. One thread at a time uses it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._outbox: AlertOutbox | None = AlertOutbox.open(home)

    def put(self, message: AlertMessage) -> None:
        """Keep a message; durable on return. After a failure the next message opens the outbox anew."""
        outbox, self._outbox = self._outbox or AlertOutbox.open(self._home), None
        try:
            outbox.put(message)
        except JournalError:
            outbox.close()
            raise
        self._outbox = outbox

    def close(self) -> None:
        if self._outbox is not None:
            self._outbox.close()
