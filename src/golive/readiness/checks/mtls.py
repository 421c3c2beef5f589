"""`mtls`: what `golive mtls verify` says of the bundle of certificates, looked at now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from golive.model.verdict import Verdict

from ..finding import Evidence, Finding
from ..objection import blocked, finding_of, unknown

ID: Final = "mtls"
VERIFY: Final = "golive mtls verify"


@dataclass(frozen=True, slots=True)
class BundleRow:
    """One thing that was looked at."""

    id: str
    verdict: Verdict
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleEvidence:
    """The bundle as it lies there now."""

    rows: tuple[BundleRow, ...]
    certificates: Mapping[str, str]
    """role → serial and end, as they are shown"""
    mends: str = ""
    """command that mends the gravest of it"""
    files: tuple[Evidence, ...] = ()


def mtls(evidence: BundleEvidence) -> Finding:
    """Judge; a look that found nothing to look at is unknown."""
    command = evidence.mends or VERIFY
    objections = [
        (blocked if each.verdict is Verdict.BREACHED else unknown)(f"{each.id}: {each.detail}", command)
        for each in evidence.rows
        if each.verdict is not Verdict.OK
    ]
    if not evidence.rows:
        objections.append(unknown("nothing of a bundle was looked at", VERIFY))
    good = sum(each.verdict is Verdict.OK for each in evidence.rows)
    return finding_of(
        ID, objections, measured={"ok": good, "checks": len(evidence.rows), "certificates": {**evidence.certificates}},
        threshold={"ok": len(evidence.rows)}, evidence=evidence.files,
    )  # fmt: skip
