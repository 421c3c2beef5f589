"""`thresholds`: each paper profile of the exchange is complete, with limits no looser than the contract's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from golive.config.exchange_table import LOOSEST
from golive.model.json import JsonValue

from ..finding import Finding
from ..objection import Objection, blocked, finding_of, unknown

ID: Final = "thresholds"
GUARDRAILS: Final = ("io_queue", "paper_exchange_metrics")
"""what has to judge a session of paper"""
_SHOW: Final = "golive config show --origin"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileEvidence:
    """How sessions of one paper entrypoint are judged."""

    entrypoint: str
    profile: str
    """'' where it has none"""
    thresholds: Mapping[str, int | Decimal | None]
    guardrails: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ThresholdEvidence:
    """Every paper entrypoint of one exchange."""

    exchange: str
    profiles: tuple[ProfileEvidence, ...]


def thresholds(evidence: ThresholdEvidence) -> Finding:
    """Judge; stricter values are fine."""
    limits = LOOSEST.get(evidence.exchange)
    objections: list[Objection] = []
    if limits is None:
        objections.append(unknown(f"no thresholds are known for exchange {evidence.exchange}", _SHOW))
    if not evidence.profiles:
        objections.append(blocked(f"{evidence.exchange} has no paper entrypoint whose sessions could be judged", _SHOW))
    for each in evidence.profiles:
        objections += _of_profile(each, limits or {})
    measured: dict[str, JsonValue] = {
        each.entrypoint: {name: None if value is None else str(value) for name, value in sorted(each.thresholds.items())}
        for each in evidence.profiles
    }
    return finding_of(ID, objections, measured=measured, threshold=None if limits is None else {**limits})


def _of_profile(profile: ProfileEvidence, limits: Mapping[str, str]) -> Iterator[Objection]:
    if not profile.profile:
        yield blocked(f"{profile.entrypoint} has no paper profile", _SHOW)
        return
    where = f"execution.paper_profiles.{profile.profile}.metrics.thresholds"
    for name, text in limits.items():
        value, limit = profile.thresholds.get(name), Decimal(text)
        if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
            yield blocked(f"{where}.{name} is missing or no number", _SHOW)
        elif value < 0 or (value < limit if name.endswith("_min") else value > limit):
            relation = "at least" if name.endswith("_min") else "at most"
            yield blocked(f"{where}.{name} is {value}, and must be {relation} {text}", _SHOW)
    for name in GUARDRAILS:
        if name not in profile.guardrails:
            yield blocked(f"the trading profile of {profile.entrypoint} is not judged by guardrail {name}", _SHOW)
