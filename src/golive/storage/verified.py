"""What verifying one file finds, the keys it needs, and how one journal file, or a journal of several files, is verified."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from golive.audit import (
    NO_KEYS,
    Chain,
    Entry,
    EntryError,
    Fault,
    MacKeys,
    Soundness,
    decode_entry,
    verify_file,
    worst,
)
from golive.audit.register import RegisterError, journal_of
from golive.inputs import open_beside, read_beside
from golive.model.errors import JournalError
from golive.model.verdict import KeyClass

from .files import MOST_LOG
from .kept_seals import kept_seals, logs_without, lost_tail
from .keys import SigningKeys
from .public_keys import PUBLIC_DIRECTORY, read_public_key
from .seal_copies import DIRECTORY as SEALS
from .sealed_bytes import taken

_FIRST_LINES: Final = 1 << 12
"""bytes to read at least, for a register the line behind its cover too"""


@dataclass(frozen=True, slots=True)
class Result:
    """What was found about one file."""

    path: Path
    faults: tuple[Fault, ...]
    records: int = 0
    sealed_seq: int | None = None
    log_id: str = ""
    """'' where it is no journal"""
    key_class: KeyClass | None = None
    """of the key that signed its last record; None where it is no journal"""

    def with_faults(self, *faults: Fault) -> Result:
        """Return the same with more faults."""
        return replace(self, faults=(*self.faults, *faults))

    @property
    def soundness(self) -> Soundness:
        return worst(self.faults)


@dataclass(frozen=True, slots=True)
class VerificationKeys:
    """What a verifier has: MAC keys by id, public seal keys by id, ours where this host has them, and where seals are kept."""

    mac: MacKeys = NO_KEYS
    seal: Mapping[str, bytes] = field(default_factory=dict)
    own: SigningKeys | None = None
    places: tuple[Path, ...] = ()
    """this installation's own folders of kept seals"""
    outside: tuple[Path, ...] = ()
    """folders of seals that were collected from it"""

    @classmethod
    def of_home(cls, home: Path) -> VerificationKeys:
        """Return the keys of this installation; without its private ones the published ones. Raises JournalError."""
        own = SigningKeys.load(home)
        if own is not None:
            return cls(own.logs, own.seal_keys, own, (home / SEALS,))
        published = dict(read_public_key(path) for path in sorted((home / PUBLIC_DIRECTORY).glob("*.json")))
        return cls(seal=published, places=(home / SEALS,))

    @classmethod
    def public(cls, path: Path) -> VerificationKeys:
        """Return what a stranger has: one public key, from a published document."""
        return cls(seal=dict([read_public_key(path)]))


def verify_journal(path: Path, keys: VerificationKeys, chain: Chain) -> Result:
    """Verify one journal file, or a register (`.json`), with the seal beside it; `chain` carries on from the file before."""
    seal_file = path.with_suffix(".seal.json")
    try:
        # In this order, while others write: what lies beside was kept before, and what is kept was written before.
        seal = read_beside(seal_file) if seal_file.exists() else None
        log_id = chain.log_id or log_id_of(path)
        kept = kept_seals(keys, log_id, seal)
        data = read_beside(path, most=MOST_LOG)
        data = journal_of(data) if path.suffix == ".json" else data
    except OSError as exc:
        return Result(path, (of_file(Soundness.CANNOT_SAY, f"cannot be read: {exc.strerror}"),))
    except RegisterError as exc:
        return Result(path, (of_file(Soundness.TAMPERED, str(exc)),))
    report = verify_file(data, chain, seal=seal, seal_keys=keys.seal, copies=kept.sound)
    found = [*report.faults, *kept.faults]
    if seal is None:
        found.append(of_file(Soundness.CANNOT_SAY, f"no seal {seal_file.name} beside it: a cut tail would not show"))
    return Result(path, tuple(found), report.records, report.sealed_seq, log_id, chain.key_class if chain.key_id else None)


def log_id_of(path: Path) -> str:
    """Return the id that the first record of a log names, '' where it names none. Raises OSError."""
    with open_beside(path, most=MOST_LOG) as file:
        lines = file.readlines(_FIRST_LINES)
    first = lines[1].removesuffix(b"\n").removesuffix(b",") if path.suffix == ".json" and len(lines) > 1 else b"".join(lines[:1])
    try:
        log_id = decode_entry(first.removesuffix(b"\n"))[0].body.get("log_id")
    except EntryError:
        return ""
    return log_id if isinstance(log_id, str) else ""


