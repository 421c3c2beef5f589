"""What a record of the decision journal says of the members of an allocation: who wanted how much, and what of it counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from golive.model.json import JsonValue
from golive.observability.shape import Amount


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberTold:
    """One member; all amounts are shares, 0 to 1."""

    strategy: str
    share: Amount
    """of the whole's target"""
    wanted: Amount
    """of a full position"""
    target: Amount
    """what of that counted: less, where the member's times held it back"""

    @property
    def is_held_back(self) -> bool:
        return self.wanted != self.target


def members_told(body: Mapping[str, JsonValue]) -> tuple[MemberTold, ...]:
    """Return the members that a record's body names, in their order; none where one strategy trades by itself."""
    listed = body.get("members", ())
    assert isinstance(listed, list | tuple)
    told = []
    for each in listed:
        assert isinstance(each, Mapping)
        amounts = {name: str(each[name]) for name in ("share", "wanted", "target")}
        told.append(MemberTold(strategy=str(each["strategy"]), **amounts))
    return tuple(told)
