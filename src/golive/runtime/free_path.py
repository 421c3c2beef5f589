"""A name that is free, for a file that is never replaced: its digest stands in a log."""

from __future__ import annotations

from pathlib import Path


def free_path(folder: Path, stem: str, suffix: str = ".json") -> Path:
    """Return `<stem><suffix>` in the folder, or the first of `<stem>_2<suffix>`, `<stem>_3<suffix>` … that is not there."""
    path, number = folder / f"{stem}{suffix}", 2
    while path.exists():
        path, number = folder / f"{stem}_{number}{suffix}", number + 1
    return path
