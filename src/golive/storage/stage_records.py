"""Stage records: the signed, append-only proof that an entrypoint passed a stage.

File `var/audit/stage/<entrypoint>.jsonl` (type `stage_record`), its seal beside it. Whoever cuts, edits or moves the
file gets a JournalError, not an older record.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from golive.audit import Chain, Soundness, decode_entry, verify_file
from golive.audit.entry import Entry
from golive.inputs import read_beside
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.model.stage_record import FileDigest, StageRecord
from golive.model.verdict import EvidenceClass, KeyClass, Stage, Verdict

from .journal_file import JournalFile, Signer
from .seal_copies import DIRECTORY as SEALS
from .verified import VerificationKeys, entries, verify_journal

DIRECTORY: Final = Path("var/audit/stage")
"""relative to home"""
STAGE_RECORD: Final = "stage_record"


class StageRecords:
    """The stage records of one installation (`home`)."""

    def __init__(self, home: Path, signer: Signer, *, operator: str) -> None:
        self._home = home
        self._signer = signer
        self._operator = operator

    def path(self, entrypoint: str) -> Path:
        """Return the journal of an entrypoint's stage records."""
        return self._home / DIRECTORY / f"{entrypoint}.jsonl"

    def append(self, record: StageRecord) -> None:
        """Write a record and seal the journal; durable on return. Raises JournalError."""
        path = self.path(record.entrypoint)
        journal = JournalFile.open(path, _log_name(record.entrypoint), self._signer, seal_path=_seal_path(path))
        try:
            journal.append(STAGE_RECORD, body_of(record), self._operator)
            journal.seal()
        finally:
            journal.close()

    def latest(self, entrypoint: str, stage: Stage) -> StageRecord | None:
        """Return the newest record of `stage`, None when there is none yet.

        Raises JournalError naming the first bad record when the journal is torn, tampered with, cut off, signed by
        keys that are not at hand, or belongs to another entrypoint.
        """
        path = self.path(entrypoint)
        newest = None
        for entry in self._sound_entries(path, entrypoint):
            if entry.type != STAGE_RECORD:
                continue
            record = record_of(entry, path)
            if record.entrypoint != entrypoint:
                raise JournalError(f"{path}: record {entry.seq} belongs to entrypoint {record.entrypoint!r}, not {entrypoint!r}")
            if record.stage is stage:
                newest = record
        return newest

    def _sound_entries(self, path: Path, entrypoint: str) -> list[Entry]:
        seal_path = _seal_path(path)
        try:
            # The seal is read first: a record appended in between then lies behind it, which is sound.
            seal = read_beside(seal_path) if seal_path.exists() else None
            if not path.exists():
                if seal is not None:
                    raise JournalError(f"{path}: is missing, yet {seal_path.name} seals records of it; restore the file")
                return []
            data = read_beside(path)
        except OSError as exc:
            raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
        keys = self._signer.keys
        chain = Chain(keys.logs)
        report = verify_file(data, chain, seal=seal, seal_keys=keys.seal_keys)
        if report.soundness is not Soundness.CLEAN:
            raise JournalError(f"{path}: {report.soundness}: {report.faults[0]}")
        if not chain.log_id.startswith(f"{_log_name(entrypoint)}/"):
            raise JournalError(f"{path}: holds log {chain.log_id!r}, not the stage records of {entrypoint!r}")
        entries = [decode_entry(line)[0] for line in data.split(b"\n")[:-1]]
        if seal is None and any(entry.type == STAGE_RECORD for entry in entries):
            raise JournalError(f"{path}: has records but no seal {seal_path.name}; restore the seal")
        return entries


