"""`secrets_rotation`: the key that is kept was rotated within 90 days, and its venue was asked with it then."""

from __future__ import annotations

from typing import Final

from golive.model.clock import DAY, to_iso
from golive.model.verdict import Verdict

from ..finding import Finding
from ..objection import AHEAD_NS, Objection, blocked, finding_of, unknown
from ..venue_key import KeyEvidence

ID: Final = "secrets_rotation"
MOST_DAYS: Final = 90


def secrets_rotation(evidence: KeyEvidence) -> Finding:
    """Judge what the register says; a key that would not be asked for elsewhere is asked for here: live needs one."""
    told = evidence.rotation
    rotate = told.next_command or f"golive secrets rotate {evidence.keychain_key}"
    objections: list[Objection] = []
    if told.verdict is Verdict.UNKNOWN:
        objections.append(unknown(f"key {evidence.keychain_key}: {told.reason}", rotate))
    elif told.verdict is Verdict.NOT_APPLICABLE:
        objections.append(blocked(f"key {evidence.keychain_key}: no key is kept", rotate))
    elif told.verdict is not Verdict.OK:
        objections.append(blocked(f"key {evidence.keychain_key}: {told.reason or told.verdict}", rotate))
    elif told.rotated_at is None:
        objections.append(blocked(f"key {evidence.keychain_key}: never rotated", rotate))
    elif not -AHEAD_NS <= evidence.now - told.rotated_at <= MOST_DAYS * DAY:
        reason = (
            f"key {evidence.keychain_key}: rotated at {to_iso(told.rotated_at)}, which is not within the last {MOST_DAYS} days"
        )
        objections.append(blocked(reason, rotate))
    return finding_of(
        ID, objections,
        measured={
            "keychain_key": evidence.keychain_key,
            "rotated_at": None if told.rotated_at is None else to_iso(told.rotated_at),
            "due_at": None if told.due_at is None else to_iso(told.due_at),
            "told": told.reason,
        },
        threshold={"max_age_days": MOST_DAYS, "verified_by": "private_read_probe"},
        evidence=evidence.rotation_files,
    )  # fmt: skip
