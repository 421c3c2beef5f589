"""What follows when a channel does not take an alert, or nobody acknowledges it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from golive.model.alert import SELFTEST_CATEGORY, AlertMessage, AlertSeverity
from golive.model.clock import SECOND

GRAVE: Final = frozenset({AlertSeverity.ERROR, AlertSeverity.CRITICAL})
"""severities that wait for no channel: they are tried at once, and look for others"""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When an attempt that failed is followed by another: after a pause that doubles, up to a number of attempts."""

    first_s: float = 1.0
    longest_s: float = 300.0
    max_attempts: int = 20
    """with the pauses above the last one comes about an hour after the first"""
    widen_after: int = 3
    """failures of every channel after which an error or a critical alert also goes to the other critical channels"""

    def next_at(self, attempts: int, now: int) -> int | None:
        """Return when the attempt after `attempts` failed ones is due (ns); None when there is no other."""
        if attempts >= self.max_attempts:
            return None
        pause_s = min(self.longest_s, self.first_s * 2 ** min(attempts - 1, 30))
        return now + int(pause_s * SECOND)

    def widens(self, message: AlertMessage, failures: Iterable[int], *, has_arrived: bool) -> bool:
        """Say whether an alert must look for other channels; `failures` of each channel it has, none of which took it.

        A self-test looks for none: it asks about one channel.
        """
        may = message.severity in GRAVE and message.category != SELFTEST_CATEGORY and not has_arrived
        return may and all(made >= self.widen_after for made in failures)


def unacknowledged_reason(messages: Sequence[AlertMessage], timeout_seconds: int) -> str:
    """Return why emergency mode is switched on; names the oldest alert. `messages` has at least one."""
    first = messages[0]
    others = f" (and {len(messages) - 1} more)" if len(messages) > 1 else ""
    return f"critical alert {first.alert_id} ({first.title}){others} was not acknowledged within {timeout_seconds} s"
