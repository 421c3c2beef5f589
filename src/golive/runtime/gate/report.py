"""The signed checklist below `var/audit/gate/`: written when a gate is opened, or when somebody asks for it."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from golive.audit.signed_document import DocumentError, decode_signed_document, encode_signed_document
from golive.inputs import read_bytes
from golive.model.clock import MINUTE, stamp
from golive.model.json import JsonObject
from golive.model.verdict import Stage
from golive.readiness.checklist_report import SCHEMA, ChecklistReport, items_of, people_of, report_fields
from golive.readiness.finding import Finding, overall
from golive.readiness.gate_binding import Binding
from golive.readiness.gate_rule import asked_of
from golive.storage.files import write_atomic
from golive.storage.gate_journal import DIRECTORY
from golive.storage.keys import SigningKeys

from ..readiness.scene import Scene

_NOBODY: Mapping[str, Sequence[str]] = {}


def stage_of_gate(scene: Scene) -> Stage:
    return Stage.REHEARSAL if scene.is_rehearsal else Stage.LIVE


def expiry(scene: Scene, looked_at: int) -> int:
    """Return until when what was looked at at `looked_at` holds, ns UTC."""
    return looked_at + scene.configuration.core.readiness.gate_ttl_minutes * MINUTE


def write_report(
    scene: Scene,
    keys: SigningKeys,
    findings: Sequence[Finding],
    looked_at: int,
    *,
    operators: Mapping[str, Sequence[str]] = _NOBODY,
    bound: Binding | None = None,
) -> tuple[str, str]:
    """Sign and write a report; return its path, relative to home, and its SHA-256. Raises JournalError."""
    asked, until = asked_of(findings, is_rehearsal=scene.is_rehearsal), expiry(scene, looked_at)
    report = ChecklistReport(
        entrypoint=scene.live.name, environment=scene.live.environment, stage=stage_of_gate(scene),
        evidence_class=scene.live.evidence_class, key_class=keys.key_class, checked_at=looked_at, expires_at=until,
        status=overall(asked), operators=people_of(operators), bound=bound,
        items=items_of(findings, asked, looked_at, until), key_id="", signature="",
    )  # fmt: skip
    data = encode_signed_document(report_fields(report), keys.seal_key_id, keys.sign)
    for name in _names(f"{scene.live.name}_{stamp(looked_at)}"):
        with contextlib.suppress(FileExistsError):  # a report is never replaced, records hold its digest
            write_atomic(scene.home / DIRECTORY / name, data, durable_name=True, replaces=False)
            return (DIRECTORY / name).as_posix(), hashlib.sha256(data).hexdigest()
    raise AssertionError("unreachable")


def report_faults(home: Path, keys: SigningKeys, path: str, sha256: str, wanted: JsonObject) -> tuple[str, ...]:
    """Say what is wrong with the report that a record names: gone, changed, or not about what is `wanted` of its fields."""
    try:
        data = read_bytes(home, path)
    except OSError as exc:
        return (f"its report {path} cannot be read: {exc.strerror}",)
    if hashlib.sha256(data).hexdigest() != sha256:
        return (f"its report {path} is not the one that it was opened with",)
    try:
        fields = decode_signed_document(data, SCHEMA, keys.seal_keys)
    except DocumentError as exc:
        return (f"its report {path}: {exc}",)
    return tuple(f"its report {path} is about another {name}" for name, value in wanted.items() if fields.get(name) != value)


def _names(plain: str) -> Iterator[str]:
    """Yield the names that a report may have, in the order in which they are tried."""
    yield f"{plain}.json"
    yield from (f"{plain}_{number}.json" for number in itertools.count(2))
