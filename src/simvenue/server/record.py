"""The last requests as they were received, for tests and for people who wonder what their client sends; and how many."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Set
from dataclasses import dataclass

from ..face.request import RawRequest

KEPT = 2000
_SECOND = 1_000_000_000
_BUCKET = _SECOND // 20


@dataclass(slots=True)
class Received:
    """One request; `status` 0 means the connection was cut without an answer."""

    at: int
    request: RawRequest
    headers: tuple[tuple[bytes, bytes], ...]
    """as sent, name and value"""
    status: int = 0
    fault: str = ""

    def describe(self, hidden: Set[str]) -> Mapping[str, object]:
        pairs = [(name.decode("latin-1"), value.decode("utf-8", "replace")) for name, value in self.headers]
        return {
            "at": str(self.at),
            "method": self.request.method,
            "target": self.request.target.decode("utf-8", "replace"),
            "headers": [[name, "***" if name.lower() in hidden else value] for name, value in pairs],
            "body": self.request.body.decode("utf-8", "replace"),
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


class Rate:
    """How many events there were, and how many of them in the last second; times are monotonic ns."""

    def __init__(self) -> None:
        self._buckets: deque[list[int]] = deque(maxlen=_SECOND // _BUCKET + 1)
        self.total = 0

    def count(self, now: int) -> None:
        self.total += 1
        bucket = now // _BUCKET
        if self._buckets and self._buckets[-1][0] == bucket:
            self._buckets[-1][1] += 1
        else:
            self._buckets.append([bucket, 1])

    def last_second(self, now: int) -> int:
        edge = (now - _SECOND) // _BUCKET
        return sum(count for bucket, count in self._buckets if bucket > edge)


class Throughput:
    """How many requests of the dialect were answered; times are monotonic ns."""

    def __init__(self, started: int) -> None:
        self._started = started
        self.requests = Rate()
        """answered, or cut"""
        self.signed_orders = Rate()
        """of them those that were let through to the exchange as an order operation"""

    def describe(self, now: int) -> Mapping[str, object]:
        """Return the counts, and of both how many per second over the last second and since the start."""
        elapsed = max(1, now - self._started) / _SECOND
        return {
            "requests": self.requests.total,
            "signed_order_requests": self.signed_orders.total,
            "per_second": self.requests.last_second(now),
            "per_second_since_start": round(self.requests.total / elapsed, 1),
            "signed_orders_per_second": self.signed_orders.last_second(now),
            "signed_orders_per_second_since_start": round(self.signed_orders.total / elapsed, 1),
        }
