"""`venue_permissions`: the venue itself said, not long ago, that the key may read and trade, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from golive.model.clock import to_iso
from golive.model.json import JsonValue
from golive.model.verdict import EvidenceClass

from ..finding import Finding
from ..objection import Objection, age_seconds, blocked, finding_of, of_development, too_old, unknown
from ..venue_key import KeyEvidence, Probe

ID: Final = "venue_permissions"
EXACTLY: Final = ("read", "trade")
WITHDRAW: Final = "withdraw"


def venue_permissions(evidence: KeyEvidence) -> Finding:
    """Judge the newest answer of the venue about the key."""
    probe = evidence.probe
    measured: JsonValue = None
    if probe is not None:
        measured = {
            "permissions": list(probe.permissions),
            "asked_at": to_iso(probe.at),
            "age_seconds": age_seconds(probe.at, evidence.now),
            "endpoint": probe.endpoint,
            "evidence_class": probe.evidence_class,
            "key_fingerprint": probe.key_fingerprint,
        }
    threshold: JsonValue = {"permissions": list(EXACTLY), "max_age_hours": evidence.max_age_hours}
    return finding_of(ID, _objections(evidence), measured=measured, threshold=threshold, evidence=evidence.probe_files)


def _objections(evidence: KeyEvidence) -> Iterator[Objection]:
    ask = f"golive venue check {evidence.environment}"
    if evidence.probe_fault:
        yield Objection(evidence.probe_status, evidence.probe_fault, "golive audit verify --all")
    if tuple(sorted(evidence.required)) != EXACTLY:
        yield blocked(
            f"the permission profile of {evidence.environment} does not require exactly read and trade", "golive config check"
        )
    if evidence.probe is None:
        yield unknown(f"the venue was not asked what key {evidence.keychain_key} may do", ask)
        return
    yield from _of_probe(evidence, evidence.probe, ask)


def _of_probe(evidence: KeyEvidence, probe: Probe, ask: str) -> Iterator[Objection]:
    key = f"key {evidence.keychain_key}"
    yield from too_old(f"what the venue said of {key}", probe.at, evidence.now, evidence.max_age_hours, ask)
    yield from of_development("the probe", probe.key_class, is_rehearsal=evidence.is_rehearsal, next_command=ask)
    if probe.endpoint != evidence.endpoint:
        yield unknown(f"{key} was probed at endpoint {probe.endpoint}, not at {evidence.endpoint}", ask)
    if not evidence.is_rehearsal and probe.evidence_class != EvidenceClass.PRODUCTION:
        yield blocked(f"{key} was probed at a venue of class {probe.evidence_class}, not production", ask)
    if not evidence.kept_fingerprint or probe.key_fingerprint != evidence.kept_fingerprint:
        yield unknown(f"the venue was asked with another key than the one that is kept as {evidence.keychain_key}", ask)
    if probe.refused:
        yield blocked(f"the venue refuses {key}: {probe.refused}", ask)
        return
    if WITHDRAW in probe.permissions:
        yield blocked(f"{key} may withdraw: take that permission from it at the venue, then ask again", ask)
    if excess := sorted({*probe.permissions} - {*EXACTLY, WITHDRAW}):
        yield blocked(f"{key} may {', '.join(excess)} as well: give it exactly read and trade at the venue", ask)
    if lacking := [each for each in EXACTLY if each not in probe.permissions]:
        yield blocked(f"{key} lacks {', '.join(lacking)}: give it exactly read and trade at the venue", ask)
    if probe.expires_at is not None and probe.expires_at <= evidence.now:
        yield blocked(f"{key} expired at {to_iso(probe.expires_at)}", f"golive secrets rotate {evidence.keychain_key}")
