"""The state of a journal after the records read so far, and what the next record may be."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from golive.model.verdict import KeyClass

from .entry import (
    HEADER_TYPE,
    KEY_EVOLVED,
    SEGMENT_CLOSED,
    SEGMENT_OPENED,
    Entry,
    EntryError,
    KeyedMac,
    countersigned,
    decode_entry,
    sign,
)
from .fault import Fault, Soundness
from .key_class import key_class_of
from .ratchet import KeyName, MacKeys, evolve

_HEADER_MEMBERS: Final = ("log_id", "code_version", "config_sha384")
_Problem = tuple[Soundness, str]


@dataclass(slots=True)
class Chain:
    """Reads records, or takes note of written ones, one after the other.

    After a fault it goes on from what the record itself says, so each fault is told once.
    """

    keys: MacKeys | bytes
    """MAC keys by key id, or one key for all"""
    log_id: str = ""
    seq: int = 0
    mac: str = ""
    size: int = 0
    """bytes of the current file read so far"""
    lines: int = 0
    closed: bool = False
    key_id: str = ""
    """of the key that signs the next record; '' before the first"""
    key: bytes | None = None
    """None where it is not at hand"""
    keyed: KeyedMac | None = None
    """what checks MACs of that key"""
    key_seq: int = 0
    """the record behind which the present key signs; 0 for a log's first key"""
    key_class: KeyClass = KeyClass.DEVELOPMENT
    """of that key"""
    key_since: str = ""
    """`ts` of that record, or of the header; '' where it was not read"""
    unknown_keys: set[str] = field(default_factory=set)
    """key ids whose MACs could not be checked"""

    def next_file(self) -> None:
        """Go on with the next file of the same journal."""
        self.size = self.lines = 0

    def follow(self, before: Chain) -> None:
        """Begin where the chain of the file before ends."""
        self.log_id, self.seq, self.mac = before.log_id, before.seq, before.mac
        self.take_key(before.key_id, before.key, seq=before.key_seq, since=before.key_since)

    def take_key(self, key_id: str, key: bytes | None, *, seq: int, since: str) -> None:
        """Let the next record be signed by this key, as are all behind record `seq`, since `since`."""
        self.key_id, self.key, self.key_seq, self.key_since = key_id, key, seq, since
        self.key_class = key_class_of(key_id)
        self.keyed = None if key is None else KeyedMac(key)

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
        successor = last.body.get("successor") if last.type == KEY_EVOLVED else None
        key_id = successor if isinstance(successor, str) else last.key_id
        if key_id != self.key_id:
            self.take_key(key_id, self._find(key_id), seq=0, since="")

    def check(self, line: bytes) -> tuple[Entry | None, list[Fault]]:
        """Read one line without its newline; return the record (None when unreadable) and its faults."""
        self.lines += 1
        self.size += len(line) + 1
        try:
            entry, unsigned = decode_entry(line)
        except EntryError as exc:
            return None, [Fault(Soundness.TAMPERED, self.lines, None, str(exc))]
        problems: list[_Problem] = []
        if entry.seq != self.seq + 1 or entry.prev != self.mac or self.closed:
            problems.extend(self._order(entry))
        if entry.key_id != self.key_id:
            problems.extend(self._change_of_key(entry))
        if self.keyed is None:
            self.unknown_keys.add(entry.key_id)
        elif self.keyed.sign(unsigned) != entry.mac:
            problems.append((Soundness.TAMPERED, "bad mac: the record is not what was written"))
        if self.lines == 1:
            problems.extend(self._opening(entry))
        elif entry.type in (HEADER_TYPE, SEGMENT_OPENED):
            problems.append((Soundness.TAMPERED, f"{entry.type} may only be the first record of a file"))
        if entry.body.get("key_class") != self.key_class:
            problems.append((Soundness.TAMPERED, f"body.key_class is not {str(self.key_class)!r}, the class of its key"))
        if entry.type == KEY_EVOLVED:
            problems.extend(self._evolution(entry))
        self.seq, self.mac, self.closed = entry.seq, entry.mac, entry.type == SEGMENT_CLOSED
        return entry, [Fault(soundness, self.lines, entry.seq, text) for soundness, text in problems] if problems else []

    def _find(self, key_id: str) -> bytes | None:
        return self.keys if isinstance(self.keys, bytes) else self.keys.get(key_id)

    def _change_of_key(self, entry: Entry) -> Iterator[_Problem]:
        if self.key_id:
            yield Soundness.TAMPERED, f"signed with key {entry.key_id!r}, where {self.key_id!r} signs"
        self.take_key(entry.key_id, self._find(entry.key_id), seq=entry.seq - 1, since=entry.ts if entry.seq == 1 else "")
        name = KeyName.read(entry.key_id)
        if name is not None and entry.seq == 1 and not str(entry.body.get("log_id", "")).endswith(f"/{name.log}"):
            yield Soundness.TAMPERED, f"the key {entry.key_id!r} is another log's"

    def _evolution(self, entry: Entry) -> Iterator[_Problem]:
        """Follow the log to its next key, which countersigns."""
        name, successor = KeyName.read(self.key_id), entry.body.get("successor")
        if name is None or successor != str(name.next()):
            yield Soundness.TAMPERED, f"body.successor is not the key that follows {self.key_id!r}"
            return
        key = evolve(self.key) if self.key is not None else self._find(successor)
        if key is not None and sign(key, countersigned(entry.seq, entry.prev, successor)) != entry.body.get("countersign"):
            yield Soundness.TAMPERED, "the key that follows did not countersign"
        self.take_key(successor, key, seq=entry.seq, since=entry.ts)

    def _order(self, entry: Entry) -> Iterator[_Problem]:
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

    def _opening(self, entry: Entry) -> Iterator[_Problem]:
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
