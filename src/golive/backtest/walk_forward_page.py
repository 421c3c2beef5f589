"""A walk-forward's document as Markdown and HTML; both read nothing but the document."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from golive.model.clock import from_iso
from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.charts import drawdown, percent_label, plain_label
from golive.observability.html import page_html
from golive.observability.markdown import page_markdown
from golive.observability.page import Banner, Cell, Column, Figure, Lines, Page, Pairs, Section, Table, Tone, amount, percent
from golive.observability.plot import Plot, svg

from .sweep_page import data_table, foot, parameters, run_rows, search_rows, subtitle, terms_rows
from .sweep_words import PROVED, ratio


def markdown(document: JsonObject) -> str:
    """Return the whole report; raise MalformedPayload when the document is not a walk-forward's."""
    return page_markdown(page(document))


def html(document: JsonObject) -> str:
    """Return the whole page; raise MalformedPayload when the document is not a walk-forward's."""
    outcome = read.mapping(document, "outcome")
    return page_html(page(document), "Golive walk-forward", _charts(outcome), foot(document))


def _charts(outcome: JsonObject) -> Iterator[str]:
    ts = [int(from_iso(each)) for each in read.texts(outcome, "equity", "ts")]
    curve = list(zip(ts, (float(each) for each in read.texts(outcome, "equity", "values")), strict=True))
    start = float(read.text(outcome, "equity", "start"))
    gap = 3 * max(1, round(read.number(outcome, "sampling", "seconds") * 1e9))
    value = Plot(
        title="Equity out of sample", points=curve, css="equity", label=plain_label, baseline=start, include=(start,), gap_ns=gap
    )
    fall = Plot(
        title="Drawdown", points=drawdown(curve), css="drawdown", label=percent_label, height=150, baseline=0.0, include=(0.0,),
        gap_ns=gap,
    )  # fmt: skip
    yield '<section aria-label="charts">\n'
    for caption, plot in (("Equity of the joined tests", value), ("Drawdown from the running peak", fall)):
        yield f"<figure><figcaption><span>{escape(caption)}</span></figcaption>{svg(plot)}</figure>\n"
    yield "</section>\n"


def page(document: JsonObject) -> Page:
    """Return the page that Markdown, HTML and the terminal show."""
    outcome, run = read.mapping(document, "outcome"), read.mapping(document, "run")
    return Page(
        title=f"{read.text(outcome, 'strategy', 'name')} · walk-forward",
        subtitle=subtitle(outcome),
        banner=_banner(outcome),
        figures=_figures(outcome),
        sections=(
            Section("Windows", (window_table(outcome), Lines(_notes(outcome)))),
            Section("Search in each window", (Pairs(search_rows(outcome)),)),
            Section("Terms and data", (Pairs(terms_rows(outcome)), data_table(outcome)), is_folded=True),
            Section(
                "Run", (Pairs(run_rows(run)), Lines(tuple(read.texts(run, "notes")), empty="nothing to note")), is_folded=True
            ),
        ),
    )


def _banner(outcome: JsonObject) -> Banner:
    joined, fell = read.mapping(outcome, "out_of_sample"), read.mapping(outcome, "degradation")
    held, traded = int(read.number(fell, "profitable")), int(read.number(fell, "traded"))
    certain = read.optional_number(joined, "probabilistic_sharpe")
    said = f"{percent(read.number(joined, 'return'))} out of sample, {held} of {traded} windows gained"
    if certain is None:
        return Banner("nothing was earned or lost", said, "warn")
    said += f", probability of a true Sharpe ratio above zero {certain:.2f}"
    if certain >= PROVED:
        return Banner("it held up", said, "good")
    tone: Tone = "warn" if certain >= 0.5 else "bad"
    return Banner("not proved" if certain >= 0.5 else "it did not hold up", said, tone)


def _figures(outcome: JsonObject) -> tuple[Figure, ...]:
    joined, fell = read.mapping(outcome, "out_of_sample"), read.mapping(outcome, "degradation")
    objective = read.text(outcome, "search", "objective")
    needed = read.optional_number(joined, "minimum_track_record_periods")
    name = read.text(outcome, "sampling", "name")
    periods = int(read.number(outcome, "sampling", "periods"))
    return (
        Figure(
            "Return out of sample",
            percent(read.number(joined, "return")),
            f"drawdown {percent(read.number(joined, 'drawdown'))}",
        ),
        Figure("Sharpe ratio out of sample", ratio(read.optional_number(joined, "sharpe")), "a year"),
        Figure(
            f"Mean {objective} in and out of sample",
            f"{ratio(read.optional_number(fell, 'in_sample'))} → {ratio(read.optional_number(fell, 'out_of_sample'))}",
            f"{int(read.number(fell, 'windows'))} windows",
        ),
        Figure(
            "Track record that would prove it",
            "–" if needed is None else f"{needed:,.0f} periods",
            f"these are {periods:,} ({name})",
        ),
    )


def window_table(outcome: JsonObject) -> Table:
    """Return the windows with their choice and what became of it."""
    texts = {"trained until", "traded from", "until", "chosen"}
    rows = [window_cells(each) for each in read.mappings(outcome, "windows")]
    columns = tuple(Column(title, title not in texts) for title in rows[0])
    return Table(columns, tuple(tuple(map(Cell, row.values())) for row in rows), "no window")


def window_cells(each: JsonObject) -> dict[str, str]:
    """Return what is said of one window, by the titles of the columns."""
    chosen = read.optional_mapping(each, "parameters")
    gained = read.mapping(each, "out_of_sample").get("return")
    return {
        "#": f"{int(read.number(each, 'number'))}",
        "trained until": _day(read.text(each, "train", "until")),
        "traded from": _day(read.text(each, "test", "since")),
        "until": _day(read.text(each, "test", "until")),
        "chosen": "nothing to rank" if chosen is None else parameters(each),
        "in sample": ratio(read.optional_number(each, "objective_in_sample")),
        "out of sample": ratio(read.optional_number(each, "objective_out_of_sample")),
        "return": "–" if gained is None else percent(float(str(gained))),
        "fills": f"{int(read.number(each, 'fills')):,}",
        "equity after": amount(read.text(each, "final_equity"), 2),
    }


def _day(iso: str) -> str:
    return f"{iso[:10]} {iso[11:16]}"


def _notes(outcome: JsonObject) -> tuple[str, ...]:
    plan = read.mapping(outcome, "windows_plan")
    bars = {name: int(read.number(plan, f"{name}_bars")) for name in ("train", "test", "purge", "embargo")}
    kind = "anchored at the first candle" if read.value(plan, "is_anchored") else "rolling"
    return (
        f"{bars['train']:,} bars of training ({kind}), {bars['test']:,} of test; "
        f"purge {bars['purge']:,}, embargo {bars['embargo']:,}.",
        "Each test begins with what the one before left and sells everything at the open of its last bar; candles before a test "
        "move the strategy and trade nothing.",
        "Windows that choose very different parameters each time say that the choice follows noise.",
    )
