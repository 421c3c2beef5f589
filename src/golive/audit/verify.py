"""Verifying a journal: every gap, broken link, bad MAC and odd byte, and the verdict that follows.

Pure: bytes in, faults out. Reading files is `storage/`'s work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from golive.model.verdict import KeyClass

from .entry import (
    HEADER_TYPE,
    SEGMENT_CLOSED,
    SEGMENT_OPENED,
    Entry,
    EntryError,
    decode_entry,
    sign,
)
from .seal import Seal, SealError, read_seal, verify_seal

_KEY_CLASSES: Final = frozenset(str(kind) for kind in KeyClass)
_HEADER_MEMBERS: Final = ("log_id", "code_version", "config_sha384")


class Soundness(StrEnum):
    """What can be said about a journal; `golive audit verify` exits 0, 6, 1, 1, 6."""

    CLEAN = "clean"
    TORN_TAIL = "torn_tail"
    TAMPERED = "tampered"
    OUT_OF_BOUNDS = "out_of_bounds"
    """what was written, and it says that a bound was broken"""
    CANNOT_SAY = "cannot_say"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong: `line` counts from 1 (0 = the file as a whole); `seq` where the record could be read."""

    soundness: Soundness
    line: int
    seq: int | None
    text: str

    def __str__(self) -> str:
        where = f"line {self.line}" if self.line else "file"
        return f"{where}{f' (seq {self.seq})' if self.seq is not None else ''}: {self.text}"


@dataclass(slots=True)
class Chain:
    """The state of a journal after the records read so far; `check` reads one more.

    After a fault it goes on from what the record itself says, so each fault is told once.
    """

    keys: Mapping[str, bytes] | bytes
    """MAC keys by key id, or one key for all"""
    log_id: str = ""
    seq: int = 0
    mac: str = ""
    size: int = 0
    """bytes of the current file read so far"""
    lines: int = 0
    closed: bool = False
    unknown_keys: set[str] = field(default_factory=set)
    """key ids whose MACs could not be checked"""

    def next_file(self) -> None:
        """Go on with the next file of the same journal."""
        self.size = self.lines = 0

    def appended(self, mac: str, size: int, *, closed: bool, log_id: str | None) -> None:
        """Take note of a record of `size` bytes that the writer itself has just added."""
        self.seq += 1
        self.mac, self.closed = mac, closed
        self.lines += 1
        self.size += size
        if log_id is not None:
            self.log_id = log_id

    def accept(self, log_id: str, last: Entry, *, size: int, lines: int) -> None:
        """Take the beginning of a file, up to record `last`, as read: its seal was checked."""
        self.log_id, self.seq, self.mac = log_id, last.seq, last.mac
        self.size, self.lines, self.closed = size, lines, last.type == SEGMENT_CLOSED

    def check(self, line: bytes) -> tuple[Entry | None, list[Fault]]:
        """Read one line without its newline; return the record (None when unreadable) and its faults."""
        self.lines += 1
        self.size += len(line) + 1
        try:
            entry, unsigned = decode_entry(line)
        except EntryError as exc:
            return None, [Fault(Soundness.TAMPERED, self.lines, None, str(exc))]
        problems: list[tuple[Soundness, str]] = []
        if entry.seq != self.seq + 1 or entry.prev != self.mac or self.closed:
            problems.extend(self._order(entry))
        key = self.keys if isinstance(self.keys, bytes) else self.keys.get(entry.key_id)
        if key is None:
            self.unknown_keys.add(entry.key_id)
        elif sign(key, unsigned) != entry.mac:
            problems.append((Soundness.TAMPERED, "bad mac: the record is not what was written"))
        if self.lines == 1:
            problems.extend(self._opening(entry))
        elif entry.type in (HEADER_TYPE, SEGMENT_OPENED):
            problems.append((Soundness.TAMPERED, f"{entry.type} may only be the first record of a file"))
        if entry.body.get("key_class") not in _KEY_CLASSES:
            problems.append((Soundness.TAMPERED, "body.key_class is missing or unknown"))
        self.seq, self.mac, self.closed = entry.seq, entry.mac, entry.type == SEGMENT_CLOSED
        return entry, [Fault(soundness, self.lines, entry.seq, text) for soundness, text in problems] if problems else []

    def _order(self, entry: Entry) -> Iterator[tuple[Soundness, str]]:
        adopted = self.lines == 1 and self.seq == 0 and entry.type == SEGMENT_OPENED
        if adopted:
            yield Soundness.CANNOT_SAY, f"continues after sequence {entry.seq - 1} of a file that was not read before it"
            return
        if entry.seq != self.seq + 1:
            yield Soundness.TAMPERED, f"gap: sequence {entry.seq} follows {self.seq}"
        if entry.prev != self.mac:
            yield Soundness.TAMPERED, "broken link: prev is not the mac of the record before"
        if self.closed and self.lines > 1:
            yield Soundness.TAMPERED, "a record after segment_closed"

    def _opening(self, entry: Entry) -> Iterator[tuple[Soundness, str]]:
        wanted = HEADER_TYPE if entry.seq == 1 else SEGMENT_OPENED
        if entry.type != wanted:
            yield Soundness.TAMPERED, f"the first record is {entry.type!r}, not {wanted!r}"
            return
        for name in _HEADER_MEMBERS:
            if not isinstance(entry.body.get(name), str):
                yield Soundness.TAMPERED, f"body.{name} is missing from the first record"
        log_id = entry.body.get("log_id")
        if self.log_id and log_id != self.log_id:
            yield Soundness.TAMPERED, f"belongs to log {log_id!r}, not {self.log_id!r}"
        self.log_id = log_id if isinstance(log_id, str) else ""


