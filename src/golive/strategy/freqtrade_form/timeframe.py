"""The texts by which the form names a candle's length: `5m`, `1h`, `1d`, `1w`."""

from __future__ import annotations

import re
from typing import Final

from golive.model.errors import ConfigError

_MINUTES: Final = {"m": 1, "h": 60, "d": 1440, "w": 10080}


def timeframe_to_minutes(timeframe: str) -> int:
    """Return the length in minutes; ConfigError for a text that names none."""
    found = re.fullmatch(r"([1-9]\d*)([mhdw])", timeframe)
    if found is None:
        raise ConfigError(f"timeframe {timeframe!r}: write a number and m, h, d or w, as in 5m")
    return int(found[1]) * _MINUTES[found[2]]


def timeframe_to_seconds(timeframe: str) -> int:
    return timeframe_to_minutes(timeframe) * 60


def timeframe_to_msecs(timeframe: str) -> int:
    return timeframe_to_minutes(timeframe) * 60_000
