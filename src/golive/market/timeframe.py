"""Timeframes by name."""

from __future__ import annotations

from golive.model.clock import SECOND
from golive.model.errors import ConfigError

_UNITS = {"s": SECOND, "m": 60 * SECOND, "h": 3600 * SECOND, "d": 86_400 * SECOND}
TIMEFRAMES = ("1s", "1m", "3m", "5m", "15m", "30m", "1h", "2h", "4h", "6h", "12h", "1d")


def timeframe_ns(name: str) -> int:
    """Return the length of a timeframe in ns; ConfigError naming the known ones otherwise."""
    if name not in TIMEFRAMES:
        raise ConfigError(f"timeframe {name!r} is not supported; known: {', '.join(TIMEFRAMES)}")
    return int(name[:-1]) * _UNITS[name[-1]]


def built_from_trades(name: str) -> bool:
    """Say whether the bars of this timeframe are built here from trades instead of asked from the venue."""
    return name.endswith("s")
