"""Making an installation's production keys, whole or not at all, and setting aside what its people did under those before.

Everything new lies in one folder that gets its name at once. From then on the installation signs nothing until the making is
finished, and finishing can be begun again at any point: the file `unfinished` says what is to be done.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from golive.audit import Chain, Soundness, canonical
from golive.audit.key_class import PREFIX
from golive.audit.ratchet import root_name
from golive.inputs import parse_json, read_beside
from golive.model.errors import JournalError
from golive.model.verdict import KeyClass

from .files import LOG_FILE, PRIVATE_DIRECTORY, SECRET_FILE, make_directory, sync_directory, write_atomic
from .key_file import KEY_BYTES, key_text, load_or_make_key
from .keys import DIRECTORY, PRODUCTION_DIRECTORY, UNFINISHED, SigningKeys
from .log_keys import LogKeys
from .public_keys import PUBLIC_DIRECTORY, publish
from .seal_copies import DIRECTORY as SEALS
from .seal_copies import copies_path
from .security_admin import PATH as ADMIN_LOG
from .verified import VerificationKeys, log_id_of, verify_journal
from .whole_folder import whole_folder

ARCHIVE: Final = Path("var/archive")
_NAMES: Final = ("hmac.key", "ed25519.key", "id.key")
_SEAL: Final = ADMIN_LOG.with_suffix(".seal.json")


@dataclass(frozen=True, slots=True)
class MadeKeys:
    """What the record says of the making of production keys; paths are relative to the installation."""

    made_by: str
    recipient: str
    """the age recipient that the first root is sealed for, `age1…`"""
    first_root: str
    """its name"""
    sealed_root: str
    """the file that it is sealed in"""
    sealed_root_sha256: str
    archive: str
    """where the log of people's acts lies that the keys before signed; an installation of its own to `golive audit`"""
    people_log: str
    """its log id"""
    people_seq: int
    """its last record"""
    people_mac: str
    """the MAC of that"""


@contextmanager
def held_people_log(home: Path) -> Iterator[None]:
    """Keep every other process from writing the log of people's acts, which is there. Raises JournalError."""
    path = home / ADMIN_LOG
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be locked: {exc.strerror}") from exc
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def make_production_keys(home: Path, made_by: str, recipient: str, seal_root: Callable[[bytes], bytes], stamp: str) -> MadeKeys:
    """Make the keys and archive the log of people's acts; `finish` comes next. The caller holds that log.

    `seal_root` encrypts the first root, which is never written. Raises JournalError when that log is not what was written, or a
    file cannot be made.
    """
    first = secrets.token_bytes(KEY_BYTES)
    prefix = PREFIX[KeyClass.PRODUCTION]
    root = root_name(f"{prefix}-log", first)
    sealed = seal_root(key_text(first))
    archive = ARCHIVE / f"development-{stamp}"
    log_id, seq, mac = _archive(home, home / archive)
    sealed_root = PUBLIC_DIRECTORY / f"{root}.age"
    write_atomic(home / sealed_root, sealed, mode=LOG_FILE, durable_name=True)
    digest = hashlib.sha256(sealed).hexdigest()
    made = MadeKeys(made_by, recipient, root, str(sealed_root), digest, str(archive), log_id, seq, mac)
    make_directory((home / PRODUCTION_DIRECTORY).parent, PRIVATE_DIRECTORY)
    with whole_folder(home / PRODUCTION_DIRECTORY) as folder:
        for name in _NAMES:
            load_or_make_key(folder / name)
        LogKeys(folder, root, None, ("", b"")).plant(first)
        write_atomic(folder / UNFINISHED, canonical(asdict(made)) + b"\n", mode=SECRET_FILE)
    return made


def unfinished(home: Path) -> MadeKeys | None:
    """Return what is being made; None when nothing is. Raises JournalError when that cannot be read."""
    path = home / PRODUCTION_DIRECTORY / UNFINISHED
    if not path.exists():
        return None
    try:
        document = parse_json(read_beside(path))
        assert isinstance(document, dict)
        return MadeKeys(**document)
    except (OSError, ValueError, TypeError) as exc:
        raise JournalError(f"{path}: cannot be read: {exc}; restore the folder from a backup") from exc


def finish(home: Path, made: MadeKeys, record: Callable[[SigningKeys], None]) -> None:
    """Remove what lies in the archive, `record` the making in a new log, and let the installation sign. May be repeated."""
    keys = SigningKeys.of_production(home)
    _remove_archived(home, made)
    publish(home, keys.seal_key_id, keys.public_key)
    record(keys)
    (home / PRODUCTION_DIRECTORY / UNFINISHED).unlink()
    sync_directory(home / PRODUCTION_DIRECTORY)


def _archive(home: Path, archive: Path) -> tuple[str, int, str]:
    """Copy log, seals and keys to where they make an installation of their own; return log id, last seq and MAC."""
    log = home / ADMIN_LOG
    keys = VerificationKeys.of_home(home)
    chain = Chain(keys.mac)
    found = verify_journal(log, keys, chain)
    if found.soundness is not Soundness.CLEAN:
        raise JournalError(f"{log}: {found.soundness}: {found.faults[0]}; nothing was made")
    with whole_folder(archive) as folder:
        for file in (ADMIN_LOG, _SEAL, copies_path(SEALS, chain.log_id)):
            _copy(home / file, folder / file)
        for directory in (PUBLIC_DIRECTORY, DIRECTORY):
            for path in sorted((home / directory).rglob("*")):
                if path.is_file():
                    _copy(path, folder / path.relative_to(home))
    return chain.log_id, chain.seq, chain.mac


def _copy(source: Path, target: Path) -> None:
    make_directory(target.parent, PRIVATE_DIRECTORY)
    shutil.copy2(source, target, follow_symlinks=False)


def _remove_archived(home: Path, made: MadeKeys) -> None:
    log = home / ADMIN_LOG
    try:
        if not log.exists() or log_id_of(log) == made.people_log:
            for path in (log, home / _SEAL, copies_path(home / SEALS, made.people_log)):
                path.unlink(missing_ok=True)
                sync_directory(path.parent)
        for path in (home / PUBLIC_DIRECTORY).glob(f"{PREFIX[KeyClass.DEVELOPMENT]}-*.json"):
            path.unlink()
        if (home / DIRECTORY).exists():
            shutil.rmtree(home / DIRECTORY)
    except OSError as exc:
        raise JournalError(f"{exc.filename}: cannot be removed: {exc.strerror}; then run it again") from exc
