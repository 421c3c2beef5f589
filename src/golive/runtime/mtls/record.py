"""What is written down about certificates: the rotation register, the list of revoked ones, the step in the decision log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final

from golive.model.clock import Clock, to_iso
from golive.model.errors import JournalError
from golive.model.json import JsonObject, JsonValue
from golive.security.bundle_check import RegisterRow
from golive.security.certificate import Certificate
from golive.security.certificate_maker import BUNDLE
from golive.storage.decision_step import record_step
from golive.storage.files import SECRET_FILE
from golive.storage.journal_file import Draft, Signer
from golive.storage.keys import SigningKeys
from golive.storage.register_file import RegisterFile
from golive.storage.security_admin import admin_entries, record_admin_act

from .place import BundlePlace

STEP: Final = "mtls_prepared"
ROTATED: Final = "tls_rotated"
REVOKED: Final = "certificate_revoked"
_ROTATION_NAME: Final = "tls_rotation"
_REVOKED_NAME: Final = "tls_revoked"


def register_rotation(place: BundlePlace, signer: Signer, made: Mapping[str, Certificate], at: int) -> None:
    """Add the certificates that are about to be put in place; durable on return. Raises JournalError."""
    rows: list[Draft] = [
        (
            ROTATED,
            {
                "bundle": BUNDLE,
                "role": role,
                "serial": certificate.serial,
                "sha256": certificate.sha256,
                "not_after": to_iso(certificate.not_after),
                "rotated_at": to_iso(at),
            },
            signer.operator,
        )
        for role, certificate in made.items()
    ]
    RegisterFile(place.register, _ROTATION_NAME).append(signer, rows)


def registered(place: BundlePlace, keys: SigningKeys | None) -> Sequence[RegisterRow]:
    """Return the register's rows of this bundle, oldest first. Raises JournalError when it is not sound."""
    rows = RegisterFile(place.register, _ROTATION_NAME).entries(keys)
    return [
        RegisterRow(str(row.body.get("role")), str(row.body.get("serial")), str(row.body.get("sha256")))
        for row in rows
        if row.type == ROTATED and row.body.get("bundle") == BUNDLE
    ]


def revoke(place: BundlePlace, signer: Signer, row: RegisterRow, reason: str) -> None:
    """Withdraw a certificate; recorded first, in the log and beside its rotation, durable on return. Raises JournalError."""
    body: JsonObject = {"bundle": BUNDLE, "serial": row.serial, "sha256": row.sha256, "reason": reason}
    record_admin_act(place.home, signer, REVOKED, body, signer.operator)
    RegisterFile(place.register, _ROTATION_NAME).append(signer, [(REVOKED, {**body, "role": row.role}, signer.operator)])
    _revocations(place).append(signer, [(REVOKED, body, signer.operator)])


def revoked(place: BundlePlace, keys: SigningKeys | None) -> frozenset[str]:
    """Return the serials and thumbprints that were withdrawn, by the list beside the bundle.

    Raises JournalError for a list that is not sound, or lacks what `logs/security_admin.log` or the register of rotations says
    was withdrawn; for a log that lacks what the register says; and where there is a bundle and the register is gone.
    """
    listed = _named(entry.body for entry in _revocations(place).entries(keys))
    recorded = _named(entry.body for entry in admin_entries(place.home, keys, (REVOKED,)))
    rows = RegisterFile(place.register, _ROTATION_NAME).entries(keys)
    registered_too = _named(row.body for row in rows if row.type == REVOKED)
    log, register = "logs/security_admin.log", place.register.name
    for what, has, by, told in (
        (place.revoked, listed, log, recorded),
        (place.revoked, listed, register, registered_too),
        (place.home / log, recorded, register, registered_too),
    ):
        if lacking := told - has:
            raise JournalError(
                f"{what}: lacks {len(lacking)} of what {by} says was revoked; "
                "put the newest copy back, or revoke again: golive mtls revoke"
            )
    if not rows and all(path.exists() for path in place.certificates.values()):
        raise JournalError(f"{place.register}: is gone, and with it what was revoked here; put it and its seal back from a copy")
    return listed


def record_prepared(place: BundlePlace, signer: Signer, status: str, clock: Clock, began: int, artefacts: Sequence[Path]) -> None:
    """Append the step `mtls_prepared`; `began` is the monotonic time at which the run did. Raises JournalError."""
    latency_ms = (clock.monotonic() - began) // 1_000_000
    record_step(place.home, signer, STEP, status, latency_ms, artefacts)


def _revocations(place: BundlePlace) -> RegisterFile:
    return RegisterFile(place.revoked, _REVOKED_NAME, mode=SECRET_FILE)


def _named(bodies: Iterable[Mapping[str, JsonValue]]) -> frozenset[str]:
    return frozenset(str(body[name]) for body in bodies for name in ("serial", "sha256") if body.get(name))
