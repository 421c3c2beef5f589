"""A recorded depth and trade feed as a market: one step is one recorded depth update with the trades before it.

The form: gzip or plain text, one message a line, `receive-time-ns SPACE json`. Messages are `depthUpdate` increments
(`U` first and `u` last sequence, `b`, `a`), `trade`s (`T` ms, `p`, `q`, `m` buyer is maker), one REST snapshot
(`lastUpdateId`, `bids`, `asks`) or more, and `bookTicker`s, which say nothing the depth does not. Alignment as the
venue that recorded it prescribes: increments up to the snapshot are dropped, the first applied one satisfies
U <= lastUpdateId + 1 <= u, and every later one follows its predecessor without a gap. A gap ends in an error unless a
later snapshot repairs it. A trade belongs to the first update that is not older than it by the venue's own time, whatever
the order of arrival; trades before the snapshot and after the last update are left out.
"""

from __future__ import annotations

import gzip
import hashlib
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias

import orjson

from golive.model.instrument import Instrument
from golive.model.market import Level
from golive.model.order import Side

from ..errors import UsageError
from ..exchange.bar import SECOND, Bar
from ..exchange.market import Print, Update
from .base import SourceFacts, Step
from .catalog import instrument_id
from .number import decimals_seen, lot_decimals, scaled

_MIN_QUANTITY = Decimal("0.00001")
_MILLISECOND = 1_000_000
_Levels: TypeAlias = list[list[str]]


@dataclass(slots=True)
class FeedStep:
    """One depth update as recorded (texts), with the trades before it; a snapshot replaces the book."""

    ts: int
    bids: _Levels
    asks: _Levels
    is_snapshot: bool = False
    trades: list[tuple[int, str, str, bool]] = field(default_factory=list)


class Feed:
    """A source of one recorded feed; the whole recording is checked when it is opened."""

    def __init__(self, path: Path, symbol: str, *, timeframe: str, steps: int | None) -> None:
        raw = _read(path)
        self._steps = align(path, raw)
        self._start = self._steps[0]
        self._steps = self._steps[1:]
        if steps is not None:
            self._steps = self._steps[:steps]
        every = [self._start, *self._steps]
        self._decimals = decimals_seen(level[0] for step in every for level in (*step.bids, *step.asks))
        self._decimals = max(self._decimals, decimals_seen(trade[1] for step in every for trade in step.trades))
        self._lot_decimals = lot_decimals(self._decimals)
        lot = Decimal(1).scaleb(-self._lot_decimals)
        self._instrument = Instrument(
            id=instrument_id(symbol),
            tick_size=Decimal(1).scaleb(-self._decimals),
            lot_size=lot,
            min_quantity=max(1, int(_MIN_QUANTITY / lot)),
            max_quantity=10**12,
        )
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self.facts = SourceFacts("feed", "book", self._start.ts, len(self._steps), timeframe, path.name, digest)

    @property
    def instruments(self) -> Sequence[Instrument]:
        return [self._instrument]

    @property
    def base_bar(self) -> Bar:
        return Bar(SECOND)

    @property
    def builds_candles(self) -> bool:
        return True

    def history(self) -> Iterator[Step]:
        yield self._step(self._start)

    def steps(self) -> Iterator[Step]:
        for step in self._steps:
            yield self._step(step)

    def _step(self, step: FeedStep) -> Step:
        prints = [
            Print(
                ts, scaled(price, self._decimals), scaled(quantity, self._lot_decimals), Side.SELL if buyer_is_maker else Side.BUY
            )
            for ts, price, quantity, buyer_is_maker in step.trades
        ]
        update = Update(step.ts, prints, self._levels(step.bids), self._levels(step.asks), is_snapshot=step.is_snapshot)
        return Step(step.ts, {self._instrument.id.symbol: update})

    def _levels(self, levels: _Levels) -> list[Level]:
        return [(scaled(price, self._decimals), scaled(quantity, self._lot_decimals)) for price, quantity in levels]


def looks_like_feed(path: Path) -> bool:
    """Say whether the first line of a file has the form `digits SPACE {`."""
    try:
        with path.open("rb") as plain:
            is_gzip = plain.read(2) == b"\x1f\x8b"
        with gzip.open(path) if is_gzip else path.open("rb") as stream:
            line = stream.read(64)
    except (OSError, EOFError):
        return False
    stamp, _, rest = line.partition(b" ")
    return stamp.isdigit() and rest.lstrip().startswith(b"{")


def _read(path: Path) -> list[bytes]:
    try:
        raw = path.read_bytes()
        if raw[:2] == b"\x1f\x8b":
            raw = gzip.decompress(raw)
    except (OSError, EOFError) as exc:
        raise UsageError(f"--data {path}: cannot be read ({exc}); is the file complete?") from exc
    return raw.splitlines()


