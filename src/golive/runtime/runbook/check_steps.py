"""Checks of readiness as steps of a runbook: each finding is made by the check of that id, from what is gathered for it.

A check joins by a line here, once `readiness/checks/` has it. Until then it is `unknown` and says what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from golive.readiness.check_table import CHECKS
from golive.readiness.checks.config_freeze import config_freeze
from golive.readiness.finding import Finding

from ..readiness.config_freeze import freeze_evidence
from .place import Done, Place, unknown


def _config_freeze(place: Place) -> Finding:
    return config_freeze(freeze_evidence(place.home, place.configuration, place.clock))


GATHERED: Final[Mapping[str, Callable[[Place], Finding]]] = {"config_freeze": _config_freeze}
"""check id → gathers its evidence and judges it"""


def look(place: Place, id_: str) -> Done:
    """Return what the check `id_` finds."""
    if id_ in GATHERED:
        found = GATHERED[id_](place)
        said = "; ".join(found.reasons) or (f"measured {found.measured}" if found.measured is not None else CHECKS[id_].looks_at)
        return Done(found.status, said, found.next_command, tuple(place.home / each.path for each in found.evidence))
    row = CHECKS[id_]
    needs = f", and {row.needs}" if row.needs else ""
    return unknown(f"not built yet: check {id_} ({row.looks_at}){needs}", row.next_command)


def is_built(id_: str) -> bool:
    """Say whether the check can be carried out."""
    return id_ in GATHERED
