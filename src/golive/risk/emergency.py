"""Emergency mode where orders are judged: the values (of `model/emergency.py`), the rule, and who may lift it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Protocol

from golive.config.rbac import Act, pair_objection
from golive.model.emergency import ALL, UNSPECIFIED, Emergencies, EmergencyMode, TradingState, tightest

__all__ = [
    "ALL",
    "LIFTING_WINDOW_NS",
    "UNSPECIFIED",
    "Emergencies",
    "EmergencyMode",
    "NamedOperator",
    "TradingState",
    "lifting_objection",
    "tightest",
]

LIFTING_WINDOW_NS: Final = 15 * 60 * 1_000_000_000
"""within this time of the first operator's word the second has to follow, ns"""


class NamedOperator(Protocol):
    """A person whose name and roles were established."""

    @property
    def name(self) -> str: ...

    @property
    def roles(self) -> Collection[str]: ...


def lifting_objection(first: NamedOperator, second: NamedOperator) -> str | None:
    """Say why these two may not lift emergency mode together; None when they may."""
    return pair_objection(Act.EMERGENCY_CLEAR, (first.name, first.roles), (second.name, second.roles))
