"""A journal in several files of one chain, shared by the processes of a host: whoever finds the newest full begins the next."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from golive.audit import Chain, EntryError, MacKeys, decode_entry
from golive.audit.entry import SEGMENT_CLOSED, body_text
from golive.inputs import read_beside
from golive.model.errors import JournalError

from .files import MOST_LOG
from .journal_file import Draft, JournalFile, Signer


class SegmentedJournal(ABC):
    """The journal as one writer has it open; what a segment is called, and when it is over, is a subclass's to say.

    Raises JournalError, from the start, when the newest file is not sound or cannot be written.
    """

    def __init__(self, directory: Path, log_id: str, signer: Signer, patience_s: float) -> None:
        """`patience_s` is how long a writer waits for the others' lock."""
        self._directory = directory
        self._log_id = log_id
        self._signer = signer
        self._patience_s = patience_s
        self._journal = self._open_latest()

    @property
    def path(self) -> Path:
        """The file that is written now."""
        return self._journal.path

    def append(self, drafts: Sequence[Draft]) -> None:
        """Append under one lock, all to one file; durable after `sync`."""
        while True:
            with self._journal.exclusive():
                if not self._journal.is_closed_segment and not self._is_over(self._journal):
                    self._journal.append_all(drafts, durable=False)
                    return
                successor = self._successor()
            self._journal.close()
            self._journal = successor

    def sync(self) -> None:
        """Make what was appended durable."""
        self._journal.sync()

    def seal(self) -> None:
        """Make what was appended durable and sign a checkpoint."""
        self._journal.seal()

    def close(self) -> None:
        """Seal the file and give it up."""
        try:
            self._journal.seal()
        finally:
            self._journal.close()

    @abstractmethod
    def _files(self) -> list[Path]:
        """Return the segments, oldest first."""

    @abstractmethod
    def _is_over(self, segment: JournalFile) -> bool:
        """Say whether an open segment takes no more; asked under the lock."""

    @abstractmethod
    def _next_name(self) -> str:
        """Return the name of the file that begins now."""

    def _open_latest(self) -> JournalFile:
        files = self._files()
        if not files:
            return self._open(self._directory / self._next_name(), None)
        before = segment_end(files[-2], self._signer.keys.logs) if len(files) > 1 else None
        return self._open(files[-1], before)

    def _successor(self) -> JournalFile:
        """Close the present segment unless somebody did, and open the one that continues it; under the lock."""
        if not self._journal.is_closed_segment:
            self._journal.close_segment(self._next_name())
        return self._open(self._directory / last_closing(self._journal.path), self._journal.chain)

    def _open(self, path: Path, after: Chain | None) -> JournalFile:
        seal = path.with_suffix(".seal.json")
        return JournalFile.open(
            path, self._log_id, self._signer, seal_path=seal, held=False, after=after, patience_s=self._patience_s
        )


def segment_end(path: Path, mac_keys: MacKeys) -> Chain:
    """Return the chain's state at the end of a closed segment, from its first and last record.

    What lies between is the business of `golive audit verify`. Raises JournalError when the segment is not closed.
    """
    lines = _lines(path)
    chain = Chain(mac_keys)
    try:
        chain.log_id = body_text(decode_entry(lines[0])[0].body, "log_id")
        last = decode_entry(lines[-1])[0]
        chain.lines, chain.seq, chain.mac = 2, last.seq - 1, last.prev
        found = chain.check(lines[-1])[1]
    except (EntryError, IndexError) as exc:
        raise JournalError(f"{path}: not a sound journal segment: {exc}") from exc
    if found or not chain.closed:
        raise JournalError(f"{path}: {found[0] if found else 'is not closed, yet a later file exists'}")
    chain.next_file()
    return chain


def is_closed(path: Path) -> bool:
    """Say whether the last record that can be read of a file closes it."""
    for line in reversed(_lines(path)):
        try:
            return decode_entry(line)[0].type == SEGMENT_CLOSED
        except EntryError:
            continue
    return False


def last_closing(path: Path) -> str:
    """Return the name of the file that continues a closed segment."""
    try:
        entry, _ = decode_entry(_lines(path)[-1])
        name = body_text(entry.body, "successor")
    except (EntryError, IndexError) as exc:
        raise JournalError(f"{path}: no closing record: {exc}") from exc
    if entry.type != SEGMENT_CLOSED or Path(name).name != name:
        raise JournalError(f"{path}: record {entry.seq} does not close the segment")
    return name


def _lines(path: Path) -> list[bytes]:
    try:
        return read_beside(path, most=MOST_LOG).split(b"\n")[:-1]
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
