"""How a running process answers emergency mode: one small file per process, so that who switched it on sees what is done.

`var/state/risk/acks/<pid>.json`. A claim of the moment, not evidence: it is replaced whole and need not survive a crash.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from golive.model.emergency import TradingState

from .files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, write_all

ACKS: Final = Path("var/state/risk/acks")
"""relative to home"""
SCHEMA: Final = "golive.emergency_ack.v1"


@dataclass(frozen=True, slots=True)
class Ack:
    """What one process has done. From `calls` on no entry leaves it any more; times are wall clock, ns UTC."""

    pid: int
    entrypoint: str
    risk_profile: str
    calls: int
    """the newest activation it has heard of"""
    state: TradingState
    heard_at: int
    open_entries: int
    """entry orders whose end it still waits for"""
    done_at: int | None = None
    """when none of them was left; None: not yet"""


class AckFile:
    """The answer of this process."""

    def __init__(self, home: Path) -> None:
        self._path = home / ACKS / f"{os.getpid()}.json"

    def write(self, ack: Ack) -> None:
        """Replace the answer; OSError and JournalError when that cannot be done."""
        make_directory(self._path.parent, PRIVATE_DIRECTORY)
        document = {
            "schema": SCHEMA, "pid": ack.pid, "entrypoint": ack.entrypoint, "risk_profile": ack.risk_profile, "calls": ack.calls,
            "state": ack.state.value, "heard_at": ack.heard_at, "open_entries": ack.open_entries, "done_at": ack.done_at,
        }  # fmt: skip
        temporary = self._path.with_suffix(".tmp")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, LOG_FILE)
        try:
            write_all(descriptor, orjson.dumps(document) + b"\n")
        finally:
            os.close(descriptor)
        temporary.rename(self._path)

    def remove(self) -> None:
        """Take the answer away; this process sends nothing more."""
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)


def ack_of(home: Path, pid: int) -> Ack | None:
    """Return the answer of a process; None when it has given none, or none that can be read."""
    try:
        row = orjson.loads((home / ACKS / f"{pid}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return _ack(row)


def _ack(row: object) -> Ack | None:
    if not isinstance(row, Mapping) or row.get("schema") != SCHEMA:
        return None
    try:
        done_at = row["done_at"]
        return Ack(
            pid=int(row["pid"]),
            entrypoint=str(row["entrypoint"]),
            risk_profile=str(row["risk_profile"]),
            calls=int(row["calls"]),
            state=TradingState(row["state"]),
            heard_at=int(row["heard_at"]),
            open_entries=int(row["open_entries"]),
            done_at=None if done_at is None else int(done_at),
        )
    except (KeyError, TypeError, ValueError):
        return None
