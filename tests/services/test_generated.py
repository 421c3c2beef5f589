"""The committed Python of the contracts is what their `.proto` files say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_code_of_every_contract_is_current() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "scripts/generate_services.py"), "--check"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, ""), f"run: python scripts/generate_services.py\n{done.stdout}{done.stderr}"
