"""A backtest's document as one HTML page with interactive charts: everything is in the page, nothing is loaded from outside.

Its policy allows its own scripts and styles by their digests and no connection at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Final

from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.html import page_html

from .chart_data import MOST_FILLS, chart_data, fills_of
from .page import as_row, page

_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_KEYS: Final = (
    '<span><svg class="key" viewBox="0 0 12 11"><path class="buy" d="M6 0l6 11h-12Z"/></svg>buy</span>'
    '<span><svg class="key" viewBox="0 0 12 11"><path class="sell" d="M6 11l6 -11h-12Z"/></svg>sell</span>'
)
_HINT: Final = '<span class="hint">drag to zoom, double click for all, click a name to hide it</span>'


@dataclass(frozen=True, slots=True)
class PageScript:
    """What the page carries: styles after the common one, scripts in the order they run."""

    styles: tuple[str, ...]
    scripts: tuple[str, ...]


def html(document: JsonObject, script: PageScript) -> str:
    """Return the whole page; raise MalformedPayload when the document is not a backtest's."""
    run = read.mapping(document, "run")
    foot = (
        f"Rendered from {escape(read.optional_text(run, 'report_json') or 'a document')} · outcome "
        f"{escape(read.text(document, 'outcome_sha256'))} · golive {escape(read.text(run, 'code_version'))}"
    )
    shown = page(document)
    return page_html(shown, "Golive backtest", _charts(document), foot, styles=script.styles, scripts=script.scripts)


def _charts(document: JsonObject) -> Iterator[str]:
    outcome = read.mapping(document, "outcome")
    asset = escape(read.text(outcome, "account", "quote_asset"))
    yield '<section aria-label="charts">\n'
    yield '<noscript><p class="none">The charts need scripts; the tables below do not.</p></noscript>\n'
    for number, series in enumerate(read.mappings(outcome, "data")):
        count = len(fills_of(outcome, number))
        drawn = f", one in {-(-count // MOST_FILLS)} of {count:,} shown" if count > MOST_FILLS else ""
        caption = f"Price of {escape(read.text(series, 'instrument'))} and fills{drawn}"
        yield _figure(f"price-{number}", caption, _KEYS + (_HINT if number == 0 else ""))
    yield _figure("equity", f"Equity in {asset}, beside holding")
    yield _figure("underwater", "Below the running peak")
    yield _figure("distribution", f"Closed trades by profit in {asset}")
    yield "</section>\n<section><h2>Returns by month</h2>\n"
    yield from _months(outcome)
    yield "</section>\n"
    yield f'<script type="application/json" id="data">{_data(document)}</script>\n'


def _figure(name: str, caption: str, keys: str = "") -> str:
    return f'<figure><figcaption><span>{caption}</span>{keys}</figcaption><div class="chart" id="{name}"></div></figure>\n'


def _data(document: JsonObject) -> str:
    """Return the data block; what would end it or begin a tag in it is written as an escape."""
    return json.dumps(chart_data(document), separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")


def _months(outcome: JsonObject) -> Iterator[str]:
    years: dict[int, dict[int, float | None]] = {}
    for row in map(as_row, read.sequence(outcome, "months")):
        year, month, value = int(str(row[0])), int(str(row[1])), row[2]
        years.setdefault(year, {})[month] = None if value is None else float(str(value))
    if not years:
        yield '<p class="none">no month</p>'
        return
    most = max((abs(value) for months in years.values() for value in months.values() if value is not None), default=0.0)
    yield '<div class="scroll"><table class="months"><thead><tr><th scope="col">year</th>'
    yield "".join(f'<th scope="col">{name}</th>' for name in _MONTHS) + '<th scope="col">all</th></tr></thead><tbody>'
    for year, months in years.items():
        yield f'<tr><th scope="row">{year}</th>' + "".join(_month(months, n, most) for n in range(1, 13))
        yield f'<td class="year">{_whole(months)}</td></tr>\n'
    yield "</tbody></table></div>\n"


def _month(months: Mapping[int, float | None], number: int, most: float) -> str:
    value = months.get(number)
    if value is None:
        return "<td></td>"
    level = min(5, 1 + int(5 * abs(value) / most)) if most else 1
    tone = f' class="{"h" if value > 0 else "l"}{level}"' if value else ""
    return f"<td{tone}>{value * 100:.1f}</td>"


def _whole(months: Mapping[int, float | None]) -> str:
    total = 1.0
    for value in months.values():
        if value is None:
            return "–"
        total *= 1 + value
    return f"{(total - 1) * 100:.1f} %"
