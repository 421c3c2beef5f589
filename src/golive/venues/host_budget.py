"""The request budget that all processes of a host share: one SQLite file per adapter, a log of calls begun and ended.

Every process keeps how full the rules are in memory and brings that up to date from the log, under the write
lock, before it lets a call leave; so a call costs one short transaction, and no block of tokens is set aside for
anybody. An end may be logged a little late, with the time it happened: until then the call counts as running, which
errs on the safe side. What a killed process had running counts as ended when another notices that its lock is free.

First come, first served for each rule within a process (`line.py`); among processes whoever is next at a rule without
room holds that rule's byte of the lock file, and nobody who uses the rule overtakes. Time is `CLOCK_BOOTTIME`, the same
for all processes of a host and running through its sleep; after a restart of the host the remembered calls count as
having ended at that moment.
`synchronous=NORMAL` is enough: a process's death loses nothing, a power cut may lose the last calls but not the file.
Nothing here blocks the event loop: a busy file is tried again, and the log is folded into the file beside the loop.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, suppress
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from golive.model.clock import MILLISECOND, SECOND

from .admission import NotAdmitted
from .budget import NO_PAUSE, Pause, longer, named, refuse_impossible, use_of
from .budget_file import boot_id, fold_log, host_now, open_file
from .host_gauge import Charged, HostGauges, Level
from .host_lock import HostLock, slot
from .line import NOTHING, Line, Shortage, Use, shortage
from .profile import BudgetRule, DecayRule, RateRule

_BEGUN, _ENDED, _QUIET, _BANNED, _LEVEL = range(5)
T = TypeVar("T")
_POLL_S: Final = 0.003
"""other processes set no event of ours"""
_BUSY_POLL_NS: Final = MILLISECOND
_BUSY_LIMIT_S: Final = 5.0
_FLUSH_S: Final = 0.02
_TIDY_EVERY: Final = 1024
_MARGIN_NS: Final = 60 * SECOND
"""how much longer than the longest window an event stays in the file"""
_READ: Final = "SELECT seq, kind, owner, number, key, address, charges, at FROM event WHERE seq > ? ORDER BY seq"
_WRITE: Final = "INSERT INTO event(kind, owner, number, key, address, charges, at) VALUES (?,?,?,?,?,?,?)"
_WRITE_TWO: Final = f"{_WRITE}, (?,?,?,?,?,?,?)"
"""what most transactions do: the end of the last call and the beginning of the next"""
_APPEND: Final = tuple(
    "INSERT INTO event(kind, owner, number, key, address, charges, at) "
    f"SELECT * FROM (VALUES {', '.join(['(?,?,?,?,?,?,?)'] * rows)}) WHERE (SELECT max(seq) FROM event) = ?"
    for rows in (1, 2)
)
"""the same in one statement, done only when the last event of the file is the one we know"""

_Event = tuple[int, int, int, str, str, str, int]
"""kind, owner, number, key, address, charges, time: see `budget_file`"""


class _Call(NamedTuple):
    """A call that has begun and not ended, and the gauges here that it counts in."""

    key: str
    address: str
    charges: str
    gauges: Charged


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
        self._longest = int(max((rule.window_s for rule in rules if isinstance(rule, BudgetRule)), default=0.0) * SECOND)
        self._path = folder / f"{adapter}.sqlite"
        self._key = key
        self._address = address
        self._wall = wall
        self.now = now
        self._boot = boot
        self._owner = secrets.randbits(48)
        self._member = slot(f"member {self._owner}")
        self._places = slot(f"turn {key}")
        """the first of two bytes for each rule: those at which orders and cancels wait, then those at which reads wait"""
        self._claimed: set[int] = set()
        self._line = Line(now=now, describe=self._describe, changed=self._claim)
        self._numbers = 0
        self._busy_since: int | None = None
        self._known: dict[tuple[tuple[str, int], ...], Charges] = {}
        self._log: list[_Event] = []
        """what happened here and is not in the file yet"""
        self._unwritten: list[_Event] = []
        """of the transaction under way: memory knows them, the file does not yet"""
        self._flush: asyncio.TimerHandle | None = None
        self._tidying: asyncio.Future[None] | None = None
        self._until_tidy = _TIDY_EVERY
        self._file: sqlite3.Connection | None = None
        self._lock: HostLock | None = None
        self._forget()

    def _forget(self) -> None:
        self._gauges = HostGauges(self._rules, key=self._key, address=self._address)
        self._running: dict[tuple[int, int], _Call] = {}
        """by owner and number"""
        self._pause = NO_PAUSE
        self._seen = 0
        self._unwritten.clear()
        self._caught_up = self.now()

    # callers

    def take(self, scopes: Mapping[str, int], *, patience_s: float) -> AbstractAsyncContextManager[float]:
        """See `RequestBudget.take`; also raises NotAdmitted for a call heavier than a whole rule."""
        return _Place(self, scopes, patience_s)

    async def begin(self, charges: Charges, patience_s: float) -> int:
        """Wait for room and log the call; return its number, to be given to `end`."""

        def attempt(left_s: float) -> Shortage | None:
            return self._attempt(charges, left_s)

        if self._line.holds_up(charges.use) or attempt(patience_s) is not None:
            await self._line.wait(charges.use, patience_s, attempt, _POLL_S)
        return self._numbers

    def _attempt(self, charges: Charges, left_s: float) -> Shortage | None:
        """Log the call as begun if nobody of another process is before it and there is room; else say what is missing."""
        elsewhere = self._held_elsewhere(charges.use)
        if elsewhere:
            return Shortage(elsewhere, None, elsewhere=True)
        return self._try(charges, left_s)

    def _held_elsewhere(self, use: Use) -> frozenset[int]:
        """Return the rules of this use for which another process waits."""
        lock, size = self._opened(), len(self._rules)
        ranges = (self._places, self._places + size) if use.is_read else (self._places,)
        if not lock.is_held(self._places, size * len(ranges)):
            return NOTHING
        return frozenset(at for at in use.rules for first in ranges if lock.is_held(first + at))

    def _claim(self) -> None:
        """Hold this host's place for exactly those rules without room for which a call of this process is next."""
        lock = self._lock
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
        if not lack.elsewhere or self._lock is None:
            return f"no room in {what}"
        holders = {self._lock.holders(self._places + shift + at) for at in lack.rules for shift in (0, len(self._rules))}
        who = ", ".join(sorted(holders - {"another process"})) or "another process"
        return f"{who} is before it at {what} and holds its place in {self._lock.path}"

    def charges(self, scopes: Mapping[str, int]) -> Charges:
        """Return what stands for these scopes in the log, and the rules they use."""
        key = tuple(scopes.items())
        known = self._known.get(key)
        if known is None:
            refuse_impossible(self._rules, scopes)
            text = json.dumps(dict(scopes), sort_keys=True, separators=(",", ":"))
            use = use_of(self._rules, scopes)
            known = self._known[key] = Charges(text, use, tuple(sorted(use.rules)))
        return known

    def _try(self, charges: Charges, left_s: float) -> Shortage | None:
        if self._appended(charges):
            return None
        try:
            lack = self._transaction(lambda: self._admit(charges, left_s))
        except sqlite3.Error as exc:
            return Shortage(charges.use.rules, self._busy(exc))
        self._busy_since = None
        return lack

    def _appended(self, charges: Charges) -> bool:
        """Log the call as begun in one statement where that needs no look at what others did; False: nothing happened.

        While nobody else has written, memory is up to date, and what ended here and is not in it yet only counts for more.
        """
        now = self.now()
        is_plain = len(self._log) < len(_APPEND) and self._until_tidy > 1 and self._pause.until <= now
        if not is_plain or now - self._caught_up > self._longest or self._shortage(charges, now) is not None:
            return False
        begun = (_BEGUN, self._owner, self._numbers + 1, self._key, self._address, charges.text, now)
        events = [*self._log, begun]
        assert self._file is not None
        try:
            done = self._file.execute(_APPEND[len(events) - 1], (*chain.from_iterable(events), self._seen))
        except sqlite3.Error:
            return False  # the whole transaction says what is wrong with the file
        if done.rowcount != len(events):
            return False
        self._seen, self._caught_up, self._busy_since = done.lastrowid or 0, now, None
        self._numbers += 1
        self._until_tidy -= 1
        self._log.clear()
        for event in events:
            self._fold(*event)
        return True

    def _admit(self, charges: Charges, left_s: float) -> Shortage | None:
        now = self._caught_up
        quiet = self._pause.wait_ns(now, left_s)
        if quiet:
            return Shortage(charges.use.rules, quiet)
        lack = self._shortage(charges, now)
        if lack is not None and self._bury(now):
            lack = self._shortage(charges, now)
        if lack is None:
            self._numbers += 1
            self._happened((_BEGUN, self._owner, self._numbers, self._key, self._address, charges.text, now))
        return lack

    def _shortage(self, charges: Charges, now: int) -> Shortage | None:
        gauges = self._gauges.charged(self._key, self._address, charges.text)
        return shortage([(at, gauge, weight) for at, (gauge, weight) in zip(charges.at, gauges, strict=True)], now)

    def _busy(self, exc: sqlite3.Error) -> int:
        """Return when to try again; raise NotAdmitted when the file is not just busy, or has been for too long."""
        now = self.now()
        self._busy_since = self._busy_since or now
        is_busy = getattr(exc, "sqlite_errorcode", -1) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
        if not is_busy or now - self._busy_since > _BUSY_LIMIT_S * SECOND:
            self._busy_since = None
            raise self._unusable(exc) from exc
        return _BUSY_POLL_NS

    def _unusable(self, exc: Exception) -> NotAdmitted:
        return NotAdmitted(
            f"the request budget of this host, {self._path}, cannot be used ({exc}): not sent; "
            f"check its disk, or stop all Golive processes and delete it",
            None,
        )

    def end(self, number: int, charges: Charges) -> None:
        self._log.append((_ENDED, self._owner, number, self._key, self._address, charges.text, self.now()))
        self._line.wake()
        self._flush_soon()

    def refuse_if_paused(self, patience_s: float) -> None:
        self._pause.wait_ns(self.now(), patience_s)

    def pause(self, seconds: float, reason: str, *, ban: bool) -> None:
        until = self.now() + int(seconds * SECOND)
        self._pause = longer(self._pause, Pause(until, reason, ban))
        self._log.append((_BANNED if ban else _QUIET, self._owner, 0, self._key, self._address, reason, until))
        self._flush_now()

    @property
    def paused(self) -> tuple[float, str]:
        """As of the last call or of now, when the file can be read at once."""
        with suppress(sqlite3.Error, NotAdmitted):
            self._opened()
            assert self._file is not None
            self._catch_up(self._file)
        remaining = self._pause.remaining_s(self.now())
        return (remaining, self._pause.reason) if remaining else (0.0, "")

    async def close(self) -> None:
        """Log what has ended and leave; idempotent."""
        if self._file is None:
            return
        if self._flush is not None:
            self._flush.cancel()
        for _ in range(50):
            if self._flush_now():
                break
            await asyncio.sleep(_BUSY_POLL_NS / SECOND)
        if self._tidying is not None:
            await asyncio.gather(self._tidying, return_exceptions=True)
        self._file.close()
        assert self._lock is not None
        self._lock.close()
        self._file = self._lock = None
        self._claimed = set()

    # the log

    def _flush_soon(self, after_s: float = _FLUSH_S) -> None:
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(after_s, self._flush_later)

    def _flush_later(self) -> None:
        self._flush = None
        if not self._flush_now():
            self._flush_soon(10 * _FLUSH_S)

    def _flush_now(self) -> bool:
        """Write what happened here; False when the file cannot be had at once."""
        if not self._log:
            return True
        try:
            self._opened()
            self._transaction(lambda: None)
        except (sqlite3.Error, NotAdmitted):
            return False
        return True

    def _transaction(self, work: Callable[[], T]) -> T:
        """Do `work` under the write lock, up to date with all others; what happened here is in the file afterwards."""
        file = self._file
        assert file is not None
        file.execute("BEGIN IMMEDIATE")
        logged = len(self._log)
        refusal: NotAdmitted | None = None
        try:
            self._catch_up(file)
            for event in self._log[:logged]:
                self._happened(event)
            try:
                done = work()
            except NotAdmitted as exc:
                refusal = exc
            self._until_tidy -= 1
            if self._until_tidy <= 0:
                self._tidy(file)
            self._write(file)
            file.execute("COMMIT")
        except BaseException:
            self._forget()  # memory may be ahead of the file
            with suppress(sqlite3.Error):
                file.execute("ROLLBACK")
            raise
        del self._log[:logged]
        if refusal is not None:
            raise refusal
        return done

    def _catch_up(self, file: sqlite3.Connection) -> None:
        now = self.now()
        if now - self._caught_up > self._longest + _MARGIN_NS // 2:
            self._forget()  # others may have tidied away what was not read
        self._caught_up = now
        for seq, *event in file.execute(_READ, (self._seen,)):
            self._fold(*event)
            self._seen = seq

    def _happened(self, event: _Event) -> None:
        self._unwritten.append(event)
        self._fold(*event)

    def _write(self, file: sqlite3.Connection) -> None:
        """Write what happened in this transaction, in few statements, because each costs more than its row."""
        events = self._unwritten
        for at in range(0, len(events) - 1, 2):
            self._seen = file.execute(_WRITE_TWO, events[at] + events[at + 1]).lastrowid or 0
        if len(events) % 2:
            self._seen = file.execute(_WRITE, events[-1]).lastrowid or 0
        events.clear()

    def _fold(self, kind: int, owner: int, number: int, key: str, address: str, charges: str, at: int) -> None:
        if kind == _BEGUN:
            call = self._running[owner, number] = _Call(key, address, charges, self._gauges.charged(key, address, charges))
            for gauge, weight in call.gauges:
                gauge.running += weight
        elif kind == _ENDED:
            ended = self._running.pop((owner, number), None)
            for gauge, weight in self._gauges.charged(key, address, charges) if ended is None else ended.gauges:
                gauge.running += 0 if ended is not None else weight
                gauge.end(at, weight)
        elif kind == _LEVEL:
            self._gauges.raise_to(at, Level(charges, key, number))
        elif address == self._address:
            self._pause = longer(self._pause, Pause(at, charges, kind == _BANNED))

    def _bury(self, now: int) -> bool:
        """Let the calls of dead owners end now; return whether there were any."""
        lock = self._opened()
        others = {owner for owner, _ in self._running if owner != self._owner}
        dead = {owner for owner in others if not lock.is_held(slot(f"member {owner}"))}
        for (owner, number), call in list(self._running.items()):
            if owner in dead:
                self._happened((_ENDED, owner, number, call.key, call.address, call.charges, now))
        return bool(dead)

    def _tidy(self, file: sqlite3.Connection) -> None:
        """Drop what no window can see any more, write down the counters, and fold the log into the file beside the loop."""
        self._until_tidy = _TIDY_EVERY
        now = self.now()
        self._bury(now)
        past = (now - self._longest - _MARGIN_NS, self._seen)
        begun = file.execute("SELECT seq, owner, number FROM event WHERE kind = 0 AND at < ? AND seq < ?", past).fetchall()
        over = [(seq,) for seq, owner, number in begun if (owner, number) not in self._running]
        file.executemany("DELETE FROM event WHERE seq = ?", over)
        file.execute("DELETE FROM event WHERE kind > 0 AND at < ? AND seq < ?", past)
        for level in self._gauges.levels(now):
            self._happened((_LEVEL, self._owner, level.ns, level.member, "", level.rule, now))
        self._gauges.forget_names()
        self._known.clear()
        if self._tidying is None or self._tidying.done():
            self._tidying = asyncio.get_running_loop().run_in_executor(None, fold_log, self._path)

    # the file

    def _opened(self) -> HostLock:
        if self._lock is None:
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                self._lock = HostLock(self._path.with_suffix(".lock"))
                self._lock.try_lock(self._member)
                self._file = open_file(self._path, boot=self._boot(), now=self.now(), wall=self._wall())
            except (OSError, sqlite3.Error) as exc:
                if self._lock is not None:
                    self._lock.close()
                    self._lock = None
                raise self._unusable(exc) from exc
        return self._lock


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
        self._number = await self._budget.begin(self._charges, self._patience_s)
        return (self._budget.now() - begun) / SECOND

    async def __aexit__(self, *_: object) -> None:
        self._budget.end(self._number, self._charges)