def verify_series(files: Sequence[Path], keys: VerificationKeys, chain: Chain | None = None) -> Iterator[Result]:
    """Verify the files of one journal, oldest first; `chain` carries on from files that are gone."""
    chain = Chain(keys.mac) if chain is None else chain
    for position, path in enumerate(files):
        result = verify_journal(path, keys, chain)
        is_last = position + 1 == len(files)
        if not is_last and not chain.closed:
            text = f"does not end with a closing record, yet {files[position + 1].name} follows"
            result = result.with_faults(of_file(Soundness.TAMPERED, text))
        if is_last and chain.closed:
            text = "ends with a closing record, yet the file that continues it is gone, or a crash came before it was made"
            result = result.with_faults(of_file(Soundness.CANNOT_SAY, text))
        if is_last:
            result = result.with_faults(*lost_tail(keys, chain, path))
        yield result
        chain.next_file()


def lost_logs(keys: VerificationKeys, results: Collection[Result]) -> Iterator[Result]:
    """Name the kept seals of logs that are not among the verified."""
    for path in logs_without(keys, {result.log_id for result in results}):
        yield Result(path, (of_file(Soundness.TAMPERED, "seals a log that is gone, or was begun anew"),))


def sealed_entries(path: Path, seal_path: Path, keys: SigningKeys, types: Collection[str] = ()) -> Sequence[Entry]:
    """Return every record of a journal of ours, oldest first; none when neither it nor its seal is there.

    `types`: only records of these. What the seal covers is believed by it, only the rest is checked record by record.
    Raises JournalError when it is not what was written.
    """
    try:
        seal = read_beside(seal_path) if seal_path.exists() else None
        if not path.exists():
            if seal is not None:
                raise JournalError(f"{path}: is missing, yet {seal_path.name} seals records of it; restore the file")
            return ()
        data = read_beside(path, most=MOST_LOG)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    if not data and seal is None:
        return ()  # its first writer was cut off before the header
    ours = VerificationKeys(keys.logs, keys.seal_keys, keys)
    if seal is None or taken(data, seal, Chain(keys.logs), ours) is None:
        report = verify_file(data, Chain(keys.logs), seal=seal, seal_keys=keys.seal_keys)
        if report.soundness is not Soundness.CLEAN:
            raise JournalError(f"{path}: {report.soundness}: {report.faults[0]}")
    lines = _lines_with(data, [f'"type":"{each}"'.encode() for each in types]) if types else data.split(b"\n")[:-1]
    found = (decode_entry(line)[0] for line in lines)
    return tuple(entry for entry in found if not types or entry.type in types)


def _lines_with(data: bytes, marks: Collection[bytes]) -> Sequence[bytes]:
    """Return the whole lines that have one of `marks` in them, in their order, without looking at each of the others."""
    found: dict[int, bytes] = {}
    for mark in marks:
        at = data.find(mark)
        while at >= 0 and (end := data.find(b"\n", at)) >= 0:
            start = data.rfind(b"\n", 0, at) + 1
            found[start] = data[start:end]
            at = data.find(mark, end)
    return [found[start] for start in sorted(found)]


def of_file(soundness: Soundness, text: str) -> Fault:
    """Return a fault of a file as a whole."""
    return Fault(soundness, 0, None, text)


def entries(path: Path) -> Iterator[Entry]:
    """Yield what can be read of a journal; what cannot has been reported by its own verification."""
    for _, entry in numbered_entries(path):
        yield entry


def numbered_entries(path: Path) -> Iterator[tuple[int, Entry]]:
    """Yield what can be read of a journal, each with its line; nothing of what is no file."""
    try:
        with open_beside(path, most=MOST_LOG) as file:
            for number, line in enumerate(file, 1):
                try:
                    yield number, decode_entry(line.removesuffix(b"\n"))[0]
                except EntryError:
                    continue
    except OSError:
        return


def entries_with(path: Path, text: bytes) -> Iterator[Entry]:
    """Yield the records of a journal whose line has `text` in it; the others are not decoded."""
    try:
        with open_beside(path, most=MOST_LOG) as file:
            for line in file:
                if text in line:
                    try:
                        yield decode_entry(line.removesuffix(b"\n"))[0]
                    except EntryError:
                        continue
    except OSError:
        return