class _Alignment:
    """Where the recording stands relative to its snapshot."""

    def __init__(self) -> None:
        self.steps: list[FeedStep] = []
        self.last: int | None = None
        """sequence of the newest applied state, None before a snapshot and after a gap"""
        self.is_fresh = False
        """the newest applied state is a snapshot"""
        self.gap = ""
        self._ts = 0
        self.trades: list[tuple[int, str, str, bool]] = []
        self._pending: list[tuple[int, int, int, _Levels, _Levels]] = []

    def trade(self, data: Mapping[str, object]) -> None:
        ts, price, quantity = data["T"], data["p"], data["q"]
        if not (isinstance(ts, int) and isinstance(price, str) and isinstance(quantity, str)):
            raise ValueError("a trade needs T (ms), p and q")
        self.trades.append((ts * _MILLISECOND, price, quantity, data["m"] is True))

    def snapshot(self, data: Mapping[str, object], received: int) -> None:
        sequence = data["lastUpdateId"]
        if not isinstance(sequence, int):
            raise ValueError("lastUpdateId is not an integer")
        held = [row[2] for row in self._pending if row[1] <= sequence]
        following = [row[2] - _MILLISECOND for row in self._pending if row[1] > sequence]
        ts = max(self._ts, *held) if held else max(self._ts, following[0] if following else 0) or received
        self._append(ts, _levels(data["bids"]), _levels(data["asks"]), is_snapshot=True)
        self.last, self.is_fresh, self.gap = sequence, True, ""
        for pending in self._pending:
            self._apply(*pending)
        self._pending.clear()

    def depth(self, data: Mapping[str, object], place: str) -> None:
        first, last, moment = data["U"], data["u"], data["E"]
        if not (isinstance(first, int) and isinstance(last, int) and isinstance(moment, int)):
            raise ValueError("a depth update needs integer U, u and E")
        row = (first, last, moment * _MILLISECOND, _levels(data["b"]), _levels(data["a"]))
        if self.last is None:
            self._pending.append(row)
        elif not self._apply(*row):
            self.gap = f"{place}: depth update U={first} does not follow u={self.last}"
            self.last = None
            self._pending = [row]

    def _apply(self, first: int, last: int, ts: int, bids: _Levels, asks: _Levels) -> bool:
        """Apply one increment; False for a gap. What the snapshot already holds is dropped."""
        assert self.last is not None
        if last <= self.last:
            return self.is_fresh
        follows = first <= self.last + 1 <= last if self.is_fresh else first == self.last + 1
        if not follows:
            return False
        self.last, self.is_fresh = last, False
        self._append(ts, bids, asks, is_snapshot=False)
        return True

    def _append(self, ts: int, bids: _Levels, asks: _Levels, *, is_snapshot: bool) -> None:
        self._ts = max(self._ts, ts)
        self.steps.append(FeedStep(self._ts, bids, asks, is_snapshot))


def align(path: Path, lines: Sequence[bytes]) -> list[FeedStep]:
    """Return the aligned steps, the snapshot first; UsageError names the line of what is broken."""
    state = _Alignment()
    for number, line in enumerate(lines, start=1):
        if not line:
            continue
        place = f"{path}:{number}"
        received, _, text = line.partition(b" ")
        try:
            message = orjson.loads(text)
            data = message.get("data", message)
            if "lastUpdateId" in data:
                state.snapshot(data, int(received))
            elif data.get("e") == "depthUpdate":
                state.depth(data, place)
            elif data.get("e") == "trade":
                state.trade(data)
            elif "stream" not in message:
                raise ValueError("neither a stream message nor a snapshot")
        except (ValueError, KeyError, TypeError, AttributeError) as exc:
            raise UsageError(f"{place}: not a feed message ({exc}); expected 'receive-ns {{json}}'") from exc
    if state.gap:
        raise UsageError(f"{state.gap}; the recording has a gap and no later snapshot: cut it before this line")
    if len(state.steps) < 2:
        raise UsageError(f"{path}: no snapshot with depth updates after it; the recording cannot be aligned")
    times = [step.ts for step in state.steps]
    for trade in sorted(state.trades, key=lambda t: t[0]):
        at = bisect_left(times, trade[0])
        if 0 < at < len(times):
            state.steps[at].trades.append(trade)
    return state.steps


def _levels(value: object) -> _Levels:
    if not isinstance(value, list) or not all(isinstance(level, list) and len(level) >= 2 for level in value):
        raise ValueError("levels are not lists of [price, quantity]")
    return [level[:2] for level in value]
