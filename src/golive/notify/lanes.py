"""Attempts at channels, each on a thread of its own and under a time limit: a channel that does not answer holds up no other.

Python cannot end a thread. One that goes on after its time limit is left to itself, and a channel with two such threads is not
tried until one of them has ended.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from golive.model.alert import AlertMessage, Parcel, Sent
from golive.model.errors import GoliveError

LIMIT_S: Final = 10.0
"""how long a channel may take for one message"""
MOST_STUCK: Final = 2


class Sender(Protocol):
    """A channel; `deliver` blocks, and raises when the message was not taken."""

    def deliver(self, message: AlertMessage) -> None: ...


@dataclass(slots=True)
class _Attempt:
    parcel: Parcel
    until: float
    """monotonic seconds"""


class Lanes:
    """One lane per channel, one attempt per lane at a time. `wake` is called from any thread when an attempt has ended."""

    def __init__(self, senders: Mapping[str, Sender], wake: Callable[[], None], *, limit_s: float = LIMIT_S) -> None:
        self._senders = senders
        self._wake = wake
        self._limit_s = limit_s
        self._lock = threading.Lock()
        self._under_way: dict[str, _Attempt] = {}
        self._stuck: dict[str, int] = {}
        self._ended: list[Sent] = []

    def is_free(self, channel: str) -> bool:
        with self._lock:
            return channel not in self._under_way and self._stuck.get(channel, 0) < MOST_STUCK

    def send(self, parcel: Parcel) -> None:
        """Begin an attempt; `results` tells how it ended, also when the channel is not one of ours."""
        attempt = _Attempt(parcel, time.monotonic() + self._limit_s)
        with self._lock:
            self._under_way[parcel.channel] = attempt
        threading.Thread(target=self._run, args=(attempt,), name=f"alert to {parcel.channel}", daemon=True).start()

    def results(self) -> Sequence[Sent]:
        """Return the attempts that ended since, those included that have run out of time."""
        now = time.monotonic()
        with self._lock:
            for channel, attempt in list(self._under_way.items()):
                if now >= attempt.until:
                    del self._under_way[channel]
                    self._stuck[channel] = self._stuck.get(channel, 0) + 1
                    self._ended.append(Sent(attempt.parcel.message.alert_id, channel, f"no answer within {self._limit_s:g} s"))
            ended, self._ended = self._ended, []
        return ended

    def _run(self, attempt: _Attempt) -> None:
        channel, problem = attempt.parcel.channel, None
        try:
            if (sender := self._senders.get(channel)) is None:
                problem = "the configuration has no such channel any more"
            else:
                sender.deliver(attempt.parcel.message)
        except ModuleNotFoundError as exc:
            problem = f"{exc.name} is not installed: pip install 'golive[alerts]'"
        except GoliveError as exc:
            problem = str(exc)
        except BaseException as exc:  # noqa: BLE001 (whatever a plug-in does, the attempt has failed; its text may hold a secret)
            problem = f"{type(exc).__name__} in the channel's plug-in"
        with self._lock:
            if self._under_way.get(channel) is attempt:
                del self._under_way[channel]
                self._ended.append(Sent(attempt.parcel.message.alert_id, channel, problem))
            else:
                self._stuck[channel] -= 1
        self._wake()
