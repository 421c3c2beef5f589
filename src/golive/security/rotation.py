"""The register of rotated API keys: what a record says, and what the records say of a key now.

`var/data/<environment>/security/rotation_log.json`, type `key_rotated`, body `{keychain_key, purpose, rotated_at,
old_key_fingerprint, new_key_fingerprint, ip_allowlist_sha256, verified_by}`. The file itself: `storage/register_file.py`.
"""

from __future__ import annotations

import hashlib
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from golive.audit import Entry, canonical
from golive.audit.entry import EntryError, body_text
from golive.model.clock import DAY, MINUTE, SECOND, from_iso, to_iso
from golive.model.errors import ConfigError
from golive.model.json import JsonObject
from golive.model.verdict import Verdict

KEY_ROTATED: Final = "key_rotated"
REGISTER: Final = "rotation_log"
PURPOSE: Final = "trade"
PROBE: Final = "private_read_probe"
INTERVAL_NS: Final = 90 * DAY
WARNING_NS: Final = 14 * DAY
"""before it is due"""
_AHEAD_NS: Final = 5 * MINUTE
"""how far a record may lie ahead of the clock: clocks are set back a little now and then"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRotation:
    """One record: from then on the key with the new fingerprint was the one."""

    keychain_key: str
    rotated_at: int
    """ns UTC"""
    old_key_fingerprint: str
    """empty for the first key of its name"""
    new_key_fingerprint: str
    ip_allowlist_sha256: str
    verified_by: str = PROBE
    purpose: str = PURPOSE

    def body(self) -> JsonObject:
        return {
            "keychain_key": self.keychain_key,
            "purpose": self.purpose,
            "rotated_at": to_iso(self.rotated_at),
            "old_key_fingerprint": self.old_key_fingerprint,
            "new_key_fingerprint": self.new_key_fingerprint,
            "ip_allowlist_sha256": self.ip_allowlist_sha256,
            "verified_by": self.verified_by,
        }


@dataclass(frozen=True, slots=True)
class RotationState:
    """What the register says of one key at a moment."""

    verdict: Verdict
    reason: str
    """empty when there is nothing to say"""
    rotation: KeyRotation | None = None
    due_at: int | None = None
    """ns UTC"""

    def due_seconds(self, now: int) -> float:
        """Return the seconds until the key is to be rotated, negative when overdue; 0 when it is not known to have been."""
        if self.due_at is None or (self.verdict is Verdict.BLOCKED and self.due_at > now):
            return 0.0
        return (self.due_at - now) / SECOND


def rotations(entries: Iterable[Entry]) -> Sequence[KeyRotation]:
    """Return the records of a register, oldest first; EntryError naming the field that is not what it should be."""
    return [_rotation(each) for each in entries if each.type == KEY_ROTATED]


def newest(records: Iterable[KeyRotation], keychain_key: str) -> KeyRotation | None:
    """Return the last record of a key; None when it was never rotated."""
    return next((each for each in reversed(list(records)) if each.keychain_key == keychain_key), None)


def known_since(records: Iterable[KeyRotation], keychain_key: str, fingerprint: str) -> int | None:
    """Return when a key became the one of its name for the first time, ns UTC; None for one that never did."""
    return next(
        (each.rotated_at for each in records if (each.keychain_key, each.new_key_fingerprint) == (keychain_key, fingerprint)),
        None,
    )


def state_of(records: Iterable[KeyRotation], keychain_key: str, now: int) -> RotationState:
    """Return whether a key may be used at `now`, ns UTC: `ok`, with a reason when it is due soon, or `blocked`."""
    last = newest(records, keychain_key)
    if last is None:
        return RotationState(Verdict.BLOCKED, "never rotated")
    due_at = last.rotated_at + INTERVAL_NS
    if last.verified_by != PROBE:
        return RotationState(Verdict.BLOCKED, "the venue was not asked with the new key", last, due_at)
    if last.rotated_at > now + _AHEAD_NS:
        reason = f"rotated at {to_iso(last.rotated_at)}, which is to come: is the clock right?"
        return RotationState(Verdict.BLOCKED, reason, last, due_at)
    if now > due_at:
        return RotationState(Verdict.BLOCKED, f"overdue since {to_iso(due_at)}", last, due_at)
    if now > due_at - WARNING_NS:
        return RotationState(Verdict.OK, f"due soon: {to_iso(due_at)}", last, due_at)
    return RotationState(Verdict.OK, "", last, due_at)


def checked_addresses(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return IP addresses and networks in one spelling, sorted, each once; ConfigError for what is none."""
    try:
        return tuple(sorted({_spelled(each) for each in addresses}))
    except ValueError as exc:
        raise ConfigError(f"--ip: {exc}; give an IP address, or a network such as 203.0.113.0/28") from None


def told_addresses(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return what a venue tells of an allow-list in the same spelling; what is no address stays as it is."""
    found = set()
    for each in addresses:
        try:
            found.add(_spelled(each))
        except ValueError:
            found.add(each)
    return tuple(sorted(found))


def addresses_sha256(addresses: Iterable[str]) -> str:
    """Return SHA-256 over the canonical JSON list of addresses that are spelled as above; of `[]` when there are none."""
    return hashlib.sha256(canonical(sorted(addresses))).hexdigest()


def _spelled(address: str) -> str:
    network = ipaddress.ip_network(address.strip())
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _rotation(entry: Entry) -> KeyRotation:
    body = entry.body
    try:
        rotated_at = from_iso(body_text(body, "rotated_at"))
    except ValueError as exc:
        raise EntryError(f"record {entry.seq}: rotated_at: {exc}") from exc
    return KeyRotation(
        keychain_key=body_text(body, "keychain_key"),
        purpose=body_text(body, "purpose"),
        rotated_at=rotated_at,
        old_key_fingerprint=body_text(body, "old_key_fingerprint"),
        new_key_fingerprint=body_text(body, "new_key_fingerprint"),
        ip_allowlist_sha256=body_text(body, "ip_allowlist_sha256"),
        verified_by=body_text(body, "verified_by"),
    )
