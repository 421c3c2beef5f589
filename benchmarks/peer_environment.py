"""Environments of the tools we compare with: pinned, one each, built once below `PEERS`.

`PEERS` names the folder; without it they go below the user's cache directory. 2.7 GB in all.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

PINNED: Final = {
    "backtesting": "backtesting==0.6.6",
    "hftbacktest": "hftbacktest==2.4.4",
    "nautilus_trader": "nautilus_trader==1.221.0",
    "vectorbt": "vectorbt==1.2.0",
}
_HERE = Path(__file__).resolve().parent / "peers"


def folder() -> Path:
    named = os.environ.get("PEERS")
    cache = os.environ.get("XDG_CACHE_HOME")
    return Path(named) if named else (Path(cache) if cache else Path.home() / ".cache") / "golive" / "peers"


def is_built(peer: str) -> bool:
    return (folder() / PINNED[peer].replace("==", "-") / ".installed").exists()


def python_of(peer: str) -> Path:
    """Return the interpreter of a peer's environment, built first if need be."""
    environment = folder() / PINNED[peer].replace("==", "-")
    python, stamp = environment / "bin" / "python", environment / ".installed"
    if not stamp.exists():
        print(f"building the environment of {PINNED[peer]} in {environment}", flush=True)
        environment.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, "-m", "venv", "--clear", environment], check=True)
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--prefer-binary", PINNED[peer]]
        subprocess.run(install, check=True)
        stamp.touch()
    return python


def script(name: str) -> Path:
    """Return the file of a contender that runs in a peer's environment."""
    return _HERE / f"{name}.py"
