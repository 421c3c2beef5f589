"""What the result of a trial rests on, as a digest: where none of it has changed, an interrupted campaign need not try it again.

A kill rests on every source of ours that the tests have imported, on the configuration, on how mutants are made and tried, and on
the file of the test that saw it; that nobody saw a mutant rests on the files of all tests, too.
"""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import hypothesis
import pytest

_RUNNER: Final = frozenset(
    Path(__file__).with_name(f"{name}.py") for name in ("basis", "campaign", "mutants", "place", "sight", "trial")
)
"""how mutants are made and tried; not how they are counted (`equivalent.py`)"""


class Basis:
    """Digests of everything that has a say, as it stood when it was made."""

    def __init__(self, root: Path, tests: Iterable[Path]) -> None:
        judges = sorted({path.resolve() for path in tests})
        self._judges = {str(path.relative_to(root)): _digest(path) for path in judges}
        others = _imported(root) | set((root / "config").rglob("*.y*ml"))
        others |= {root / "tests/conftest.py", root / "pyproject.toml"} | _RUNNER
        said = {path.name if path in _RUNNER else str(path.relative_to(root)): _digest(path) for path in others - set(judges)}
        versions = [platform.python_version(), hypothesis.__version__, pytest.__version__]
        self._common = hashlib.sha256(repr((sorted(said.items()), versions)).encode()).hexdigest()

    def of_kill(self, by: str) -> str:
        """Return the digest for a kill by the test of this id; for one by no single test, that of all."""
        file = by.partition("::")[0]
        judges = {file: self._judges[file]} if file in self._judges else self._judges
        return hashlib.sha256(repr((self._common, sorted(judges.items()))).encode()).hexdigest()

    def of_all(self) -> str:
        return self.of_kill("")


def _imported(root: Path) -> set[Path]:
    files = {getattr(module, "__file__", None) for module in list(sys.modules.values())}
    paths = {Path(file).resolve() for file in files if file}
    return {path for path in paths if path.is_relative_to(root / "src") or path.is_relative_to(root / "tests")}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
