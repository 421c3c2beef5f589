"""The signed result of the named tests: `var/audit/named_tests/<stamp>.json`, its JUnit files beside it, its step in the log."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from golive.audit.signed_document import DocumentError, decode_signed_document, encode_signed_document
from golive.inputs import read_bytes
from golive.model.clock import Clock, stamp
from golive.model.errors import ConfigError, JournalError
from golive.model.json import JsonObject, JsonValue
from golive.model.verdict import ExitCode, KeyClass
from golive.observability.shape import Count, Fragment, Instant, Sha256, as_json, document_schema
from golive.readiness.named_tests import NamedOutcome, Outcome, lacking, outcomes
from golive.storage.decision_step import record_step
from golive.storage.files import write_atomic

from ..code_version import code_version
from ..free_path import free_path
from ..host_signer import host_signer
from .junit import read_junit

SCHEMA: Final = "golive.named_tests.v1"
FOLDER: Final = Path("var/audit/named_tests")
STEP: Final = "named_tests"
CODE_VERSION: Final = "golive.code_version"
REVISION: Final = "golive.revision"
"""properties that our test configuration writes into a JUnit file"""


@dataclass(frozen=True, slots=True)
class JUnitFile:
    path: str
    """relative to home"""
    sha256: Sha256


@dataclass(frozen=True, slots=True)
class NamedTest:
    test: str
    outcome: Outcome
    cases: Count
    bad: tuple[str, ...]
    """cases that did not pass, at most 20"""


@dataclass(frozen=True, slots=True)
class NamedTestsResult:
    """What a run of the tests says of those that the runbooks name."""

    made_at: Instant
    operator: str
    code_version: str
    revision: str
    """of the sources, '' where they are no checkout"""
    key_class: KeyClass
    exit_code: Annotated[int, Fragment({"enum": [0, 4]})]
    tests: tuple[NamedTest, ...]
    junit: tuple[JUnitFile, ...]
    key_id: str
    """which published key of `var/audit/keys/` checks it"""
    signature: Annotated[str, Fragment({"pattern": "^[0-9a-f]{128}$"})]
    """hex Ed25519 over the canonical JSON of all other fields"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A result that was written."""

    path: Path
    tests: tuple[NamedOutcome, ...]
    exit_code: ExitCode


def keep_result(home: Path, junit: Sequence[bytes], clock: Clock, operator: str, began: int) -> Kept:
    """Judge JUnit files, sign and write the result, and record its digest; durable on return. `began`: monotonic, ns.

    Raises ConfigError for a file that is none, or of another code version; JournalError when something cannot be written.
    """
    read = [read_junit(each) for each in junit]
    revisions = {each.properties.get(REVISION, "") for each in read}
    for each in read:
        made = each.properties.get(CODE_VERSION)
        if made != code_version():
            told = f"is of code version {made!r:.60}" if made else f"does not say its code version (property {CODE_VERSION})"
            raise ConfigError(f"the JUnit file {told}, this is {code_version()}: run the tests of these sources")
    tests = outcomes([case for each in read for case in each.cases])
    exit_code = ExitCode.VALIDATION_FAILED if lacking((each.test, each.outcome) for each in tests) else ExitCode.OK
    now = clock.now()
    signer = host_signer(home, clock, operator)
    path = free_path(home / FOLDER, stamp(now))
    files = []
    for number, data in enumerate(junit, 1):
        copy = FOLDER / f"{path.stem}-junit{number}.xml"
        write_atomic(home / copy, data, durable_name=True)
        files.append(JUnitFile(copy.as_posix(), hashlib.sha256(data).hexdigest()))
    result = NamedTestsResult(
        made_at=now, operator=operator, code_version=code_version(), revision=revisions.pop() if len(revisions) == 1 else "",
        key_class=signer.keys.key_class, exit_code=int(exit_code),
        tests=tuple(NamedTest(each.test, each.outcome, each.cases, each.bad[:20]) for each in tests), junit=tuple(files),
        key_id="", signature="",
    )  # fmt: skip
    fields = as_json(result)
    assert isinstance(fields, dict)
    del fields["key_id"], fields["signature"]
    data = encode_signed_document({"schema": SCHEMA, **fields}, signer.keys.seal_key_id, signer.keys.sign)
    write_atomic(path, data, durable_name=True)
    milliseconds = (clock.monotonic() - began) // 1_000_000
    record_step(home, signer, STEP, "ok" if exit_code is ExitCode.OK else "blocked", milliseconds, [path])
    return Kept(path, tests, exit_code)


def read_result(home: Path, path: str, keys: Mapping[str, bytes]) -> JsonObject:
    """Return a kept result. Raises JournalError for one that is gone, or that none of the keys has signed."""
    try:
        return decode_signed_document(read_bytes(home, path), SCHEMA, keys)
    except OSError as exc:
        raise JournalError(f"{path}: cannot be read: {exc.strerror}") from exc
    except DocumentError as exc:
        raise JournalError(f"{path}: tampered: {exc}") from exc


def result_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of the document."""
    return document_schema(SCHEMA, "What a run of the tests says of those that the runbooks name, signed", NamedTestsResult)
