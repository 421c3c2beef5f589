"""What happens to orders by wall time alone: expiries of single orders, dead-man's switches of accounts. All times ns."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import heappop, heappush


class Timers:
    """Expiries by time, and the one switch an account (and market, None for all) may have armed."""

    def __init__(self) -> None:
        self._expiries: list[tuple[int, int]] = []
        self._switches: dict[tuple[str, str | None], int] = {}

    def add_expiry(self, at: int, order_id: int) -> None:
        heappush(self._expiries, (at, order_id))

    def take_expired(self, now: int) -> Iterator[int]:
        """Yield the ids of orders whose time has come, earliest first; each once."""
        while self._expiries and self._expiries[0][0] <= now:
            yield heappop(self._expiries)[1]

    def arm(self, account: str, symbol: str | None, at: int | None) -> None:
        """Set the switch to act at `at`; None disarms it."""
        if at is None:
            self._switches.pop((account, symbol), None)
        else:
            self._switches[(account, symbol)] = at

    def armed(self, account: str, symbol: str | None) -> int | None:
        """Return when the switch acts, None when it is not armed."""
        return self._switches.get((account, symbol))

    def take_switches(self, now: int) -> list[tuple[str, str | None]]:
        """Disarm and return the switches whose time has come, earliest first."""
        due = sorted((at, account, symbol or "") for (account, symbol), at in self._switches.items() if at <= now)
        found = [(account, symbol or None) for _, account, symbol in due]
        for member in found:
            del self._switches[member]
        return found

    def is_due(self, now: int) -> bool:
        """Say whether anything has come to its time."""
        return bool(self._expiries and self._expiries[0][0] <= now) or any(at <= now for at in self._switches.values())
