"""The HTML pages of an installation, as backtests and sessions left them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

_PAGES: Final = {
    "backtest": ("reports/backtest", re.compile(r"backtest_.+_(?P<at>\d{8}T\d{6}Z)_(?P<run>[0-9a-f]{8})\.html")),
    "session": ("reports/e2e", re.compile(r"run_local_bot_[a-z]+_(?P<at>\d{8}T\d{6}Z)_(?P<run>[0-9a-f]{8})\.html")),
}


def newest_page(home: Path, kind: str | None, run_id: str | None) -> Path | None:
    """Return the page of the run that began last, of one kind (`backtest`, `session`) or any; None without one.

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
