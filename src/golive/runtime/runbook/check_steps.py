"""Checks of readiness as steps of a runbook: what the checklist finds, told as a step tells it."""

from __future__ import annotations

import json

from golive.readiness.check_table import CHECKS

from ..readiness.checklist import examine, is_built
from .place import Done, Place

__all__ = ["is_built", "look"]


def look(place: Place, id_: str) -> Done:
    """Return what the check `id_` finds about the live entrypoint that the runbook leads to."""
    found = examine(place.scene, id_)
    measured = CHECKS[id_].looks_at if found.measured is None else f"measured {json.dumps(found.measured, ensure_ascii=False)}"
    said = "; ".join(found.reasons) or measured
    return Done(found.status, said, found.next_command, tuple(place.home / each.path for each in found.evidence))
