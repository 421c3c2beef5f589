"""What all processes of a host did with one adapter's calls: a log in a SQLite file, and in memory how full it makes the rules.

Every process brings its memory up to date from the log, under the write lock, before it lets a call leave. What happened
here may be written a little late, with the time it happened: until then a call counts as running, which errs on the safe
side. What a killed process had running counts as ended when another notices that its lock is free.

Time is `CLOCK_BOOTTIME`, the same for all processes of a host and running through its sleep; after a restart of the host
the remembered calls count as having ended at that moment.
`synchronous=NORMAL` is enough: a process's death loses nothing, a power cut may lose the last calls but not the file.
Nothing here blocks the event loop: a busy file is an error, to be tried again, and the log is folded into the file beside
the loop.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from golive.model.clock import MILLISECOND, SECOND

from .admission import NotAdmitted
from .budget import NO_PAUSE, Pause, longer
from .budget_file import fold_log, open_file
from .gauge import Gauge
from .host_gauge import Charged, HostGauges, Level
from .host_lock import HostLock, slot
from .line import Shortage, shortage
from .profile import BudgetRule, RateRule

_BEGUN, _ENDED, _QUIET, _BANNED, _LEVEL = range(5)
T = TypeVar("T")
BUSY_POLL_NS: Final = MILLISECOND
_FLUSH_S: Final = 0.02
_TIDY_EVERY: Final = 1024
_MARGIN_NS: Final = 60 * SECOND
"""how much longer than the longest window an event stays in the file"""
_READ: Final = "SELECT seq, kind, owner, number, key, address, charges, at FROM event WHERE seq > ? ORDER BY seq"
_WRITE: Final = "INSERT INTO event(kind, owner, number, key, address, charges, at) VALUES (?,?,?,?,?,?,?)"
_WRITE_TWO: Final = f"{_WRITE}, (?,?,?,?,?,?,?)"
"""what most transactions do: the end of the last call and the beginning of the next"""
_APPEND: Final = tuple(
    "INSERT INTO event(kind, owner, number, key, address, charges, at) "  # noqa: S608 (names of ours; values are bound)
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


class HostLog:
    """`key` and `address` are those of this process's calls. Use within one event loop; `close()` at the end.

    Whatever reads or writes the file needs it `opened`, and raises sqlite3.Error when it cannot be had at once.
    """

    def __init__(
        self, rules: Sequence[RateRule], path: Path, *, key: str, address: str,
        wall: Callable[[], int], now: Callable[[], int], boot: Callable[[], str],
    ) -> None:  # fmt: skip
        """`rules` in the order of the gauges: windows, then counters."""
        self.path = path
        self.now = now
        self.owner = secrets.randbits(48)
        self.pause = NO_PAUSE
        self.lock: HostLock | None = None
        self.file: sqlite3.Connection | None = None
        self.waiting: list[_Event] = []
        """what happened here and is not in the file yet"""
        self.until_tidy = _TIDY_EVERY
        self._rules = rules
        self._longest = int(max((rule.window_s for rule in rules if isinstance(rule, BudgetRule)), default=0.0) * SECOND)
        self._key = key
        self._address = address
        self._wall = wall
        self._boot = boot
        self._member = slot(f"member {self.owner}")
        self._numbers = 0
        self._unwritten: list[_Event] = []
        """of the transaction under way: memory knows them, the file does not yet"""
        self._flush: asyncio.TimerHandle | None = None
        self._tidying: asyncio.Future[None] | None = None
        self._forget()

    def _forget(self) -> None:
        self.gauges = HostGauges(self._rules, key=self._key, address=self._address)
        self._running: dict[tuple[int, int], _Call] = {}
        """by owner and number"""
        self.pause = NO_PAUSE
        self._seen = 0
        self._unwritten.clear()
        self._caught_up = self.now()

    @property
    def number(self) -> int:
        """Of the last call that began here."""
        return self._numbers

    # this process's calls

    def shortage(self, charges: str, positions: tuple[int, ...], now: int) -> Shortage | None:
        """Return what keeps a call of this process from leaving, as far as is known; `positions` are those of its rules."""
        gauges: tuple[tuple[Gauge, int], ...] = self.gauges.charged(self._key, self._address, charges)
        return shortage([(at, gauge, weight) for at, (gauge, weight) in zip(positions, gauges, strict=True)], now)

    def appended(self, charges: str, positions: tuple[int, ...]) -> bool:
        """Log a call as begun in one statement where that needs no look at what others did; False: nothing happened.

        While nobody else has written, memory is up to date, and what ended here and is not in it yet only counts for more.
        """
        now = self.now()
        is_plain = len(self.waiting) < len(_APPEND) and self.until_tidy > 1 and self.pause.until <= now
        if not is_plain or now - self._caught_up > self._longest or self.shortage(charges, positions, now) is not None:
            return False
        events = [*self.waiting, (_BEGUN, self.owner, self._numbers + 1, self._key, self._address, charges, now)]
        assert self.file is not None
        try:
            done = self.file.execute(_APPEND[len(events) - 1], (*chain.from_iterable(events), self._seen))
        except sqlite3.Error:
            return False  # the whole transaction says what is wrong with the file
        if done.rowcount != len(events):
            return False
        self._seen, self._caught_up = done.lastrowid or 0, now
        self._numbers += 1
        self.until_tidy -= 1
        self.waiting.clear()
        for event in events:
            self._fold(*event)
        return True

    def admit(self, charges: str, positions: tuple[int, ...], all_rules: frozenset[int], left_s: float) -> Shortage | None:
        """Log a call as begun when there is room for it, up to date with all others. Raises NotAdmitted during a long pause."""
        return self._transaction(lambda: self._admitted(charges, positions, all_rules, left_s))

    def _admitted(self, charges: str, positions: tuple[int, ...], all_rules: frozenset[int], left_s: float) -> Shortage | None:
        now = self._caught_up
        quiet = self.pause.wait_ns(now, left_s)
        if quiet:
            return Shortage(all_rules, quiet)
        lack = self.shortage(charges, positions, now)
        if lack is not None and self._bury(now):
            lack = self.shortage(charges, positions, now)
        if lack is None:
            self._numbers += 1
            self._happened((_BEGUN, self.owner, self._numbers, self._key, self._address, charges, now))
        return lack

    def ended(self, number: int, charges: str) -> None:
        """Log the end of a call, soon."""
        self.waiting.append((_ENDED, self.owner, number, self._key, self._address, charges, self.now()))
        self._flush_soon()

    def pause_until(self, until: int, reason: str, *, ban: bool) -> None:
        """Let nobody of this host who uses this address leave until then."""
        self.pause = longer(self.pause, Pause(until, reason, ban))
        self.waiting.append((_BANNED if ban else _QUIET, self.owner, 0, self._key, self._address, reason, until))
        self.flush()

    # the log

    def _flush_soon(self, after_s: float = _FLUSH_S) -> None:
        if self._flush is None:
            self._flush = asyncio.get_running_loop().call_later(after_s, self._flush_later)

    def _flush_later(self) -> None:
        self._flush = None
        if not self.flush():
            self._flush_soon(10 * _FLUSH_S)

    def flush(self) -> bool:
        """Write what happened here; False when the file cannot be had at once."""
        if not self.waiting:
            return True
        try:
            self.opened()
            self._transaction(lambda: None)
        except (sqlite3.Error, OSError, NotAdmitted):
            return False
        return True

    def look(self) -> None:
        """Learn what others have written."""
        self.opened()
        assert self.file is not None
        self._catch_up(self.file)

    def _transaction(self, work: Callable[[], T]) -> T:
        """Do `work` under the write lock, up to date with all others; what happened here is in the file afterwards."""
        file = self.file
        assert file is not None
        file.execute("BEGIN IMMEDIATE")
        logged = len(self.waiting)
        refusal: NotAdmitted | None = None
        try:
            self._catch_up(file)
            for event in self.waiting[:logged]:
                self._happened(event)
            try:
                done = work()
            except NotAdmitted as exc:
                refusal = exc
            self.until_tidy -= 1
            if self.until_tidy <= 0:
                self._tidy(file)
            self._write(file)
            file.execute("COMMIT")
        except BaseException:
            self._forget()  # memory may be ahead of the file
            with suppress(sqlite3.Error):
                file.execute("ROLLBACK")
            raise
        del self.waiting[:logged]
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
            call = self._running[owner, number] = _Call(key, address, charges, self.gauges.charged(key, address, charges))
            for gauge, weight in call.gauges:
                gauge.running += weight
        elif kind == _ENDED:
            ended = self._running.pop((owner, number), None)
            for gauge, weight in self.gauges.charged(key, address, charges) if ended is None else ended.gauges:
                gauge.running += 0 if ended is not None else weight
                gauge.end(at, weight)
        elif kind == _LEVEL:
            self.gauges.raise_to(at, Level(charges, key, number))
        elif address == self._address:
            self.pause = longer(self.pause, Pause(at, charges, kind == _BANNED))

    def _bury(self, now: int) -> bool:
        """Let the calls of dead owners end now; return whether there were any."""
        lock = self.opened()
        others = {owner for owner, _ in self._running if owner != self.owner}
        dead = {owner for owner in others if not lock.is_held(slot(f"member {owner}"))}
        for (owner, number), call in list(self._running.items()):
            if owner in dead:
                self._happened((_ENDED, owner, number, call.key, call.address, call.charges, now))
        return bool(dead)

    def _tidy(self, file: sqlite3.Connection) -> None:
        """Drop what no window can see any more, write down the counters, and fold the log into the file beside the loop."""
        self.until_tidy = _TIDY_EVERY
        now = self.now()
        self._bury(now)
        past = (now - self._longest - _MARGIN_NS, self._seen)
        begun = file.execute("SELECT seq, owner, number FROM event WHERE kind = 0 AND at < ? AND seq < ?", past).fetchall()
        over = [(seq,) for seq, owner, number in begun if (owner, number) not in self._running]
        file.executemany("DELETE FROM event WHERE seq = ?", over)
        file.execute("DELETE FROM event WHERE kind > 0 AND at < ? AND seq < ?", past)
        for level in self.gauges.levels(now):
            self._happened((_LEVEL, self.owner, level.ns, level.member, "", level.rule, now))
        self.gauges.forget_names()
        if self._tidying is None or self._tidying.done():
            self._tidying = asyncio.get_running_loop().run_in_executor(None, fold_log, self.path)

    # the file

    def opened(self) -> HostLock:
        """Return the lock file, opened with the log if need be; raises OSError or sqlite3.Error when that fails."""
        if self.lock is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = HostLock(self.path.with_suffix(".lock"))
            try:
                lock.try_lock(self._member)
                self.file = open_file(self.path, boot=self._boot(), now=self.now(), wall=self._wall())
            except BaseException:
                lock.close()
                raise
            self.lock = lock
        return self.lock

    async def close(self) -> None:
        """Log what has ended and leave; idempotent."""
        if self.file is None:
            return
        if self._flush is not None:
            self._flush.cancel()
        for _ in range(50):
            if self.flush():
                break
            await asyncio.sleep(BUSY_POLL_NS / SECOND)
        if self._tidying is not None:
            await asyncio.gather(self._tidying, return_exceptions=True)
        self.file.close()
        assert self.lock is not None
        self.lock.close()
        self.file = self.lock = None