def stage_records(home: Path, entrypoint: str) -> tuple[StageRecord, ...]:
    """Return every stage record of an entrypoint, oldest first, held against the seals of the second place as well.

    Raises JournalError as `StageRecords.latest` does, and where the file is gone with its seal.
    """
    path = home / DIRECTORY / f"{entrypoint}.jsonl"
    keys = VerificationKeys.of_home(home)
    if not path.exists():
        kept = sorted((home / SEALS).glob(f"{_log_name(entrypoint).replace('/', '.')}.*.seals"))
        if kept or _seal_path(path).exists():
            raise JournalError(f"{path}: is missing, yet there are seals of it; restore the file and its seal")
        return ()
    if keys.own is None:
        raise JournalError(f"{path}: the keys that signed it are gone; restore var/state/keys from a backup")
    chain = Chain(keys.mac)
    found = verify_journal(path, keys, chain)
    if found.soundness is not Soundness.CLEAN:
        raise JournalError(f"{path}: {found.soundness}: {found.faults[0]}")
    if not chain.log_id.startswith(f"{_log_name(entrypoint)}/"):
        raise JournalError(f"{path}: holds log {chain.log_id!r}, not the stage records of {entrypoint!r}")
    return tuple(record_of(entry, path) for entry in entries(path) if entry.type == STAGE_RECORD)


def body_of(record: StageRecord) -> JsonObject:
    """Return the body of a stage record as CONTRACT "Run report" has it."""
    digest = record.file_digest
    return {
        "stage": str(record.stage),
        "entrypoint": record.entrypoint,
        "environment": record.environment,
        "evidence_class": str(record.evidence_class),
        "key_class": str(record.key_class),
        "endpoint_host": record.endpoint_host,
        "trading_digest": record.trading_digest,
        "file_digest": {
            "runtime_sha256": digest.runtime_sha256,
            "core_sha256": digest.core_sha256,
            "execution_sha384": digest.execution_sha384,
        },
        "code_version": record.code_version,
        "verdict": str(record.verdict),
        "report": record.report,
        "report_sha256": record.report_sha256,
        "outcome_sha256": record.outcome_sha256,
        "speed": record.speed,
        "ok_window_seconds": record.ok_window_seconds,
        "started_at": record.started_at,
        "finished_at": record.finished_at,
    }


def record_of(entry: Entry, path: Path) -> StageRecord:
    """Read the body of a stage record; raise JournalError naming record and field when it has another shape."""
    body = entry.body

    def text(holder: Mapping[str, JsonValue], name: str) -> str:
        value = holder.get(name)
        if not isinstance(value, str):
            raise JournalError(f"{path}: record {entry.seq}: {name} is missing or no text")
        return value

    digest, window = body.get("file_digest"), body.get("ok_window_seconds")
    if not isinstance(digest, Mapping) or isinstance(window, bool) or not isinstance(window, int | float):
        raise JournalError(f"{path}: record {entry.seq}: file_digest or ok_window_seconds is missing or of the wrong type")
    try:
        return StageRecord(
            stage=Stage(text(body, "stage")),
            entrypoint=text(body, "entrypoint"),
            environment=text(body, "environment"),
            evidence_class=EvidenceClass(text(body, "evidence_class")),
            key_class=KeyClass(text(body, "key_class")),
            endpoint_host=text(body, "endpoint_host"),
            trading_digest=text(body, "trading_digest"),
            file_digest=FileDigest(**{name: text(digest, name) for name in FileDigest.__slots__}),
            code_version=text(body, "code_version"),
            verdict=Verdict(text(body, "verdict")),
            report=text(body, "report"),
            report_sha256=text(body, "report_sha256"),
            outcome_sha256=text(body, "outcome_sha256"),
            speed=text(body, "speed"),
            ok_window_seconds=window,
            started_at=text(body, "started_at"),
            finished_at=text(body, "finished_at"),
        )
    except ValueError as exc:
        raise JournalError(f"{path}: record {entry.seq}: {exc}") from exc


def _log_name(entrypoint: str) -> str:
    return f"stage/{entrypoint}"


def _seal_path(path: Path) -> Path:
    return path.with_suffix(".seal.json")
