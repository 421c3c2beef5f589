"""Gathers what `mtls` judges: the bundle of certificates, its register and its list of revoked ones, as they lie there now."""

from __future__ import annotations

from typing import Any

from golive.inputs import parse_json, read_beside
from golive.model.clock import from_iso
from golive.model.json import JsonValue
from golive.readiness.checks.mtls import BundleEvidence, BundleRow
from golive.readiness.finding import Evidence

from ..mtls.examine import EVIDENCE, examine
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
    """Return the register and what the last verifying command left, each as old as it says; no finding rests on them alone."""
    now, files = scene.clock.now(), list[Evidence]()
    newest = max((scene.home / EVIDENCE).glob("verify_*.json"), default=None)
    for path in (place.register, newest):
        try:
            if path is not None:
                data = read_beside(path)
                files.append(evidence_of(scene.home, path, _written_at(parse_json(data)), now, data))
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            continue  # it is no evidence then; that the register cannot be believed stands in the rows
    return tuple(files)


def _written_at(document: Any) -> int:
    """Return when a verification was made, or the last record of a register."""
    return from_iso(document["generated_at"] if "generated_at" in document else document["entries"][-1]["ts"])
