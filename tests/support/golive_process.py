"""The command `golive` as a real process in a home of its own."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import psutil

ROOT = Path(__file__).resolve().parents[2]
GOLIVE = [sys.executable, "-m", "golive.cli.main"]
ALONE = ("--scope", "selected")
"""of a session that is about something else than the other entrypoints: two venues less to start and to probe"""


@dataclass(frozen=True)
class Finished:
    """A finished process: exit code, both streams, and the report it printed with --json."""

    code: int
    stdout: str
    stderr: str

    @property
    def report(self) -> dict[str, Any]:
        report = json.loads(self.stdout)
        assert isinstance(report, dict)
        return report


class Process(Protocol):
    """A command that runs."""

    pid: int

    @property
    def returncode(self) -> int | None: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def communicate(self, *, timeout: float | None = None) -> tuple[str, str]: ...

    def send_signal(self, number: int, /) -> None: ...

    def terminate(self) -> None: ...

    def kill(self) -> None: ...


class Home:
    """A project directory with the shipped configuration; metrics are served on any free port."""

    def __init__(self, path: Path) -> None:
        self.path = path
        shutil.copytree(ROOT / "config", path / "config")
        self.env: dict[str, str] = {
            **{k: v for k, v in os.environ.items() if not k.startswith("GOLIVE")},
            "GOLIVE__OBSERVABILITY__PROMETHEUS__PORT": "0",
        }

    def golive(self, *words: str, env: Mapping[str, str] | None = None, timeout_s: float = 120) -> Finished:
        done = subprocess.run(
            [*GOLIVE, *words, "--home", str(self.path)], env={**self.env, **(env or {})}, cwd=self.path, capture_output=True,
            text=True, timeout=timeout_s, check=False,
        )  # fmt: skip
        return Finished(done.returncode, done.stdout, done.stderr)

    def run(self, mode: str, *words: str, env: Mapping[str, str] | None = None, timeout_s: float = 120) -> Finished:
        """Run a session and return it with its report."""
        return self.golive("run", "--mode", mode, "--json", *words, env=env, timeout_s=timeout_s)

    def start(self, mode: str, *words: str, env: Mapping[str, str] | None = None) -> Process:
        """Start a session in the background; its report goes to its stdout."""
        return subprocess.Popen(
            [*GOLIVE, "run", "--mode", mode, "--json", *words, "--home", str(self.path)], env={**self.env, **(env or {})},
            cwd=self.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip

    def reports(self, mode: str) -> list[Path]:
        return sorted((self.path / "logs/e2e").glob(f"run_local_bot_{mode}_*.json"))

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text in a configuration file; it must stand there."""
        path = self.path / "config" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))


def venue_of(process: Process, dialect: str) -> psutil.Process:
    """Return the embedded venue of a running session that speaks this dialect."""
    [found] = [child for child in psutil.Process(process.pid).children() if dialect in child.cmdline()]
    return found


def wait_for_file(path: Path, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} was not written"
        time.sleep(0.02)
