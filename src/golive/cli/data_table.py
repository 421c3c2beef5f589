"""What a person sees of stored data: one table of series, the details of one, what came of an import."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TextIO

from golive.market.wording import counted
from golive.model.clock import to_iso
from golive.model.json import JsonObject
from golive.model.money import format_decimal
from golive.observability import reading as read
from golive.observability.page import moment as page_moment

from .terminal import clean

if TYPE_CHECKING:
    from pathlib import Path

    from golive.market.quality import Quality
    from golive.market.series import Gap
    from golive.matching.columns import CandleColumns
    from golive.runtime.data_choice import StoredData, StoredSeries


def moment(ns: int) -> str:
    return to_iso(ns).replace("T", " ").removesuffix("Z")


def print_list(stored: StoredData, stream: TextIO) -> None:
    cells = [["environment", "instrument", "timeframe", "candles", "first (UTC)", "last (UTC)", "gaps", "missing"]]
    for row in stored.series:
        entry = row.entry
        name, times = str(entry.instrument.id), (moment(entry.first), moment(entry.last))
        counts = (f"{entry.gaps:,}", f"{entry.missing_rows:,}")
        cells.append([row.environment, name, entry.timeframe, f"{entry.rows:,}", *times, *counts])
    lines = aligned(cells, right=(3, 6, 7)) if stored.series else []
    lines += [f"{row.environment} {row.entry.stale}" for row in stored.series if row.entry.stale]
    lines += [f"{environment} {each.name}: damaged: {each.fault}" for environment, each in stored.damaged]
    stream.write("".join(clean(line) + "\n" for line in lines))


def aligned(cells: Sequence[Sequence[str]], *, right: Collection[int]) -> list[str]:
    """Return rows of cells as lines; the columns in `right` stand to the right."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = []
    for row in cells:
        padded = (c.rjust(w) if at in right else c.ljust(w) for at, (c, w) in enumerate(zip(row, widths, strict=True)))
        lines.append("  ".join(padded).rstrip())
    return lines


def print_series(
    row: StoredSeries, candles: CandleColumns, gaps: list[Gap], quality: Quality, stream: TextIO, *, rows: int
) -> None:
    """Print the span, the grid, the judgement, the longest gaps, and the first and last candles."""
    entry, summary = row.entry, quality.summary
    lines = [
        f"{entry.instrument.id} {entry.timeframe} of {row.environment}, {entry.path}",
        f"{counted(entry.rows, 'candle')}, {moment(entry.first)} to {moment(entry.last)} UTC",
        f"tick {format_decimal(entry.instrument.tick_size)}, lot {format_decimal(entry.instrument.lot_size)}, "
        f"from {', '.join(entry.sources)}",
        f"quality {summary.status}: {summary.ok_ratio:.2%} of {summary.expected_rows:,} expected candles are there and sound",
        *(f"  {issue.code}: {issue.message}" for issue in quality.issues),
    ]
    longest = sorted(gaps, key=lambda gap: -gap.missing)[:rows]
    lines += [f"  gap {moment(gap.first)} to {moment(gap.until)}: {counted(gap.missing, 'candle')}" for gap in longest]
    lines += candle_lines(candles, rows)
    for line in lines:
        stream.write(clean(line) + "\n")


def print_quality(document: JsonObject, path: Path, stream: TextIO) -> None:
    """Print what a data-quality report says, who has signed it, and where it is."""
    summary, dataset = read.mapping(document, "summary"), read.mapping(document, "dataset")
    signed = ", ".join(f"{role} {read.text(document, 'sign_off', role, 'status')}" for role in ("risk", "compliance"))
    lines = [
        f"{read.text(dataset, 'instrument')} {read.optional_text(dataset, 'timeframe') or '?'}, {read.text(dataset, 'path')}",
        f"judged {page_moment(read.text(document, 'generated_at'))} by {read.text(document, 'source')}; signed off: {signed}",
        f"quality {read.text(summary, 'status')}: {read.number(summary, 'ok_ratio'):.2%} of "
        f"{int(read.number(summary, 'expected_rows')):,} expected candles are there and sound",
        *(f"  {read.text(issue, 'code')}: {read.text(issue, 'message')}" for issue in read.mappings(document, "issues")),
        f"quality report: {path}",
    ]
    for line in lines:
        stream.write(clean(line) + "\n")


def candle_lines(candles: CandleColumns, rows: int) -> list[str]:
    """Return the first and last candles as aligned text."""
    cut = len(candles) > 2 * rows
    chosen = [*range(rows), None, *range(len(candles) - rows, len(candles))] if cut else [*range(len(candles))]
    instrument = candles.instrument
    cells = [["opened (UTC)", "open", "high", "low", "close", "volume"]]
    for at in chosen:
        if at is None:
            cells.append(["…"] * 6)
            continue
        opened_at, *prices, volume = (int(column[at]) for column in candles.columns)
        cells.append([moment(opened_at), *(instrument.price_text(price) for price in prices), instrument.quantity_text(volume)])
    return aligned(cells, right=range(6))


def print_import(document: Mapping[str, Any], stream: TextIO) -> None:
    """Print what came of an import, from its document."""
    stored = document["stored"]
    lines = [
        f"{document['file']} ({document['kind']}): {counted(document['rows'], 'candle')} of {document['instrument']} "
        f"{document['timeframe']}, tick {document['tick_size']}, lot {document['lot_size']}",
        *document["notes"],
        f"quality {document['quality']}; of the file alone: {document['file_quality']}",
        *(f"  {issue['code']}: {issue['message']}" for issue in document["issues"]),
    ]
    if document["rounded_prices"]:
        lines.append(f"{counted(document['rounded_prices'], 'price')} rounded to the tick")
    if document["cut_volumes"]:
        lines.append(f"{counted(document['cut_volumes'], 'volume')} rounded down to the lot")
    if stored is None:
        lines.append(f"nothing was stored: {document['problem']}")
    else:
        if document["bad_rows"]:
            lines.append(f"{counted(document['bad_rows'], 'row')} left out")
        if not stored["was_sorted"]:
            lines.append("the rows were not in order of time and have been sorted")
        if stored["unclosed"]:
            lines.append(f"{counted(stored['unclosed'], 'candle')} left out: not ended yet")
        lines.append(
            f"stored in {document['environment']}: {stored['added']:,} new, {stored['replaced']:,} replaced, "
            f"{stored['known']:,} known; {stored['rows']:,} in all"
        )
        if document["problem"]:
            lines.append(f"nothing was stored: {document['problem']}")
    lines += [f"a limit of {document['environment']} is broken: {breach}" for breach in document["breaches"]]
    lines.append(f"quality report: {document['quality_report']}")
    for line in lines:
        stream.write(clean(line) + "\n")
