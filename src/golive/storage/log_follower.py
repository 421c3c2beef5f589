"""Following a log while others write it: each record is checked against those before it as it comes, over all files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from golive.audit import Chain, Entry, Fault, MacKeys, Soundness
from golive.audit.register import RegisterError, journal_of
from golive.inputs import open_beside, read_beside

from .files import MOST_LOG, FilePlace
from .log_series import REGISTER, begin, files_of
from .verified import of_file


class Seen(NamedTuple):
    """One record as it came, or what is wrong with the file as a whole."""

    path: Path
    entry: Entry | None
    """None where the line cannot be read"""
    faults: tuple[Fault, ...]

    @property
    def unsound(self) -> Fault | None:
        """What is not as it was written; that something cannot be checked is no reason to stop."""
        return next((fault for fault in self.faults if fault.soundness is Soundness.TAMPERED), None)


class LogFollower:
    """Reads what was added to a log since it looked last. A line without its end is waited for: somebody writes it."""

    def __init__(self, path: Path, keys: MacKeys) -> None:
        """`path` is a file of the log, which may not have begun."""
        self._path = path
        self._keys = keys
        self._place: FilePlace | None = None
        self._read = hashlib.sha256()
        """of a register: it is replaced whole, so what was read must stand in it again"""
        self._size = 0
        self._successor = ""
        self.chain = Chain(keys)

    @property
    def unknown_keys(self) -> frozenset[str]:
        """Ids of the keys whose MACs could not be checked."""
        return frozenset(self.chain.unknown_keys)

    def news(self) -> Iterator[Seen]:
        """Yield each record that was added since the last call; nothing follows one that is not sound."""
        if self._place is None and not self._begin():
            return
        while self._place is not None:
            for seen in self._added(self._place):
                yield seen
                if seen.unsound is not None:
                    return
            if not self.chain.closed:
                return
            found = self._next(self._place.path)
            if isinstance(found, Seen):
                yield found
                return
            if not found:
                return

    def _begin(self) -> bool:
        files = files_of(self._path)
        if not files:
            return False
        self.chain = begin(files, self._keys)
        return self._open(files[0])

    def _open(self, path: Path) -> bool:
        try:
            self._place = FilePlace.of(path)
        except FileNotFoundError:
            return False
        self._size = 0
        self._read = hashlib.sha256()
        return True

    def _next(self, closed: Path) -> Seen | bool:
        """Go on with the file that the closed one names; False while it is not there."""
        path = closed.parent / Path(self._successor).name
        if path.exists():
            self.chain.next_file()
            self.chain.closed = False
            return self._open(path)
        files = files_of(closed)
        if files and files[-1] != closed:
            return Seen(path, None, (of_file(Soundness.TAMPERED, f"is gone, yet {files[-1].name} is there"),))
        return False

    def _added(self, place: FilePlace) -> Iterator[Seen]:
        try:
            yield from (self._register if place.path.suffix == REGISTER else self._journal)(place)
        except OSError as exc:
            yield Seen(place.path, None, (of_file(Soundness.TAMPERED, f"cannot be read any more: {exc.strerror}"),))

    def _journal(self, place: FilePlace) -> Iterator[Seen]:
        path = place.path
        with open_beside(path, most=MOST_LOG) as file:
            if FilePlace.of(path, file.fileno()) != place:
                yield Seen(path, None, (of_file(Soundness.TAMPERED, "was replaced while it was followed"),))
                return
            if file.seek(0, 2) < self._size:
                text = f"cut short while it was followed: seq {self.chain.seq} was there"
                yield Seen(path, None, (of_file(Soundness.TAMPERED, text),))
                return
            file.seek(self._size)
            while (line := file.readline()).endswith(b"\n"):
                self._size += len(line)
                yield self._checked(path, line[:-1])

    def _register(self, place: FilePlace) -> Iterator[Seen]:
        path = place.path
        try:
            data = journal_of(read_beside(path, most=MOST_LOG))
        except RegisterError as exc:
            yield Seen(path, None, (of_file(Soundness.TAMPERED, str(exc)),))
            return
        if hashlib.sha256(data[: self._size]).digest() != self._read.digest():
            text = f"changed or cut short while it was followed: records up to seq {self.chain.seq} were others"
            yield Seen(path, None, (of_file(Soundness.TAMPERED, text),))
            return
        for line in data[self._size :].split(b"\n")[:-1]:
            self._read.update(line + b"\n")
            self._size += len(line) + 1
            yield self._checked(path, line)

    def _checked(self, path: Path, line: bytes) -> Seen:
        entry, faults = self.chain.check(line)
        if entry is not None and self.chain.closed:
            successor = entry.body.get("successor")
            self._successor = successor if isinstance(successor, str) else ""
        return Seen(path, entry, tuple(faults))
