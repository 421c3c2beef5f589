"""Gathers what `licenses` judges: licence, fingerprint, list and registry, verified now; nothing is written or renewed."""

from __future__ import annotations

from golive.model.clock import to_iso
from golive.model.errors import GoliveError
from golive.readiness.checks.licenses import LicenceEvidence
from golive.readiness.finding import Evidence
from golive.security.licence.fault import Document
from golive.security.licence.judge import Judgement

from ..licence.desk import LicenceDesk
from ..licence.verification import examine
from .evidence_file import evidence_of, told
from .scene import Scene


def licence_evidence(scene: Scene, desk: LicenceDesk | None = None) -> LicenceEvidence:
    """Return how the licence stands for the live entrypoint; `desk`: of this installation."""
    licensing = scene.configuration.runtime.licensing
    desk = desk or LicenceDesk(home=scene.home, licensing=licensing, clock=scene.clock)
    plain = LicenceEvidence(
        exchange=scene.live.exchange, is_rehearsal=scene.is_rehearsal, enforcement=licensing.enforcement
    )  # fmt: skip
    try:
        found = examine(desk)
        judged = found.judgement
        files = _files(scene, desk, judged)
    except (GoliveError, OSError) as exc:
        return LicenceEvidence(
            exchange=plain.exchange, is_rehearsal=plain.is_rehearsal, enforcement=plain.enforcement,
            unreadable=told(scene.home, exc),
        )  # fmt: skip
    licence = judged.licence
    return LicenceEvidence(
        exchange=plain.exchange,
        is_rehearsal=plain.is_rehearsal,
        enforcement=plain.enforcement,
        is_valid=found.is_valid,
        standing=str(judged.standing),
        license_id="" if licence is None else licence.license_id,
        development=judged.development,
        profiles=tuple(sorted(judged.profiles)),
        environments=() if licence is None else tuple(sorted(licence.environments)),
        good_until="" if judged.good_until is None else to_iso(judged.good_until),
        faults=tuple(f"{each.document}: {each.text}".replace(f"{scene.home}/", "") for each in found.faults),
        files=files,
    )


def _files(scene: Scene, desk: LicenceDesk, judged: Judgement) -> tuple[Evidence, ...]:
    """Return licence and list, where they can be believed, as old as what they say."""
    now, at = scene.clock.now(), dict[Document, int]()
    if judged.licence is not None:
        at[Document.LICENCE] = judged.licence.not_before
    if judged.revocations is not None:
        at[Document.REVOCATIONS] = judged.revocations.issued
    return tuple(evidence_of(scene.home, desk.paths[document], when, now) for document, when in at.items())
