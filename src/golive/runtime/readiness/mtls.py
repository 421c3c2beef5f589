"""Gathers what `mtls` judges: the bundle of certificates, its register and its list of revoked ones, as they lie there now."""

from __future__ import annotations

from typing import Any

from golive.inputs import parse_json, read_beside
from golive.model.clock import from_iso
from golive.model.json import JsonValue
from golive.readiness.checks.mtls import BundleEvidence, BundleRow
from golive.readiness.finding import Evidence

from ..mtls.examine import examine
from ..mtls.place import BundlePlace
from .evidence_file import evidence_of
from .scene import Scene


def bundle_evidence(scene: Scene) -> BundleEvidence:
    """Return what a look at the bundle shows; nothing is written."""
    section = scene.configuration.core.execution.mtls
    place = BundlePlace.of(scene.home, section)
    found = examine(scene.home, section, clock=scene.clock)
    certificates = found.document["certificates"]
    return BundleEvidence(
        rows=tuple(BundleRow(each.id, each.verdict, each.detail.replace(f"{scene.home}/", "")) for each in found.checks),
        certificates=_told(certificates),
        mends=found.next_command if place.exists else "golive mtls generate",
        files=_files(scene, place),
    )


def _told(certificates: JsonValue) -> dict[str, str]:
    assert isinstance(certificates, dict), "the examination's own document"
    told = {}
    for role, each in certificates.items():
        assert isinstance(each, dict), "as above"
        told[role] = f"serial {each['serial']}, until {each['not_after']}"
    return told


def _files(scene: Scene, place: BundlePlace) -> tuple[Evidence, ...]:
    """Return the register of rotations, as old as its newest record, and the certificates that it tells of."""
    now = scene.clock.now()
    try:
        data = read_beside(place.register)
        document: Any = parse_json(data)
        written = from_iso(document["entries"][-1]["ts"])
        register = evidence_of(scene.home, place.register, written, now, data)
        return (register, *(evidence_of(scene.home, path, written, now) for path in place.certificates.values()))
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        return ()  # it is no evidence then; what cannot be believed stands in the rows
