#!/usr/bin/env python3
"""The runbooks' name of `golive provision`; holds no logic."""

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
PYTHON = ROOT / ".venv" / "bin" / "python"

if Path(sys.prefix).resolve() != PYTHON.parent.parent.resolve():
    if not PYTHON.exists():
        sys.stderr.write("oem_provision_license.py: the project's environment is missing; run first: make setup\n")
        sys.exit(2)
    os.execv(PYTHON, [str(PYTHON), __file__, *sys.argv[1:]])  # noqa: S606 (this very program; no shell is wanted)

from golive.cli.main import main  # noqa: E402

sys.exit(main(["provision", *sys.argv[1:]]))
