"""Whether a venue can be traded on now: is it to be left alone, and must a connection to it be rebuilt. Pure values.

Source: CONTRACT, Live router, `failover_status`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FailoverStatus:
    """One adapter's state; reasons are '' and seconds 0 where nothing is active."""

    throttle_active: bool
    """the venue told us to wait or banned us: no call leaves this host for it"""
    throttle_remaining_seconds: float
    throttle_reason: str
    reconnect_required: bool
    """the retries of a read or of a stream were spent on network errors, and none has succeeded since"""
    reconnect_remaining_seconds: float
    """until the open circuit lets the next call try"""
    reconnect_reason: str


class Reconnection:
    """What has spent its retries on network errors and not succeeded since, by source (`rest`, a stream's name)."""

    def __init__(self) -> None:
        self._spent: dict[str, str] = {}

    def spent(self, source: str, reason: str) -> None:
        self._spent[source] = reason

    def succeeded(self, source: str) -> None:
        self._spent.pop(source, None)

    @property
    def is_required(self) -> bool:
        return bool(self._spent)

    @property
    def reason(self) -> str:
        """Each source and its reason, oldest first; '' when nothing is required."""
        return "; ".join(f"{source}: {reason}" if reason else source for source, reason in self._spent.items())


def failover_status(paused: tuple[float, str], reconnection: Reconnection, circuit_open_s: float) -> FailoverStatus:
    """Return the status that follows from the budget's pause (seconds, why), the reconnections and the open circuit."""
    seconds, reason = paused
    return FailoverStatus(
        throttle_active=seconds > 0,
        throttle_remaining_seconds=seconds,
        throttle_reason=reason,
        reconnect_required=reconnection.is_required,
        reconnect_remaining_seconds=circuit_open_s if reconnection.is_required else 0.0,
        reconnect_reason=reconnection.reason,
    )
