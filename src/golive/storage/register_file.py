"""A register on disk: few records, each of a renewal, in one JSON file that is replaced whole; its seal lies beside it.

`audit/register.py` is its form. It is written under a lock of its folder and verified before anything is added.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from golive.audit import CanonicalError, Chain, Entry, Soundness, decode_entry, verify_file, worst
from golive.audit.entry import HEADER_TYPE, KEY_EVOLVED
from golive.audit.merkle import MerkleTree
from golive.audit.register import RegisterError, encode_register, journal_of
from golive.inputs import read_beside
from golive.model.clock import to_iso
from golive.model.errors import JournalError

from .failpoint import reach
from .files import LOG_FILE, PRIVATE_DIRECTORY, make_directory, write_atomic
from .journal_file import RESTORE, Draft, Signer
from .kept_seals import KeptSeals, kept_seals
from .keys import SigningKeys
from .log_writing import evolution_due, evolved, header_of, know_key_age, seal_of
from .owned_path import check_present
from .seal_copies import logs_in
from .signed_record import signed_line
from .verified import VerificationKeys, log_id_of


class RegisterFile:
    """The register `name` at `path`, such as `tls_rotation` at `var/security/tls_rotation.json`."""

    def __init__(self, path: Path, name: str, *, mode: int = LOG_FILE, seals: Path | None = None) -> None:
        """`mode`: that of both files; SECRET_FILE for one below `secrets/`.

        `seals`: the second place of seals, for the only register of that name here. It is asked as well then: an older register
        that was put back together with its seal, and one that went with it, are found.
        """
        self.path = path
        self.seal_path = path.with_suffix(".seal.json")
        self._name = name
        self._mode = mode
        self._seals = seals

    def entries(self, keys: SigningKeys | None) -> Sequence[Entry]:
        """Return what is registered, oldest first, without the records of keys; nothing where there is no register yet.

        Raises JournalError when it is not what was written, or `keys` are gone that signed it.
        """
        if keys is None:
            if self.path.exists() or self.seal_path.exists():
                raise JournalError(f"{self.path}: the keys that signed it are gone")
            self._never_was()
            return ()
        lines, _ = self._sound(keys)
        records = (decode_entry(line)[0] for line in lines[1:])
        return tuple(entry for entry in records if entry.type != KEY_EVOLVED)

    def append(self, signer: Signer, drafts: Sequence[Draft]) -> Sequence[Entry]:
        """Add records and seal the register; durable on return. Return what was added.

        Waits for another process that is writing in its folder. Raises JournalError when it is not sound or cannot be written.
        """
        make_directory(self.path.parent, PRIVATE_DIRECTORY)
        with self._locked():
            lines, chain = self._sound(signer.keys)
            boot = signer.boot_id()
            try:
                if not lines:
                    # The header alone is sealed first: a crash leaves nothing that could be a register cut short.
                    lines = [
                        self._added(signer, boot, chain, (HEADER_TYPE, header_of(self._name, signer, chain), signer.operator))
                    ]
                    self._write(signer, lines, chain)
                know_key_age(signer, chain)
                if (evolution := evolution_due(signer, chain)) is not None:
                    lines.append(self._added(signer, boot, chain, (KEY_EVOLVED, evolution, signer.operator)))
                    held = evolved(chain, str(evolution["successor"]), to_iso(signer.clock.now()))
                    self._write(signer, lines, chain)
                    signer.keys.logs.keep(held)
                added = [self._added(signer, boot, chain, draft) for draft in drafts]
            except CanonicalError as exc:
                raise JournalError(f"{self.path}: cannot write the record: {exc}") from exc
            self._write(signer, [*lines, *added], chain)
        return tuple(decode_entry(line)[0] for line in added)

    def _added(self, signer: Signer, boot: str, chain: Chain, draft: Draft) -> bytes:
        line, mac = signed_line(self.path, signer, boot, chain, draft)
        log_id = draft[1].get("log_id") if draft[0] == HEADER_TYPE else None
        chain.appended(mac, len(line) + 1, closed=False, log_id=log_id if isinstance(log_id, str) else None)
        return line

    def _write(self, signer: Signer, lines: Sequence[bytes], chain: Chain) -> None:
        document = encode_register(lines)
        journal = journal_of(document)
        seal = seal_of(signer, chain, hashlib.sha256(journal).hexdigest(), MerkleTree(lines).root())
        write_atomic(self.path, document, mode=self._mode, durable_name=True)
        reach("register.written")
        write_atomic(self.seal_path, signer.keys.seal_log(seal), mode=self._mode, durable_name=True)

    def _sound(self, keys: SigningKeys) -> tuple[list[bytes], Chain]:
        """Return the lines, header first, and the chain behind them; none where there is no register.

        A header alone without its seal is a first writing that was cut off: it is gone on with.
        """
        journal, seal, kept = self._read(keys)
        if journal is None:
            if seal is not None:
                raise JournalError(f"{self.path}: is missing, yet {self.seal_path.name} seals records of it; restore the file")
            self._never_was()
            return [], Chain(keys.logs)
        chain = Chain(keys.logs)
        report = verify_file(journal, chain, seal=seal, seal_keys=keys.seal_keys, copies=kept.sound)
        found = [*report.faults, *(each for each in kept.faults if each.soundness is Soundness.TAMPERED)]
        if worst(found) is not Soundness.CLEAN:
            raise JournalError(f"{self.path}: the register is not sound: {found[0]}; {RESTORE}")
        if not chain.log_id.startswith(f"{self._name}/"):
            raise JournalError(f"{self.path}: holds register {chain.log_id!r}, not {self._name!r}")
        if seal is None and report.records > 1:
            raise JournalError(f"{self.path}: its seal {self.seal_path.name} is gone, so records may have been cut; {RESTORE}")
        return journal.split(b"\n")[:-1], chain

    def _read(self, keys: SigningKeys) -> tuple[bytes | None, bytes | None, KeptSeals]:
        """Return the journal of the register, the seal beside it and those that are kept.

        In this order, while others write: what lies beside was kept before, and what is kept was written before.
        """
        seal = _bytes(self.seal_path)
        kept = self._kept(keys, seal)
        journal = _journal(self.path)
        if journal is not None and seal is None:  # it began in between
            seal = _bytes(self.seal_path)
            kept, journal = self._kept(keys, seal), _journal(self.path)
        return journal, seal, kept

    def _kept(self, keys: SigningKeys, seal: bytes | None) -> KeptSeals:
        if self._seals is None or not self.path.exists():
            return KeptSeals([], [])
        try:
            log_id = log_id_of(self.path)
        except OSError as exc:
            raise JournalError(f"{self.path}: cannot be read: {exc.strerror}") from exc
        return kept_seals(VerificationKeys(keys.logs, keys.seal_keys, keys, (self._seals,)), log_id, seal)

    def _never_was(self) -> None:
        """Raise JournalError when seals are kept of a register of this name, which then went with the seal beside it."""
        found = next(_logs_of(self._seals, self._name), None)
        if found is not None:
            raise JournalError(f"{self.path}: is gone, yet {found.name} in {found.parent.name}/ seals records of it; {RESTORE}")

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError as exc:
            raise JournalError(f"{self.path.parent}: cannot be locked: {exc.strerror}") from exc
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)


def _logs_of(seals: Path | None, name: str) -> Iterator[Path]:
    return iter(()) if seals is None else (path for path in logs_in(seals) if path.name.startswith(f"{name}."))


def _journal(path: Path) -> bytes | None:
    """Return the journal that the register at `path` holds, None when there is none. Raises JournalError."""
    document = _bytes(path)
    try:
        return None if document is None else journal_of(document)
    except RegisterError as exc:
        raise JournalError(f"{path}: {exc}; {RESTORE}") from exc


def _bytes(path: Path) -> bytes | None:
    check_present(path)
    try:
        return read_beside(path) if path.exists() else None
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
