"""Files of licences: the three active ones and the expected fingerprint, what was seen before, and the registry.

`var/licenses/registry.jsonl` is a journal with a seal: one licence that was issued or installed here in each record, or, on the
issuer's machine, a list of revocations that was signed there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from golive.audit.entry import Entry
from golive.inputs.safe_open import read_beside
from golive.model.errors import JournalError
from golive.model.json import JsonObject

from .files import PRIVATE_DIRECTORY, SECRET_FILE, make_directory, write_atomic
from .journal_file import JournalFile, Signer
from .keys import SigningKeys
from .verified import entries_with, sealed_entries

REGISTRY: Final = Path("var/licenses/registry.jsonl")
EXPECTED: Final = Path("config/fingerprint.expected.json")
MARKS: Final = Path("var/security/licence_marks.json")
RECORD: Final = "licence_registered"
LIST_RECORD: Final = "revocation_list_signed"
ISSUED: Final = "issued"
INSTALLED: Final = "installed"
MOST_BYTES: Final = 256 * 1024
PATIENCE_S: Final = 5.0
_NAME: Final = "licences"


def read_document(path: Path) -> bytes | None:
    """Return a file's bytes, None when there is none; JournalError for a link, no regular file, or one too long."""
    try:
        return read_beside(path, most=MOST_BYTES)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise JournalError(f"{path}: {exc.strerror}") from exc


def write_documents(files: Mapping[Path, bytes]) -> None:
    """Replace files, each whole and durable; in the order given. Raises JournalError."""
    for path, data in files.items():
        write_atomic(path, data, durable_name=True)


def write_marks(home: Path, data: bytes) -> None:
    """Replace what was seen before; durable on return. Raises JournalError."""
    make_directory((home / MARKS).parent, PRIVATE_DIRECTORY)
    write_atomic(home / MARKS, data, mode=SECRET_FILE, durable_name=True)


def register(home: Path, signer: Signer, body: JsonObject, operator: str, type_: str = RECORD) -> None:
    """Append one licence, or list, to the registry and seal it; durable on return. JournalError when that is not sound."""
    path = home / REGISTRY
    seal = path.with_suffix(".seal.json")
    if path.exists() and path.stat().st_size and not seal.exists():
        raise JournalError(
            f"{path}: its seal {seal.name} is gone, so records may have been cut off; restore both from one backup"
        )
    journal = JournalFile.open(path, _NAME, signer, seal_path=seal, held=False, patience_s=PATIENCE_S)
    try:
        journal.append(type_, body, operator)
        journal.seal()
    finally:
        journal.close()


def registered(home: Path, keys: SigningKeys | None) -> Sequence[Entry]:
    """Return every licence that is registered, oldest first; JournalError when the registry is not what was written."""
    return tuple(entry for entry in _registry(home, keys) if entry.type == RECORD)


def signed_lists(home: Path, keys: SigningKeys | None) -> Sequence[Entry]:
    """Return every list of revocations that was signed here, oldest first; JournalError as `registered`."""
    return tuple(entry for entry in _registry(home, keys) if entry.type == LIST_RECORD)


def shows_an_installed_one(home: Path) -> bool:
    """Say whether the registry, believed or not, tells of a licence of a real issuer that was put into place here."""
    found = entries_with(home / REGISTRY, b'"development":false')
    return any(each.type == RECORD and each.body.get("act") != ISSUED for each in found)


def _registry(home: Path, keys: SigningKeys | None) -> Sequence[Entry]:
    path = home / REGISTRY
    seal = path.with_suffix(".seal.json")
    if not path.exists() and not seal.exists():
        return ()
    if keys is None:
        raise JournalError(f"{path}: the keys that signed it are gone")
    if not seal.exists():
        raise JournalError(f"{path}: its seal {seal.name} is gone, so records may have been cut off")
    return sealed_entries(path, seal, keys)
