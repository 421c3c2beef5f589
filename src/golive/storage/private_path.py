"""What only its owner may read: refused when others may, or when it is something else than it should be."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from golive.model.errors import JournalError


def check_private(path: Path, *, directory: bool) -> None:
    """Raise JournalError, naming the file and the fix, unless `path` is ours alone and no link."""
    try:
        status = path.lstat()
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    right_kind = stat.S_ISDIR(status.st_mode) if directory else stat.S_ISREG(status.st_mode)
    if not right_kind:
        raise JournalError(f"{path}: not a {'directory' if directory else 'regular file'} (links are refused)")
    if status.st_mode & 0o077:
        mode = "700" if directory else "600"
        raise JournalError(f"{path}: others may read it (mode {stat.S_IMODE(status.st_mode):o}); run: chmod {mode} {path}")
    if status.st_uid != os.geteuid():
        raise JournalError(f"{path}: belongs to user {status.st_uid}, not to {os.geteuid()}")
