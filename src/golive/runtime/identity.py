"""Who runs this process."""

from __future__ import annotations

import os

from golive.model.text import printable


def operator_identity() -> str:
    """Return who runs this process, as the operating system knows them; not what its environment calls them (`LOGNAME`)."""
    if not hasattr(os, "getuid"):  # no POSIX system: its login name is all there is
        return os.getlogin()
    import pwd

    try:
        return printable(pwd.getpwuid(os.getuid()).pw_name)
    except KeyError:
        return f"uid-{os.getuid()}"
