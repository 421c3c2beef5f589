"""Several files that belong together: all of them stand there, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from .files import make_directory, write_atomic


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files whose names are new; raise JournalError when one cannot be written, and leave none of them."""
    for folder in dict.fromkeys(path.parent for path in files):
        make_directory(folder)
    written: list[Path] = []
    try:
        for path, data in files.items():
            write_atomic(path, data)
            written.append(path)
    except BaseException:
        for path in written:
            with contextlib.suppress(OSError):  # the first failure is the one to tell
                path.unlink()
        raise
