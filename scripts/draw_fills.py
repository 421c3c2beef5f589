#!/usr/bin/env python3
"""Draw docs/images/fills_book.svg and fills_bar.svg: what the two market models do, told by the models themselves.

`scripts/draw_fills.py` writes both; `--check` says whether they are what it would write (exit 1 when not).
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from golive.matching.bar import BarModel
from golive.matching.book import OrderBook
from golive.matching.depth import DepthModel
from golive.matching.model import Effect, Match, Triggered
from golive.matching.trigger import Trigger
from golive.model.clock import MINUTE
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.market import Book, Candle, MarketEvent, Trade
from golive.model.order import Liquidity, NewOrder, OrderType, Side

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
ID = InstrumentId("okx", "BTC", "USDT")
INK, SOFT, FAINT, RULE, CARD = "#161b26", "#5b6577", "#8a94a6", "#e3e7ee", "#ffffff"
BID, ASK, BUY, SELL = "#b9c9e4", "#e8cdb8", "#0b8f63", "#d0342c"
FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif"


def order(
    n: int, side: Side, quantity: int, price: int | None = None, trigger: int | None = None, trail: int | None = None
) -> NewOrder:
    kind = OrderType.MARKET if price is None else OrderType.LIMIT
    kind = OrderType.STOP if trigger is not None else OrderType.TRAILING_STOP if trail is not None else kind
    return NewOrder(ClientOrderId(f"{n:032x}"), ID, side, kind, quantity, price, trigger=trigger, trail=trail)


def words(effect: Effect) -> str:
    if isinstance(effect, Match):
        return f"{effect.quantity} @ {effect.price} {effect.liquidity}"
    return f"fires at {effect.price}" if isinstance(effect, Triggered) else effect.reason.replace("_", " ").lower()


# ── drawing ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def text(x: float, y: float, what: str, *, size: int = 13, colour: str = INK, anchor: str = "start", bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:g}" y="{y:g}" font-size="{size}" fill="{colour}" text-anchor="{anchor}"{weight}>{escape(what)}</text>\n'


def box(x: float, y: float, width: float, height: float, fill: str, stroke: str = "none") -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{max(width, 0):g}" height="{height:g}" fill="{fill}" stroke="{stroke}"/>\n'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, *, width: float = 1, dash: str = "") -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{colour}" stroke-width="{width:g}"{dashed}/>\n'


def arrow(x: float, y: float, side: Side) -> str:
    """A triangle whose tip is at (x, y): from below for a buy, from above for a sell."""
    down = 11 if side is Side.BUY else -11
    return f'<path d="M{x:g} {y:g}l-6 {down}h12Z" fill="{BUY if side is Side.BUY else SELL}"/>\n'


def picture(width: int, height: int, title: str, body: Iterator[str]) -> str:
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="{FONT}">\n'
    hatch = (
        f'<defs><pattern id="taken" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="6" height="6" fill="{CARD}"/><rect width="2" height="6" fill="{FAINT}"/></pattern></defs>\n'
    )
    return f"{head}<title>{escape(title)}</title>\n{hatch}{box(0, 0, width, height, CARD)}{''.join(body)}</svg>\n"


# ── the book model ──────────────────────────────────────────────────────────────────────────────────────────────────

BIDS, ASKS = ((99, 10), (98, 20), (97, 14)), ((101, 10), (102, 16), (103, 8))
PRICES = range(103, 96, -1)
FRAME, ROW, LOT, TOP = 190, 30, 4.6, 100


@dataclass
class Frame:
    """The book after one thing happened: what it offers, what stands before our order, what the market shows."""

    title: str
    effects: list[str]
    offered: dict[int, int]
    shown: dict[int, int]
    ours: dict[int, tuple[int, int]]
    """price → (lots ahead, our lots)"""


class Scene:
    """The model, the book inside it, and the frames so far."""

    def __init__(self) -> None:
        self.book = OrderBook(remembers_taken=True, estimates_queue=True)
        self.model = DepthModel(lambda: self.book)
        self.frames: list[Frame] = []
        self.resting: list[NewOrder] = []
        self.ts = 0

    def market(self, title: str, event: MarketEvent) -> None:
        self._shoot(title, self.model.on_market(event))

    def submit(self, title: str, new: NewOrder) -> None:
        self._shoot(title, self.model.submit(new, self.ts))

    def _shoot(self, title: str, effects: Sequence[Effect]) -> None:
        ours = {}
        for number in range(1, 9):
            resting = self.book.order(number)
            if resting is not None and resting.price is not None:
                ours[resting.price] = (resting.ahead, resting.remaining)
        offered: dict[int, int] = {}
        for side in Side:
            offered |= {price: lots - ours.get(price, (0, 0))[1] for price, lots in self.book.levels(side, 9)}
        told = [f"{int(e.order.client_order_id, 16)}: {words(e)}" for e in effects]
        self.frames.append(Frame(title, told, offered, dict((*BIDS, *ASKS)), ours))


def book_frames() -> list[Frame]:
    scene = Scene()
    scene.model.on_market(Book(ID, 0, BIDS, ASKS))
    scene.model.submit(order(3, Side.SELL, 12, trigger=98), 0)
    scene.submit("1: buy 5, limit 99", order(1, Side.BUY, 5, 99))
    scene.submit("2: buy 15, market", order(2, Side.BUY, 15))
    scene.market("same snapshot again", Book(ID, 1, BIDS, ASKS))
    scene.market("trade: 8 sold at 99", Trade(ID, 2, 99, 8, Side.SELL, "a"))
    scene.market("trade: 4 sold at 99", Trade(ID, 3, 99, 4, Side.SELL, "b"))
    scene.market("trade: 6 sold at 98", Trade(ID, 4, 98, 6, Side.SELL, "c"))
    return scene.frames


NOTES = (
    ("joins the queue:", "10 lots stand before it"),
    ("walks the levels,", "best first"),
    ("what it took is", "not offered again"),
    ("the queue before", "order 1 shrinks to 2"),
    ("2 end the queue,", "2 reach order 1"),
    ("goes through 99, and", "wakes 3: stop, sell 12"),
)


def book_picture() -> Iterator[str]:
    yield text(24, 32, "Book model", size=19, bold=True)
    yield text(24, 54, "the book as our orders see it after each event; the length of a bar is its lots", colour=SOFT)
    x = 650.0
    for fill, stroke, label in (
        (BID, "none", "bids"),
        (ASK, "none", "asks"),
        ("url(#taken)", FAINT, "shown, but taken"),
        (BUY, "none", "our order"),
    ):
        yield box(x, 43, 14, 12, fill, stroke)
        yield text(x + 20, 54, label, colour=SOFT)
        x += 46 + 7.4 * len(label)
    for index, (frame, note) in enumerate(zip(book_frames(), NOTES, strict=True)):
        left = 24 + index * FRAME
        yield from _frame(frame, note, "abcdef"[index], left)


def _frame(frame: Frame, note: tuple[str, str], letter: str, left: float) -> Iterator[str]:
    yield text(left, 88, f"{letter}  {frame.title}", bold=True)
    for row, price in enumerate(PRICES):
        y = TOP + row * ROW
        yield line(left + 30, y + ROW - 3, left + FRAME - 14, y + ROW - 3, RULE)
        yield text(left + 24, y + 17, str(price), colour=SOFT, anchor="end")
        x = left + 32.0
        ahead, ours = frame.ours.get(price, (0, 0))
        offered, shown = frame.offered.get(price, 0), frame.shown.get(price, 0)
        parts = [(ahead, BID, "none"), (ours, BUY, "none"), (offered - ahead, BID if price < 100 else ASK, "none")]
        for lots, fill, stroke in (*parts, (shown - offered, "url(#taken)", FAINT)):
            if lots > 0:
                yield box(x, y + 4, lots * LOT, 17, fill, stroke)
                if lots > 1:
                    yield text(
                        x + lots * LOT / 2, y + 17, str(lots), size=11, anchor="middle", colour=CARD if fill == BUY else INK
                    )
                x += lots * LOT
    y = TOP + len(PRICES) * ROW + 16
    for shift, each in enumerate(note):
        yield text(left, y + 17 * shift, each, colour=SOFT)
    for shift, each in enumerate(frame.effects or ["no effect"]):
        yield text(left, y + 40 + 17 * shift, each, bold=bool(frame.effects), colour=INK if frame.effects else FAINT, size=12)


# ── the bar model ───────────────────────────────────────────────────────────────────────────────────────────────────

BARS = (
    (1000, 1014, 992, 1008, 400),
    (1004, 1020, 985, 990, 400),
    (990, 996, 960, 972, 400),
    (972, 985, 952, 980, 400),
    (980, 1016, 974, 1010, 400),
    (1046, 1064, 1040, 1058, 400),
    (1058, 1104, 1052, 1096, 400),
    (1096, 1112, 1076, 1080, 400),
    (1080, 1086, 1022, 1030, 400),
    (1030, 1078, 978, 1040, 400),
)
STEP, LEFT, CHART_TOP, PER_TICK = 98, 70, 76, 2.5
HIGH, LOW = 1126, 944


@dataclass
class Track:
    """One order on the chart: before which bar it arrives, its label, and where that and the effects' words stand."""

    order: NewOrder
    arrives: int
    label: str
    label_dx: int = 2
    label_dy: int = -6
    told_dx: int = 10
    told_dy: int = 4
    told_anchor: str = "start"
    ends: float = 0.0
    marks: list[tuple[float, Effect]] = field(default_factory=list)


