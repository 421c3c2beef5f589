"""What is known of an entrypoint's key: its rotation, its allow-list of addresses, and what the venue answered about it."""

from __future__ import annotations

from dataclasses import dataclass

from golive.model.verdict import Verdict

from .finding import Evidence, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class RotationTold:
    """What the register of rotations says of the key now."""

    verdict: Verdict
    reason: str
    """empty when there is nothing to say"""
    next_command: str
    """empty when nothing is to be done"""
    rotated_at: int | None
    """ns UTC"""
    due_at: int | None
    """ns UTC"""
    ip_allowlist_sha256: str
    """'' where no rotation is known"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """What the venue answered when it was asked with the key."""

    at: int
    """ns UTC"""
    endpoint: str
    evidence_class: str
    key_class: str
    """of the keys that signed it"""
    key_fingerprint: str
    permissions: tuple[str, ...]
    addresses: tuple[str, ...] | None
    """in one spelling; () usable from anywhere; None: the venue does not tell"""
    expires_at: int | None
    """ns UTC"""
    refused: str
    """the venue's words where it refused the key"""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEvidence:
    """Everything about the key of one live environment."""

    environment: str
    endpoint: str
    keychain_key: str
    required: tuple[str, ...]
    """permissions"""
    is_rehearsal: bool
    now: int
    """ns UTC"""
    max_age_hours: int
    """of the probe"""
    rotation: RotationTold
    rotation_files: tuple[Evidence, ...] = ()
    kept_fingerprint: str
    """of the key that was kept last; '' when nothing tells"""
    ip_allowlist: tuple[str, ...]
    """of the configuration, in one spelling"""
    ip_allowlist_sha256: str
    """of that list, as the register makes it"""
    probe: Probe | None = None
    """the newest"""
    probe_status: Status = Status.OK
    """blocked: its log is not what was written; unknown: it cannot be read"""
    probe_fault: str = ""
    probe_files: tuple[Evidence, ...] = ()
