"""What is kept under version control: what the folders are for, and nothing that a run has left."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = {".ci", "benchmarks", "config", "deploy", "docs", "scripts", "src", "tests", "tools"}
FILES = {".gitignore", "CHANGELOG.md", "Makefile", "README.md", "constraints.txt", "oem_provision_license.py", "pyproject.toml"}
LEFT_BY_RUNS = {".key", ".lock", ".seal", ".sqlite", ".sqlite-shm", ".sqlite-wal"}
LARGEST = 1_000_000
"""bytes of a file"""


def kept() -> list[Path]:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("these sources are no clone: nothing tells what is kept")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [Path(name) for name in listed.stdout.split("\0") if name]


def test_nothing_is_kept_that_a_run_has_left() -> None:
    files = kept()
    assert {path.parts[0] for path in files if len(path.parts) > 1} == FOLDERS
    assert {path.name for path in files if len(path.parts) == 1} == FILES
    assert [path for path in files if path.suffix in LEFT_BY_RUNS] == []
    assert [path for path in files if (ROOT / path).exists() and (ROOT / path).stat().st_size > LARGEST] == []