def tracks() -> list[Track]:
    return [
        Track(order(1, Side.BUY, 5), 1, "1 buy 5, market", told_dx=-6, told_dy=-44),
        Track(order(2, Side.BUY, 5, 960), 1, "2 buy 5, limit 960", label_dy=16, told_dy=10),
        Track(order(3, Side.SELL, 5, 1030), 4, "3 sell 5, limit 1030", told_dx=-10, told_dy=0, told_anchor="end"),
        Track(
            order(4, Side.SELL, 5, trail=60),
            6,
            "4 sell 5, trailing stop 60 behind",
            label_dx=4,
            label_dy=17,
            told_dx=85,
            told_dy=98,
            told_anchor="end",
        ),
        Track(order(5, Side.SELL, 60, 1070), 9, "5 sell 60, limit 1070", label_dx=59, label_dy=-8, told_dy=12),
        Track(order(6, Side.SELL, 30, trigger=990), 9, "6 sell 30, stop 990", label_dx=59, label_dy=18, told_dy=-2),
    ]


def candle(n: int) -> Candle:
    o, h, low, c, volume = BARS[n]
    return Candle(ID, n * MINUTE, (n + 1) * MINUTE, o, h, low, c, volume)


def run_bars(all_tracks: Sequence[Track]) -> None:
    """Let the model meet the bars; note on each track what it did and when."""
    model = BarModel()
    by_name = {track.order.client_order_id: track for track in all_tracks}
    for n in range(len(BARS)):
        for track in all_tracks:
            if track.arrives == n:
                model.submit(track.order, n * MINUTE)
        for effect in model.on_market(candle(n)):
            track = by_name[effect.order.client_order_id]
            at_open = isinstance(effect, Match | Triggered) and _at_open(effect, n)
            track.ends = n + (0.12 if at_open else 0.5)
            track.marks.append((track.ends, effect))


