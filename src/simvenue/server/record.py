"""The last requests as they were received, for tests and for people who wonder what their client sends."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

KEPT = 2000
_HIDDEN = ("ok-access-passphrase",)


@dataclass(slots=True)
class Received:
    """One request; `status` 0 means the connection was cut without an answer."""

    at: int
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: str
    status: int = 0
    fault: str = ""

    def describe(self) -> Mapping[str, object]:
        return {
            "at": str(self.at),
            "method": self.method,
            "target": self.target,
            "headers": [[name, "***" if name.lower() in _HIDDEN else value] for name, value in self.headers],
            "body": self.body,
            "status": self.status,
            "fault": self.fault,
        }


class RequestLog:
    """A ring of received requests, oldest first."""

    def __init__(self) -> None:
        self._entries: deque[Received] = deque(maxlen=KEPT)

    def add(self, entry: Received) -> Received:
        self._entries.append(entry)
        return entry

    def last(self, count: int) -> list[Mapping[str, object]]:
        return [entry.describe() for entry in list(self._entries)[-count:]] if count else []
