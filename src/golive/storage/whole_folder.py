"""A folder that is made whole or not at all: filled under another name beside it, made durable, then given its name."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from golive.model.errors import ConfigError, JournalError

from .files import PRIVATE_DIRECTORY, make_directory, sync_directory


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield a private folder to fill; it is `path` afterwards. An empty folder of that name is replaced.

    Raises ConfigError when `path` holds something, JournalError when it cannot be written; then nothing is left of it.
    """
    if path.is_symlink() or (path.exists() and (not path.is_dir() or any(path.iterdir()))):
        raise ConfigError(f"{path}: is there and not an empty folder; name another one")
    make_directory(path.parent)
    filling = path.with_name(f".{path.name}.{secrets.token_hex(6)}.tmp")
    try:
        filling.mkdir(mode=PRIVATE_DIRECTORY)
        yield filling
        for each in sorted(filling.rglob("*"), reverse=True):
            _sync(each)
        sync_directory(filling)
        filling.rename(path)
        sync_directory(path.parent)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be made: {exc.strerror or exc}") from exc
    finally:
        shutil.rmtree(filling, ignore_errors=True)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
