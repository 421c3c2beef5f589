"""Checks of readiness as steps of a runbook: what the checklist finds, told as a step tells it."""

from __future__ import annotations

from golive.readiness.check_table import CHECKS

from ..readiness.checklist import examine, is_built
from ..readiness.scene import scene_of
from .place import Done, Place

__all__ = ["is_built", "look"]


def look(place: Place, id_: str) -> Done:
    """Return what the check `id_` finds about the live entrypoint that the runbook leads to."""
    scene = scene_of(
        place.home, place.runtime_file, place.configuration, place.entrypoint.name, place.clock, place.store
    )  # fmt: skip
    found = examine(scene, id_)
    said = "; ".join(found.reasons) or (f"measured {found.measured}" if found.measured is not None else CHECKS[id_].looks_at)
    return Done(found.status, said, found.next_command, tuple(place.home / each.path for each in found.evidence))
