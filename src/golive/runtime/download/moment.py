"""Reading the times of the command line."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from golive.model.clock import SECOND
from golive.model.errors import ConfigError

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def moment(text: str, option: str) -> int:
    """Return ns UTC of a date or an ISO-8601 time (UTC when it names no zone); ConfigError naming the option otherwise."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} {text}: give a date or a time in UTC like 2024-01-01 or 2024-01-01T12:00:00Z") from None
    aware = read if read.tzinfo is not None else read.replace(tzinfo=timezone.utc)
    since_epoch = aware - _EPOCH
    if since_epoch < timedelta(0):
        raise ConfigError(f"{option} {text}: it is before 1970")
    return (since_epoch.days * 86_400 + since_epoch.seconds) * SECOND
