"""Gathers what the three checks of a venue's key judge: register of rotations, allow-list, what the venue answered."""

from __future__ import annotations

from golive.model.errors import JournalError
from golive.readiness.finding import Evidence, Status
from golive.readiness.venue_key import KeyEvidence, Probe, RotationTold
from golive.security.rotation import addresses_sha256, told_addresses
from golive.storage.security_admin import PATH

from ..kept_fingerprint import kept_fingerprint
from ..key_probe import CannotSay, KeyProbe, newest_probe
from ..rotation import register_of, rotation_row
from .evidence_file import evidence_of, told
from .period import max_age_hours
from .scene import Scene


def key_evidence(scene: Scene) -> KeyEvidence:
    """Return everything about the key of the live environment; what cannot be read or believed is said in it."""
    live, now, home = scene.live, scene.clock.now(), scene.home
    row = rotation_row(scene.configuration, home, scene.store, live.environment, now)
    status, fault, probe, kept = Status.OK, "", None, ""
    try:
        probe = newest_probe(home, live.environment)
        kept = kept_fingerprint(home, live.keychain_key)
    except JournalError as exc:
        status, fault = Status.UNKNOWN if isinstance(exc, CannotSay) else Status.BLOCKED, told(home, exc)
    addresses = told_addresses(scene.configuration.core.environments[live.environment].ip_allowlist)
    return KeyEvidence(
        environment=live.environment,
        endpoint=live.endpoint,
        keychain_key=live.keychain_key,
        required=live.required_permissions,
        is_rehearsal=scene.is_rehearsal,
        now=now,
        max_age_hours=max_age_hours(scene),
        rotation=RotationTold(
            verdict=row.verdict, reason=row.reason, next_command=row.next_command, rotated_at=row.rotated_at,
            due_at=row.due_at, ip_allowlist_sha256=row.ip_allowlist_sha256,
        ),
        rotation_files=_register(scene, row.rotated_at, now),
        kept_fingerprint=kept,
        ip_allowlist=addresses,
        ip_allowlist_sha256=addresses_sha256(addresses),
        probe=None if probe is None or probe.keychain_key != live.keychain_key else _answer(probe),
        probe_status=status,
        probe_fault=fault,
        probe_files=() if probe is None else (evidence_of(home, home / PATH, probe.at, now),),
    )  # fmt: skip


def _answer(probe: KeyProbe) -> Probe:
    return Probe(
        at=probe.at, endpoint=probe.endpoint, evidence_class=probe.evidence_class, key_class=probe.key_class,
        key_fingerprint=probe.key_fingerprint, permissions=probe.permissions,
        addresses=None if probe.addresses is None else told_addresses(probe.addresses), expires_at=probe.expires_at,
        refused=probe.refused,
    )  # fmt: skip


def _register(scene: Scene, rotated_at: int | None, now: int) -> tuple[Evidence, ...]:
    if rotated_at is None:
        return ()
    path = register_of(scene.configuration, scene.home, scene.live.environment).path
    return (evidence_of(scene.home, path, rotated_at, now),)
