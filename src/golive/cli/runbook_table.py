"""What `golive runbook` shows a person: the runbooks, and one row for each step and box with what it is bound to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, TextIO

from golive.model.json import JsonObject, JsonValue

from .terminal import clean

if TYPE_CHECKING:
    from golive.readiness.runbook import Runbook
    from golive.readiness.runbook_progress import ItemState

LIST_SCHEMA: Final = "golive.runbook_list.v1"
_STYLES: Final = {"ok": "green", "blocked": "bold red", "unknown": "yellow", "not_applicable": "dim"}
_MARKS: Final = {"ok": "[x]", "not_applicable": "[x]", "blocked": "[!]", "unknown": "[ ]"}
_LONGEST: Final = 160


def list_document(books: Sequence[Runbook]) -> JsonObject:
    """Return the list as its JSON document."""
    return {"schema": LIST_SCHEMA, "runbooks": [_row(book) for book in books]}


def _row(book: Runbook) -> JsonObject:
    kinds = Counter(str(binding.kind) for item in book.items for binding in item.bindings)
    counts: JsonObject = {kind: kinds[kind] for kind in ("machine", "check", "signoff")}
    stages: JsonObject = {"stages": sorted({item.stage for item in book.items})}
    return {"name": book.name, "title": book.title, "entrypoint": book.entrypoint, "items": len(book.items), **counts, **stages}


def list_schema() -> dict[str, JsonValue]:
    """Return the JSON Schema of that document."""
    count: JsonObject = {"type": "integer", "minimum": 0}
    text: JsonObject = {"type": "string"}
    fields: JsonObject = {
        "name": text, "title": text, "entrypoint": text, "items": count, "machine": count, "check": count, "signoff": count,
        "stages": {"type": "array", "items": {"enum": ["demo", "live", "paper"]}},
    }  # fmt: skip
    row: JsonObject = {"type": "object", "properties": fields, "required": sorted(fields), "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:golive:schema:{LIST_SCHEMA}",
        "title": "The runbooks",
        "type": "object",
        "properties": {"schema": {"const": LIST_SCHEMA}, "runbooks": {"type": "array", "items": row}},
        "required": ["runbooks", "schema"],
        "additionalProperties": False,
    }


def print_list(books: Sequence[Runbook], stream: TextIO, *, width: int | None = None) -> None:
    """Print one row for each runbook."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(file=stream, width=width if width is not None or stream.isatty() else 1000, highlight=False, markup=False)
    table = Table()
    for column in ("runbook", "items", "machine", "check", "sign-off", "about"):
        table.add_column(column, no_wrap=column == "runbook")
    for book in books:
        row = _row(book)
        cells = [book.name, *(str(row[key]) for key in ("items", "machine", "check", "signoff")), book.title]
        table.add_row(*(Text(clean(cell)) for cell in cells))
    console.print(table)


def print_states(book: Runbook, found: Sequence[ItemState], stream: TextIO, *, width: int | None = None) -> None:
    """Print each step and box, what it is bound to and who does it, then what to do next, and how far it is."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from golive.readiness.runbook_progress import whole

    console = Console(file=stream, width=width if width is not None or stream.isatty() else 200, highlight=False, markup=False)
    table = Table(min_width=60)
    table.add_column("", no_wrap=True)
    table.add_column("step", no_wrap=True)
    for column in ("text", "bound to", "who", "known"):
        table.add_column(column, overflow="fold")
    for state in found:
        text = clean(state.item.text)
        table.add_row(
            Text(_MARKS[state.status], style=_STYLES[state.status]),
            Text(clean(f"{state.item.id}{f' ({state.item.number}.)' if state.item.number else ''}")),
            Text(text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"),
            Text("\n".join(map(str, state.item.bindings))),
            Text("\n".join(_who(state))),
            Text("\n".join(clean(each) for each in _known(state))),
        )
    console.print(table)
    for command in _next(found):
        console.print(Text(clean(command)), soft_wrap=True)
    status = whole(found)
    ticked = sum(each.is_ticked for each in found)
    console.print(Text(status, style=_STYLES[status]).append(f": {ticked} of {len(found)} of {book.name} ticked", style="none"))


def _who(state: ItemState) -> list[str]:
    from golive.readiness.check_table import CHECKS
    from golive.readiness.runbook import Kind

    return [
        ", ".join(CHECKS[each.name].owners) if each.kind is Kind.CHECK else "machine" if each.kind is Kind.MACHINE else each.name
        for each in state.item.bindings
    ]


def _known(state: ItemState) -> list[str]:
    pairs = zip(state.item.bindings, state.results, strict=True)
    return ["–" if result is None else f"{result.status}: {result.said}" for _, result in pairs]


def _next(found: Sequence[ItemState]) -> list[str]:
    """Return the next commands of what is not good, each once, with the first item that needs it."""
    told: dict[str, str] = {}
    for state in found:
        for result in state.results:
            if result is not None and result.next_command:
                told.setdefault(result.next_command, state.item.id)
    return [f"{id_}: {command}" for command, id_ in told.items()]
