"""`ai_models`: reports of the models that decide; not applicable where the configuration names none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from golive.model.json import JsonValue

from ..check_table import CHECKS
from ..finding import Finding, Status
from ..objection import finding_of, unknown

ID: Final = "ai_models"


@dataclass(frozen=True, slots=True)
class ModelEvidence:
    """What a configuration says of models."""

    strategies: tuple[str, ...]
    """those that would decide"""
    models: Mapping[str, str]
    """key of the configuration → model that it names"""


def ai_models(evidence: ModelEvidence) -> Finding:
    """Judge; a model that is named is unknown: nothing here reads reports of models yet."""
    measured: JsonValue = {"strategies": list(evidence.strategies), "models": {**evidence.models}}
    if evidence.models:
        named = ", ".join(f"{key} ({model})" for key, model in sorted(evidence.models.items()))
        reason = f"the configuration names a model: {named}; reports of models (walk-forward, drift) are not read yet"
        return finding_of(ID, [unknown(reason, "golive config show --origin")], measured=measured, threshold={"models": {}})
    decides = ", ".join(evidence.strategies)
    return Finding(
        ID, Status.NOT_APPLICABLE, (f"no key of the configuration names a model: {decides} decides by its parameters alone",),
        measured=measured, threshold={"models": {}}, owner=tuple(str(each) for each in CHECKS[ID].owners),
    )  # fmt: skip
