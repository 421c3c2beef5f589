"""`golive audit verify --entrypoint`: the rule by which a gate judges the log of live orders, steps included."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

from golive.audit import Soundness

from .audit_findings import SHOWN
from .options import Location
from .terminal import clean

if TYPE_CHECKING:
    from golive.readiness.finding import Finding


class Judged(NamedTuple):
    """What was found, in the words of `golive audit verify`."""

    soundness: Soundness
    lines: tuple[str, ...]


def judged_log(where: Location, entrypoint: str) -> Judged:
    """Judge the log of live orders for an entrypoint as the check `decision_log` does. Raises ConfigError."""
    from golive.readiness.checks.decision_log import decision_log
    from golive.runtime.clock import SystemClock
    from golive.runtime.readiness.decision_log import decision_log_evidence
    from golive.runtime.readiness.scene import scene_of
    from golive.runtime.secret_store import StoredSecrets
    from golive.storage.config_files import load_configuration

    configuration = load_configuration(where.runtime_file, os.environ)
    scene = scene_of(where.home, where.runtime_file, configuration, entrypoint, SystemClock(), StoredSecrets(where.home))
    return _told(decision_log(decision_log_evidence(scene)), scene.live.name)


def _told(found: Finding, entrypoint: str) -> Judged:
    from golive.readiness.finding import Status

    kinds = {Status.OK: Soundness.CLEAN, Status.BLOCKED: Soundness.OUT_OF_BOUNDS}
    soundness = kinds.get(found.status, Soundness.CANNOT_SAY)
    wanted = found.threshold if isinstance(found.threshold, dict) else {}
    steps = wanted.get("steps")
    asked = ", ".join(map(str, steps)) if isinstance(steps, list) else ""
    lines = [f"{soundness.replace('_', ' '):<13} steps to live of {clean(entrypoint)} ({asked})"]
    lines += [f"              {clean(reason)}" for reason in found.reasons[:SHOWN]]
    return Judged(soundness, tuple(lines))
