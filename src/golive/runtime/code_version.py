"""What code is running: the release and a digest of the sources themselves.

Evidence of one code version must not open a door for another, so an edited source file changes the version.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

import golive


@cache
def code_version() -> str:
    """Return `<release>+<first 12 hex digits of SHA-256 over golive's and simvenue's sources>`, as first seen by this process."""
    return code_version_on_disk()


def code_version_on_disk(root: Path = Path(golive.__file__).parent.parent) -> str:
    """Return the same of the sources as they lie in `root` now: another one than `code_version` once they were replaced."""
    digest = hashlib.sha256()
    for package in ("golive", "simvenue"):
        for path in sorted((root / package).rglob("*.py")):
            digest.update(str(path.relative_to(root)).encode() + b"\0")
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return f"{golive.__version__}+{digest.hexdigest()[:12]}"
