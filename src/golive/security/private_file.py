"""Reading a file that belongs to this user alone; what is checked is what is read."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

from golive.model.errors import ConfigError

MAX_BYTES: Final = 64 * 1024


def read_private_file(path: Path, what: str) -> bytes:
    """Return the file's content; `what` names it in messages: "the venue's keys".

    Raises ConfigError for a link, for a file that is not a regular one of this user with mode 0600, and for one that is too long.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            raise ConfigError(f"{path}: a symbolic link; give the file itself, where it really lies") from exc
        raise ConfigError(f"{path}: {exc.strerror or exc}; give a regular file with {what}") from exc
    try:
        return _checked_content(path, descriptor, what)
    finally:
        os.close(descriptor)


def _checked_content(path: Path, descriptor: int, what: str) -> bytes:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise ConfigError(f"{path}: not a regular file; give a file with {what}")
    if found.st_uid != os.geteuid():
        raise ConfigError(f"{path}: belongs to another user (uid {found.st_uid}); a key file belongs to who uses it")
    if found.st_mode & 0o077:
        raise ConfigError(f"{path}: others may use it (mode {stat.S_IMODE(found.st_mode):04o}); run: chmod 600 {path}")
    with os.fdopen(descriptor, "rb", closefd=False) as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ConfigError(f"{path}: longer than {MAX_BYTES} bytes; a key file is short")
    return content
