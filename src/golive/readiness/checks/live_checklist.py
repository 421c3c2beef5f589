"""`live_checklist`: every box of the two runbooks that lead to live has its machine result or its sign-off."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ..check_table import is_asked
from ..finding import Evidence, Finding, Status
from ..objection import Objection, finding_of, unknown
from ..runbook import Binding, Kind
from ..runbook_progress import ItemState

ID: Final = "live_checklist"
RUNBOOKS: Final = ("PAPER_TO_LIVE_RUNBOOK", "LIVE_EXECUTION_CHECKLIST")
BEHIND: Final = frozenset(("LIVE_EXECUTION_CHECKLIST/live-art-5",))
"""boxes that only live trading can tick: dashboards show no live order before there was one"""
_TOLD: Final = 5
"""open boxes that are told one by one; `measured` names all of them"""
_GOOD: Final = (Status.OK, Status.NOT_APPLICABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One box that is asked for."""

    runbook: str
    id: str
    lacks: tuple[str, ...]
    """what it is bound to and what is not good, each with why"""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoxEvidence:
    """The boxes of RUNBOOKS, as the decision logs have them."""

    boxes: tuple[Box, ...] = ()
    fault: str = ""
    fault_status: Status = Status.UNKNOWN
    files: tuple[Evidence, ...] = ()


def live_checklist(evidence: BoxEvidence) -> Finding:
    """Judge; a box that is not ticked is unknown, whatever its last result was: the runbook has to be carried out again."""
    ticked = sum(not box.lacks for box in evidence.boxes)
    return finding_of(
        ID,
        _objections(evidence),
        measured={"ticked": ticked, "open": [f"{box.runbook}/{box.id}" for box in evidence.boxes if box.lacks]},
        threshold={"ticked": len(evidence.boxes)},
        evidence=evidence.files,
    )


def boxes_of(runbook: str, states: Sequence[Sequence[ItemState]], *, is_rehearsal: bool) -> Iterator[Box]:
    """Yield the boxes of a runbook that are asked for; `states` are what is known of its items under each entrypoint.

    A box that is bound to nothing but this check, or to checks that a rehearsal does not ask, is not asked for; nor is one that
    only live trading can tick.
    """
    for same in zip(*states, strict=True):
        if same[0].item.number or f"{runbook}/{same[0].item.id}" in BEHIND:
            continue  # of a step, what it comes to stands in the boxes
        asked = [each for each in same[0].item.bindings if _is_asked(each, is_rehearsal=is_rehearsal)]
        if asked:
            yield Box(runbook=runbook, id=same[0].item.id, lacks=min((_lacks(each, asked) for each in same), key=len))


def _is_asked(binding: Binding, *, is_rehearsal: bool) -> bool:
    return binding.kind is not Kind.CHECK or (binding.name != ID and is_asked(binding.name, is_rehearsal=is_rehearsal))


def _lacks(state: ItemState, asked: Collection[Binding]) -> tuple[str, ...]:
    found = []
    for binding, result in zip(state.item.bindings, state.results, strict=True):
        if binding in asked and (result is None or result.status not in _GOOD):
            found.append(f"{binding} {'was not done' if result is None else f'was {result.status}: {result.said}'}")
    return tuple(found)


def _objections(evidence: BoxEvidence) -> Iterator[Objection]:
    if evidence.fault:
        yield Objection(evidence.fault_status, evidence.fault, "golive audit verify --all")
        return
    if not evidence.boxes:
        yield unknown(f"{' and '.join(RUNBOOKS)} have no box", f"golive runbook show {RUNBOOKS[0]}")
    still_open = [box for box in evidence.boxes if box.lacks]
    for box in still_open[:_TOLD]:
        yield unknown(f"{box.runbook} {box.id}: {'; '.join(box.lacks)}", f"golive runbook run {box.runbook}")
    if more := still_open[_TOLD:]:
        yield unknown(f"and {len(more)} more boxes are open", f"golive runbook show {more[0].runbook}")
