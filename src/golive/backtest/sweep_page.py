"""A sweep's document as Markdown and as one HTML page that needs nothing else; both read nothing but the document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from golive.model.json import JsonObject
from golive.observability import reading as read
from golive.observability.html import page_html
from golive.observability.markdown import page_markdown
from golive.observability.page import (
    Banner,
    Cell,
    Column,
    Figure,
    Lines,
    Page,
    Pairs,
    Section,
    Table,
    amount,
    moment,
    percent,
    seconds,
)

from .sweep_heat import Cell as HeatCell
from .sweep_heat import HeatMap
from .sweep_score import told_objective
from .sweep_svg import heat_svg
from .sweep_words import overfitting_rows, ratio, verdict


def markdown(document: JsonObject) -> str:
    """Return the whole report; raise MalformedPayload when the document is not a sweep's."""
    return page_markdown(page(document))


def html(document: JsonObject) -> str:
    """Return the whole page; raise MalformedPayload when the document is not a sweep's."""
    outcome = read.mapping(document, "outcome")
    return page_html(page(document), "Golive sweep", _maps(outcome), foot(document))


def foot(document: JsonObject) -> str:
    """Return what a page was rendered from, as HTML."""
    return (
        f"Rendered from {escape(read.text(document, 'run', 'report_json'))} · outcome "
        f"{escape(read.text(document, 'outcome_sha256'))} · golive {escape(read.text(document, 'run', 'code_version'))}"
    )


def _maps(outcome: JsonObject) -> Iterator[str]:
    objective = read.text(outcome, "search", "objective")
    for each in read.mappings(outcome, "heat_maps"):
        shown = _heat_map(each, objective)
        by = f"{shown.x_name} and {shown.y_name}" if shown.y_name else shown.x_name
        caption = f"Best {objective} by {by}, whatever the other parameters are"
        yield f'<section aria-label="heat map"><figure><figcaption><span>{escape(caption)}</span></figcaption>'
        yield f'<div class="scroll">{heat_svg(shown, objective)}</div></figure></section>\n'


def _heat_map(found: JsonObject, objective_name: str) -> HeatMap:
    cells = []
    for row in read.sequence(found, "cells"):
        x, y, objective, number, sets = (float(str(part)) for part in row)  # type: ignore[union-attr]
        cells.append(HeatCell(int(x), int(y), told_objective(objective_name, objective), int(number), int(sets)))
    return HeatMap(
        read.text(found, "x"),
        read.optional_text(found, "y") or "",
        tuple(read.texts(found, "x_labels")),
        tuple(read.texts(found, "y_labels")),
        tuple(cells),
    )


def page(document: JsonObject) -> Page:
    """Return the page that Markdown, HTML and the terminal show."""
    outcome, run = read.mapping(document, "outcome"), read.mapping(document, "run")
    return Page(
        title=f"{read.text(outcome, 'strategy', 'name')} · sweep",
        subtitle=subtitle(outcome),
        banner=banner(outcome),
        figures=figures(outcome),
        sections=(
            Section(f"Best {len(read.mappings(outcome, 'best'))} sets", (best_table(outcome),)),
            Section("How much of it may be luck", (Pairs(overfitting_rows(outcome)), Lines(_luck_notes(outcome)))),
            Section("Search", (Pairs(search_rows(outcome)),)),
            Section("Terms and data", (Pairs(terms_rows(outcome)), data_table(outcome)), is_folded=True),
            Section(
                "Run", (Pairs(run_rows(run)), Lines(tuple(read.texts(run, "notes")), empty="nothing to note")), is_folded=True
            ),
        ),
    )


def subtitle(outcome: JsonObject) -> str:
    """Return instruments, timeframe and span."""
    data = read.mappings(outcome, "data")
    names = ", ".join(read.text(each, "instrument") for each in data)
    first = min(read.text(each, "first") for each in data)
    last = max(read.text(each, "last") for each in data)
    return f"{names} · {read.text(outcome, 'terms', 'timeframe')} · {moment(first)} to {moment(last)}"


