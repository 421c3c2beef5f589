"""Verifying a bundle: every check, the evidence in `var/audit/mtls/`, and the step in the decision log."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from golive.config.mtls_section import Mtls
from golive.model.clock import SECOND, Clock, stamp, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject
from golive.model.verdict import ExitCode, Verdict
from golive.security.bundle_check import AUTHORITY, BundleCheck, bundle_checks, certificates_of
from golive.security.certificate import Certificate
from golive.security.certificate_maker import BUNDLE
from golive.storage.files import write_atomic
from golive.storage.keys import SigningKeys

from ..clock import SystemClock
from ..host_signer import host_signer
from .next_step import TELLS_WHERE, next_step
from .place import BundlePlace
from .record import record_prepared, registered, revoked

SCHEMA: Final = "golive.mtls_verification.v1"
EVIDENCE: Final = Path("var/audit/mtls")


@dataclass(frozen=True, slots=True)
class Examination:
    """What a look at a bundle has shown."""

    checks: tuple[BundleCheck, ...]
    document: JsonObject
    evidence: Path | None = None
    """where it was written; None when it could not be"""
    renewal_due: bool = False
    """whether two thirds of a leaf's life are over"""
    next_command: str = ""
    """what mends the gravest of it; empty where nothing is to be done"""

    @property
    def verdict(self) -> Verdict:
        found = {check.verdict for check in self.checks}
        return next((worst for worst in (Verdict.BREACHED, Verdict.UNKNOWN) if worst in found), Verdict.OK)

    @property
    def exit_code(self) -> ExitCode:
        """0 sound, 4 something is wrong, 6 something could not be looked at."""
        codes = {Verdict.OK: ExitCode.OK, Verdict.BREACHED: ExitCode.VALIDATION_FAILED}
        return codes.get(self.verdict, ExitCode.UNKNOWN)


def examine(home: Path, section: Mtls, *, clock: Clock | None = None) -> Examination:
    """Look at a bundle; nothing is written. Raises nothing for a bundle that is broken or not there: that is what it says."""
    now = (clock or SystemClock()).now()
    place = BundlePlace.of(home, section)
    checks: list[BundleCheck] = []
    certificates: JsonObject = {}
    renewal_due = False
    try:
        files = place.files()
        keys = SigningKeys.load(home)
        rows, withdrawn = None, frozenset[str]()
        try:
            rows = registered(place, keys)
        except JournalError as exc:
            checks.append(BundleCheck("register.sound", Verdict.UNKNOWN, str(exc)))
        try:
            withdrawn = revoked(place, keys)
        except JournalError as exc:
            checks.append(BundleCheck("revocation.sound", Verdict.UNKNOWN, str(exc)))
        checks += [place.mode_check(), *bundle_checks(files, now, rows, withdrawn)]
        held = certificates_of(files)
        certificates = {role: _shown(found) for role, found in sorted(held.items())}
        renewal_due = any(now >= found.renew_from for role, found in held.items() if role != AUTHORITY)
    except JournalError as exc:
        checks.append(BundleCheck("files", Verdict.UNKNOWN, str(exc)))
    examination = Examination(tuple(checks), {})
    document: JsonObject = {
        "schema": SCHEMA,
        "generated_at": to_iso(now),
        "bundle": BUNDLE,
        "directory": section.bundle_directory,
        "status": str(examination.verdict),
        "checks": [{"id": each.id, "status": str(each.verdict), "detail": each.detail} for each in checks],
        "certificates": certificates,
    }
    command = next_step(place, checks, renewal_due=renewal_due)
    return Examination(tuple(checks), document, renewal_due=renewal_due, next_command=command)


def _shown(found: Certificate) -> JsonObject:
    times = {"not_after": to_iso(found.not_after), "renew_from": to_iso(found.renew_from)}
    return {"serial": found.serial, "sha256": found.sha256, **times}


def verify_bundle(home: Path, section: Mtls, operator: str, *, clock: Clock | None = None) -> Examination:
    """Look at a bundle, leave the evidence, and append the step; a journal that cannot be written makes it `unknown`."""
    clock = clock or SystemClock()
    began = clock.monotonic()
    found = examine(home, section, clock=clock)
    document: JsonObject = {**found.document, "operator": operator}
    evidence = _free(home / EVIDENCE, clock.now())
    place = BundlePlace.of(home, section)
    try:
        write_atomic(evidence, _encoded(document), durable_name=True)
        signer = host_signer(home, clock, operator)
        record_prepared(place, signer, _STATUS[found.verdict], clock, began, [place.metadata, evidence])
    except JournalError as exc:
        return _unrecorded(found.checks, document, exc)
    return replace(found, document=document, evidence=evidence)


_STATUS: Final = {Verdict.OK: "ok", Verdict.BREACHED: "blocked", Verdict.UNKNOWN: "unknown"}
"""statuses of a step"""


def _unrecorded(checks: Sequence[BundleCheck], document: JsonObject, exc: JournalError) -> Examination:
    problem = BundleCheck("record", Verdict.UNKNOWN, str(exc))
    rows = [{"id": each.id, "status": str(each.verdict), "detail": each.detail} for each in (*checks, problem)]
    found = Examination((*checks, problem), {})
    return replace(found, document={**document, "checks": rows, "status": str(found.verdict)}, next_command=TELLS_WHERE)


def _free(folder: Path, now: int) -> Path:
    """Return a name that no earlier evidence has: its digest stands in the decision log."""
    while (path := folder / f"verify_{stamp(now)}.json").exists():
        now += SECOND
    return path


def _encoded(document: JsonObject) -> bytes:
    return json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"
