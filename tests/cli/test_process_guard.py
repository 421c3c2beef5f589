"""What the command does to its own process, seen from outside."""

from __future__ import annotations

import subprocess
import sys

PROBE = """
import os, resource, ctypes
from golive.cli.process_guard import guard_process
os.umask(0o022)
guard_process()
print(oct(os.umask(0)), resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))
"""


def test_new_files_are_private_and_memory_is_neither_dumped_nor_read() -> None:
    done = subprocess.run([sys.executable, "-c", PROBE], capture_output=True, text=True, check=True)
    assert done.stdout == "0o77 (0, 0) 0\n"
