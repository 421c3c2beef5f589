"""The report as one HTML page that needs nothing else: no script, no outside resource, every text escaped."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from golive.model.json import JsonObject

from . import reading as read
from .charts import charts
from .page import Block, Cell, Lines, Page, Pairs, Section, Table
from .presentation import page
from .stylesheet import STYLE


def policy(styles: Sequence[str], scripts: Sequence[str] = ()) -> str:
    """Return what a page may load: these styles and scripts of its own, by their digests, and nothing else."""
    allowed = f"default-src 'none'; style-src {_digests(styles)}"
    if scripts:
        allowed += f"; script-src {_digests(scripts)}"
    return f"{allowed}; base-uri 'none'; form-action 'none'"


def _digests(texts: Sequence[str]) -> str:
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts)


POLICY: Final = policy((STYLE,))
"""what a page without scripts may load: its own style"""
LONG: Final = 60
"""rows; a longer table scrolls in a box of its own"""
WIDE: Final = 10
"""columns; those of a wider table stand closer together"""
_SIDE_BY_SIDE: Final = {"Verdict": "Errors and warnings", "Validation": "Decisions"}
"""a section that stands beside the one named, where there is room"""
_KEYS: Final = (
    '<span><svg class="key" viewBox="0 0 12 11"><path class="buy" d="M6 0l6 11h-12Z"/></svg>buy</span>'
    '<span><svg class="key" viewBox="0 0 12 11"><path class="sell" d="M6 11l6 -11h-12Z"/></svg>sell</span>'
)


def html(document: JsonObject, shown: Page | None = None) -> str:
    """Return the whole page, that of the document unless it was made before; MalformedPayload when it is not a run report."""
    shown = shown or page(document)
    foot = (
        f"Rendered from {escape(read.text(document, 'report_json'))} · outcome "
        f"{escape(read.text(document, 'outcome_sha256'))} · golive {escape(read.text(document, 'code_version'))}"
    )
    return page_html(shown, "Golive run report", _charts(document), foot)


def page_html(
    shown: Page, brand: str, charts: Iterable[str], foot: str, *, styles: Sequence[str] = (), scripts: Sequence[str] = ()
) -> str:
    """Return any page: its head and figures, `charts`, its sections, `foot`; charts and foot are HTML already.

    `styles` come after the common sheet, `scripts` run at the end of the page, in order; both are its own, in the page.
    """
    end = (f"<footer>{foot}</footer>\n</main>\n", *(f"<script>{script}</script>\n" for script in scripts), "</body>\n</html>\n")
    return "".join((*_head(shown, (STYLE, *styles), scripts), *_top(shown, brand), *charts, *_sections(shown.sections), *end))


def _head(shown: Page, styles: Sequence[str], scripts: Sequence[str]) -> Iterator[str]:
    yield '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
    yield f'<meta http-equiv="Content-Security-Policy" content="{policy(styles, scripts)}">\n'
    yield '<meta name="viewport" content="width=device-width,initial-scale=1">\n<meta name="referrer" content="no-referrer">\n'
    yield f"<title>{escape(shown.title)} · {escape(shown.banner.headline)}</title>\n"
    yield from (f"<style>{style}</style>\n" for style in styles)
    yield "</head>\n<body>\n<main>\n"


def _top(shown: Page, brand: str) -> Iterator[str]:
    yield f'<header><div class="brand">{escape(brand)}</div><h1>{escape(shown.title)}</h1>'
    yield f"<p>{escape(shown.subtitle)}</p></header>\n"
    banner = shown.banner
    yield f'<div class="banner {banner.tone}" role="status"><strong>{escape(banner.headline)}</strong>'
    yield f"<span>{escape(banner.sentence)}</span></div>\n"
    yield '<dl class="figures">\n'
    for figure in shown.figures:
        yield f'<div class="figure"><dt>{escape(figure.title)}</dt><dd class="value {figure.tone}">{escape(figure.value)}</dd>'
        yield f'<dd class="note">{escape(figure.note)}</dd></div>\n'
    yield "</dl>\n"


def _charts(document: JsonObject) -> Iterator[str]:
    drawn = charts(document)
    if not drawn:
        return
    yield '<section aria-label="charts">\n'
    for index, (caption, drawing) in enumerate(drawn):
        keys = _KEYS if index == 0 else ""
        yield f"<figure><figcaption><span>{escape(caption)}</span>{keys}</figcaption>{drawing}</figure>\n"
    yield "</section>\n"


def _sections(sections: tuple[Section, ...]) -> Iterator[str]:
    by_title = {section.title: section for section in sections}
    beside = set(_SIDE_BY_SIDE.values())
    for section in sections:
        if section.title in beside:
            continue
        partner = by_title.get(_SIDE_BY_SIDE.get(section.title, ""))
        if partner is None:
            yield from _section(section)
        else:
            yield '<div class="pair">\n'
            yield from (*_section(section), *_section(partner))
            yield "</div>\n"


def _section(section: Section) -> Iterator[str]:
    blocks = "".join(f'<div class="block">{"".join(_block(block))}</div>\n' for block in section.blocks)
    if section.is_folded:
        yield f"<details><summary>{escape(section.title)}</summary>\n{blocks}</details>\n"
    else:
        yield f"<section><h2>{escape(section.title)}</h2>\n{blocks}</section>\n"


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Lines):
        if not block.rows:
            yield f'<p class="none">{escape(block.empty)}</p>'
            return
        yield f'<ul class="{block.tone}">'
        yield from (f"<li>{escape(line)}</li>" for line in block.rows)
        yield "</ul>"
    elif isinstance(block, Pairs):
        yield '<div class="scroll"><table class="pairs"><tbody>'
        for name, cell in block.rows:
            yield f'<tr><th scope="row">{escape(name)}</th><td>{_cell(cell)}</td></tr>'
        yield "</tbody></table></div>"
    else:
        yield from _table(block)


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        yield f'<p class="none">{escape(table.empty)}</p>'
        return
    kinds = [' class="number"' if column.is_number else "" for column in table.columns]
    box = "scroll long" if len(table.rows) > LONG else "scroll"
    width = ' class="wide"' if len(table.columns) > WIDE else ""
    yield f'<div class="{box}"><table{width}><thead><tr>'
    for column, kind in zip(table.columns, kinds, strict=True):
        yield f'<th scope="col"{kind}>{escape(column.title)}</th>'
    yield "</tr></thead><tbody>"
    for row in table.rows:
        cells = "".join(f"<td{kind}>{_cell(cell)}</td>" for cell, kind in zip(row, kinds, strict=True))
        yield f"<tr>{cells}</tr>\n"
    yield "</tbody></table></div>"


def _cell(cell: Cell) -> str:
    if cell.share is not None:
        width = max(0.0, min(1.0, cell.share)) * 110
        bar = (
            f'<svg class="bar {cell.tone}" viewBox="0 0 110 8" aria-hidden="true">'
            f'<rect class="back" width="110" height="8" rx="4"/>'
            f'<rect class="front" width="{width:.1f}" height="8" rx="4"/></svg>'
        )
        return f"{bar}{escape(cell.text)}"
    if not cell.tone:
        return escape(cell.text)
    css = cell.tone if cell.tone == "muted" or len(cell.text) > 16 else f"tag {cell.tone}"
    return f'<span class="{css}">{escape(cell.text)}</span>'
