"""`var/audit/gate/<entrypoint>.jsonl`: every opening, look and closing of an entrypoint's gate, a signed journal.

It is read against the newest seal of its second place (`var/audit/seals`): one that was put back from an older copy, edited,
removed, begun anew or taken from another entrypoint is not believed, and what is not believed is shut.
"""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from golive.audit import Chain, Entry, Seal, SealError, decode_entry, read_seal, verify_seal
from golive.audit.verify import missing_keys
from golive.inputs import open_beside
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .failpoint import reach
from .files import MOST_LOG
from .journal_file import RESTORE, JournalFile, Signer
from .keys import SigningKeys
from .owned_path import check_present
from .seal_copies import DIRECTORY as SEALS
from .seal_copies import SUFFIX, copies_path, read_copies
from .sealed_part import take_sealed
from .verified import log_id_of

DIRECTORY: Final = Path("var/audit/gate")
PATIENCE_S: Final = 2.0
_TRIES: Final = 4
_SETTLE_S: Final = 0.02
"""much longer than a write shows in part"""
_LOG: Final = "[0-9a-f]" * 16
OPENED: Final = b'"type":"gate_opened"'
"""in the line of a record, and no other's"""
_KEPT: Final = b'"type":"gate_kept"'
_FIRST: Final = 1 << 16
_PLAIN: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
Trace = tuple[tuple[int, int, int] | None, ...]


