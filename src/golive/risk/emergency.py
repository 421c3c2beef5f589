"""Emergency mode where orders are judged: the values (of `model/emergency.py`), the rule, and who may lift it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final, Protocol

from golive.model.emergency import ALL, UNSPECIFIED, Emergencies, EmergencyMode, TradingState, tightest

__all__ = [
    "ALL",
    "LIFTING_ROLE",
    "LIFTING_WINDOW_NS",
    "UNSPECIFIED",
    "Emergencies",
    "EmergencyMode",
    "NamedOperator",
    "TradingState",
    "lifting_objection",
    "tightest",
]

LIFTING_ROLE: Final = "risk"
"""the role one of the two lifting operators has to have"""

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
    if first.name == second.name:
        return f"{first.name} has spoken already; a second operator has to agree"
    if LIFTING_ROLE not in first.roles and LIFTING_ROLE not in second.roles:
        return f"neither {first.name} nor {second.name} has the role {LIFTING_ROLE!r}"
    # Two persons who hold nothing but the same one role are not four eyes of two kinds.
    if not any(a != b and LIFTING_ROLE in (a, b) for a in first.roles for b in second.roles):
        return f"{first.name} and {second.name} have the same role; a person of another role than {LIFTING_ROLE!r} has to agree"
    return None
