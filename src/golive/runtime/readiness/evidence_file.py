"""A file as the evidence of a finding: its path below home, its digest, and how old what it says is."""

from __future__ import annotations

import hashlib
from pathlib import Path

from golive.inputs import read_beside
from golive.readiness.finding import Evidence
from golive.readiness.objection import age_seconds


def evidence_of(home: Path, path: Path, at: int, now: int, data: bytes | None = None) -> Evidence:
    """Return a file as evidence; `at` is when what it says was measured, `data` what was read of it. Raises OSError."""
    content = read_beside(path) if data is None else data
    return Evidence(shown(home, path), hashlib.sha256(content).hexdigest(), age_seconds(at, now))


def shown(home: Path, path: Path) -> str:
    """Return a path as it is told: relative to home where it lies there."""
    return path.relative_to(home).as_posix() if path.is_relative_to(home) else str(path)


def told(home: Path, exc: Exception) -> str:
    """Return the first line of what went wrong, without the home's own path."""
    return (str(exc).splitlines() or [type(exc).__name__])[0].replace(f"{home}/", "")
