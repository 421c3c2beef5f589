"""Commands of `golive` as forked processes; what a start itself does is proved where `Home` is used."""

from __future__ import annotations

import os
import subprocess
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from support.forking import Forks
from support.golive_process import Finished, Home

_COMMANDS = Forks(
    "golive.cli.main:main",
    (
        "golive.cli.audit",
        "golive.cli.config",
        "golive.cli.explain",
        "golive.cli.order",
        "golive.cli.reconcile",
        "golive.cli.report",
        "golive.cli.run",
        "golive.cli.terminal",
        "golive.observability.html",
        "golive.runtime.bootstrap",
        "golive.runtime.live.desk",
        "golive.services.metrics_http",
        "golive.venues.transport",
        "requests",
    ),
)


class ForkedCommand:
    """A command that runs, as far as `subprocess.Popen` is asked about it; both streams are had when it has ended."""

    def __init__(self, words: Sequence[str], *, env: Mapping[str, str], cwd: Path, typed: str = "") -> None:
        self._streams = (os.memfd_create("stdout"), os.memfd_create("stderr"))
        for each in self._streams:
            weakref.finalize(self, os.close, each)
        with tempfile.TemporaryFile() as stdin:
            stdin.write(typed.encode())
            stdin.seek(0)
            self._process = _COMMANDS.start(words, [stdin.fileno(), *self._streams], env, cwd)
        self.pid = self._process.pid
        self.wait, self.send_signal = self._process.wait, self._process.send_signal
        self.terminate, self.kill = self._process.terminate, self._process.kill

    @property
    def returncode(self) -> int | None:
        return self._process.returncode

    def poll(self) -> int | None:
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """Wait for its end and return what it said on stdout and on stderr; TimeoutExpired leaves it running."""
        self.wait(timeout)
        out, err = (os.pread(each, os.fstat(each).st_size, 0).decode() for each in self._streams)
        return out, err


class ForkedHome(Home):
    """A home whose commands are forked. Settings of imports (`GOLIVE_CACHE_DIR`, `NUMBA_*`) are those of the tests."""

    def golive(self, *words: str, env: Mapping[str, str] | None = None, timeout_s: float = 120) -> Finished:
        return finished([*words, "--home", str(self.path)], env={**self.env, **(env or {})}, cwd=self.path, timeout_s=timeout_s)

    def typed(self, typed: str, *words: str, timeout_s: float = 120) -> Finished:
        """Run a command that is told what is typed by its standard input."""
        return finished([*words, "--home", str(self.path)], env=self.env, cwd=self.path, timeout_s=timeout_s, typed=typed)

    def start(self, mode: str, *words: str, env: Mapping[str, str] | None = None) -> ForkedCommand:
        told = ["run", "--mode", mode, "--json", *words, "--home", str(self.path)]
        return ForkedCommand(told, env={**self.env, **(env or {})}, cwd=self.path)


def finished(words: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout_s: float = 120, typed: str = "") -> Finished:
    """Run a command to its end; `typed` is its standard input."""
    process = ForkedCommand(words, env=env, cwd=cwd, typed=typed)
    try:
        out, err = process.communicate(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    assert process.returncode is not None
    return Finished(process.returncode, out, err)
