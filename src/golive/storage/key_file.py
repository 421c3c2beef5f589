"""One key in one file: 32 bytes as hex digits, 0600, its owner's alone; never replaced, and refused when it is anything else."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError

from .files import SECRET_FILE, sync_directory, write_all
from .private_path import check_private

KEY_BYTES: Final = 32


def load_or_make_key(path: Path) -> bytes:
    """Return the 32 bytes of the key in `path`, made first if missing; of two processes that make it at once one wins for both.

    Its directory is there and private. Raises JournalError naming the file when it cannot be used.
    """
    if not path.exists():
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
        try:
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, SECRET_FILE)
            try:
                write_all(descriptor, key_text(secrets.token_bytes(KEY_BYTES)))
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            with contextlib.suppress(FileExistsError):  # the other process was first; its key is the key
                os.link(temporary, path)
            temporary.unlink()
            sync_directory(path.parent)
        except OSError as exc:
            temporary.unlink(missing_ok=True)
            raise JournalError(f"{path}: cannot create the key: {exc.strerror}") from exc
    return load_key(path)


def load_key(path: Path) -> bytes:
    """Return the 32 bytes of a key file that only we can read. Raises JournalError naming the file."""
    check_private(path, directory=False)
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
        with os.fdopen(descriptor, "rb") as file:
            text = file.read(1024)
        key = bytes.fromhex(text.decode("ascii").removesuffix("\n"))
    except (OSError, ValueError) as exc:
        raise JournalError(f"{path}: cannot read the key; restore it from a backup: {exc}") from exc
    if len(key) != KEY_BYTES or text != key_text(key):
        raise JournalError(f"{path}: not {KEY_BYTES * 2} hex digits; restore it from a backup")
    return key


def key_text(key: bytes) -> bytes:
    """Return what a file holds of a key."""
    return key.hex().encode() + b"\n"
