"""The report as Markdown (GitHub's dialect), rendered from the final JSON document."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from golive.model.json import JsonObject

from .page import Block, Lines, Page, Pairs, Table
from .presentation import page

_SPECIAL: Final = re.compile(r"[\\`*\[\]<>|&~$]")
_EDGE_UNDERSCORE: Final = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_LINE_START: Final = re.compile(r"^(\d{0,9})([.)]|#{1,6}|[+-])(?=\s|$)|^()([=-]+)$")
"""a list item, a headline, or a line under a headline"""
_WORDS: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9:/%,]|[ .](?=[A-Za-z0-9])|(?<=[A-Za-z0-9])[_-](?=[A-Za-z0-9]))*")
"""words, numbers and names, which nearly all cells are: nothing in them means anything to Markdown"""


def markdown(document: JsonObject) -> str:
    """Return the whole report as Markdown; raise MalformedPayload when the document is not a run report."""
    return page_markdown(page(document))


def page_markdown(shown: Page) -> str:
    """Return any page as Markdown."""
    return "\n".join(_page(shown)) + "\n"


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is: one line, no markup, nothing that turns the order of letters, safe in a cell.

    Underscores inside a word stay: there they mean nothing, and names can still be searched for.
    """
    if _WORDS.fullmatch(text):
        return text
    line = text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
    line = _SPECIAL.sub(lambda found: "\\" + found.group(), line.strip())
    line = _EDGE_UNDERSCORE.sub(r"\\_", line)
    return _LINE_START.sub(r"\1\3\\\2\4", line)


def _page(shown: Page) -> Iterator[str]:
    yield from (f"# {escaped(shown.title)}", "", escaped(shown.subtitle), "")
    yield from (f"**{escaped(shown.banner.headline)}**: {escaped(shown.banner.sentence)}", "")
    yield from ("## Key figures", "", "| figure | value | note |", "| --- | ---: | --- |")
    for figure in shown.figures:
        yield f"| {escaped(figure.title)} | {escaped(figure.value)} | {escaped(figure.note)} |"
    for section in shown.sections:
        yield from ("", f"## {escaped(section.title)}")
        for block in section.blocks:
            yield ""
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Lines):
        yield from (f"- {escaped(line)}" for line in block.rows) if block.rows else (f"_{escaped(block.empty)}_",)
    elif isinstance(block, Pairs):
        yield from ("| name | value |", "| --- | --- |")
        yield from (f"| {escaped(name)} | {escaped(cell.text)} |" for name, cell in block.rows)
    else:
        yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield f"_{escaped(table.empty)}_"
        return
    yield _row([escaped(column.title) for column in table.columns])
    yield _row(["---:" if column.is_number else "---" for column in table.columns])
    for row in table.rows:
        yield _row([escaped(cell.text) for cell in row])


def _row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
