"""Verifying a journal: every gap, broken link, bad MAC and odd byte, and the verdict that follows.

Pure: bytes in, faults out. Reading files is `storage/`'s work.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from .chain import Chain
from .entry import Entry
from .fault import Fault, Soundness
from .merkle import MerkleTree
from .ratchet import MacKeys
from .seal import Seal, SealError, read_seal, verify_seal

_ORDER: Final = (Soundness.TAMPERED, Soundness.OUT_OF_BOUNDS, Soundness.TORN_TAIL, Soundness.CANNOT_SAY)


def faults(lines: Iterable[bytes], key: bytes | MacKeys) -> Iterator[str]:
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


def verify_file(
    data: bytes, chain: Chain, *, seal: bytes | None = None, seal_keys: Mapping[str, bytes], copies: Sequence[Seal] = ()
) -> Report:
    """Verify the bytes of one journal file, the seal document beside it, and the checked `copies` of seals kept elsewhere.

    `chain` carries on from the files before (a fresh one for the first). Copies of other files of the log are left alone. What a
    sound seal covers needs no MAC key: the seal's digest already shows any change.
    """
    found: list[Fault] = []
    checkpoint, seal_faults = _read_seal(seal, seal_keys)
    found.extend(seal_faults)
    marks = _Checkpoints(data, checkpoint, copies)
    end = data.rfind(b"\n") + 1
    for line in data[:end].split(b"\n")[:-1]:
        entry, problems = chain.check(line)
        found.extend(problems)
        if entry is not None:
            found.extend(marks.passed(chain, entry))
    if end < len(data):
        found.append(_torn(chain, data[end:]))
    if chain.lines == 0:
        found.append(Fault(Soundness.TAMPERED if checkpoint else Soundness.CANNOT_SAY, 0, None, "no record at all"))
    found.extend(marks.unreached(chain))
    found.extend(missing_keys(chain))
    return Report(worst(found), tuple(found), chain.lines, marks.sealed_seq)


class _Checkpoints:
    """The seals of one file: the one beside it, and the copies that were kept elsewhere."""

    def __init__(self, data: bytes, beside: Seal | None, copies: Sequence[Seal]) -> None:
        self._data = data
        self._beside = beside
        self._reached = beside is None
        self._newest = max(copies, key=lambda each: each.last_seq, default=None)
        self._due: dict[int, list[Seal]] = {}
        for seal in copies:
            self._due.setdefault(seal.last_seq, []).append(seal)
        self._digest = hashlib.sha256()
        self._tree = MerkleTree()
        self._taken = 0
        self._good_seq = 0
        self.sealed_seq: int | None = None

    def passed(self, chain: Chain, entry: Entry) -> Iterator[Fault]:
        """Say what is not as the seals have it that were made right behind this record."""
        if chain.lines == 1:
            self._due = {seq: seals for seq, seals in self._due.items() if seq >= entry.seq}  # earlier ones are of other files
        due = self._due.pop(entry.seq, [])
        if self._beside is not None and chain.size == self._beside.size:
            due.append(self._beside)
            self._reached = True
        if not due:
            return
        self._take(chain.size)
        own = (entry.seq, entry.mac, chain.size, self._digest.hexdigest(), self._tree.root(), chain.log_id)
        for seal in due:
            if (seal.last_seq, seal.head_mac, seal.size, seal.content_sha256, seal.merkle_root, seal.log_id) == own:
                self.sealed_seq = self._good_seq = seal.last_seq
                chain.unknown_keys.clear()
            else:
                since = f"; the change lies behind seq {self._good_seq}" if self._good_seq else ""
                text = f"not what was sealed at {seal.time} (log {seal.log_id}, seq {seal.last_seq}){since}"
                yield Fault(Soundness.TAMPERED, chain.lines, entry.seq, text)

    def unreached(self, chain: Chain) -> Iterator[Fault]:
        """Name the seals of what is not there any more."""
        if not self._reached and self._beside is not None:
            seal = self._beside
            text = f"cut short: the seal covers {seal.size} bytes up to seq {seal.last_seq}, no record ends there"
            yield Fault(Soundness.TAMPERED, 0, None, text)
        if self._newest is not None and self._newest.last_seq > chain.seq and not chain.closed:
            newest = self._newest
            text = f"cut short after seq {chain.seq}: the seal of {newest.time} in a second place covers seq {newest.last_seq}"
            yield Fault(Soundness.TAMPERED, 0, None, text)
        for seq in sorted(seq for seq in self._due if seq <= chain.seq):
            yield Fault(Soundness.TAMPERED, 0, None, f"has no record of seq {seq}, which a seal in a second place covers")

    def _take(self, size: int) -> None:
        part = self._data[self._taken : size]
        self._digest.update(part)
        for line in part.split(b"\n")[:-1]:
            self._tree.add(line)
        self._taken = size


def worst(found: Iterable[Fault]) -> Soundness:
    """Return tampered before out of bounds before torn before cannot say before clean."""
    kinds = {fault.soundness for fault in found}
    return next((soundness for soundness in _ORDER if soundness in kinds), Soundness.CLEAN)


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


def _torn(chain: Chain, rest: bytes) -> Fault:
    return Fault(Soundness.TORN_TAIL, chain.lines + 1, None, f"torn tail: {len(rest)} bytes without a newline")
