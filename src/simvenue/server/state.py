"""The state of a venue that may die and return: one file, everything that happened in order, done again at the start.

Lines of JSON. The first says what decides the market and when it began; then one line per step of the market and per
operation of a client. An operation is on the disk before its answer leaves. What is not there is the same because the
market is the same: order ids, fills, balances and candles follow from the lines. A last line that was cut off by a crash
was never answered and is dropped.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import orjson

from golive.model.json import JsonObject, JsonValue

from ..errors import UsageError

SCHEMA = "simvenue.state.v1"


class StateFile:
    """One venue's file, locked while it is open. Raises UsageError for a file that is in use or not ours."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as exc:
            raise UsageError(f"--state {path}: another venue uses it; give another file or end that venue") from exc
        except OSError as exc:
            raise UsageError(f"--state {path}: {exc.strerror or exc}") from exc
        self._cut_torn_line()
        self._header = self._read_header()

    @property
    def began(self) -> int | None:
        """Wall clock (ns) when the venue of this file first began; None for a new file."""
        return None if self._header is None else int(str(self._header["began"]))

    def bind(self, decides: Mapping[str, JsonValue], began: int) -> None:
        """Write what decides the market, or compare it with what the file was made with; UsageError names a difference."""
        if self._header is None:
            self._header = {"schema": SCHEMA, "began": str(began), "decides": dict(decides)}
            self._write(self._header)
            self._flush()
            return
        made_with = self._header["decides"]
        assert isinstance(made_with, Mapping)
        for name in [*decides, *made_with]:
            before, now = made_with.get(name), decides.get(name)
            if before != now:
                shown = [orjson.dumps(value).decode() for value in (before, now)]
                raise UsageError(
                    f"--state {self._path}: made with {name} {shown[0]}, now {shown[1]}; start with the same or anew"
                )

    def rows(self) -> Iterator[tuple[int, JsonObject]]:
        """Yield (line number, row) after the header, in order; UsageError names a line that is not JSON."""
        with self._path.open("rb") as stream:
            for number, line in enumerate(stream, 1):
                if number > 1:
                    yield number, self._parsed(line, number)

    def fail(self, number: int, problem: object) -> UsageError:
        """Return the error of a line that cannot be done again."""
        return UsageError(f"--state {self._path}:{number}: {problem}; it was made by another version or changed; start anew")

    def write_step(self, number: int, wall: int) -> None:
        """Note a step of the market; it is on the disk at the latest with the next operation."""
        self._write({"step": number, "wall": str(wall)})

    def write_operation(self, row: JsonObject, wall: int, after_step: int) -> None:
        """Note an operation of a client after this many steps; when this returns it is on the disk."""
        self._write({**row, "after": after_step, "wall": str(wall)})
        self._flush()

    def close(self) -> None:
        """Give the file free."""
        os.close(self._descriptor)

    def _write(self, row: JsonObject) -> None:
        line = orjson.dumps(row) + b"\n"
        while line:
            line = line[os.write(self._descriptor, line) :]

    def _flush(self) -> None:
        os.fdatasync(self._descriptor)

    def _cut_torn_line(self) -> None:
        size = os.fstat(self._descriptor).st_size
        kept, block = size, 1 << 16
        while kept:
            start = max(0, kept - block)
            found = os.pread(self._descriptor, kept - start, start).rfind(b"\n")
            if found >= 0:
                kept = start + found + 1
                break
            kept = start
        if kept < size:
            os.ftruncate(self._descriptor, kept)
            self._flush()

    def _read_header(self) -> JsonObject | None:
        with self._path.open("rb") as stream:
            line = stream.readline()
        if not line:
            return None
        header = self._parsed(line, 1)
        if header.get("schema") != SCHEMA or not isinstance(header.get("decides"), Mapping):
            raise UsageError(f"--state {self._path}:1: not a state file of this version ({SCHEMA}); give another file")
        return header

    def _parsed(self, line: bytes, number: int) -> JsonObject:
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as exc:
            raise self.fail(number, "not JSON") from exc
        if not isinstance(row, dict):
            raise self.fail(number, "not an object")
        return row
