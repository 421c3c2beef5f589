"""The picture of docs/risk.md is drawn from what the risk engine says; it is what it would be if drawn now."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_picture_shows_what_the_engine_says_now() -> None:
    script = ROOT / "scripts" / "draw_risk_bands.py"
    done = subprocess.run([sys.executable, str(script), "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
