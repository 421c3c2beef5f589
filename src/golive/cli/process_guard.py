"""What a process that may hold keys does to itself before anything else: private files, no memory dump, no look from outside."""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Final

UMASK: Final = 0o077
_PR_SET_DUMPABLE: Final = 4
"""prctl(2); Linux"""


def guard_process() -> None:
    """Make new files private to this user, leave no core dump, and let no other process of this user read the memory.

    Files whose mode is part of their purpose (logs 0640, `.prom` files 0644) are given it explicitly. A child has the umask and
    the limit too; that its memory cannot be read it has to say itself.
    """
    os.umask(UMASK)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    hide_memory()


def hide_memory() -> bool:
    """Take memory, environment and tracing away from other processes of this user; False where the kernel cannot.

    `root` still has them.
    """
    try:
        libc = ctypes.CDLL(None)
        return int(libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)) == 0
    except (OSError, AttributeError):
        return False
