"""What the charts of a backtest's page draw: columns from the document, times in seconds, amounts as floats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from golive.model.clock import SECOND, from_iso
from golive.model.instrument import decimals_of
from golive.model.json import JsonObject, JsonValue
from golive.model.money import parse_decimal
from golive.observability import reading as read

from .page import as_row

MOST_FILLS: Final = 20_000
"""markers drawn on one price chart; of more, every n-th"""
_MOST_BINS: Final = 60


def chart_data(document: JsonObject) -> dict[str, JsonValue]:
    """Return the data block of the page."""
    outcome = read.mapping(document, "outcome")
    equity = read.mapping(outcome, "equity")
    points = [as_row(row) for row in read.sequence(equity, "points")]
    at = [_seconds(row[0]) for row in points]
    return {
        "asset": read.text(outcome, "account", "quote_asset"),
        "prices": [_price(number, outcome) for number in range(len(read.sequence(outcome, "prices")))],
        "equity": [at, [_float(row[1]) for row in points], [_float(each) for each in read.sequence(equity, "hold")]],
        "underwater": [at, list(read.sequence(equity, "underwater"))],
        "distribution": distribution([_float(row[7]) for row in _trade_rows(outcome) if not row[8]]),
    }


def fills_of(outcome: JsonObject, number: int) -> list[Sequence[JsonValue]]:
    """Return the fill rows of one instrument."""
    return [row for row in map(as_row, read.sequence(outcome, "fills", "rows")) if row[1] == number]


def distribution(profits: Sequence[float]) -> list[JsonValue]:
    """Return the middle of each bin, how many profits lie in it, and how many losses; zero is always an edge.

    Bins are as wide as Freedman and Diaconis say (2 × IQR / n^⅓), at most 60; the far ends are gathered in the outermost ones.
    """
    if not profits:
        return [[], [], []]
    ranked = sorted(profits)
    count = len(ranked)
    spread = ranked[(3 * count) // 4] - ranked[count // 4]
    reach = max(abs(ranked[0]), abs(ranked[-1])) or 1.0
    width = max(2 * spread / count ** (1 / 3), 2 * reach / _MOST_BINS) or reach
    first, last = math.floor(ranked[0] / width), math.floor(ranked[-1] / width)
    won, lost = [0] * (last - first + 1), [0] * (last - first + 1)
    for profit in ranked:
        (won if profit > 0 else lost)[math.floor(profit / width) - first] += 1
    return [[(first + n + 0.5) * width for n in range(len(won))], list(won), list(lost)]


def _price(number: int, outcome: JsonObject) -> dict[str, JsonValue]:
    series = read.mappings(outcome, "data")[number]
    tick = float(read.text(series, "tick_size"))
    points = [as_row(row) for row in read.sequence(read.mappings(outcome, "prices")[number], "points")]
    fills = fills_of(outcome, number)
    step = -(-len(fills) // MOST_FILLS) or 1
    return {
        "label": read.text(series, "instrument"),
        "decimals": decimals_of(parse_decimal(read.text(series, "tick_size"))),
        "columns": [[_seconds(row[0]) for row in points], [_float(row[1]) * tick for row in points]],
        "fills": [[_seconds(row[0]), _float(row[3]) * tick, int(row[2] == "buy")] for row in fills[::step]],
    }


def _trade_rows(outcome: JsonObject) -> list[Sequence[JsonValue]]:
    return [as_row(row) for row in read.sequence(outcome, "trades", "rows")]


def _seconds(iso: JsonValue) -> float:
    whole, rest = divmod(from_iso(str(iso)), SECOND)
    return whole + rest / SECOND if rest else whole


def _float(value: JsonValue) -> float:
    return float(str(value))