def banner(outcome: JsonObject) -> Banner:
    """Return what the sweep says in one sentence: never more than its luck allows."""
    best = read.mappings(outcome, "best")
    if not int(read.number(outcome, "ranked")):
        return Banner("nothing to rank", "no set has the objective that was searched by: none traded, or none varied", "warn")
    objective = read.text(outcome, "search", "objective")
    found = f"{parameters(best[0])}: {objective} {ratio(read.optional_number(best[0], objective))}"
    word, tone, why = verdict(outcome)
    return Banner(word, f"best of {int(read.number(outcome, 'tried')):,} sets: {found}; {why}", tone)


def parameters(row: JsonObject) -> str:
    """Return a set as `fast_bars 5, slow_bars 60`."""
    return ", ".join(f"{name} {float(str(value)):g}" for name, value in read.mapping(row, "parameters").items())


def figures(outcome: JsonObject) -> tuple[Figure, ...]:
    """Return the key figures of the best set."""
    if not int(read.number(outcome, "ranked")):
        return (Figure("Sets", f"{int(read.number(outcome, 'tried')):,}", "none has an objective"),)
    best = read.mappings(outcome, "best")[0]
    luck = read.optional_mapping(outcome, "overfitting")
    shown = [
        Figure("Return of the best", _percent(best, "return"), f"deepest drawdown {percent(read.number(best, 'drawdown'))}"),
        Figure("Sharpe ratio of the best", ratio(read.optional_number(best, "sharpe")), "a year"),
    ]
    if luck is not None:
        expected = ratio(read.optional_number(luck, "expected_best_sharpe"))
        deflated = read.optional_number(luck, "deflated_sharpe")
        shown.append(Figure("Deflated Sharpe ratio", ratio(deflated), f"luck alone: a Sharpe ratio of {expected}"))
        pbo = read.optional_mapping(luck, "backtest_overfitting")
        chance = "–" if pbo is None else percent(read.number(pbo, "probability"), 1)
        shown.append(Figure("Probability of overfitting", chance, "of choosing the best of these sets"))
    stability = read.optional_mapping(outcome, "stability")
    if stability is not None and read.optional_number(stability, "mean") is not None:
        count, worst = int(read.number(stability, "neighbours")), ratio(read.optional_number(stability, "worst"))
        shown.append(Figure("Neighbours of the best", ratio(read.number(stability, "mean")), f"mean of {count}; worst {worst}"))
    return tuple(shown)


def best_table(outcome: JsonObject) -> Table:
    """Return the best sets."""
    rows = read.mappings(outcome, "best")
    names = list(read.mapping(rows[0], "parameters"))
    counts = ["fills", "trades", "wins", *(["refused"] if any(read.number(row, "refused") for row in rows) else [])]
    numbers = ("Sharpe", "Sortino", "Calmar", "Return", "Drawdown", "Final equity", *(name.capitalize() for name in counts))
    columns = (Column("#", True), *(Column(name, True) for name in names), *(Column(name, True) for name in numbers))
    return Table(columns, tuple(_best_row(row, names, counts) for row in rows), "no set")


def _best_row(row: JsonObject, names: Sequence[str], counts: Sequence[str]) -> tuple[Cell, ...]:
    values = read.mapping(row, "parameters")
    return tuple(
        Cell(text)
        for text in (
            f"{int(read.number(row, 'rank'))}",
            *(f"{float(str(values[name])):g}" for name in names),
            *(ratio(read.optional_number(row, name)) for name in ("sharpe", "sortino", "calmar")),
            _percent(row, "return"),
            _percent(row, "drawdown"),
            amount(read.text(row, "final_equity"), 2),
            *(f"{int(read.number(row, name)):,}" for name in counts),
        )
    )


def _percent(row: JsonObject, name: str) -> str:
    value = read.optional_number(row, name)
    return "–" if value is None else percent(value)


