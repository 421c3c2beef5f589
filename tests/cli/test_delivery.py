"""A result that stdout does not take is said in one line with an exit code of its own, whatever the command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support.golive_process import Home

pytestmark = pytest.mark.integration
COMMANDS = ("venue list", "venue list --json", "config check", "config check --json", "config show", "audit verify FILE")
UNDELIVERED = [(">&-", "stdout is closed"), (">/dev/full", "No space left on device"), ("> >(true)", "stdout")]


@pytest.mark.parametrize("words", COMMANDS)
@pytest.mark.parametrize(("where", "why"), UNDELIVERED)
def test_a_result_that_stdout_does_not_take_is_said_in_one_line(tmp_path: Path, where: str, why: str, words: str) -> None:
    """Exit 70 whatever the verdict was: nobody has got it. The reader of the pipe is gone before anything is written."""
    home = Home(tmp_path)
    journal = tmp_path / "journal.jsonl"
    journal.write_text("{}\n")
    called = words.replace("FILE", f'"{journal}"')
    command = f'{{ sleep 0.3; "{sys.executable}" -m golive.cli.main {called} --home "{home.path}"; }} {where}'
    done = subprocess.run(
        ["bash", "-c", command], env=home.env, cwd=home.path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (70, ""), done.stderr
    assert done.stderr.startswith("error: the result could not be written")
    assert why in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr
