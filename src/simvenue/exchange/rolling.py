"""Statistics of the last 24 hours of a market, kept up with every step at constant cost."""

from __future__ import annotations

from collections import deque

from .bar import DAY


class Rolling24h:
    """Open, high, low (ticks), volume (lots) and notional (quote units) of the last 24 hours of market time."""

    def __init__(self) -> None:
        self._steps: deque[tuple[int, int, int, int]] = deque()
        self._highs: deque[tuple[int, int]] = deque()
        self._lows: deque[tuple[int, int]] = deque()
        self.volume = 0
        self.notional = 0

    def add(self, ts: int, opened: int, high: int, low: int, volume: int, notional: int) -> None:
        self._steps.append((ts, opened, volume, notional))
        self.volume += volume
        self.notional += notional
        while self._highs and self._highs[-1][1] <= high:
            self._highs.pop()
        self._highs.append((ts, high))
        while self._lows and self._lows[-1][1] >= low:
            self._lows.pop()
        self._lows.append((ts, low))
        self.expire(ts)

    def expire(self, now: int) -> None:
        """Forget what is older than 24 hours, but never the last step."""
        edge = now - DAY
        while len(self._steps) > 1 and self._steps[0][0] <= edge:
            _, _, volume, notional = self._steps.popleft()
            self.volume -= volume
            self.notional -= notional
        while len(self._highs) > 1 and self._highs[0][0] <= edge:
            self._highs.popleft()
        while len(self._lows) > 1 and self._lows[0][0] <= edge:
            self._lows.popleft()

    @property
    def open(self) -> int | None:
        return self._steps[0][1] if self._steps else None

    @property
    def high(self) -> int | None:
        return self._highs[0][1] if self._highs else None

    @property
    def low(self) -> int | None:
        return self._lows[0][1] if self._lows else None