def _at_open(effect: Match | Triggered, n: int) -> bool:
    bar_open = BARS[n][0]
    if isinstance(effect, Match) and effect.liquidity is Liquidity.TAKER:
        return effect.order.type is OrderType.MARKET
    return effect.price == bar_open


def px(at: float) -> float:
    return LEFT + at * STEP


def py(price: float) -> float:
    return CHART_TOP + (HIGH - price) * PER_TICK


def bar_picture() -> Iterator[str]:
    all_tracks = tracks()
    run_bars(all_tracks)
    yield text(24, 32, "Bar model", size=19, bold=True)
    yield text(24, 54, "bars of 400 lots, of which our fills take at most 40; dashed: an order from its arrival on", colour=SOFT)
    for price in range(960, HIGH, 20):
        yield line(LEFT - 8, py(price), px(len(BARS)), py(price), RULE)
        yield text(LEFT - 14, py(price) + 4, str(price), colour=FAINT, anchor="end", size=12)
    for n in range(len(BARS)):
        yield from _candle(n)
    yield from _trail(next(t for t in all_tracks if t.order.trail is not None))
    for track in all_tracks:
        yield from _track(track)


def _candle(n: int) -> Iterator[str]:
    o, h, low, c, _ = BARS[n]
    middle = px(n + 0.5)
    yield line(middle, py(h), middle, py(low), FAINT, width=2)
    fill = "#dfe5ee" if c >= o else "#aeb8c8"
    yield box(px(n + 0.32), py(max(o, c)), STEP * 0.36, max(abs(o - c) * PER_TICK, 2), fill, FAINT)
    yield line(px(n + 0.22), py(o), px(n + 0.32), py(o), SOFT, width=2)
    yield text(middle, py(LOW) + 18, str(n), colour=FAINT, anchor="middle", size=12)


