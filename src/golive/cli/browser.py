"""Opens a file in the reader's browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path

from .telling import tell


def open_file(path: Path) -> None:
    """Ask the browser to show `path`; where there is none, say so on stderr: its path was printed before."""
    if not webbrowser.open(path.resolve().as_uri()):
        tell(f"golive: no browser could be opened for {path}")
