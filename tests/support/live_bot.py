"""Running `support.live_process` from a test: starting it, telling it prices, hearing what it says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from support.killed import SOURCES, TESTS
from support.venue_process import VenueProcess


def bot_process(home: Path, venue: VenueProcess, name: str, **options: Any) -> subprocess.Popen[str]:
    document = {"home": str(home), "venue": name, "rest": venue.rest, "key": venue.key.document} | options
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(SOURCES), str(TESTS)])}
    if "failpoint" in options:
        environment["GOLIVE_FAILPOINT"] = options["failpoint"]
    command = [sys.executable, "-m", "support.live_process", json.dumps(document)]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def heard(running: subprocess.Popen[str], member: str) -> dict[str, Any]:
    """The next thing it says that has this member."""
    assert running.stdout is not None
    for line in running.stdout:
        said: dict[str, Any] = json.loads(line)
        if member in said:
            return said
    raise AssertionError(f"the process ended with {running.wait()} before it said {member}")


def told(running: subprocess.Popen[str], line: str) -> None:
    assert running.stdin is not None
    running.stdin.write(line + "\n")
    running.stdin.flush()
