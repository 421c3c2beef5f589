"""Running a process of this test suite until it said enough, then killing it with SIGKILL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

TESTS = Path(__file__).parent.parent
SOURCES = TESTS.parent / "src"


def start(module: str, *arguments: str) -> subprocess.Popen[str]:
    """Start `python -m support.<module>` with this suite's and the project's modules on its path."""
    path = os.pathsep.join([str(SOURCES), str(TESTS)])
    command = [sys.executable, "-m", f"support.{module}", *arguments]
    return subprocess.Popen(command, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True)


def kill_after(process: subprocess.Popen[str], lines: int) -> list[str]:
    """Read `lines` lines, send SIGKILL, and return everything that was said."""
    assert process.stdout is not None
    with process:
        said = [process.stdout.readline() for _ in range(lines)]
        process.kill()
        said.extend(process.stdout)
    return [line.strip() for line in said if line.endswith("\n")]