class GateJournal:
    """The journal of one entrypoint's gate in the installation at `home`."""

    def __init__(self, home: Path, entrypoint: str) -> None:
        if not _PLAIN.fullmatch(entrypoint):
            raise JournalError(f"{entrypoint!r:.80}: is no name of an entrypoint")
        self._home = home
        self._name = f"gate/{entrypoint}"
        self.path = home / DIRECTORY / f"{entrypoint}.jsonl"
        self._seal_path = self.path.with_suffix(".seal.json")

    def trace(self) -> Trace:
        """Return what tells cheaply whether the journal was written or replaced since; None for a file that is not there."""
        return tuple(map(_trace, (self.path, *self._copies())))

    def entries(self, keys: SigningKeys | None) -> Sequence[Entry]:
        """Return the records from the newest opening on, of the looks among them the last alone; all where nothing was opened.

        Raises JournalError when the journal is not what was written, ends with half a record, or cannot be verified.
        """
        data, _ = self._settled(keys, whole=True)
        return tuple(decode_entry(line)[0] for line in _that_count(data.split(b"\n")[:-1]))

    def append(self, signer: Signer, type_: str, body: JsonObject, operator: str) -> None:
        """Add one record and seal the journal; durable on return. Raises JournalError when it is not sound or not writable."""
        self._settled(signer.keys)  # one that is not sound takes nothing; half a record is cut off, and a record tells of it
        reach("gate.record.before")
        journal = JournalFile.open(self.path, self._name, signer, seal_path=self._seal_path, held=False, patience_s=PATIENCE_S)
        try:
            journal.append(type_, body, operator)
            reach("gate.record.after")
            journal.seal()
        finally:
            journal.close()

    def _copies(self) -> list[Path]:
        """Return the files of seals that are kept of this entrypoint's gate; one, unless its journal was begun anew."""
        return sorted((self._home / SEALS).glob(f"{self._name.replace('/', '.')}.{_LOG}{SUFFIX}"))

    def _settled(self, keys: SigningKeys | None, *, whole: bool = False) -> tuple[bytes, bytes]:
        """As `_sound`; what is being written meanwhile is read again. `whole`: half a record at the end is an error, too."""
        for left in range(_TRIES - 1, -1, -1):
            before = self.trace()
            try:
                data, torn = self._sound(keys)
                if torn and whole:
                    raise JournalError(f"{self.path}: ends with half a record: what was written last is not known")
            except JournalError:
                time.sleep(_SETTLE_S if left else 0)
                if not left or self.trace() == before:
                    raise
            else:
                return data, torn
        raise AssertionError("unreachable")

    def _sound(self, keys: SigningKeys | None) -> tuple[bytes, bytes]:
        """Return the whole records and what stands behind the last newline. Raises JournalError as `entries`."""
        check_present(self.path)
        sealed = self._copies()
        if not self.path.exists():
            if sealed or self._seal_path.exists():
                raise JournalError(f"{self.path}: is gone, yet there are seals of it; {RESTORE}")
            return b"", b""
        if keys is None:
            raise JournalError(f"{self.path}: the keys that signed it are gone; restore var/state/keys from a backup")
        try:
            if not sealed and self._is_only_begun():
                return b"", b""
            return self._verified(keys, sealed)
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot be read: {exc.strerror}") from exc

    def _is_only_begun(self) -> bool:
        """Say whether its first writer was cut off before it was sealed: its header, or less."""
        if self._seal_path.exists():
            return False
        with open_beside(self.path, most=MOST_LOG) as file:
            return len(file.readlines(_FIRST)) <= 1

    def _verified(self, keys: SigningKeys, sealed: Sequence[Path]) -> tuple[bytes, bytes]:
        log_id, place = log_id_of(self.path), self._home / SEALS
        if not log_id.startswith(f"{self._name}/"):
            raise JournalError(f"{self.path}: holds log {log_id!r:.60}, not {self._name!r}; {RESTORE}")
        if others := [each for each in sealed if each != copies_path(place, log_id)]:
            raise JournalError(f"{self.path}: was begun anew: {others[0].name} seals one before it that is gone; {RESTORE}")
        newest = self._newest(read_copies(place, log_id), keys, log_id)
        with open_beside(self.path, most=MOST_LOG) as file:
            chain = Chain(keys.logs)
            is_sealed = take_sealed(file.fileno(), newest, chain) is not None
            data = file.read()
        if len(data) < newest.size:
            raise JournalError(f"{self.path}: is shorter than its newest seal: cut, or put back from an older copy; {RESTORE}")
        if not is_sealed:
            raise JournalError(f"{self.path}: is not what its newest seal covers: it was changed; {RESTORE}")
        end = data.rfind(b"\n") + 1
        for line in data[newest.size : end].split(b"\n")[:-1]:
            for fault in chain.check(line)[1]:
                raise JournalError(f"{self.path}: is not sound: {fault}; {RESTORE}")
        for fault in missing_keys(chain):
            raise JournalError(f"{self.path}: cannot be verified: {fault}")
        return data[:end], data[end:]

    def _newest(self, documents: Sequence[bytes], keys: SigningKeys, log_id: str) -> Seal:
        if not documents:
            raise JournalError(f"{self.path}: no seal of it is kept in {SEALS}; {RESTORE}")
        try:
            seal = verify_seal(documents[-1], keys.seal_keys[read_seal(documents[-1])[0].key_id])
        except KeyError as exc:
            raise JournalError(f"{self.path}: its newest seal is signed by {exc}, which is no key of this installation") from exc
        except SealError as exc:
            raise JournalError(f"{copies_path(self._home / SEALS, log_id)}: its newest seal is none: {exc}; {RESTORE}") from exc
        if seal.log_id != log_id:
            raise JournalError(f"{copies_path(self._home / SEALS, log_id)}: its newest seal is one of another log; {RESTORE}")
        return seal


def _that_count(lines: Sequence[bytes]) -> list[bytes]:
    """Return the lines that decide: looks come each minute, and only the last one of an opening says how long it stands."""
    start = next((at for at in range(len(lines) - 1, -1, -1) if OPENED in lines[at]), 0)
    kept = [at for at in range(start, len(lines)) if _KEPT in lines[at]]
    left_out = set(kept[:-1])
    return [line for at, line in enumerate(lines[start:], start) if at not in left_out]


def _trace(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
