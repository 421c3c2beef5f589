"""How far a runbook is: what is known of each item's bindings, and what that makes of the item and of the whole.

A result counts while it is fresh and made under the same document, configuration, code and entrypoint (`Basis`); everything else
is done again. Only `ok` and `not_applicable` tick a box.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias

from golive.model.clock import DAY, Nanos

from .finding import Status
from .runbook import Binding, Item, Kind, Runbook

FRESH_NS: Final[Mapping[Kind, int]] = {Kind.CHECK: DAY, Kind.MACHINE: DAY, Kind.SIGNOFF: 7 * DAY}
"""how long a result stands, ns"""
_GOOD: Final = (Status.OK, Status.NOT_APPLICABLE)
_Known: TypeAlias = "Mapping[tuple[str, Binding], Result]"


class Basis(NamedTuple):
    """What a result was made under; another one starts anew."""

    document_sha256: str
    configuration_sha384: str
    code_version: str
    entrypoint: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one binding of one item."""

    item: str
    binding: Binding
    status: Status
    said: str
    """what was measured, or why it is not ok"""
    at: Nanos
    by: str
    next_command: str = ""
    sign_off: str = ""
    """id of the signed sign-off that said so; it counts as long as that one holds, not because it stands in the log"""


@dataclass(frozen=True, slots=True)
class ItemState:
    """One item with the results of its bindings, in their order; None where nothing is known of one."""

    item: Item
    results: tuple[Result | None, ...]

    @property
    def status(self) -> Status:
        """The gravest of the bindings; not done is unknown."""
        found = [Status.UNKNOWN if each is None else each.status for each in self.results]
        return Status.NOT_APPLICABLE if set(found) == {Status.NOT_APPLICABLE} else _merged(found)

    @property
    def is_ticked(self) -> bool:
        return self.status in _GOOD

    def lacks(self) -> tuple[Binding, ...]:
        """Return the bindings that are not good."""
        pairs = zip(self.item.bindings, self.results, strict=True)
        return tuple(binding for binding, result in pairs if result is None or result.status not in _GOOD)


def states(book: Runbook, results: Iterable[Result], now: Nanos, signed: Iterable[Result] = ()) -> tuple[ItemState, ...]:
    """Return each item with the newest of `results` that still stand at `now`; those of another basis are left out before.

    `signed` is what sign-offs of the register say: each stands where nobody confirmed, if its person signed no other part of it.
    """
    newest: dict[tuple[str, Binding], Result] = {}
    for result in results:
        if not result.sign_off and 0 <= now - result.at < FRESH_NS[result.binding.kind]:
            newest[result.item, result.binding] = result
    offered = {(each.item, each.binding): each for each in signed}
    return tuple(_state(item, newest, offered) for item in book.items)


def _state(item: Item, newest: _Known, offered: _Known) -> ItemState:
    found = [newest.get((item.id, each)) for each in item.bindings]
    people = {each.by for each in found if each is not None and each.binding.kind is Kind.SIGNOFF}
    for place, binding in enumerate(item.bindings):
        offer = offered.get((item.id, binding))
        if found[place] is None and offer is not None and offer.by not in people:
            found[place] = offer
            people |= {offer.by} - {""}
    return ItemState(item, tuple(found))


def whole(found: Sequence[ItemState]) -> Status:
    """Return blocked before unknown before ok; of a runbook whose items are all not applicable, unknown."""
    return _merged([each.status for each in found])


def confirmation_objection(state: ItemState, roles: Iterable[str], name: str) -> str | None:
    """Say why a person of these sign-off roles cannot confirm the item; None when they can.

    Sign-offs of one item are given by different people.
    """
    wanted = [each.name for each in state.item.bindings if each.kind is Kind.SIGNOFF]
    if not wanted:
        return f"{state.item.id} is confirmed by nobody: it is bound to {', '.join(map(str, state.item.bindings))}"
    if not set(wanted) & set(roles):
        return f"{state.item.id} takes the sign-off {' and '.join(wanted)}, which {name} may not give"
    if not open_signoffs(state, roles):
        return f"{state.item.id} has the sign-off of that role already"
    given = {each.by for each in state.results if each is not None and each.binding.kind is Kind.SIGNOFF}
    if name in given:
        return f"{name} has signed {state.item.id} already; the other sign-off takes another person"
    return None


def open_signoffs(state: ItemState, roles: Iterable[str]) -> tuple[Binding, ...]:
    """Return the sign-offs of an item that are lacking and that somebody of these roles may give."""
    held = set(roles)
    return tuple(each for each in state.lacks() if each.kind is Kind.SIGNOFF and each.name in held)


def _merged(found: Sequence[Status]) -> Status:
    for status in (Status.BLOCKED, Status.UNKNOWN):
        if status in found:
            return status
    return Status.OK if Status.OK in found else Status.UNKNOWN
