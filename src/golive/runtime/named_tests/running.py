"""Running the named tests by pytest, in the sources that this program runs from."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import golive
from golive.model.errors import PrerequisiteMissing
from golive.readiness.named_tests import NAMED


def sources() -> Path:
    """Return the checkout that this program runs from. Raises PrerequisiteMissing where it is none."""
    root = Path(golive.__file__).parents[2]
    if not (root / "pyproject.toml").is_file() or not (root / "tests").is_dir():
        raise PrerequisiteMissing(
            "the named tests are run in a checkout of the sources, and this program was installed without them: "
            "give the JUnit file of a run of the same code version with --junit FILE"
        )
    return root


def junit_of_a_run() -> bytes:
    """Run the named tests, with what they print on stderr, and return the JUnit file; failing tests stand in it.

    Raises PrerequisiteMissing without sources, or where pytest wrote nothing.
    """
    root = sources()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "junit.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={path}", *NAMED]
        done = subprocess.run(command, cwd=root, stdout=sys.stderr, stdin=subprocess.DEVNULL, check=False)  # noqa: S603 (ours)
        if not path.is_file():
            raise PrerequisiteMissing(f"pytest ended with {done.returncode} and wrote no result; make setup installs it")
        return path.read_bytes()