def _trail(track: Track) -> Iterator[str]:
    """The steps of the trailing stop's trigger, as `Trigger` itself moves it."""
    trigger = Trigger(track.order)
    for n in range(track.arrives, int(track.ends) + 1):
        o, h, low, _, _ = BARS[n]
        trigger.follow(o)
        assert trigger.level is not None
        yield line(px(n), py(trigger.level), px(min(n + 1, track.ends)), py(trigger.level), SELL, width=1.6, dash="5 4")
        if n == track.arrives:
            yield text(px(n) + track.label_dx, py(trigger.level) + track.label_dy, track.label, colour=SELL, size=12)
        before = trigger.level
        trigger.follow(low)
        trigger.follow(h)
        if n + 1 <= track.ends:
            yield line(px(n + 1), py(before), px(n + 1), py(trigger.level), SELL, width=1.6, dash="5 4")


def _track(track: Track) -> Iterator[str]:
    colour = BUY if track.order.side is Side.BUY else SELL
    level = track.order.price or track.order.trigger
    if level is not None:
        yield line(px(track.arrives), py(level), px(track.ends), py(level), colour, width=1.6, dash="5 4")
        yield text(px(track.arrives) + track.label_dx, py(level) + track.label_dy, track.label, colour=colour, size=12)
    matches = [(at, effect) for at, effect in track.marks if isinstance(effect, Match)]
    for at, match in matches:
        yield arrow(px(at), py(match.price), match.order.side)
    told = "; ".join(words(effect) for _, effect in track.marks)
    at, match = matches[-1]
    if level is None and track.order.trail is None:
        told = f"{track.label}: {told}"
    x, y = px(at) + track.told_dx, py(match.price) + track.told_dy
    yield text(x, y, told, colour=colour, size=12, anchor=track.told_anchor, bold=True)


PICTURES: dict[str, Callable[[], str]] = {
    "fills_book.svg": lambda: picture(1170, 425, "Book model: taking, queueing and firing", book_picture()),
    "fills_bar.svg": lambda: picture(1240, 570, "Bar model: opens, gaps, limits, stops and trailing stops", bar_picture()),
}


def main(arguments: Sequence[str]) -> int:
    stale = 0
    for name, draw in PICTURES.items():
        path, drawn = IMAGES / name, draw()
        if arguments == ["--check"]:
            if not path.exists() or path.read_text(encoding="utf-8") != drawn:
                sys.stderr.write(f"{name} is not what the models do now; run: python scripts/draw_fills.py\n")
                stale = 1
        else:
            path.write_text(drawn, encoding="utf-8")
    return stale


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
