"""The durable flag of emergency mode: one small file per host, replaced whole, read by every process that could send an order.

No file means that nothing was ever switched on; a file that cannot be read, for whatever reason, is on for all.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from golive.model.clock import from_iso, to_iso
from golive.model.emergency import ALL, Emergencies, EmergencyMode, TradingState
from golive.model.errors import JournalError

from .files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, write_atomic

FLAG: Final = Path("var/state/risk/emergency.json")
"""relative to home"""
SCHEMA: Final = "golive.emergency.v1"
LOCK_PATIENCE_S: Final = 0.1
NONE_ON: Final = Emergencies()
_LARGEST: Final = 1 << 16
_MEMBERS: Final = {"schema", "calls", "modes", "sha256"}
_KEYS: Final = {"scope", "state", "reason", "operator", "since"}


@dataclass(frozen=True, slots=True)
class FlagReading:
    """What the flag says. `calls` counts the activations ever written, so that each can be answered; 0 when it cannot be read."""

    emergencies: Emergencies = NONE_ON
    calls: int = 0
    problem: str = ""
    """why the file cannot be read; '' when it can"""


class EmergencyFlag:
    """The flag under `home`."""

    def __init__(self, home: Path) -> None:
        self.path = home / FLAG

    def signature(self) -> tuple[int, int, int] | None:
        """Return what changes with every change of the file, at the price of one look; None when there is none."""
        try:
            found = os.stat(self.path, follow_symlinks=False)  # noqa: PTH116 - asked twenty times a second
        except FileNotFoundError:
            return None
        except OSError as exc:
            return -1, exc.errno or 0, 0
        return found.st_ino, found.st_ctime_ns, found.st_size

    def read(self) -> FlagReading:
        """Return what is on; never raises."""
        try:
            return _parsed(_content(self.path))
        except FileNotFoundError:
            return FlagReading()
        except (OSError, ValueError) as exc:
            reason = f"{self.path} cannot be read: {exc.strerror if isinstance(exc, OSError) else exc}"
            return FlagReading(Emergencies((EmergencyMode(TradingState.REDUCING, reason, "golive", ALL, 0),)), 0, reason)

    def switch_on(self, mode: EmergencyMode) -> FlagReading:
        """Add an activation; durable on return, and counted also when nothing changes by it. Raises JournalError.

        Another writer is waited for only a moment: switching on never fails because somebody else holds the lock.
        """
        with self._locked(must=False):
            before = self.read()
            return self._write(before.emergencies.activated(mode), before.calls + 1)

    def switch_off(self, scope: str, calls: int) -> FlagReading:
        """Lift a scope, `all` every one; durable on return.

        Raises JournalError when the file cannot be written, when another writer holds it, or when it was switched on again after
        the `calls` activations that were known to those who lift it.
        """
        with self._locked(must=True):
            before = self.read()
            if not before.problem and before.calls != calls:
                raise JournalError(f"{self.path}: emergency mode was activated again meanwhile; look, then begin anew")
            return self._write(before.emergencies.lifted(scope), max(1, before.calls))  # a flag that says so can be read

    def _write(self, emergencies: Emergencies, calls: int) -> FlagReading:
        document: dict[str, object] = {
            "schema": SCHEMA,
            "calls": calls,
            "modes": [
                {
                    "scope": mode.scope,
                    "state": mode.state.value,
                    "reason": mode.reason,
                    "operator": mode.operator,
                    "since": to_iso(mode.since),
                }
                for mode in emergencies.modes
            ],
        }
        document["sha256"] = _digest(document)
        write_atomic(self.path, orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n", durable_name=True)
        return FlagReading(emergencies, calls)

    @contextlib.contextmanager
    def _locked(self, *, must: bool) -> Iterator[None]:
        make_directory(self.path.parent, PRIVATE_DIRECTORY)
        path = self.path.with_suffix(".lock")
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, LOG_FILE)
        except OSError as exc:
            if must:
                raise JournalError(f"{path}: cannot open the lock: {exc.strerror}") from exc
            yield
            return
        try:
            if not _taken(descriptor) and must:
                raise JournalError(f"{path}: another process is switching emergency mode; run this again")
            yield
        finally:
            os.close(descriptor)


def _taken(descriptor: int) -> bool:
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.005)
        else:
            return True


def _content(path: Path) -> bytes:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no regular file")
        content = os.read(descriptor, _LARGEST + 1)
    finally:
        os.close(descriptor)
    if len(content) > _LARGEST:
        raise ValueError(f"it is longer than {_LARGEST} bytes")
    return content


def _parsed(content: bytes) -> FlagReading:
    """Read the document; ValueError for anything that `switch_on` does not write."""
    document = orjson.loads(content)
    if not isinstance(document, dict) or document.keys() != _MEMBERS or document["schema"] != SCHEMA:
        raise ValueError(f"it is no {SCHEMA} document")
    if document.pop("sha256") != _digest(document):
        raise ValueError("it is not what was written: its sha256 is that of other content")
    calls, rows = document["calls"], document["modes"]
    if type(calls) is not int or calls < 1 or not isinstance(rows, list):
        raise ValueError("calls or modes is missing or of the wrong type")
    modes = tuple(_mode(row) for row in rows)
    if len({mode.scope for mode in modes}) != len(modes):
        raise ValueError("a scope stands in it twice")
    return FlagReading(Emergencies(modes), calls)


def _digest(document: Mapping[str, object]) -> str:
    """Return the digest that tells a changed byte, which could move a mode to a scope that nobody trades under."""
    return hashlib.sha256(orjson.dumps(document, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _mode(row: object) -> EmergencyMode:
    if not isinstance(row, Mapping) or row.keys() != _KEYS or not all(isinstance(value, str) for value in row.values()):
        raise ValueError("a mode lacks a field or has another type")
    state = TradingState(row["state"])
    if state is TradingState.ACTIVE or not row["scope"]:
        raise ValueError("a mode is on for nothing")
    return EmergencyMode(state, row["reason"], row["operator"], row["scope"], from_iso(row["since"]))
