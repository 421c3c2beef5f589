"""The pictures of docs/fills.md are drawn from what the models do; they are what they would be if drawn now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_pictures_show_what_the_models_do_now() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "draw_fills.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
