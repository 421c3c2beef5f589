"""A step of the way to live trading, in the decision log of live orders: who did it, how it ended, and with which files.

Type `checklist_step`, body `{stage, step, status, latency_ms, artefacts: [{path, sha256}]}`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue

from .journal_file import Signer
from .live_segments import DIRECTORY, LiveSegments

CHECKLIST_STEP: Final = "checklist_step"


def record_step(
    home: Path, signer: Signer, step: str, status: str, latency_ms: int, artefacts: Sequence[Path], *, stage: str = "live"
) -> None:
    """Append the step and seal the log; durable on return. `artefacts` are files under `home`; one that is gone is left out.

    Raises JournalError when a file cannot be read, or the log is not sound or cannot be written.
    """
    body: JsonObject = {
        "stage": stage,
        "step": step,
        "status": status,
        "latency_ms": latency_ms,
        "artefacts": [_artefact(home, path) for path in artefacts if path.is_file()],
    }
    log = LiveSegments(home / DIRECTORY, signer)
    try:
        log.append([(CHECKLIST_STEP, body, signer.operator)])
        log.sync()
    finally:
        log.close()


def _artefact(home: Path, path: Path) -> JsonValue:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    shown = path.relative_to(home) if path.is_relative_to(home) else path
    return {"path": str(shown), "sha256": digest}
