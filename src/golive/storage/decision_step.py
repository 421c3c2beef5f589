"""A step of the way to live trading, in the decision log of its stage: who did it, how it ended, and with which files.

Type `checklist_step`, body `{stage, step, status, latency_ms, artefacts: [{path, sha256}]}`; a step of a runbook has `runbook`
besides, and a step may say more of its own (`facts`). The steps of live stand in the log of live orders, those of demo and
paper in files of their own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from golive.audit import Entry, Soundness
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue

from .journal_file import Draft, JournalFile, Signer
from .live_segments import DIRECTORY, LOG_NAME, PATIENCE_S, LiveSegments, log_files
from .seal_copies import DIRECTORY as SEALS
from .seal_copies import SUFFIX
from .sealed_log import SealedFile, sealed_log
from .verified import VerificationKeys, verify_series

CHECKLIST_STEP: Final = "checklist_step"
_STEP_MARK: Final = b'"type":"checklist_step"'
LIVE: Final = "live"
_OF_THEIR_OWN: Final = frozenset(("demo", "paper"))
"""stages with a file of their own; every other one sends orders, and its steps stand in their log"""


def record_step(
    home: Path,
    signer: Signer,
    step: str,
    status: str,
    latency_ms: int,
    artefacts: Sequence[Path],
    *,
    stage: str = LIVE,
    runbook: JsonObject | None = None,
    facts: JsonObject | None = None,
) -> None:
    """Append the step and seal the log; durable on return. `artefacts` are files under `home`; one that is gone is left out.

    `facts`: further members of the body, such as the minutes of an observation.

    Raises JournalError when a file cannot be read, or the log is not sound or cannot be written.
    """
    body: JsonObject = {
        **(facts or {}),
        "stage": stage,
        "step": step,
        "status": status,
        "latency_ms": latency_ms,
        "artefacts": [_artefact(home, path) for path in artefacts if path.is_file()],
    }
    if runbook is not None:
        body = {**body, "runbook": runbook}
    _append(home, stage, signer, (CHECKLIST_STEP, body, signer.operator))


def recorded_steps(home: Path, stage: str) -> Sequence[Entry]:
    """Return the steps in the decision log of a stage, oldest first; none where there is no log.

    Raises JournalError when the log is not what was written, or its keys are gone.
    """
    return steps_in(stage_log(home, stage), stage)


def stage_log(home: Path, stage: str) -> tuple[SealedFile, ...]:
    """Return the files of the decision log of a stage, believed by their seals; none where there is no log.

    Raises JournalError as `recorded_steps`.
    """
    name = stage if stage in _OF_THEIR_OWN else LOG_NAME
    if files := _files(home, stage):
        return sealed_log(files, VerificationKeys.of_home(home))
    kept = f"{_own_name(stage) if stage in _OF_THEIR_OWN else LOG_NAME}.*{SUFFIX}"
    seals = [*sorted((home / DIRECTORY).glob(f"{name}*.seal.json")), *sorted((home / SEALS).glob(kept))]
    if seals:
        raise JournalError(f"{seals[0]}: seals a log that is gone; put the file and its seal back from one backup")
    return ()


def steps_in(files: Sequence[SealedFile], stage: str) -> tuple[Entry, ...]:
    """Return the steps of a stage that stand in these files."""
    found = (entry for file in files for entry in file.records_with(_STEP_MARK))
    return tuple(entry for entry in found if entry.type == CHECKLIST_STEP and entry.body.get("stage") == stage)


def take_up(home: Path, stage: str, signer: Signer) -> None:
    """Mend the log of a stage whose last writer was killed: cut half a line off, on the record, and seal what was never sealed.

    Whatever else is not sound is left as it is: `recorded_steps` says so. Raises JournalError when it cannot be written.
    """
    files = _files(home, stage)
    if not files:
        return
    try:
        stage_log(home, stage)
    except JournalError:
        *before, last = verify_series(files, VerificationKeys.of_home(home))
    else:
        return
    if any(each.soundness is not Soundness.CLEAN for each in before):
        return
    if last.path.with_suffix(".seal.json").exists():
        is_cut_off = last.soundness is Soundness.TORN_TAIL
    else:
        is_cut_off = not before and last.records <= 1 and last.soundness in (Soundness.TORN_TAIL, Soundness.CANNOT_SAY)
    if is_cut_off:
        _append(home, stage, signer)


def _append(home: Path, stage: str, signer: Signer, *drafts: Draft) -> None:
    if stage not in _OF_THEIR_OWN:
        log = LiveSegments(home / DIRECTORY, signer)
        try:
            log.append(drafts)
            log.sync()
        finally:
            log.close()
        return
    path = _own_file(home, stage)
    seal = path.with_suffix(".seal.json")
    journal = JournalFile.open(path, _own_name(stage), signer, seal_path=seal, held=False, patience_s=PATIENCE_S)
    try:
        journal.append_all(drafts)
        journal.seal()
    finally:
        journal.close()


def _own_name(stage: str) -> str:
    return f"{stage}_steps"


def _files(home: Path, stage: str) -> list[Path]:
    """Return the files of a stage's log, oldest first."""
    if stage not in _OF_THEIR_OWN:
        return log_files(home / DIRECTORY)
    path = _own_file(home, stage)
    return [path] if path.exists() else []


def _own_file(home: Path, stage: str) -> Path:
    return home / DIRECTORY / f"{stage}.jsonl"


def _artefact(home: Path, path: Path) -> JsonValue:
    try:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    shown = path.relative_to(home) if path.is_relative_to(home) else path
    return {"path": str(shown), "sha256": digest}
