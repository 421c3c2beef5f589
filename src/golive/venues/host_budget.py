"""The request budget that all processes of a host share: whom it lets out next, by what all of them have logged (`host_log.py`).

A call costs one short transaction, and no block of tokens is set aside for anybody. First come, first served for each
rule within a process (`line.py`); among processes whoever is next at a rule without room holds that rule's byte of the
lock file, and nobody who uses the rule overtakes. Nothing here blocks the event loop: a busy file is tried again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from pathlib import Path
from typing import Final, NamedTuple

from golive.model.clock import SECOND

from .admission import NotAdmitted
from .budget import named, refuse_impossible, use_of
from .budget_file import boot_id, host_now
from .host_lock import HostLock, slot
from .host_log import BUSY_POLL_NS, HostLog
from .line import NOTHING, Line, Shortage, Use
from .profile import DecayRule, RateRule

_POLL_S: Final = 0.003
"""other processes set no event of ours"""
_BUSY_LIMIT_S: Final = 5.0
_SCOPES_KEPT: Final = 1024


class Charges(NamedTuple):
    """What a call weighs, as it stands in the log, and the rules it uses."""

    text: str
    use: Use
    at: tuple[int, ...]
    """the positions of its rules, in order"""


class HostBudget:
    """All rules of one venue over all processes that share `folder`.

    `key` and `address` say who calls: rules per key add up the calls of one key, rules per address those to one
    endpoint. Use within one event loop; `close()` at the end. Raises NotAdmitted when the file cannot be read.
    """

    def __init__(
        self,
        rules: Sequence[RateRule],
        folder: Path,
        adapter: str,
        *,
        key: str,
        address: str,
        wall: Callable[[], int],
        now: Callable[[], int] = host_now,
        boot: Callable[[], str] = boot_id,
    ) -> None:
        self._rules: tuple[RateRule, ...] = tuple(sorted(rules, key=lambda rule: isinstance(rule, DecayRule)))
        """in the order of the gauges"""
        self.now = now
        path = folder / f"{adapter}.sqlite"
        self.log = HostLog(self._rules, path, key=key, address=address, wall=wall, now=now, boot=boot)
        self._places = slot(f"turn {key}")
        """the first of two bytes for each rule: those at which orders and cancels wait, then those at which reads wait"""
        self._claimed: set[int] = set()
        self._line = Line(now=now, describe=self._describe, changed=self._claim)
        self._busy_since: int | None = None
        self._known: dict[tuple[tuple[str, int], ...], Charges] = {}

    # callers

    def take(self, scopes: Mapping[str, int], *, patience_s: float) -> AbstractAsyncContextManager[float]:
        """See `RequestBudget.take`; also raises NotAdmitted for a call heavier than a whole rule."""
        return _Place(self, scopes, patience_s)

    def begun(self, charges: Charges, patience_s: float) -> int | None:
        """Log the call and return its number, to be given to `end`, when it may leave at once; else None."""
        if self._line.holds_up(charges.use) or self._attempt(charges, patience_s) is not None:
            return None
        return self.log.number

    async def wait(self, charges: Charges, patience_s: float) -> int:
        """Wait for room, and do as `begun`."""

        def attempt(left_s: float) -> Shortage | None:
            return self._attempt(charges, left_s)

        await self._line.wait(charges.use, patience_s, attempt, _POLL_S)
        return self.log.number

    def _attempt(self, charges: Charges, left_s: float) -> Shortage | None:
        """Log the call as begun if nobody of another process is before it and there is room; else say what is missing."""
        elsewhere = self._held_elsewhere(charges.use)
        if elsewhere:
            return Shortage(elsewhere, None, elsewhere=True)
        return self.attempt_here(charges, left_s)

    def attempt_here(self, charges: Charges, left_s: float) -> Shortage | None:
        """Log the call as begun if there is room, whoever else waits; else say what is missing."""
        if self.log.appended(charges.text, charges.at):
            self._busy_since = None
            return None
        try:
            lack = self.log.admit(charges.text, charges.at, charges.use.rules, left_s)
        except sqlite3.Error as exc:
            return Shortage(charges.use.rules, self._busy(exc))
        self._busy_since = None
        return lack

    def _held_elsewhere(self, use: Use) -> frozenset[int]:
        """Return the rules of this use for which another process waits."""
        lock, size = self.opened(), len(self._rules)
        ranges = (self._places, self._places + size) if use.is_read else (self._places,)
        if not lock.is_held(self._places, size * len(ranges)):
            return NOTHING
        return frozenset(at for at in use.rules for first in ranges if lock.is_held(first + at))

    def _claim(self) -> None:
        """Hold this host's place for exactly those rules without room for which a call of this process is next."""
        lock = self.log.lock
        if lock is None:
            return
        size = len(self._rules)
        wanted = {self._places + at for at in self._line.full(is_read=False)}
        wanted |= {self._places + size + at for at in self._line.full(is_read=True)}
        for place in self._claimed - wanted:
            lock.unlock(place)
        self._claimed = {place for place in wanted if place in self._claimed or lock.try_lock(place)}

    def _describe(self, lack: Shortage) -> str:
        what = named(self._rules, lack.rules)
        lock = self.log.lock
        if not lack.elsewhere or lock is None:
            return f"no room in {what}"
        holders = {lock.holders(self._places + shift + at) for at in lack.rules for shift in (0, len(self._rules))}
        who = ", ".join(sorted(holders - {"another process"})) or "another process"
        return f"{who} is before it at {what} and holds its place in {lock.path}"

    def charges(self, scopes: Mapping[str, int]) -> Charges:
        """Return what stands for these scopes in the log, and the rules they use."""
        key = tuple(scopes.items())
        known = self._known.get(key)
        if known is None:
            refuse_impossible(self._rules, scopes)
            text = json.dumps(dict(scopes), sort_keys=True, separators=(",", ":"))
            use = use_of(self._rules, scopes)
            if len(self._known) >= _SCOPES_KEPT:
                self._known.clear()
            known = self._known[key] = Charges(text, use, tuple(sorted(use.rules)))
        return known

    def _busy(self, exc: sqlite3.Error) -> int:
        """Return when to try again; raise NotAdmitted when the file is not just busy, or has been for too long."""
        now = self.now()
        self._busy_since = self._busy_since or now
        is_busy = getattr(exc, "sqlite_errorcode", -1) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if not is_busy or now - self._busy_since > _BUSY_LIMIT_S * SECOND:
            self._busy_since = None
            raise self._unusable(exc) from exc
        return BUSY_POLL_NS

    def _unusable(self, exc: Exception) -> NotAdmitted:
        return NotAdmitted(
            f"the request budget of this host, {self.log.path}, cannot be used ({exc}): not sent; "
            f"check its disk, or stop all Golive processes and delete it",
            None,
        )

    def end(self, number: int, charges: Charges) -> None:
        self.log.ended(number, charges.text)
        self._line.wake()

    def refuse_if_paused(self, patience_s: float) -> None:
        self.log.pause.wait_ns(self.now(), patience_s)

    def pause(self, seconds: float, reason: str, *, ban: bool) -> None:
        self.log.pause_until(self.now() + int(seconds * SECOND), reason, ban=ban)

    @property
    def paused(self) -> tuple[float, str]:
        """As of the last call or of now, when the file can be read at once."""
        with suppress(sqlite3.Error, OSError):
            self.log.look()
        remaining = self.log.pause.remaining_s(self.now())
        return (remaining, self.log.pause.reason) if remaining else (0.0, "")

    def opened(self) -> HostLock:
        """Return the lock file, opened with the log if need be."""
        try:
            return self.log.opened()
        except (OSError, sqlite3.Error) as exc:
            raise self._unusable(exc) from exc

    async def close(self) -> None:
        """Log what has ended and leave; idempotent."""
        await self.log.close()
        self._claimed = set()


class _Place(AbstractAsyncContextManager[float]):
    """One call's place in the budget; a class, because a generator costs more than the rest of the way in."""

    __slots__ = ("_budget", "_charges", "_number", "_patience_s", "_scopes")

    def __init__(self, budget: HostBudget, scopes: Mapping[str, int], patience_s: float) -> None:
        self._budget = budget
        self._scopes = scopes
        self._patience_s = patience_s

    async def __aenter__(self) -> float:
        begun = self._budget.now()
        self._charges = self._budget.charges(self._scopes)
        number = self._budget.begun(self._charges, self._patience_s)
        self._number = await self._budget.wait(self._charges, self._patience_s) if number is None else number
        return (self._budget.now() - begun) / SECOND

    async def __aexit__(self, *_: object) -> None:
        self._budget.end(self._number, self._charges)
