"""Gathers what `risk_limits` judges: the limits as the engine takes them, the newest session's, and their sign-off."""

from __future__ import annotations

from golive.model.errors import JournalError
from golive.readiness.checks.risk_limits import FOUR, LimitEvidence
from golive.readiness.finding import Evidence, Status
from golive.storage.keys import SigningKeys
from golive.storage.session_chain import seal_path
from golive.storage.session_identity import PROFILE_DIGEST
from golive.storage.session_proof import StoredSession, stored_session
from golive.storage.session_reader import OtherVersion
from golive.storage.sessions import session_stores

from ..risk_limits import risk_profile_of
from .compliance import compliance_evidence
from .evidence_file import evidence_of, told
from .scene import Scene


def limit_evidence(scene: Scene) -> LimitEvidence:
    """Return the limits of the live entrypoint and who has enforced them; what cannot be believed is said in it."""
    profile = risk_profile_of(scene.live)
    fault, status, session = "", Status.UNKNOWN, None
    try:
        session = _newest(scene)
    except JournalError as exc:
        fault = told(scene.home, exc)
        status = Status.BLOCKED if "tampered" in fault or "bad seal" in fault else Status.UNKNOWN
    return LimitEvidence(
        profile=profile.name,
        limits={name: getattr(scene.live.risk, name) for name in FOUR},
        digest=profile.digest,
        paper_entrypoint=scene.paper.name,
        session="" if session is None else session.path.stem,
        session_digest="" if session is None else session.identity.terms.rules.get(PROFILE_DIGEST, ""),
        session_fault=fault,
        session_status=status,
        files=_seal(scene, session),
        signed=compliance_evidence(scene.configuration, scene.home, scene.live.name, scene.clock.now()),
    )


def _newest(scene: Scene) -> StoredSession | None:
    """Return the newest session of the paper entrypoint that a seal proves; a live one may begin under tighter limits.

    One that runs or was cut off has none yet; one that ended has. Raises JournalError.
    """
    keys = SigningKeys.load(scene.home)
    for path in session_stores(scene.home, entrypoint=scene.paper.name):
        if keys is None:
            raise JournalError(f"{path}: the keys that signed it are gone")
        try:
            session = stored_session(path, keys)
        except OtherVersion:
            continue
        if seal_path(path).exists():
            return session
        if session.has_ended:
            raise JournalError(f"{path}: it ended, and its seal is gone; put it back from a backup, or run paper again")
    return None


def _seal(scene: Scene, session: StoredSession | None) -> tuple[Evidence, ...]:
    """Return the seal of a session's store as evidence."""
    if session is None:
        return ()
    return (evidence_of(scene.home, seal_path(session.path), session.ended_at, scene.clock.now()),)