def faults(lines: Iterable[bytes], key: bytes | Mapping[str, bytes]) -> Iterator[str]:
    """Yield each gap, broken link, bad MAC, odd byte and wrong first record; nothing when the journal is sound.

    `lines` come with their newline (a last one without it is a torn tail).
    """
    chain = Chain(key)
    for line in lines:
        if line.endswith(b"\n"):
            yield from map(str, chain.check(line[:-1])[1])
        else:
            yield str(_torn(chain, line))
    yield from map(str, missing_keys(chain))
    if chain.lines == 0:
        yield "file: no record at all"


@dataclass(frozen=True, slots=True)
class Report:
    """What verifying one journal file found."""

    soundness: Soundness
    faults: tuple[Fault, ...]
    records: int
    sealed_seq: int | None
    """last sequence a sound seal covers; None without one"""


def verify_file(data: bytes, chain: Chain, *, seal: bytes | None = None, seal_keys: Mapping[str, bytes]) -> Report:
    """Verify the bytes of one journal file and the seal document beside it.

    `chain` carries on from the files before (a fresh one for the first). With a sound seal that covers every record,
    an unknown MAC key is no fault: the seal's digest already shows any change.
    """
    found: list[Fault] = []
    head = b"" if seal is None else data
    checkpoint, seal_faults = _read_seal(seal, seal_keys)
    found.extend(seal_faults)
    reached = checkpoint is None
    end = data.rfind(b"\n") + 1
    for line in data[:end].split(b"\n")[:-1]:
        entry, problems = chain.check(line)
        found.extend(problems)
        if checkpoint is not None and chain.size == checkpoint.size and entry is not None:
            reached = True
            found.extend(_compare(checkpoint, entry, chain, head))
    if end < len(data):
        found.append(_torn(chain, data[end:]))
    if chain.lines == 0:
        found.append(Fault(Soundness.TAMPERED if checkpoint else Soundness.CANNOT_SAY, 0, None, "no record at all"))
    if not reached and checkpoint is not None:
        text = f"cut short: the seal covers {checkpoint.size} bytes up to seq {checkpoint.last_seq}, no record ends there"
        found.append(Fault(Soundness.TAMPERED, 0, None, text))
    if not (checkpoint is not None and reached and checkpoint.last_seq == chain.seq):
        found.extend(missing_keys(chain))
    return Report(worst(found), tuple(found), chain.lines, checkpoint.last_seq if checkpoint and reached else None)


def worst(found: Iterable[Fault]) -> Soundness:
    """Return tampered before out of bounds before torn before cannot say before clean."""
    kinds = {fault.soundness for fault in found}
    for soundness in (Soundness.TAMPERED, Soundness.OUT_OF_BOUNDS, Soundness.TORN_TAIL, Soundness.CANNOT_SAY):
        if soundness in kinds:
            return soundness
    return Soundness.CLEAN


def missing_keys(chain: Chain) -> list[Fault]:
    """Return one fault per MAC key that was needed and is not at hand."""
    return [Fault(Soundness.CANNOT_SAY, 0, None, f"the MAC key {name!r} is not at hand") for name in sorted(chain.unknown_keys)]


def _read_seal(document: bytes | None, seal_keys: Mapping[str, bytes]) -> tuple[Seal | None, list[Fault]]:
    if document is None:
        return None, []
    try:
        key = seal_keys.get(read_seal(document)[0].key_id)
        if key is None:
            return None, [Fault(Soundness.CANNOT_SAY, 0, None, "the seal's public key is not at hand")]
        return verify_seal(document, key), []
    except SealError as exc:
        return None, [Fault(Soundness.TAMPERED, 0, None, f"bad seal: {exc}")]


def _compare(seal: Seal, entry: Entry, chain: Chain, data: bytes) -> Iterator[Fault]:
    digest = hashlib.sha256(data[: seal.size]).hexdigest()
    if (seal.last_seq, seal.head_mac, seal.content_sha256, seal.log_id) != (entry.seq, entry.mac, digest, chain.log_id):
        text = f"not what was sealed at {seal.time} (log {seal.log_id}, seq {seal.last_seq})"
        yield Fault(Soundness.TAMPERED, chain.lines, entry.seq, text)


def _torn(chain: Chain, rest: bytes) -> Fault:
    return Fault(Soundness.TORN_TAIL, chain.lines + 1, None, f"torn tail: {len(rest)} bytes without a newline")
