"""`licenses`: what `oem_provision_license.py --verify` says, for the exchange of the entrypoint, and live in it.

A rehearsal trades no money: it takes the licence for development that the machine makes for itself, as paper does, and asks for
no entitlement to live. Production takes neither.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ..finding import Evidence, Finding
from ..objection import Objection, blocked, finding_of, unknown

ID: Final = "licenses"
DESKTOP: Final = "desktop"
LIVE: Final = "live"
_VERIFY: Final = "golive provision --verify"


@dataclass(frozen=True, slots=True, kw_only=True)
class LicenceEvidence:
    """The licence as it was judged just now, for what the entrypoint needs."""

    exchange: str
    is_rehearsal: bool
    enforcement: bool
    unreadable: str = ""
    """why nothing is known; '' where it was judged"""
    is_valid: bool = False
    """whether the verifying command would end with 0"""
    standing: str = ""
    """valid, grace or invalid"""
    license_id: str = ""
    """'' where there is no licence that can be believed"""
    development: bool = False
    profiles: tuple[str, ...] = ()
    """that licence and configuration both allow"""
    environments: tuple[str, ...] = ()
    good_until: str = ""
    faults: tuple[str, ...] = ()
    """every one, in words; those that grace covers leave it valid"""
    files: tuple[Evidence, ...] = ()


def licenses(evidence: LicenceEvidence) -> Finding:
    """Judge the licence of the installation for one entrypoint."""
    return finding_of(
        ID,
        _objections(evidence),
        measured={
            "license_id": evidence.license_id, "standing": evidence.standing, "development": evidence.development,
            "profiles": list(evidence.profiles), "environments": list(evidence.environments),
            "good_until": evidence.good_until, "enforcement": evidence.enforcement, "notes": list(evidence.faults),
        },
        threshold={
            "profiles": [DESKTOP, evidence.exchange], "environments": [] if evidence.is_rehearsal else [LIVE],
            "development": "accepted" if evidence.is_rehearsal else "refused",
        },
        evidence=evidence.files,
    )  # fmt: skip


def _objections(evidence: LicenceEvidence) -> Iterator[Objection]:
    if not evidence.enforcement:
        yield blocked("licensing.enforcement is false: live is never without it", "golive config show --origin")
    if evidence.unreadable:
        yield unknown(f"whether there is a licence is not known: {evidence.unreadable}", _VERIFY)
        return
    if not evidence.is_valid:
        yield from (blocked(each, _VERIFY) for each in evidence.faults or ("there is no valid licence",))
    for profile in (DESKTOP, evidence.exchange):
        if evidence.license_id and profile not in evidence.profiles:
            yield blocked(f"licence {evidence.license_id} does not allow {profile}, or the configuration does not", _VERIFY)
    if evidence.is_rehearsal or not evidence.license_id:
        return
    if evidence.development:
        yield blocked(f"licence {evidence.license_id} is for development, which never allows live", _VERIFY)
    if LIVE not in evidence.environments:
        yield blocked(f"licence {evidence.license_id} does not allow environment live", _VERIFY)
