"""The signed result of a runbook: `var/audit/runbooks/<name>_<stamp>.json`, and its digest in the decision log."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from golive.audit.canonical import parse_canonical
from golive.audit.signed_document import encode_signed_document
from golive.model.clock import Nanos, stamp
from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import ExitCode, KeyClass
from golive.observability.shape import Fragment, Instant, Sha256, as_json, document_schema
from golive.readiness.finding import Status
from golive.readiness.runbook import Kind
from golive.readiness.runbook_progress import ItemState, Result, whole
from golive.storage.decision_step import record_step
from golive.storage.files import write_atomic

from ..free_path import free_path
from ..host_signer import host_signer
from .documents import WrittenRunbook
from .place import Place
from .run import basis_of

SCHEMA: Final = "golive.runbook_result.v1"
FOLDER: Final = Path("var/audit/runbooks")
STEP: Final = "runbook_result"
EXIT: Final = {Status.OK: ExitCode.OK, Status.BLOCKED: ExitCode.BLOCKED, Status.UNKNOWN: ExitCode.UNKNOWN}


@dataclass(frozen=True, slots=True)
class BoundDocument:
    """One thing that an item is bound to."""

    kind: Kind
    name: str
    status: Status
    said: str
    """what was measured, who confirmed it, or what is missing"""
    at: Instant | None
    """null while nothing is known"""
    by: str
    next_command: str


@dataclass(frozen=True, slots=True)
class ItemDocument:
    """One step or box."""

    id: str
    line: int
    number: str
    text: str
    stage: str
    status: Status
    bound: tuple[BoundDocument, ...]


@dataclass(frozen=True, slots=True)
class RunbookResult:
    """All of a runbook at one moment."""

    name: str
    title: str
    entrypoint: str
    document_sha256: Sha256
    configuration_sha384: Annotated[str, Fragment({"pattern": "^[0-9a-f]{96}$"})]
    code_version: str
    key_class: KeyClass
    made_at: Instant
    operator: str
    status: Status
    exit_code: Annotated[int, Fragment({"enum": [0, 3, 6]})]
    ticked: int
    items: tuple[ItemDocument, ...]
    key_id: str
    """which published key of `var/audit/keys/` checks it"""
    signature: Annotated[str, Fragment({"pattern": "^([0-9a-f]{128})?$"})]
    """hex Ed25519 over the canonical JSON of all other fields; this and `key_id` are empty where nothing was signed"""


def exit_code(found: Sequence[ItemState]) -> ExitCode:
    """0 every box is ticked, 3 one is blocked, 6 one is unknown."""
    return EXIT[whole(found)]


def write_result(place: Place, written: WrittenRunbook, found: Sequence[ItemState]) -> tuple[Path, JsonObject]:
    """Sign and write the result and record its digest; return where it is and the whole document. Raises JournalError."""
    now = place.clock.now()
    signer = host_signer(place.home, place.clock, place.operator)
    fields = _fields(place, written, found, now, signer.keys.key_class)
    path = free_path(place.home / FOLDER, f"{written.book.name}_{stamp(now)}")
    data = encode_signed_document(fields, signer.keys.seal_key_id, signer.keys.sign)
    write_atomic(path, data, durable_name=True)
    stage = written.book.items[-1].stage
    record_step(place.home, signer, f"{written.book.name}/{STEP}", whole(found), 0, [path], stage=stage)
    document = parse_canonical(data[:-1])
    assert isinstance(document, dict)
    return path, document


def shown_document(place: Place, written: WrittenRunbook, found: Sequence[ItemState]) -> JsonObject:
    """Return what a result would say now, unsigned: `key_id` and `signature` are empty."""
    from golive.storage.keys import SigningKeys

    keys = SigningKeys.load(place.home)
    key_class = KeyClass.DEVELOPMENT if keys is None else keys.key_class
    return {**_fields(place, written, found, place.clock.now(), key_class), "key_id": "", "signature": ""}


def result_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "How far a runbook is: each step and box, and what it is bound to", RunbookResult)


def _fields(place: Place, written: WrittenRunbook, found: Sequence[ItemState], now: Nanos, key_class: KeyClass) -> JsonObject:
    """Return the document without key id and signature."""
    basis = basis_of(place, written)
    result = RunbookResult(
        name=written.book.name, title=written.book.title, entrypoint=basis.entrypoint,
        document_sha256=basis.document_sha256, configuration_sha384=basis.configuration_sha384,
        code_version=basis.code_version, key_class=key_class, made_at=now, operator=place.operator, status=whole(found),
        exit_code=int(exit_code(found)), ticked=sum(each.is_ticked for each in found),
        items=tuple(map(_item, found)), key_id="", signature="",
    )  # fmt: skip
    value = as_json(result)
    assert isinstance(value, dict)
    del value["key_id"], value["signature"]
    return {"schema": SCHEMA, **value}


def _item(state: ItemState) -> ItemDocument:
    item = state.item
    bound = tuple(
        _bound(binding.kind, binding.name, result) for binding, result in zip(item.bindings, state.results, strict=True)
    )
    return ItemDocument(item.id, item.line, item.number, item.text, item.stage, state.status, bound)


def _bound(kind: Kind, name: str, result: Result | None) -> BoundDocument:
    if result is None:
        said = f"waits for a person who signs as {name}" if kind is Kind.SIGNOFF else "not carried out"
        return BoundDocument(kind, name, Status.UNKNOWN, said, None, "", "")
    return BoundDocument(kind, name, result.status, result.said, result.at, result.by, result.next_command)
