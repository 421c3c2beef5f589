"""The signed result of a reconciliation, `var/audit/reconciliation/<entrypoint>-<stamp>.json`, and its step in the log."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from golive.audit.signed_document import encode_signed_document
from golive.config.resolved import ResolvedEntrypoint
from golive.model.clock import Clock, stamp, to_iso
from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import ExitCode, KeyClass, Stage
from golive.observability.shape import Fragment, Instant, document_schema
from golive.storage.decision_step import record_step
from golive.storage.files import write_atomic

from ..code_version import code_version
from ..free_path import free_path
from ..host_signer import host_signer
from .reconcile_document import AccountTold, document
from .reconcile_result import SCHEMA, STEP
from .reconcile_run import Reconciliation

FOLDER: Final = Path("var/audit/reconciliation")
_STATUS: Final = {ExitCode.OK: "ok", ExitCode.BLOCKED: "blocked"}


@dataclass(frozen=True, slots=True)
class ReconciliationResult:
    """How the accounts of an entrypoint stood at one moment."""

    entrypoint: str
    environment: str
    endpoint_host: str
    stage: Stage
    made_at: Instant
    operator: str
    code_version: str
    key_class: KeyClass
    exit_code: ExitCode
    accounts: tuple[AccountTold, ...]
    key_id: str
    """which published key of `var/audit/keys/` checks it"""
    signature: Annotated[str, Fragment({"pattern": "^[0-9a-f]{128}$"})]
    """hex Ed25519 over the canonical JSON of all other fields"""


def keep_result(home: Path, found: Reconciliation, whose: ResolvedEntrypoint, clock: Clock, operator: str, began: int) -> Path:
    """Sign and write the result, and record its digest; durable on return. `began`: monotonic, ns. Raises JournalError."""
    now = clock.now()
    signer = host_signer(home, clock, operator)
    told = document(found, ("--entrypoint", whose.name))
    fields: JsonObject = {
        "schema": SCHEMA, "entrypoint": whose.name, "environment": whose.environment, "endpoint_host": whose.endpoint_host or "",
        "operator": operator, "code_version": code_version(), "key_class": str(signer.keys.key_class), "made_at": to_iso(now),
        "stage": told["stage"], "exit_code": told["exit_code"], "accounts": told["accounts"],
    }  # fmt: skip
    path = free_path(home / FOLDER, f"{whose.name}-{stamp(now)}")
    write_atomic(path, encode_signed_document(fields, signer.keys.seal_key_id, signer.keys.sign), durable_name=True)
    status = _STATUS.get(found.exit_code, "unknown")
    milliseconds = (clock.monotonic() - began) // 1_000_000
    record_step(home, signer, STEP, status, milliseconds, [path], facts={"entrypoint": whose.name})
    return path


def result_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "How order journals and venues of an entrypoint agreed, signed", ReconciliationResult)
