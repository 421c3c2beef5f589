"""Signing what a command leaves as evidence, where this installation has keys: one that has none yet makes none for that."""

from __future__ import annotations

from pathlib import Path

from golive.storage.evidence_signature import sign_file
from golive.storage.keys import SigningKeys


def sign_evidence(home: Path, path: Path, now: int) -> None:
    """Sign a file; nothing where there are no keys, or the file lies outside of `home`. Raises JournalError."""
    keys = SigningKeys.load(home)
    if keys is not None and path.is_relative_to(home):
        sign_file(home, path, keys, now)
