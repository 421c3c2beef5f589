"""The file behind the host's request budget: its tables, its durability, and what a restart of the host means for it."""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

_OPEN_LIMIT_S: Final = 1.0
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS event("
    "seq INTEGER PRIMARY KEY, kind INTEGER NOT NULL, owner INTEGER NOT NULL, number INTEGER NOT NULL, "
    "key TEXT NOT NULL, address TEXT NOT NULL, charges TEXT NOT NULL, at INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS host(boot TEXT NOT NULL, wall_minus_host INTEGER NOT NULL)",
)
"""`kind`: 0 a call began, 1 it ended; `number` is its owner's, `charges` JSON, scope → weight.
2 a pause, 3 a ban; `charges` is the reason and `at` the end.
4 a counter at the time of a tidying; `charges` names its rule, `key` whose calls it adds up, `number` is its level in ns."""


def host_now() -> int:
    """Nanoseconds since this host started; the same for all its processes."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


def boot_id() -> str:
    """What tells one start of this host from another."""
    return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()


def open_file(path: Path, *, boot: str, now: int, wall: int) -> sqlite3.Connection:
    """Return the file at `path`, made if need be; `now` is host time and `wall` UTC, ns. Raises sqlite3.Error, OSError.

    May take a moment while others open or close it just now (SQLite then answers *busy* without waiting), at most about
    a second. Later statements never wait: a file that somebody else writes to is `SQLITE_BUSY` at once.
    """
    deadline = time.monotonic() + _OPEN_LIMIT_S
    while True:
        try:
            return _open(path, boot, now, wall)
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.002)


def _open(path: Path, boot: str, now: int, wall: int) -> sqlite3.Connection:
    file = sqlite3.connect(path, isolation_level=None, timeout=_OPEN_LIMIT_S)
    try:
        path.chmod(0o600)
        file.execute("PRAGMA journal_mode=WAL")
        file.execute("PRAGMA synchronous=NORMAL")
        file.execute("PRAGMA wal_autocheckpoint=0")
        file.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            file.execute(statement)
        _carry_over(file, boot, now, wall - now)
        file.execute("COMMIT")
        file.execute("PRAGMA busy_timeout=0")
    except BaseException:
        file.close()
        raise
    return file


def _carry_over(file: sqlite3.Connection, boot: str, now: int, wall_minus_host: int) -> None:
    """After a restart of the host: all calls ended now at the latest; pauses keep their end by the wall clock."""
    known = file.execute("SELECT boot, wall_minus_host FROM host").fetchone()
    if known is not None and known[0] == boot:
        return
    if known is not None:
        file.execute("UPDATE event SET at = ? WHERE kind NOT IN (2, 3)", (now,))
        file.execute("UPDATE event SET at = at + ? WHERE kind IN (2, 3)", (known[1] - wall_minus_host,))
    file.execute("DELETE FROM host")
    file.execute("INSERT INTO host(boot, wall_minus_host) VALUES (?, ?)", (boot, wall_minus_host))


def fold_log(path: Path) -> None:
    """Bring the write-ahead log into the file and on the disk; for a thread beside the event loop.

    The first write after that begins the log anew and syncs its header, so that write is made here too: it changes nothing,
    and no caller of the budget has to wait for the disk.
    """
    with suppress(sqlite3.Error), closing(sqlite3.connect(path, timeout=1.0)) as file:  # else the log waits for the next time
        file.execute("PRAGMA synchronous=NORMAL")
        file.execute("PRAGMA wal_checkpoint(PASSIVE)")
        file.execute("UPDATE host SET boot = boot")
