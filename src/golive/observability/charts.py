"""The charts of a report: price with its fills, equity, drawdown; data from the final JSON, drawing by `plot.py`."""

from __future__ import annotations

import math

from golive.model.clock import from_iso, to_iso
from golive.model.errors import MalformedPayload
from golive.model.json import JsonObject

from . import reading as read
from .page import amount, moment
from .plot import Marker, Plot, Point, svg


def charts(document: JsonObject) -> list[tuple[str, str]]:
    """Return (caption, SVG) for price, equity and drawdown, all on one time axis; nothing for a run without a curve."""
    moments, equity, prices = _curve(document)
    if not moments:
        return []
    markers = _fills(document)
    ends = [*moments, *(marker.at for marker in markers)]
    span = (min(ends), max(ends))
    asset = read.text(document, "outcome", "pnl", "quote_asset")
    instrument = read.text(read.mappings(document, "outcome", "market", "instruments")[0], "instrument")
    gap_ns = usual_gap(int(read.number(document, "outcome", "equity", "count")), moments)
    curve = list(zip(moments, equity, strict=True))
    start = equity[0]
    price = Plot(
        title=f"Price of {instrument} with buys and sells",
        points=list(zip(moments, prices, strict=True)),
        css="price",
        label=plain_label,
        height=300,
        markers=markers,
        gap_ns=gap_ns,
        span=span,
    )
    value = Plot(
        title="Equity",
        points=curve,
        css="equity",
        label=plain_label,
        baseline=start,
        include=(start,),
        gap_ns=gap_ns,
        span=span,
    )
    fall = Plot(
        title="Drawdown",
        points=drawdown(curve),
        css="drawdown",
        label=percent_label,
        height=150,
        baseline=0.0,
        include=(0.0,),
        gap_ns=gap_ns,
        span=span,
    )
    period = f"{moment(to_iso(span[0]))} to {moment(to_iso(span[1]))}"
    return [
        (f"Price of {instrument} and fills, {period}", svg(price)),
        (f"Equity in {asset}", svg(value)),
        ("Drawdown from the running peak", svg(fall)),
    ]


def usual_gap(count: int, moments: list[int]) -> int:
    """Return the distance in ns that thinning alone can leave between two points kept of `count`; 0 when all were kept.

    Each bucket of points keeps its lowest and its highest, so at most two buckets lie between neighbours.
    """
    if len(moments) < 2 or count <= len(moments):
        return 0
    return 6 * (moments[-1] - moments[0]) // len(moments)


def drawdown(curve: list[Point]) -> list[Point]:
    """Return how far each point lies below the highest before it, as a fraction ≤ 0; 0 while no peak is above zero."""
    peak = -math.inf
    found: list[Point] = []
    for at, value in curve:
        peak = max(peak, value)
        found.append((at, min(0.0, value / peak - 1) if peak > 0 else 0.0))
    return found


def plain_label(value: float, step: float) -> str:
    """Return a number with as many decimals as the distance of two ticks needs."""
    decimals = 0 if step <= 0 or step >= 1 else min(8, math.ceil(-math.log10(step) - 1e-9))
    return f"{value:,.{decimals}f}"


def percent_label(value: float, step: float) -> str:
    """Return a fraction as a percentage with as many decimals as the ticks need."""
    return f"{plain_label(value * 100, step * 100)} %"


def _curve(document: JsonObject) -> tuple[list[int], list[float], list[float]]:
    moments: list[int] = []
    equity: list[float] = []
    prices: list[float] = []
    for point in read.sequence(document, "outcome", "equity", "points"):
        if isinstance(point, str) or not isinstance(point, list | tuple) or len(point) != 3:
            raise MalformedPayload("report: outcome.equity.points is not a list of [moment, equity, price]")
        moments.append(from_iso(str(point[0])))
        equity.append(float(str(point[1])))
        prices.append(float(str(point[2])))
    return moments, equity, prices


def _fills(document: JsonObject) -> list[Marker]:
    instruments = read.mappings(document, "outcome", "market", "instruments")
    first = read.text(instruments[0], "instrument")
    return [
        Marker(
            at=from_iso(read.text(fill, "ts")),
            value=float(read.text(fill, "price")),
            is_buy=read.text(fill, "side") == "buy",
            text=f"{read.text(fill, 'side')} {amount(read.text(fill, 'quantity'))} at {amount(read.text(fill, 'price'))}, "
            f"{moment(read.text(fill, 'ts'))}",
        )
        for fill in read.mappings(document, "outcome", "fills")
        if read.text(fill, "instrument") == first
    ]
