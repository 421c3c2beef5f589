"""When the keys of this installation are to be rotated: the registers read, judged, and shown as one document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Final

from golive.audit import EntryError
from golive.config.configuration import Configuration
from golive.config.endpoint import EMBEDDED
from golive.model.errors import JournalError, PrerequisiteMissing
from golive.model.json import JsonValue
from golive.model.verdict import ExitCode, Verdict
from golive.observability.shape import Fragment, Instant, as_json, document_schema
from golive.security.rotation import REGISTER, KeyRotation, RotationState, rotations, state_of
from golive.storage.keys import SigningKeys
from golive.storage.register_file import RegisterFile

from .candle_place import data_folder
from .kept_fingerprint import kept_fingerprint
from .secret_store import StoredSecrets

SCHEMA: Final = "golive.secrets_rotation.v1"
MADE_PER_RUN: Final = "the embedded venue's key is made anew for each run"
NO_KEY: Final = "public data only: no key is kept for it"
NOT_IN_USE: Final = "live mode is off: no key is kept for it"


@dataclass(frozen=True, slots=True)
class RotationRow:
    """One environment's key."""

    environment: str
    keychain_key: str
    verdict: Verdict
    reason: str
    """empty when there is nothing to say"""
    rotated_at: Instant | None
    due_at: Instant | None
    due_seconds: float
    """negative when overdue; 0 when it is not known"""
    ip_allowlist_sha256: Annotated[str, Fragment({"pattern": "^([0-9a-f]{64})?$"})]
    next_command: str
    """empty when nothing is to be done"""


@dataclass(frozen=True, slots=True)
class RotationReport:
    """Every environment's key."""

    checked_at: Instant
    verdict: Verdict
    exit_code: Annotated[int, Fragment({"enum": [0, 3, 6]})]
    keys: tuple[RotationRow, ...]


def register_of(configuration: Configuration, home: Path, environment: str) -> RegisterFile:
    """Return the register of an environment: `<its data>/security/rotation_log.json`."""
    return RegisterFile(data_folder(configuration, home, environment) / "security/rotation_log.json", REGISTER)


def records_of(register: RegisterFile, keys: SigningKeys | None) -> Sequence[KeyRotation]:
    """Return the records of a register; JournalError when it cannot be believed or read."""
    try:
        return rotations(register.entries(keys))
    except EntryError as exc:
        raise JournalError(f"{register.path}: {exc}") from exc


def key_state(configuration: Configuration, home: Path, environment: str, now: int) -> RotationState:
    """Return what the register of an environment says of its key at `now`; a register that cannot be read blocks."""
    register = register_of(configuration, home, environment)
    key = configuration.core.environments[environment].keychain_key
    try:
        return state_of(records_of(register, SigningKeys.load(home)), key, now)
    except JournalError as exc:
        return RotationState(Verdict.BLOCKED, str(exc).replace(f"{home}/", ""))


def rotation_report(configuration: Configuration, home: Path, store: StoredSecrets, now: int) -> RotationReport:
    """Judge the key of every environment at `now`, ns UTC; no passphrase is needed."""
    rows = tuple(rotation_row(configuration, home, store, name, now) for name in sorted(configuration.core.environments))
    verdict, code = _overall(row.verdict for row in rows)
    return RotationReport(now, verdict, code, rows)


def rotation_row(configuration: Configuration, home: Path, store: StoredSecrets, environment: str, now: int) -> RotationRow:
    """Judge the key of one environment at `now`, ns UTC."""
    section = configuration.core.environments[environment]
    key = section.keychain_key
    if section.endpoint == EMBEDDED:
        return _plain_row(environment, key, Verdict.NOT_APPLICABLE, MADE_PER_RUN)
    rotate = f"golive secrets rotate {key}"
    try:
        is_kept = store.holds(key)
    except PrerequisiteMissing as exc:
        return _plain_row(environment, key, Verdict.UNKNOWN, str(exc).replace(f"{home}/", ""))
    if not is_kept and section.environment == "paper":
        return _plain_row(environment, key, Verdict.NOT_APPLICABLE, NO_KEY)
    if not is_kept and not configuration.is_in_use(environment):
        return _plain_row(environment, key, Verdict.NOT_APPLICABLE, NOT_IN_USE)
    if not is_kept:
        return _plain_row(environment, key, Verdict.BLOCKED, "no key is kept", rotate)
    state = _of_the_kept(home, key, key_state(configuration, home, environment, now))
    last = state.rotation
    command = rotate if state.reason else ""
    if state.verdict is Verdict.BLOCKED and last is None and state.reason != "never rotated":
        command = "golive audit verify --all"
    return RotationRow(
        environment, key, state.verdict, state.reason,
        None if last is None else last.rotated_at, state.due_at, round(state.due_seconds(now)),
        "" if last is None else last.ip_allowlist_sha256, command,
    )  # fmt: skip


def _plain_row(environment: str, key: str, verdict: Verdict, reason: str, command: str = "") -> RotationRow:
    return RotationRow(environment, key, verdict, reason, None, None, 0, "", command)


def _of_the_kept(home: Path, key: str, state: RotationState) -> RotationState:
    """Return the state of the key that is kept: one that was only set since is not the one that the register tells of."""
    if state.verdict is not Verdict.OK or state.rotation is None:
        return state
    try:
        kept = kept_fingerprint(home, key)
    except JournalError as exc:
        return replace(state, verdict=Verdict.BLOCKED, reason=str(exc).replace(f"{home}/", ""))
    if kept in ("", state.rotation.new_key_fingerprint):
        return state
    return replace(state, verdict=Verdict.BLOCKED, reason="another key was set since, and the venue was not asked with it")


def _overall(verdicts: Iterable[Verdict]) -> tuple[Verdict, ExitCode]:
    found = set(verdicts)
    if Verdict.BLOCKED in found:
        return Verdict.BLOCKED, ExitCode.BLOCKED
    if Verdict.UNKNOWN in found:
        return Verdict.UNKNOWN, ExitCode.UNKNOWN
    return (Verdict.OK if Verdict.OK in found else Verdict.NOT_APPLICABLE), ExitCode.OK


def document(report: RotationReport) -> dict[str, JsonValue]:
    """Return the report as its JSON document."""
    value = as_json(report)
    assert isinstance(value, dict)
    return {"schema": SCHEMA, **value}


def rotation_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of that document."""
    return document_schema(SCHEMA, "When API keys are to be rotated", RotationReport)
