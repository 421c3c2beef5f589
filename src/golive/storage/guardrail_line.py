"""One line of the guardrail event log `events.jsonl`, as it is written and as it is read back, the last ones first."""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from golive.model.clock import from_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .giving_way import older

EVENTS_FILE: Final = "events.jsonl"
EVENTS: Final = ("COMPLIANCE", "RATE_LIMIT", "REFUSED", "TIMEOUT")
LEVELS: Final = ("error", "info", "warning")
_TEXTS: Final = ("ts", "level", "event", "exchange", "environment", "queue", "message")
_CHUNK_BYTES: Final = 256 * 1024
_LATER: Final = 64
"""events that are looked at first; most runs have left none after their end"""
_LONGEST_BYTES: Final = 1024 * 1024
"""a longer line is no event: nothing that is written comes near it"""


@dataclass(frozen=True, slots=True)
class GuardrailLine:
    """One event as it stands in the log; `ts` wall clock, ns UTC."""

    ts: int
    level: str
    event: str
    exchange: str
    environment: str
    queue: str
    message: str
    fields: JsonObject


def stored_events(path: Path, count: int = 20, *, environments: Collection[str] | None = None) -> tuple[GuardrailLine, ...]:
    """Return the last `count` events of a log that other processes may be writing, oldest first; of these environments, or all.

    What the file itself does not have is looked for in those that it followed (`giving_way.py`). Raises JournalError when there
    is no such file, when one ends within a line, or when a line on the way is no event.
    """
    found: list[GuardrailLine] = []
    seen: set[tuple[int, int]] = set()
    for each in (path, *older(path)):
        _collect(each, found, count, environments, seen)
        if len(found) >= count:
            break
    return tuple(reversed(found))


def later_events(path: Path, measured: Mapping[str, int]) -> tuple[GuardrailLine, ...]:
    """Return the events of each environment that are later than its moment in `measured` (ns UTC), oldest first.

    Raises JournalError as `stored_events`.
    """
    if not measured:
        return ()
    oldest, count = min(measured.values()), _LATER
    while True:
        found = stored_events(path, count, environments=measured.keys())
        if len(found) < count or found[0].ts <= oldest:
            return tuple(each for each in found if each.ts > measured[each.environment])
        count *= 16


def _collect(
    path: Path, found: list[GuardrailLine], count: int, environments: Collection[str] | None, seen: set[tuple[int, int]]
) -> None:
    """Add the events of one file to `found`, the last one first; a file that was renamed under our eyes is read once."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as exc:
        raise JournalError(f"{path}: the guardrail log cannot be read: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)  # a writer that is at work now ends its line first
        status = os.fstat(descriptor)
        fcntl.flock(descriptor, fcntl.LOCK_UN)
        if (status.st_dev, status.st_ino) in seen:
            return
        seen.add((status.st_dev, status.st_ino))
        if status.st_size and os.pread(descriptor, 1, status.st_size - 1) != b"\n":
            raise JournalError(
                f"{path}: the guardrail log ends within a line; the next session cuts that off, or move the file away"
            )
        for line in _backwards(descriptor, path, status.st_size):
            event = _parsed(line, path)
            if environments is None or event.environment in environments:
                found.append(event)
                if len(found) >= count:
                    break
    except OSError as exc:
        raise JournalError(f"{path}: the guardrail log cannot be read: {exc.strerror}") from exc
    finally:
        os.close(descriptor)


def _backwards(descriptor: int, path: Path, size: int) -> Iterator[bytes]:
    """Yield the lines of a file that ends with a newline, the last one first."""
    end, rest = max(0, size - 1), b""
    while end > 0:
        start = max(0, end - _CHUNK_BYTES)
        rest, *whole = (os.pread(descriptor, end - start, start) + rest).split(b"\n")
        yield from reversed(whole)
        if len(rest) > _LONGEST_BYTES:
            raise JournalError(f"{path}: a line of more than {_LONGEST_BYTES} bytes is not a guardrail event; move the file away")
        end = start
    if size:
        yield rest


def _parsed(line: bytes, path: Path) -> GuardrailLine:
    try:
        row = json.loads(line)
        if not isinstance(row, dict) or not isinstance(row.get("fields"), dict) or set(row) != {*_TEXTS, "fields"}:
            raise ValueError("not an object with exactly the members of an event")
        texts = {name: row[name] for name in _TEXTS}
        if not all(isinstance(text, str) for text in texts.values()):
            raise ValueError("a member is not text")
        if texts["event"] not in EVENTS or texts["level"] not in LEVELS:
            raise ValueError(f"allowed are {EVENTS} and {LEVELS}")
        return GuardrailLine(from_iso(texts.pop("ts")), **texts, fields=row["fields"])
    except (ValueError, RecursionError) as exc:
        raise JournalError(f"{path}: {line[:80]!r} is not a guardrail event ({exc}); move the file away") from exc
