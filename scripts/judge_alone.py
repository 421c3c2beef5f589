#!/usr/bin/env python3
"""Runs again, alone, the few tests that failed beside others: `make test` calls it after a run that failed.

Many files at a time on few cores is our choice, not that of who runs the software; a bound that was missed by it says nothing.
What fails alone has failed; what passes alone is named as unsteady, to be mended. Crash proofs get no second judgement, and more
than MOST failures are no matter of a busy machine. Exit code: 0 all passed alone, else 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FAILED = ROOT / ".pytest_cache/v/cache/lastfailed"
"""pytest's own list, which `make test` removes before the run it is about"""
MOST = 5


def main() -> int:
    try:
        listed = list(json.loads(FAILED.read_text()))
    except (OSError, ValueError) as exc:
        print(f"which tests failed cannot be read: {exc}")
        return 1
    if not 0 < len(listed) <= MOST:
        print(f"{len(listed)} failed tests are listed: none is run again (1 to {MOST} would be)")
        return 1
    print(f"again, alone: {', '.join(listed)}", flush=True)
    code = subprocess.run([sys.executable, "-m", "pytest", "-n", "0", *listed], cwd=ROOT, check=False).returncode
    if code != 0:
        return 1
    print("\n".join(f"UNSTEADY: failed beside others, passed alone: {name}" for name in listed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
