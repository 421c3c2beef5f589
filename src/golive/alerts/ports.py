"""What delivery needs from outside: the outbox, the audit, and something that sends without making anybody wait."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from golive.model.alert import AlertMessage, AlertRow, Parcel, Sent


class Outbox(Protocol):
    """Durable state of every alert. Each method is one transaction, durable on return; JournalError when it cannot be."""

    def pending(self, limit: int = 100) -> tuple[AlertMessage, ...]:
        """Return messages that no channel was chosen for: the gravest first, then the oldest."""
        ...

    def route(self, message: AlertMessage, channels: Sequence[str], now: int, due_at: int | None) -> None:
        """Send a message on its way; with no channel its outcome is `no_channel`. `due_at`: when it must be acknowledged."""
        ...

    def widen(self, alert_id: str, channels: Sequence[str], now: int) -> None:
        """Send a message to more channels, once."""
        ...

    def due(self, now: int) -> tuple[Parcel, ...]:
        """Return what waits for an attempt that is due, the first of each channel.

        The gravest come first; of the same severity what was never tried, then the oldest.
        """
        ...

    def has_arrived(self, alert_id: str) -> bool:
        """Say whether any channel took the message."""
        ...

    def attempts(self, alert_id: str) -> Mapping[str, int]:
        """Return how many attempts each channel of a message that was not widened has seen; none for one that was."""
        ...

    def grave_waiting(self) -> tuple[AlertMessage, ...]:
        """Return errors and critical alerts that wait, that no channel took and that were not widened."""
        ...

    def suppress(self, alert_id: str) -> None:
        """End a message that was delivered nowhere."""
        ...

    def begin(self, parcel: Parcel) -> Parcel:
        """Write down that an attempt begins, before it does; return the parcel with that attempt counted."""
        ...

    def settle(self, sent: Sent, retry_at: Callable[[int], int | None]) -> AlertRow | None:
        """Write down how an attempt ended; None when none is under way. `retry_at`: failed attempts → time of the next."""
        ...

    def interrupt_all(self, now: int) -> tuple[Parcel, ...]:
        """Let every attempt that an ended process was in the middle of be made again; return them."""
        ...

    def outcomes(self, limit: int = 200) -> tuple[tuple[int, AlertRow], ...]:
        """Return what the audit has not taken yet, oldest first, numbered."""
        ...

    def audited(self, numbers: Iterable[int]) -> None:
        """Drop outcomes that stand in the audit."""
        ...

    def remembered(self) -> Iterable[tuple[str, str, int]]:
        """Return what the throttle knew: (scope, dedup_key, delivered at)."""
        ...

    def remember(self, scope: str, dedup_key: str, now: int, forgotten: Sequence[str]) -> None: ...

    def overdue(self, now: int) -> tuple[AlertMessage, ...]:
        """Return what nobody acknowledged in time and nobody has escalated, oldest first."""
        ...

    def escalated(self, alert_ids: Sequence[str], now: int) -> None: ...


class AuditLog(Protocol):
    """Where outcomes are written down for good."""

    def append(self, rows: Sequence[AlertRow]) -> None:
        """Write rows down; durable on return. JournalError when they cannot be."""
        ...

    def has(self, row: AlertRow) -> bool:
        """Say whether the newest file has this row already; asked for what a process left that ended in between."""
        ...


class Channels(Protocol):
    """Sends to channels, each on its own; nobody waits for one."""

    def is_free(self, channel: str) -> bool: ...

    def send(self, parcel: Parcel) -> None:
        """Begin an attempt at a free channel; `results` tells how it ended, also when the channel never answers."""
        ...

    def results(self) -> Sequence[Sent]:
        """Return the attempts that ended since."""
        ...
