"""Gathers what `kyc_aml_signoff` and the sign-off part of `risk_limits` judge: configuration, people, register, archive."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from golive.audit import Entry
from golive.config.configuration import Configuration
from golive.config.endpoint import is_loopback_host
from golive.config.rbac import SIGNS, SignOff
from golive.inputs import read_beside
from golive.model.clock import SECOND, from_iso
from golive.model.errors import JournalError
from golive.readiness.compliance_register import ComplianceRegister, Principal, read_register
from golive.readiness.finding import Evidence, Status
from golive.readiness.sign_off import REGISTER_PATH, ArchivedFile, ComplianceEvidence
from golive.security.operators import OperatorEntry
from golive.storage.compliance_files import archived_digest, compliance_register
from golive.storage.keys import SigningKeys

from ..operators import operators
from ..risk_limits import risk_profile_of


def compliance_evidence(configuration: Configuration, home: Path, entrypoint: str, now: int) -> ComplianceEvidence:
    """Return everything about one entrypoint at `now`, ns UTC; ConfigError when there is no such entrypoint."""
    resolved = configuration.resolve(entrypoint)
    profile, host = risk_profile_of(resolved), resolved.endpoint_host
    section = configuration.core.runtime_entrypoints.get(entrypoint)
    register, status, fault, evidence = _register(home, now)
    people: Mapping[str, Principal] | None = None
    people_fault = ""
    try:
        people = {entry.name: principal_of(entry) for entry in operators(home)}
    except (JournalError, OSError) as exc:
        people_fault = _told(home, exc)
    return ComplianceEvidence(
        entrypoint=entrypoint,
        exchange=resolved.exchange,
        is_rehearsal=resolved.environment_type == "live" and host is not None and is_loopback_host(host),
        risk_profile=profile.name,
        risk_profile_digest=profile.digest,
        compliance=None if section is None else section.compliance,
        people=people,
        people_fault=people_fault,
        register=register,
        register_fault=fault,
        register_status=status,
        archive={} if register is None else {path: _archived(home, path) for path in register.digests},
        evidence=evidence,
        now=now,
    )


def principal_of(entry: OperatorEntry) -> Principal:
    """Return as what a person of the book may sign, and with which key."""
    roles = frozenset(signs for signs in SignOff if SIGNS[signs] in entry.roles)
    return Principal(roles, "" if entry.signing is None else entry.signing.public)


def _register(home: Path, now: int) -> tuple[ComplianceRegister | None, Status, str, tuple[Evidence, ...]]:
    file = compliance_register(home)
    try:
        keys = SigningKeys.load(home)
        if keys is None and (file.path.exists() or file.seal_path.exists()):
            return None, Status.UNKNOWN, "the keys that signed it are gone; restore var/state/keys from a backup", ()
        rows = file.entries(keys)
        register = read_register(rows)
        evidence = _evidence(file.path, rows[-1], now) if rows else ()
    except OSError as exc:
        return None, Status.UNKNOWN, _told(home, exc), ()
    except (JournalError, ValueError) as exc:
        unreadable = isinstance(exc.__cause__, OSError)
        return None, Status.UNKNOWN if unreadable else Status.BLOCKED, _told(home, exc), ()
    return register, Status.OK, "", evidence


def _evidence(path: Path, last: Entry, now: int) -> tuple[Evidence, ...]:
    age = max(0, now - from_iso(last.ts)) / SECOND
    return (Evidence(REGISTER_PATH, hashlib.sha256(read_beside(path)).hexdigest(), round(age, 3)),)


def _archived(home: Path, path: str) -> ArchivedFile:
    try:
        return ArchivedFile(archived_digest(home, path))
    except OSError as exc:
        return ArchivedFile(fault=exc.strerror or "cannot be read")


def _told(home: Path, exc: Exception) -> str:
    return str(exc).replace(f"{home}/", "").removeprefix(f"{REGISTER_PATH}: ")


def document_states(home: Path) -> list[dict[str, str]]:
    """Return every document of the register with what it is now: sound, missing, changed or unreadable. Raises JournalError."""
    try:
        register = read_register(compliance_register(home).entries(SigningKeys.load(home)))
    except ValueError as exc:
        raise JournalError(f"{REGISTER_PATH}: {exc}") from exc
    rows = []
    for each in register.documents:
        found = _archived(home, each.path)
        state = "sound" if found.sha256 == each.sha256 else "changed" if found.sha256 else "missing"
        rows.append(
            {
                "state": "unreadable" if found.fault else state,
                "exchange": each.exchange,
                "kind": str(each.kind),
                "path": each.path,
                "sha256": each.sha256,
                "at": each.at,
                "person": each.person,
            }
        )
    return rows
