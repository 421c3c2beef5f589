"""Refused calls in `logs/security_admin.log`: the first of a kind in a minute, the others counted: nobody fills the disk."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from golive.model.clock import MINUTE, Clock
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .gatekeeper import Refused

REFUSED: Final = "service_call_refused"
FIRST: Final = 3
"""refusals of one peer for one reason in a minute that have a record each"""
MOST: Final = 60
"""records in a minute in all"""


@dataclass(slots=True)
class _Minute:
    began: int
    told: int = 0
    untold: int = 0


class RefusalRecord:
    """`write(type, body)` appends one record and raises JournalError when it cannot; then `failure` says so."""

    def __init__(self, clock: Clock, write: Callable[[str, JsonObject], None]) -> None:
        self._clock = clock
        self._write = write
        self._kinds: dict[tuple[str, str], _Minute] = {}
        self._all = _Minute(0)
        self._lock = threading.Lock()
        self.failure = ""

    def note(self, refused: Refused, method: str) -> None:
        """Record a refusal, or count it with the next one that is recorded. Never raises: the call is refused either way."""
        now = self._clock.monotonic()
        with self._lock:
            if now - self._all.began >= MINUTE:
                self._all = _Minute(now)
                self._kinds = {kind: each for kind, each in self._kinds.items() if each.untold or now - each.began < MINUTE}
            kind = self._kinds.setdefault((refused.peer, refused.reason), _Minute(now))
            if now - kind.began >= MINUTE:
                kind.began, kind.told = now, 0
            if kind.told >= FIRST or self._all.told >= MOST:
                kind.untold += 1
                return
            kind.told += 1
            self._all.told += 1
            body: JsonObject = {
                "method": method,
                "reason": refused.reason,
                "peer_sha256": refused.peer,
                "of": refused.operator,
                "more_before": kind.untold,
            }
            kind.untold = 0
            try:
                self._write(REFUSED, body)
            except JournalError as exc:
                self.failure = str(exc)
