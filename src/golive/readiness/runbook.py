"""A runbook as it is written, in Markdown, and what a machine reads of it: steps and boxes, each bound to who or what does it.

A step is a numbered line that begins at the margin; a box is `[ ]` at the beginning of a list item or of a cell of a table.
Behind its text, on the same line, each has a comment that names it and binds it:

    - [ ] Limit kolejki … `burst=6`. <!-- okx-9: check io_queue, machine queue_limits, signoff runtime -->

A line `<!-- stage: paper -->` says in which decision log the items behind it are recorded, a line
`<!-- entrypoint: okx_desktop_paper -->` which entrypoint the runbook is about.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from golive.config.rbac import SignOff
from golive.model.errors import ConfigError

from .check_table import CHECKS

STAGES: Final = ("demo", "paper", "live")
_NUMBERED: Final = re.compile(r"(\d+)\. ")
_BOX: Final = re.compile(r"(?:^\s*[-*+] |\|\s*)\[([ xX])\] ?")
_ANY_BOX: Final = re.compile(r"\[[ xX]\]")
_CODE: Final = re.compile(r"`[^`]*`")
_COMMENT: Final = re.compile(r"<!--\s*(.*?)\s*-->")
_MARK: Final = re.compile(r"([a-z0-9][a-z0-9_.-]*): (.+)")
_BINDING: Final = re.compile(r"(check|machine|signoff) ([a-z0-9_]+)")
_FENCE: Final = re.compile(r"\s*(```|~~~)")


class RunbookError(ConfigError):
    """A runbook is not bound as it must be; the message names file and line."""

    is_redacted = True  # names lines of a document of ours


class Kind(StrEnum):
    """What an item is bound to."""

    CHECK = "check"
    """a check of readiness"""
    MACHINE = "machine"
    """a command of ours that the run carries out"""
    SIGNOFF = "signoff"
    """a person of that role, who confirms it"""


class Binding(NamedTuple):
    """One thing that has to be ok before the item is."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Item:
    """One step or box."""

    id: str
    line: int
    number: str
    """`3` of a numbered step, '' of a box"""
    text: str
    stage: str
    bindings: tuple[Binding, ...]


@dataclass(frozen=True, slots=True)
class Runbook:
    """One document."""

    name: str
    title: str
    entrypoint: str
    """the entrypoint it is about; '' where any may be chosen"""
    items: tuple[Item, ...]


def parse_runbook(name: str, text: str, machines: Collection[str]) -> Runbook:
    """Read the document `name` (without `.md`); `machines` are the steps that a machine knows.

    Raises RunbookError for an item that is not bound, a name that nobody knows, and an id that stands there twice.
    """
    title, entrypoint, stage = "", "", ""
    items: list[Item] = []
    for number, line in _lines(text):
        at = f"{name}.md:{number}"
        if line.startswith("# ") and not title:
            title = line[2:].strip()
        alone = _COMMENT.fullmatch(line.strip())
        if alone is not None and (said := _MARK.fullmatch(alone[1])) is not None and said[1] in ("stage", "entrypoint"):
            if said[1] == "entrypoint":
                entrypoint = said[2]
            elif said[2] in STAGES:
                stage = said[2]
            else:
                raise RunbookError(f"{at}: stage {said[2]!r:.40} is none of {', '.join(STAGES)}")
            continue
        for found in _items(at, number, line, stage, machines):
            twin = next((other for other in items if other.id == found.id), None)
            if twin is not None:
                raise RunbookError(f"{at}: {found.id} stands there already, in line {twin.line}; give it an id of its own")
            items.append(found)
    if not items:
        raise RunbookError(f"{name}.md: has no step and no box")
    return Runbook(name, title, entrypoint, tuple(items))


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield the numbered lines outside blocks of code."""
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        mark = _FENCE.match(line)
        if mark is not None and fence in ("", mark[1]):
            fence = "" if fence else mark[1]
        elif not fence:
            yield number, line


def _items(at: str, number: int, line: str, stage: str, machines: Collection[str]) -> Iterator[Item]:
    """Yield the items of one line, each with the comment behind it."""
    plain = _CODE.sub(lambda code: "·" * len(code[0]), line)  # what is quoted is neither box nor comment
    comments = list(_COMMENT.finditer(plain))
    begins = _beginnings(at, plain)
    if len(comments) > len(begins):
        raise RunbookError(f"{at}: <!-- {comments[len(begins)][1]:.60} --> binds no step and no box; put it behind its text")
    for position, (_, end, shown) in enumerate(begins):
        limit = begins[position + 1][0] if position + 1 < len(begins) else len(line)
        bound = [each for each in comments if end <= each.start() < limit]
        text = line[end : bound[0].start() if bound else limit].strip(" |")
        if len(bound) != 1:
            fix = "end it with <!-- ID: check|machine|signoff NAME -->" if not bound else "one comment binds it"
            raise RunbookError(f"{at}: the {'step' if shown else 'box'} {text[:60]!r} is bound {len(bound)} times; {fix}")
        if not stage:
            raise RunbookError(f"{at}: no <!-- stage: … --> stands before the first step or box")
        id_, bindings = _bindings(at, bound[0][1], machines)
        yield Item(id_, number, shown, text, stage, bindings)


def _beginnings(at: str, line: str) -> list[tuple[int, int, str]]:
    """Return where items of a line begin and where their text does, and the number of a numbered one."""
    numbered = _NUMBERED.match(line)
    boxes = list(_BOX.finditer(line))
    if (stray := len(_ANY_BOX.findall(line)) - len(boxes)) > 0:
        raise RunbookError(f"{at}: {stray} box(es) begin neither a list item nor a cell of a table")
    if any(box[1] != " " for box in boxes):
        raise RunbookError(f"{at}: a box is ticked by hand; golive runbook run ticks it, in the decision log")
    found = [(box.start(), box.end(), "") for box in boxes]
    return [(0, numbered.end(), numbered[1]), *found] if numbered is not None else found


def _bindings(at: str, comment: str, machines: Collection[str]) -> tuple[str, tuple[Binding, ...]]:
    mark = _MARK.fullmatch(comment)
    if mark is None:
        raise RunbookError(f"{at}: <!-- {comment:.60} --> is not ID: check|machine|signoff NAME, …")
    known = {Kind.CHECK: frozenset(CHECKS), Kind.MACHINE: frozenset(machines), Kind.SIGNOFF: frozenset(map(str, SignOff))}
    found: list[Binding] = []
    for part in re.split(r",\s*", mark[2]):
        said = _BINDING.fullmatch(part)
        if said is None:
            raise RunbookError(f"{at}: {part!r:.60} of {mark[1]} is not check NAME, machine NAME or signoff ROLE")
        binding = Binding(Kind(said[1]), said[2])
        if binding.name not in known[binding.kind]:
            raise RunbookError(
                f"{at}: there is no {binding.kind} {binding.name!r}; there is {', '.join(sorted(known[binding.kind]))}"
            )
        if binding in found:
            raise RunbookError(f"{at}: {mark[1]} is bound to {binding} twice")
        found.append(binding)
    return mark[1], tuple(found)


def unused_checks(runbooks: Sequence[Runbook]) -> tuple[str, ...]:
    """Return the ids of checks to which no item of these runbooks is bound, sorted."""
    used = {each.name for book in runbooks for item in book.items for each in item.bindings if each.kind is Kind.CHECK}
    return tuple(sorted(CHECKS.keys() - used))
