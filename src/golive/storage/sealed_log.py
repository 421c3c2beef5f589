"""A signed log read in one go and believed by its seals: fast, however long the log is.

The bytes that a file's seal covers are taken by the seal's signature over their digest; the few records behind it, a minute's at
most, are checked one by one. The newest seal of the second place says whether the log was put back as a whole. Where anything
does not fit, the log is verified record by record, to name the first that is not what was written.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from golive.audit import Chain, Entry, EntryError, SealError, Soundness, decode_entry
from golive.inputs import read_beside
from golive.model.errors import JournalError

from .files import MOST_LOG
from .journal_file import RESTORE
from .kept_seals import checked_seal
from .seal_copies import copies_path, read_copies
from .sealed_bytes import taken
from .verified import VerificationKeys, log_id_of, verify_series


@dataclass(frozen=True, slots=True, repr=False)
class SealedFile:
    """One file of a log whose bytes were shown to be what was written."""

    path: Path
    data: bytes
    sha256: str
    log_id: str

    @property
    def records(self) -> int:
        return self.data.count(b"\n")

    def records_with(self, text: bytes) -> Iterator[Entry]:
        """Yield the records that have `text` in their line."""
        at = self.data.find(text)
        while at >= 0:
            yield self.record_at(at)
            at = self.data.find(text, self._end(at))

    def record_at(self, at: int) -> Entry:
        """Return the record whose line has the byte `at`."""
        return decode_entry(self.data[self.data.rfind(b"\n", 0, at) + 1 : self._end(at)])[0]

    def line_of(self, at: int) -> int:
        """Return the number of the line that has the byte `at`."""
        return self.data.count(b"\n", 0, at) + 1

    def _end(self, at: int) -> int:
        return self.data.find(b"\n", at)


def sealed_log(files: Sequence[Path], keys: VerificationKeys) -> tuple[SealedFile, ...]:
    """Return the files of one log, oldest first. Raises JournalError naming the first fault."""
    try:
        found = _as_sealed(files, keys)
    except OSError as exc:
        raise JournalError(f"{exc.filename or files[0]}: cannot be read: {exc.strerror}") from exc
    if found is not None:
        return found
    for result in verify_series(files, keys):
        if result.soundness is not Soundness.CLEAN:
            raise JournalError(f"{result.path}: {result.soundness}: {result.faults[0]}; {RESTORE}")
    raise JournalError(f"{files[-1]}: changed while it was read; look again")


def sealed_file(path: Path, keys: VerificationKeys) -> SealedFile:
    """Return one file of a log, whatever came before it. Raises JournalError when it is not what was sealed."""
    try:
        seal_file = path.with_suffix(".seal.json")
        document = read_beside(seal_file)
        data = read_beside(path, most=MOST_LOG)
        first = decode_entry(data[: data.find(b"\n")])[0]
    except OSError as exc:
        raise JournalError(f"{exc.filename or path}: cannot be read: {exc.strerror}") from exc
    except EntryError as exc:
        raise JournalError(f"{path}: tampered: line 1: {exc}") from exc
    chain = Chain(keys.mac, seq=first.seq - 1, mac=first.prev)
    digest = taken(data, document, chain, keys)
    if digest is None:
        raise JournalError(f"{path}: tampered, or its seal is: golive audit verify --all names the record")
    return SealedFile(path, data, digest, chain.log_id)


def _as_sealed(files: Sequence[Path], keys: VerificationKeys) -> tuple[SealedFile, ...] | None:
    """Return the files; None where not everything fits together."""
    found: list[SealedFile] = []
    chain = Chain(keys.mac)
    newest = _newest_kept(files[0], keys)
    for path in files:
        seal_file = path.with_suffix(".seal.json")
        # In this order, while others write: what is sealed was written before.
        document = read_beside(seal_file) if seal_file.exists() else None
        data = read_beside(path, most=MOST_LOG)
        if document is None or (found and not chain.closed):
            return None
        chain.next_file()
        digest = taken(data, document, chain, keys)
        if digest is None:
            return None
        found.append(SealedFile(path, data, digest, chain.log_id))
    is_whole = not chain.closed and newest is not None and newest <= chain.seq
    return tuple(found) if is_whole else None


def _newest_kept(first: Path, keys: VerificationKeys) -> int | None:
    """Return up to which record the newest seal of the second place goes; None where there is none to be believed."""
    log_id = log_id_of(first)
    for place in keys.places if log_id else ():
        if (copies_path(place, log_id)).exists() and (documents := read_copies(place, log_id)):
            try:
                return checked_seal(documents[-1], keys, log_id).last_seq
            except (SealError, KeyError):
                return None
    return None
