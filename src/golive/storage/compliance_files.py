"""The register of compliance and the archive of documents beside it, under `var/audit/compliance/`."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Final

from golive.inputs import open_named, read_bytes
from golive.model.errors import ConfigError

from .files import PRIVATE_DIRECTORY, SECRET_FILE, make_directory, write_atomic
from .register_file import RegisterFile
from .seal_copies import DIRECTORY as SEALS

REGISTER: Final = Path("var/audit/compliance/register.json")
DOCUMENTS: Final = Path("var/audit/compliance/documents")
MOST_BYTES: Final = 64 * 1024 * 1024
_NAME: Final = "compliance"


def compliance_register(home: Path) -> RegisterFile:
    return RegisterFile(home / REGISTER, _NAME, seals=home / SEALS)


def read_given(path: Path) -> bytes:
    """Return the bytes of a document that an operator names; ConfigError when it is no regular file of some content."""
    try:
        with open_named(path, most=MOST_BYTES) as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as exc:
        raise ConfigError(f"{path}: cannot be read: {exc.strerror}") from exc
    if not data:
        raise ConfigError(f"{path}: is empty; give the document that was read before signing")
    return data


def archive_path(name: str, data: bytes) -> tuple[str, str]:
    """Return where a document is archived, relative to home, and its digest: the digest is part of the name."""
    digest = hashlib.sha256(data).hexdigest()
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._-")[-64:] or "document"
    return (DOCUMENTS / f"{digest[:16]}-{plain}").as_posix(), digest


def archive(home: Path, rel: str, data: bytes) -> None:
    """Put a document into the archive; durable on return. Raises JournalError."""
    make_directory(home / DOCUMENTS, PRIVATE_DIRECTORY)
    write_atomic(home / rel, data, mode=SECRET_FILE, durable_name=True)


def archived_digest(home: Path, rel: str) -> str:
    """Return the digest of an archived document as it is now, empty when there is none; OSError when it cannot be read."""
    try:
        return hashlib.sha256(read_bytes(home, rel, most=MOST_BYTES)).hexdigest()
    except FileNotFoundError:
        return ""
