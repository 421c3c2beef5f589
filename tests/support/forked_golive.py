"""Commands of `golive` as forked processes; what a start itself does is proved where `Home` is used."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryFile

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


class ForkedHome(Home):
    """A home whose commands are forked. Settings of imports (`GOLIVE_CACHE_DIR`, `NUMBA_*`) are those of the tests."""

    def golive(self, *words: str, env: Mapping[str, str] | None = None, timeout_s: float = 120) -> Finished:
        return finished([*words, "--home", str(self.path)], env={**self.env, **(env or {})}, cwd=self.path, timeout_s=timeout_s)


def finished(words: Sequence[str], *, env: Mapping[str, str], cwd: Path, timeout_s: float = 120) -> Finished:
    """Run a command to its end."""
    with TemporaryFile("w+") as stdout, TemporaryFile("w+") as stderr, Path(os.devnull).open("rb") as nothing:
        process = _COMMANDS.start(words, [each.fileno() for each in (nothing, stdout, stderr)], env, cwd)
        try:
            code = process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            raise
        stdout.seek(0)
        stderr.seek(0)
        return Finished(code, stdout.read(), stderr.read())
