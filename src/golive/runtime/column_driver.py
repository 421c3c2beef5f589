"""The compiled driver over columns, ready before it is needed: what compiles it takes half a minute and much memory."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from golive.engine.columns import warm
from golive.engine.columns.kernel import run
from golive.matching.compiled import cache_folder, compiles


def is_ready() -> bool:
    """Return whether this installation has nothing of the driver to compile any more."""
    if not compiles():
        return True
    if cache_folder() is None:
        return False
    # The compiler writes a function's index when its code is on disk.
    kept = Path(run.compiled.stats.cache_path)  # type: ignore[attr-defined]
    return any(kept.glob(f"{run.__module__.rpartition('.')[2]}.{run.__qualname__}-*.nbi"))  # type: ignore[attr-defined]


def make_ready() -> None:
    """Compile the driver: in a process of its own where the result can be kept, else in this one."""
    if cache_folder() is None:
        warm.load()
    else:
        subprocess.run([sys.executable, "-m", warm.__name__], check=True, stdout=subprocess.DEVNULL)  # noqa: S603 (our own program)
