"""The HTML pages of an installation, as backtests, sweeps, walk-forwards and sessions left them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_ENDING: Final = r"_(?P<at>\d{8}T\d{6}Z)_(?P<run>[0-9a-f]{8})\.html"
_PAGES: Final = {
    "backtest": ("reports/backtest", re.compile("backtest_.+" + _ENDING)),
    "sweep": ("reports/sweep", re.compile("sweep_.+" + _ENDING)),
    "walk-forward": ("reports/walk_forward", re.compile("walk_forward_.+" + _ENDING)),
    "run": ("reports/e2e", re.compile("run_local_bot_[a-z]+" + _ENDING)),
}


def newest_page(home: Path, kind: str | None, run_id: str | None) -> Path | None:
    """Return the page of what began last, of one kind (`backtest`, `sweep`, `walk-forward`, `run`) or any; None without one.

    `run_id` may be the run's first digits.
    """
    found: list[tuple[str, int, Path]] = []
    for name, (folder, pattern) in _PAGES.items():
        if kind not in (None, name):
            continue
        for path in (home / folder).glob("*.html"):
            match = pattern.fullmatch(path.name)
            if match and (run_id is None or match["run"].startswith(run_id[:8].lower())):
                found.append((match["at"], path.stat().st_mtime_ns, path))
    return max(found)[2] if found else None
