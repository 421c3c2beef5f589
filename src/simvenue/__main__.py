"""`python -m simvenue`."""

from __future__ import annotations

import os
import sys

from .cli import main

os.umask(0o077)
sys.exit(main(sys.argv[1:]))
