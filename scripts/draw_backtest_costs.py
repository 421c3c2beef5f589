#!/usr/bin/env python3
"""Measure what backtests cost with more bars, more symbols and more parameter sets, and draw docs/images/backtest_costs.svg.

`scripts/draw_backtest_costs.py` measures, two minutes, and writes the picture. CPU seconds of whole runs after the first one,
the least of several; each line is the proportion that the largest run gives, so that a point above it cost less for its size.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.bar_data import BARS, MINUTE, candle_columns, load_bars, pairs, write_bars
from benchmarks.bar_trade import STRATEGY, parameters, terms

from golive.engine.columns import Replays, run_columns
from golive.matching.columns import CandleColumns
from golive.model.instrument import Instrument
from golive.strategy import bound, strategy_named
from golive.strategy.targets import sweep_targets, targets_of

IMAGE = Path(__file__).resolve().parent.parent / "docs" / "images" / "backtest_costs.svg"
INK, SOFT, RULE, CARD, LINE = "#161b26", "#5b6577", "#e3e7ee", "#ffffff", "#2f6fb3"
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif"
REPEATS = 5
SYMBOLS = ("BTC", "ETH", "SOL", "XRP", "ADA", "DOT", "LTC", "BCH")


@dataclass(frozen=True)
class Series:
    """One panel: sizes and the milliseconds they took."""

    title: str
    unit: str
    sizes: Sequence[int]
    milliseconds: Sequence[float]


def least_ms(work: Callable[[], object]) -> float:
    """Return the CPU milliseconds of the quickest of several runs, after one that does not count."""
    work()
    taken = []
    for _ in range(REPEATS):
        gc.collect()
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken) * 1000


def of_symbol(candles: CandleColumns, base: str) -> CandleColumns:
    instrument = Instrument.from_text(
        f"okx:{base}/USDT", tick_size="0.01", lot_size="0.001", min_quantity="0.001", max_quantity="100"
    )
    return CandleColumns(instrument, MINUTE, *candles.columns)


def measured(folder: Path) -> Iterator[Series]:
    strategy, values = strategy_named(STRATEGY), parameters()
    params, conditions = bound(values), terms(values)
    candles = candle_columns(load_bars(folder, 2 * BARS))

    def backtest(books: Sequence[CandleColumns]) -> None:
        run_columns(books, [targets_of(strategy, params, each, compiled=True) for each in books], conditions)

    sizes: Sequence[int] = [BARS // 8, BARS // 4, BARS // 2, BARS, 3 * BARS // 2, 2 * BARS]
    yield Series("bars, one symbol", "bars", sizes, [least_ms(lambda n=n: backtest([candles.between(0, n)])) for n in sizes])

    short = candles.between(0, 100_000)
    books = [of_symbol(short, base) for base in SYMBOLS]
    sizes = [1, 2, 3, 4, 6, 8]
    yield Series(
        "symbols of one account, 100,000 bars each", "symbols", sizes, [least_ms(lambda n=n: backtest(books[:n])) for n in sizes]
    )

    replays, mixed = Replays([short]), pairs()[::9]

    def sweep(count: int) -> None:
        sets = [bound(parameters(*mixed[n % len(mixed)])) for n in range(count)]
        for changes in sweep_targets(strategy, sets, short):
            replays.summary([changes], conditions)

    sizes = [12, 24, 48, 96, 144, 192]
    yield Series("parameter sets, 100,000 bars", "sets", sizes, [least_ms(lambda n=n: sweep(n)) for n in sizes])


# ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────────

PANEL, HEIGHT, LEFT, TOP, BOTTOM, GAP = 300, 300, 64, 84, 250, 44


def text(x: float, y: float, what: str, *, size: int = 12, colour: str = SOFT, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>{escape(what)}</text>\n'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width:g}"/>\n'


def ceiling(value: float) -> float:
    """Return the next 1, 2 or 5 times a power of ten."""
    step = 10.0 ** len(str(int(value))) / 100
    while step < value:
        step = next(step * factor for factor in (1, 2, 2.5, 5, 10) if step * factor >= value or factor == 10)
    return step


def panel(series: Series, left: float) -> Iterator[str]:
    top_ms, most = ceiling(max(series.milliseconds)), series.sizes[-1]
    x = lambda size: left + size / most * (PANEL - 20)  # noqa: E731
    y = lambda ms: BOTTOM - ms / top_ms * (BOTTOM - TOP)  # noqa: E731
    yield text(left, 64, series.title, colour=INK, bold=True)
    for part in range(5):
        value = top_ms * part / 4
        yield line(left, y(value), left + PANEL - 20, y(value), RULE)
        yield text(left - 8, y(value) + 4, f"{value:g}", anchor="end", size=11)
    yield line(x(0), y(0), x(most), y(series.milliseconds[-1]), LINE, 1.4)
    for size, ms in zip(series.sizes, series.milliseconds, strict=True):
        share = ms / size / (series.milliseconds[-1] / most)
        label = f"{size:,} {series.unit}: {ms:.2f} ms, {share:.2f} of the proportion"
        yield f'<circle cx="{x(size):.1f}" cy="{y(ms):.1f}" r="4" fill="{LINE}"><title>{escape(label)}</title></circle>\n'
    for size in (series.sizes[0], series.sizes[len(series.sizes) // 2], most):
        shown = f"{size / 1e6:g} M" if size >= 100_000 else f"{size}"
        yield text(x(size), BOTTOM + 18, shown, anchor="middle", size=11)


def picture(all_series: Sequence[Series]) -> str:
    width = len(all_series) * (PANEL + GAP) + LEFT
    body = [
        text(
            24,
            30,
            "What a backtest costs: CPU milliseconds, targets, orders, fills, fees and equity",
            size=17,
            colour=INK,
            bold=True,
        )
    ]
    for number, series in enumerate(all_series):
        body.extend(panel(series, LEFT + number * (PANEL + GAP)))
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" role="img" font-family="{FONT}">\n'
    card = f'<rect width="{width}" height="{HEIGHT}" fill="{CARD}"/>\n'
    return f"{head}<title>Cost of backtests by bars, symbols and parameter sets</title>\n{card}{''.join(body)}</svg>\n"


def main() -> int:
    with tempfile.TemporaryDirectory() as place:
        all_series = list(measured(write_bars(Path(place))))
    for series in all_series:
        whole = series.milliseconds[-1] / series.sizes[-1]
        rows = (f"{n:,}: {ms:.2f} ms ({ms / n / whole:.2f})" for n, ms in zip(series.sizes, series.milliseconds, strict=True))
        sys.stdout.write(f"{series.title}: {', '.join(rows)}\n")
    IMAGE.write_text(picture(all_series), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
