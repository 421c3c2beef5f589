"""Carries what named people ask of a running session from its inbox on disk to its dispatcher."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError
from golive.model.event import Operator, OperatorAction
from golive.storage.operator_inbox import OperatorInbox, Waiting

from .drive import Inbox

POLL_S: Final = 0.1


class OperatorWatch:
    """Posts each message once; its file goes when the dispatcher has done what it asks for."""

    def __init__(self, mail: OperatorInbox, inbox: Inbox, warn: Callable[[str], None]) -> None:
        self._mail = mail
        self._inbox = inbox
        self._warn = warn
        self._posted: set[Path] = set()

    async def run(self) -> None:
        """Look every `POLL_S` until cancelled. A message that cannot be read is told, and holds up all of them."""
        while True:
            try:
                self.look()
            except JournalError as exc:
                self._warn(f"what operators ask for is not heard: {exc}")
            await asyncio.sleep(POLL_S)

    def look(self) -> None:
        """Post what has come; JournalError for a message that cannot be read."""
        for waiting in self._mail.waiting():
            if waiting.path not in self._posted:
                self._posted.add(waiting.path)
                action, operator, cause, _ = waiting.message
                if action is OperatorAction.OBSERVED:
                    self._warn(f"{operator} asked for the end of an observation, which only what was observed can give")
                    self._done(waiting)
                    continue
                self._inbox.post(Operator(action, operator, cause, waiting.message.at), partial(self._done, waiting))

    def _done(self, waiting: Waiting) -> None:
        self._mail.done(waiting)
        self._posted.discard(waiting.path)
