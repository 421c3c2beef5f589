"""Reports of openings, held against the records that name them with their digest."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from golive.audit import Soundness
from golive.inputs import read_bytes

from .gate_journal import DIRECTORY, OPENED
from .verified import Result, entries_with, of_file


def verify_gate_reports(home: Path) -> Iterator[Result]:
    """Yield a result for each report of an opening that is gone or changed; the journals themselves are verified elsewhere."""
    for path in sorted((home / DIRECTORY).glob("*.jsonl")):
        for entry in entries_with(path, OPENED):
            name, sha256 = entry.body.get("report"), entry.body.get("report_sha256")
            if not isinstance(name, str):
                continue
            try:
                found = hashlib.sha256(read_bytes(home, name)).hexdigest()
            except OSError as exc:
                text = f"cannot be read ({exc.strerror}): the gate was opened with it, {path.name} seq {entry.seq}"
                yield Result(home / name, (of_file(Soundness.CANNOT_SAY, text),))
                continue
            if found != sha256:
                text = f"is not the report that the gate was opened with, {path.name} seq {entry.seq}"
                yield Result(home / name, (of_file(Soundness.TAMPERED, text),))
