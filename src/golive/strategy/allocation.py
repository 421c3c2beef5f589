"""Several strategies as one: the target is the sum of what each member wants, times its share of the capital.

A member may have times of the week, outside which it may hold or reduce what it wanted, and not raise it; and instruments, in all
others of which it takes no part. Members decide on bars alone. The order parameters belong to the whole. What each member
wants, and whether its times hold it back, can be asked for (`members_said`, `members_held_back`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId
from golive.model.trading_window import TradingWindow

from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, MemberSaid, Parameter, Strategy

FORM: Final = "allocation"


@dataclass(frozen=True, slots=True)
class Member:
    """One strategy with its parameters (what `bound` returns); `share` of the whole's target, 0 to 1."""

    strategy: Strategy
    params: Any
    share: float
    schedule: tuple[TradingWindow, ...] = ()
    """none = always"""
    instruments: frozenset[InstrumentId] | None = None
    """None = all"""


@dataclass(slots=True)
class _Seat:
    """A member at one instrument: its state, and what it wants there."""

    member: Member
    name: str
    state: Any
    wanted: float = WARMING_UP
    """as it said itself"""
    target: float = WARMING_UP
    """what of that counts; of a member that warms up anew the last"""


class Allocation:
    """A `Strategy` of `members`, in the order in which their targets are added."""

    form = FORM
    parameters: Mapping[str, Parameter] = with_order_parameters({})

    def __init__(self, name: str, members: Sequence[Member]) -> None:
        self.name = name
        self.members = tuple(members)
        self.members_held_back: Callable[[list[_Seat]], tuple[MemberSaid, ...]] | None
        """returns the members that want more at an instrument than their times allow; None: none has times"""
        self.members_held_back = _held_back if any(each.schedule for each in members) else None
        self._names = _names(members)
        self.summary = " + ".join(f"{each.share:g} {each.strategy.name}" for each in members)
        for each in members:
            if any(getattr(each.strategy, told, None) is not None for told in ("on_fill", "on_trade")):
                raise ConfigError(
                    f"strategy {each.strategy.name} listens to fills or trades, and a member of an allocation is told neither: "
                    "fills are those of the whole"
                )

    def initial(self, params: Any) -> list[_Seat]:
        """Return the state at an instrument in which all members take part."""
        return self._seats(None)

    def initial_for(self, params: Any, instrument: InstrumentId) -> list[_Seat]:
        """Return the state at an instrument."""
        return self._seats(instrument)

    def _seats(self, instrument: InstrumentId | None) -> list[_Seat]:
        named = zip(self.members, self._names, strict=True)
        return [
            _Seat(each, name, each.strategy.initial(each.params))
            for each, name in named
            if instrument is None or each.instruments is None or instrument in each.instruments
        ]

    def step(self, state: list[_Seat], bar: Bar, params: Any) -> float:
        """Move every member by one bar; return the sum of their shares, WARMING_UP until one of them has a target."""
        total, has_target = 0.0, not state
        for seat in state:
            member = seat.member
            wanted = seat.wanted = member.strategy.step(seat.state, bar, member.params)
            if wanted != wanted:  # noqa: PLR0124 (WARMING_UP is the one number that is not itself)
                continue
            if member.schedule and not any(window.holds(bar.ts) for window in member.schedule):
                held = seat.target if seat.target == seat.target else 0.0
                wanted = min(wanted, held)
            seat.target = wanted
            has_target = True
            total += member.share * wanted
        return min(1.0, total) if has_target else WARMING_UP

    @staticmethod
    def members_said(state: list[_Seat]) -> tuple[MemberSaid, ...]:
        """Return what the members that take part at an instrument said last, those left out that are warming up."""
        return tuple(_said(seat) for seat in state if seat.wanted == seat.wanted)

    def warm_up(self, params: Any) -> int:
        """Return after how many bars the first member gives a target."""
        return min((each.strategy.warm_up(each.params) for each in self.members), default=0)


def _held_back(state: list[_Seat]) -> tuple[MemberSaid, ...]:
    return tuple(_said(seat) for seat in state if seat.wanted > seat.target)


def _said(seat: _Seat) -> MemberSaid:
    return MemberSaid(seat.name, seat.member.share, seat.wanted, seat.target)


def _names(members: Sequence[Member]) -> tuple[str, ...]:
    """Return a name for each member: its strategy's, numbered where that has come before."""
    seen: Counter[str] = Counter()
    names = []
    for each in members:
        name = each.strategy.name
        seen[name] += 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(names)
