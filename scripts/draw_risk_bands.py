#!/usr/bin/env python3
"""Draw docs/images/risk_bands.svg: equity over four days, the bands of two stops, and what becomes of a buy.

The risk engine itself says all of it. `scripts/draw_risk_bands.py` writes the picture; `--check` says whether it is what would be
written (exit 1 when not).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from html import escape
from itertools import groupby, pairwise
from pathlib import Path

from golive.model.clock import DAY, MINUTE
from golive.model.decision import Refused
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.order import NewOrder, OrderType, Side
from golive.risk import AccountView, RiskEngine, RiskProfile

IMAGE = Path(__file__).resolve().parent.parent / "docs" / "images" / "risk_bands.svg"
ID = InstrumentId("okx", "BTC", "USDT")
PROFILE = RiskProfile("balanced", Decimal("0.015"), Decimal("0.10"), Decimal("0.05"), 5)
STEP = 15 * MINUTE
# (hour, equity): the account between these moves in straight lines
PATH = (
    (0, 100_000), (4, 98_900), (6, 98_780), (8, 98_860), (9, 98_885), (11, 99_400), (15, 98_500), (18, 99_300), (24, 99_200),
    (27, 99_400), (34, 98_200), (40, 97_600), (48, 97_500), (52, 96_900), (56, 91_500), (58, 90_000), (62, 92_500), (72, 93_200),
    (84, 93_900), (96, 94_300),
)  # fmt: skip
COLOURS = {"ok": "#bfe3d0", "warn": "#f4d58d", "breach": "#e9a6a0"}
SIZES = (11, 8)
"""of the words in a ribbon, the larger where there is room"""
INK, SOFT, RULE, LINE = "#161b26", "#5b6577", "#e3e7ee", "#2b59c3"
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif"
NOTES = (
    "warn begins at 80 % of a limit and is left below 75 %. A daily stop holds until its day is over,",
    "a drawdown stop until an operator of role risk releases it, whatever equity does meanwhile.",
)
LEFT, WIDTH, TOP, HEIGHT, RIBBON = 150, 860, 46, 190, 24
DAYS = 4


@dataclass(frozen=True)
class Moment:
    """What the engine says at one market time."""

    ts: int
    equity: int
    daily: str
    drawdown: str
    answer: str
    """APPROVED or the code of the refusal of a buy"""


def equity_at(hour: float) -> int:
    for (before, start), (after, end) in pairwise(PATH):
        if hour <= after:
            return round(start + (end - start) * (hour - before) / (after - before))
    return PATH[-1][1]


def moments() -> list[Moment]:
    risk, found = RiskEngine(PROFILE), []
    for n in range(DAYS * DAY // STEP):
        ts = n * STEP
        equity = equity_at(ts / (60 * MINUTE))
        risk.observe(equity, ts, 0, 0)
        bands = {use.limit: use.band for use in risk.present_uses(0, 0, 0)}
        track = risk.track
        view = AccountView(
            equity, track.day_start, track.peak, {}, {}, {ID: 100}, lambda _, ticks, lots: ticks * lots, track.worst_today,
            track.worst_drawdown, now=ts,
        )  # fmt: skip
        verdict = risk.decide(NewOrder(ClientOrderId("0" * 32), ID, Side.BUY, OrderType.MARKET, 1), view, n)
        answer = str(verdict.code) if isinstance(verdict, Refused) else "APPROVED"
        found.append(Moment(ts, equity, bands["max_daily_loss_pct"], bands["hard_drawdown_pct"], answer))
    return found


def x_of(ts: float) -> float:
    return LEFT + WIDTH * ts / (DAYS * DAY)


def text(x: float, y: float, what: str, *, size: int = 13, colour: str = INK, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>{escape(what)}</text>\n'


def ribbon(y: float, name: str, values: Sequence[tuple[int, str]], colours: dict[str, str], *, words: bool) -> Iterator[str]:
    yield text(LEFT - 10, y + 16, name, size=12, anchor="end")
    for value, group in groupby(values, key=lambda each: each[1]):
        rows = list(group)
        start, end = x_of(rows[0][0]), x_of(rows[-1][0] + STEP)
        yield f'<rect x="{start:g}" y="{y:g}" width="{end - start:g}" height="{RIBBON}" fill="{colours[value]}"/>\n'
        size = next((size for size in SIZES if end - start > 0.64 * size * len(value)), None)
        if words and size is not None:
            yield text((start + end) / 2, y + 16, value, size=size, anchor="middle")


def legend(y: float) -> Iterator[str]:
    """What a colour means, where a ribbon is too short to say it."""
    for place, (name, colour) in enumerate(COLOURS.items()):
        x = LEFT + WIDTH - 70 * (len(COLOURS) - place)
        yield f'<rect x="{x:g}" y="{y - 10:g}" width="12" height="12" fill="{colour}"/>\n'
        yield text(x + 17, y, name, size=11, colour=SOFT)


def body(found: Sequence[Moment]) -> Iterator[str]:
    low, high = 89_000, 101_000

    def y_of(equity: float) -> float:
        return TOP + HEIGHT * (high - equity) / (high - low)

    yield text(LEFT, 24, "Bands of two stops over four days, profile balanced, from 100,000", size=15, bold=True)
    yield from legend(24)
    for level in range(90_000, 100_001, 2_500):
        yield f'<line x1="{LEFT}" y1="{y_of(level):g}" x2="{LEFT + WIDTH}" y2="{y_of(level):g}" stroke="{RULE}"/>\n'
        yield text(LEFT - 10, y_of(level) + 4, f"{level:,}", size=11, colour=SOFT, anchor="end")
    for day in range(DAYS + 1):
        x = x_of(day * DAY)
        yield f'<line x1="{x:g}" y1="{TOP}" x2="{x:g}" y2="{TOP + HEIGHT + 110:g}" stroke="{SOFT}" stroke-dasharray="3 3"/>\n'
        if day < DAYS:
            yield text(x + 5, TOP + 12, f"day {day + 1} (UTC)", size=11, colour=SOFT)
    points = " ".join(f"{x_of(each.ts):g},{y_of(each.equity):.1f}" for each in found)
    yield f'<polyline points="{points}" fill="none" stroke="{LINE}" stroke-width="2"/>\n'
    y = TOP + HEIGHT + 14
    yield from ribbon(y, "max_daily_loss_pct", [(each.ts, each.daily) for each in found], COLOURS, words=True)
    yield from ribbon(y + 32, "hard_drawdown_pct", [(each.ts, each.drawdown) for each in found], COLOURS, words=True)
    answers = {each.answer for each in found}
    colours = {answer: COLOURS["ok" if answer == "APPROVED" else "breach"] for answer in answers}
    yield from ribbon(y + 64, "a buy", [(each.ts, each.answer) for each in found], colours, words=True)
    for n, words in enumerate(NOTES):
        yield text(LEFT, y + 112 + 18 * n, words, size=12)


def drawn() -> str:
    width, height = LEFT + WIDTH + 30, TOP + HEIGHT + 160
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="{FONT}">\n'
    paper = f'<rect width="{width}" height="{height}" fill="#fff"/>\n'
    return f"{head}<title>Bands of risk limits</title>\n{paper}{''.join(body(moments()))}</svg>\n"


def main() -> int:
    picture = drawn()
    if "--check" in sys.argv[1:]:
        return int(not IMAGE.exists() or IMAGE.read_text(encoding="utf-8") != picture)
    IMAGE.write_text(picture, encoding="utf-8")
    print(f"docs/images/{IMAGE.name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