def _luck_notes(outcome: JsonObject) -> tuple[str, ...]:
    if read.optional_mapping(outcome, "overfitting") is None:
        return ("not measured: the best set's equity never moved",)
    return (
        "Deflated Sharpe ratio: the probability that the best set's true Sharpe ratio is above zero, given that it was picked "
        "out of all sets tried (Bailey and López de Prado, 2014). Sweeps before this one count as well, and are not known here.",
        "Probability of overfitting: how often the set that is best in one half of the time is no better than the median in the "
        "other half, over all ways to halve it (Bailey, Borwein, López de Prado and Zhu, 2017). 50 % is what noise gives.",
    )


def search_rows(outcome: JsonObject) -> tuple[tuple[str, Cell], ...]:
    """Return how the sets were chosen."""
    search = read.mapping(outcome, "search")
    axes = [(read.text(axis, "name"), Cell(_axis_text(axis))) for axis in read.mappings(search, "axes")]
    stopped = " (nothing got better)" if read.value(outcome, "is_stopped") else ""
    return (
        ("method", Cell(f"{read.text(search, 'method')}, seed {int(read.number(search, 'seed'))}")),
        ("objective", Cell(read.text(search, "objective"))),
        *axes,
        ("conditions", Cell("; ".join(read.texts(search, "where")) or "none")),
        ("sets tried", Cell(f"{int(read.number(outcome, 'tried')):,}{stopped}")),
        ("results", Cell(read.text(outcome, "results_sha256"))),
    )


def _axis_text(axis: JsonObject) -> str:
    count = read.optional_number(axis, "count")
    spread = f"{read.number(axis, 'low'):g} to {read.number(axis, 'high'):g}"
    return f"{spread}, {int(count)} values" if count is not None else spread


def terms_rows(outcome: JsonObject) -> tuple[tuple[str, Cell], ...]:
    """Return what was traded under."""
    terms, strategy = read.mapping(outcome, "terms"), read.mapping(outcome, "strategy", "parameters")
    balances = read.mapping(terms, "start_balances")
    return (
        ("start", Cell(", ".join(f"{amount(str(value))} {asset}" for asset, value in balances.items()))),
        ("fees", Cell(f"{read.text(terms, 'maker_bps')} bps maker, {read.text(terms, 'taker_bps')} bps taker")),
        ("slippage", Cell(f"{read.text(terms, 'slippage_bps')} bps")),
        ("participation", Cell(f"{read.text(terms, 'participation')} of a bar's volume")),
        ("latency", Cell(f"{read.number(terms, 'latency_ms'):g} ms")),
        ("risk profile", Cell(read.text(terms, "risk_profile"))),
        ("other parameters", Cell(", ".join(f"{name} {float(str(value)):g}" for name, value in strategy.items()) or "none")),
    )


def data_table(outcome: JsonObject) -> Table:
    """Return the candles."""
    rows = tuple(
        (
            Cell(read.text(each, "instrument")),
            Cell(f"{int(read.number(each, 'rows')):,}"),
            Cell(moment(read.text(each, "first"))),
            Cell(moment(read.text(each, "last"))),
            Cell(read.text(each, "sha256")),
        )
        for each in read.mappings(outcome, "data")
    )
    return Table((Column("instrument"), Column("candles", True), Column("first"), Column("last"), Column("SHA-256")), rows)


def run_rows(run: JsonObject) -> tuple[tuple[str, Cell], ...]:
    """Return who computed it, and how fast."""
    speed = read.optional_number(run, "bars_per_second")
    return (
        ("time", Cell(seconds(read.number(run, "seconds")))),
        ("speed", Cell("–" if speed is None else f"{speed:,.0f} bars a second")),
        ("computed by", Cell(f"{int(read.number(run, 'workers'))} × {read.text(run, 'executor')}")),
        ("driver", Cell(f"{read.text(run, 'driver')}: {read.text(run, 'why_driver')}")),
        ("sets known before", Cell(f"{int(read.number(run, 'resumed')):,}")),
        ("memory", Cell(f"{read.number(run, 'peak_memory_mib'):,.0f} MiB at most")),
    )
