"""The last requests as they were received, for tests and for people who wonder what their client sends."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Set
from dataclasses import dataclass

KEPT = 2000


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

    def describe(self, hidden: Set[str]) -> Mapping[str, object]:
        return {
            "at": str(self.at),
            "method": self.method,
            "target": self.target,
            "headers": [[name, "***" if name.lower() in hidden else value] for name, value in self.headers],
            "body": self.body,
            "status": self.status,
            "fault": self.fault,
        }


class RequestLog:
    """A ring of received requests, oldest first; headers named in `hidden` (lower case) are blanked when shown."""

    def __init__(self, hidden: Set[str]) -> None:
        self._hidden = hidden
        self._entries: deque[Received] = deque(maxlen=KEPT)

    def add(self, entry: Received) -> Received:
        self._entries.append(entry)
        return entry

    def last(self, count: int) -> list[Mapping[str, object]]:
        return [entry.describe(self._hidden) for entry in list(self._entries)[-count:]] if count else []
