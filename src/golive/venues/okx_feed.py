"""OKX v5 market channels: `books`, `trades` and candles, turned into events; the local books are kept here.

`books`: a snapshot (`prevSeqId` −1) and deltas whose `prevSeqId` must equal the `seqId` before; an update may repeat
its number when nothing changed. Source: VENUES §4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from golive.model.market import Level, MarketEvent, Trade

from .converters import grid_reader, side_of, text, time_ns
from .dialect import FeedGap, Link
from .local_book import LocalBook
from .okx_payload import candle_from

BOOK_DEPTH: Final = 50
"""levels per side of an emitted book"""


def refusal_of(message: Mapping[str, object]) -> tuple[str, ...]:
    """Return the code of an `error` event (`channel-conn-count-error` and the like included), () for others."""
    event = message.get("event")
    if not isinstance(event, str) or not event.endswith("error"):
        return ()
    return (str(message.get("code", ""))[:40],)


class _BookState:
    def __init__(self, instrument: Instrument) -> None:
        self.book = LocalBook(instrument, BOOK_DEPTH)
        self.sequence: int | None = None
        self.ticks = grid_reader(instrument.tick_size, instrument.ticks)
        self.lots = grid_reader(instrument.lot_size, instrument.lots)


class OkxFeed:
    """The feed of one stream; `by_id` maps `BTC-USDT` to its instrument."""

    exact_numbers = False
    is_private = False

    def __init__(
        self,
        by_id: Mapping[str, Instrument],
        *,
        bar: str | None,
        period_ns: int,
        book: bool,
        trades: bool,
        sink: Callable[[MarketEvent], None],
    ) -> None:
        self._by_id = by_id
        self._period_ns = period_ns
        self._sink = sink
        self._books = {inst_id: _BookState(instrument) for inst_id, instrument in by_id.items()}
        self._last_candle: dict[str, int] = {}
        self._take: dict[str, Callable[[str, list[object], Mapping[str, object]], None]] = {}
        channels: dict[str, list[str]] = {"public": [], "business": []}
        if bar is not None:
            channels["business"].append(f"candle{bar}")
            self._take[f"candle{bar}"] = self._candles
        if book:
            channels["public"].append("books")
            self._take["books"] = self._book
        if trades:
            channels["public"].append("trades")
            self._take["trades"] = self._trades
        self.links = tuple(self._link(access, names) for access, names in channels.items() if names)

    def _link(self, access: str, channels: list[str]) -> Link:
        topics = [(channel, inst_id) for channel in channels for inst_id in self._by_id]
        return Link(
            access=access,
            keys=tuple(f"{channel}:{inst_id}" for channel, inst_id in topics),
            needs_snapshot=frozenset(f"books:{inst_id}" for channel, inst_id in topics if channel == "books"),
            subscriptions=({"op": "subscribe", "args": [{"channel": c, "instId": i} for c, i in topics]},),
        )

    def reset(self, link: Link) -> None:
        if link.needs_snapshot:
            for state in self._books.values():
                state.book.clear()
                state.sequence = None

    def acknowledged(self, message: Mapping[str, object]) -> str | None:
        arg = message.get("arg")
        if message.get("event") != "subscribe" or not isinstance(arg, dict):
            return None
        return f"{arg.get('channel')}:{arg.get('instId')}"

    def refused(self, message: Mapping[str, object]) -> tuple[str, ...]:
        return refusal_of(message)

    def is_data(self, message: Mapping[str, object]) -> bool:
        return "data" in message and "event" not in message

    def take(self, message: Mapping[str, object]) -> str:
        arg = message.get("arg")
        data = message["data"]
        if not isinstance(arg, dict) or not isinstance(data, list):
            raise MalformedPayload("stream: a data message without 'arg' or with 'data' that is not a list")
        channel, inst_id = arg.get("channel"), arg.get("instId")
        take = self._take.get(channel) if isinstance(channel, str) else None
        if take is None or not isinstance(inst_id, str) or inst_id not in self._by_id:
            raise MalformedPayload(f"stream: channel {channel!r:.40} of {inst_id!r:.40} was not asked for")
        take(inst_id, data, message)
        return f"{channel}:{inst_id}"

    # channels

    def _candles(self, inst_id: str, data: list[object], _message: Mapping[str, object]) -> None:
        for row in data:
            candle = candle_from(row, self._by_id[inst_id], self._period_ns)
            if candle is not None and candle.opened_at > self._last_candle.get(inst_id, -1):
                self._last_candle[inst_id] = candle.opened_at
                self._sink(candle)

    def _trades(self, inst_id: str, data: list[object], _message: Mapping[str, object]) -> None:
        instrument, state = self._by_id[inst_id], self._books[inst_id]
        for row in data:
            if not isinstance(row, dict):
                raise MalformedPayload(f"trade: {row!r:.60} is not an object")
            price, quantity = text(row, "px", "trade"), text(row, "sz", "trade")
            self._sink(
                Trade(
                    instrument.id,
                    time_ns(row.get("ts"), "trade: field 'ts'"),
                    state.ticks(price),
                    state.lots(quantity),
                    side_of(row.get("side"), "trade"),
                    text(row, "tradeId", "trade"),
                )
            )

    def _book(self, inst_id: str, data: list[object], message: Mapping[str, object]) -> None:
        state = self._books[inst_id]
        for row in data:
            if not isinstance(row, dict):
                raise MalformedPayload(f"book: {row!r:.60} is not an object")
            self._follow(state, row, snapshot=message.get("action") == "snapshot")
            state.book.update(_levels(row, "bids", state), _levels(row, "asks", state))
            if state.book.is_crossed:
                raise FeedGap(f"book of {inst_id} is crossed after sequence {state.sequence}")
            self._sink(state.book.view(time_ns(row.get("ts"), "book: field 'ts'")))

    def _follow(self, state: _BookState, row: Mapping[str, object], *, snapshot: bool) -> None:
        sequence, previous = row.get("seqId"), row.get("prevSeqId")
        if type(sequence) is not int or type(previous) is not int:
            raise MalformedPayload(f"book: fields 'seqId' {sequence!r:.40} and 'prevSeqId' {previous!r:.40} are not integers")
        if snapshot:
            state.book.clear()
        elif state.sequence is None or previous != state.sequence:
            raise FeedGap(f"book: update follows {previous}, ours stands at {state.sequence}")
        state.sequence = sequence


def _levels(row: Mapping[str, object], name: str, state: _BookState) -> list[Level]:
    side = row.get(name)
    if not isinstance(side, list) or not all(type(level) is list for level in side):
        raise MalformedPayload(f"book: field {name!r} is not a list of lists")
    ticks, lots = state.ticks, state.lots
    try:
        return [(ticks(level[0]), 0 if level[1] == "0" else lots(level[1])) for level in side]
    except (IndexError, TypeError) as exc:
        raise MalformedPayload(f"book: field {name!r} holds a level that is not [price, quantity, …]") from exc
