"""For how long evidence counts: as the configuration says, in production never longer than the contract allows."""

from __future__ import annotations

from typing import Final

from .scene import Scene

MOST_HOURS: Final = 24
"""in production. Source: CONTRACT "Readiness and gate"."""


def max_age_hours(scene: Scene) -> int:
    """Return after how many hours evidence counts no longer."""
    configured = scene.configuration.core.readiness.evidence_max_age_hours
    return configured if scene.is_rehearsal else min(configured, MOST_HOURS)
