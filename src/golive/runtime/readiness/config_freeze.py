"""Gathers what `config_freeze` judges: the newest freeze as its archive has it, and the configuration that is running."""

from __future__ import annotations

import hashlib
from pathlib import Path

from golive.config.configuration import Configuration
from golive.config.digest import FileDigest
from golive.model.clock import SECOND, Clock, from_iso
from golive.model.errors import JournalError
from golive.readiness import Evidence
from golive.readiness.checks.config_freeze import Digests, FreezeEvidence
from golive.storage.freeze_archive import FreezeArchive
from golive.storage.keys import SigningKeys

from ..freeze import DOCUMENT, examined


def freeze_evidence(home: Path, configuration: Configuration, clock: Clock) -> FreezeEvidence:
    """Return what there is to judge by; what cannot be read or believed is said in it, never left out."""
    running = _digests(configuration.file_digest)
    overrides = tuple(each.variable for each in configuration.overrides)
    try:
        keys = SigningKeys.load(home)
        registered = FreezeArchive(home).registered(keys)
    except JournalError as exc:
        return FreezeEvidence(running=running, overrides=overrides, unreadable=str(exc).replace(f"{home}/", ""))
    if not registered or keys is None:
        return FreezeEvidence(running=running, overrides=overrides)
    newest = registered[-1]
    found, faults = examined(home, newest, keys)
    if found is None:
        return FreezeEvidence(running=running, overrides=overrides, tampered=faults)
    path = found.folder / DOCUMENT
    age = (clock.now() - from_iso(found.frozen_at)) / SECOND
    data = FreezeArchive(home).files(newest.stamp).get(DOCUMENT, b"")
    return FreezeEvidence(
        running=running, overrides=overrides, frozen=_digests(found.digest), tampered=faults,
        files=(Evidence(path.as_posix(), hashlib.sha256(data).hexdigest(), age),),
    )  # fmt: skip


def _digests(digest: FileDigest) -> Digests:
    return Digests(core_sha256=digest.core_sha256, runtime_sha256=digest.runtime_sha256, execution_sha384=digest.execution_sha384)
