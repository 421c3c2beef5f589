"""Who runs this process."""

from __future__ import annotations

import getpass
import os


def operator_identity() -> str:
    """Return who runs this process, as the operating system knows them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return f"uid-{os.getuid()}"
