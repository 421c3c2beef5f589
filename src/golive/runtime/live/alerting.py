"""Alerts of a live desk are kept by a thread of their own: who raises one waits for no disk, and meets no fault of the outbox."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import Final

from golive.model.command import Alert
from golive.model.errors import GoliveError
from golive.model.redaction import redacted

LIMIT: Final = 1000
"""alerts that wait; what comes when as many do is said on stderr alone"""
PAUSES_S: Final = (0.25, 5.0)
"""the first and the longest pause before an alert that could not be kept is tried again"""
CLOSE_S: Final = 2.0
"""how long an end waits for alerts that are not kept yet"""


def to_stderr(line: str) -> None:
    """Write a line to stderr, without secrets; one that is closed has nobody who reads it."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{redacted(line)}\n")
        sys.stderr.flush()


class AlertThread:
    """Keeps alerts one after the other, in order. One that cannot be kept is said on stderr, once, and tried until it is."""

    def __init__(
        self,
        keep: Callable[[Alert], None],
        *,
        limit: int = LIMIT,
        pauses_s: tuple[float, float] = PAUSES_S,
        say: Callable[[str], None] = to_stderr,
    ) -> None:
        """`keep` is called on the thread, may block, and may raise anything."""
        self._keep = keep
        self._limit = limit
        self._first_pause_s, self._longest_pause_s = pauses_s
        self._say = say
        self._waiting: deque[Alert] = deque()
        self._said = 0
        """how many of those, from the oldest on, were said on stderr"""
        self._lost: deque[Alert] = deque(maxlen=limit)
        """that found no room, and were not said yet"""
        self._changed = threading.Condition()
        self._is_closing = False
        self._gives_up = False
        self._thread: threading.Thread | None = None

    def put(self, alert: Alert) -> None:
        """Take an alert; never waits for `keep`, never raises. From any thread."""
        with self._changed:
            if self._gives_up or len(self._waiting) >= self._limit:
                self._lost.append(alert)
            else:
                self._waiting.append(alert)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="alerts", daemon=True)
                self._thread.start()
            self._changed.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until all that was put is kept; False when that takes longer."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._waiting, timeout_s)

    def close(self, timeout_s: float = CLOSE_S) -> None:
        """Wait a moment for what is not kept, and end; what is not kept then has been said on stderr. Blocks."""
        with self._changed:
            self._is_closing = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(timeout_s)
        with self._changed:
            self._gives_up = True
            self._changed.notify_all()
        self._say_unkept("the desk has ended")

    def _run(self) -> None:
        pause_s = self._first_pause_s
        while (alert := self._next()) is not None:
            try:
                self._keep(alert)
            except Exception as exc:  # noqa: BLE001 - whatever it was, the alert is not kept
                self._say_unkept(str(exc) if isinstance(exc, GoliveError) else f"{type(exc).__name__}: {exc}")
                with self._changed:
                    self._changed.wait_for(lambda: self._gives_up, pause_s)
                pause_s = min(2 * pause_s, self._longest_pause_s)
            else:
                pause_s = self._first_pause_s
                with self._changed:
                    self._waiting.popleft()
                    self._said = max(0, self._said - 1)
                    self._changed.notify_all()

    def _next(self) -> Alert | None:
        """Return the oldest alert that is not kept; None at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_closing or self._gives_up)
            return None if self._gives_up or not self._waiting else self._waiting[0]

    def _say_unkept(self, why: str) -> None:
        with self._changed:
            unsaid = [*list(self._waiting)[self._said :], *self._lost]
            self._said = len(self._waiting)
            self._lost.clear()
        for alert in unsaid:
            self._say(f"alert not kept ({why}): {alert.severity}: {alert.title}: {alert.body}")
