"""Kraken: trades of any age, 1000 a page, by the nanosecond after which they come. Source: Kraken, "Get Recent Trades"."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from golive.model.market import Trade
from golive.model.order import Side

from .dialect import Payload, Request
from .history import NumberedTrade
from .kraken_names import pair_name
from .kraken_payload import of_pair, seconds_ns

_SIDES: Final = {"b": Side.BUY, "s": Side.SELL}


class KrakenHistory:
    """The list of candles reaches back 720, the running one included."""

    recent_candles = 719

    def __init__(self, charges: dict[str, int]) -> None:
        """`charges`: what a call counts in the venue's own scopes."""
        self._charges = charges

    def later_trades(self, instrument: Instrument, after: int) -> Request:
        return Request("Trades", {"pair": pair_name(instrument), "since": str(after)}, charges=self._charges)

    def read_later_trades(self, payload: Payload, instrument: Instrument) -> tuple[NumberedTrade, ...]:
        rows = of_pair(payload, instrument, "trades")
        if not isinstance(rows, list):
            raise MalformedPayload("trades: not a list")
        read = tuple(_trade(row, instrument) for row in rows)
        if any(one.number >= other.number for one, other in pairwise(read)):
            raise MalformedPayload("trades: their numbers do not rise")
        return read


def _trade(row: object, instrument: Instrument) -> NumberedTrade:
    """Read `[price, volume, time, side, order type, misc, number]`; old prices may be off the grid of today."""
    if not isinstance(row, list) or len(row) < 7 or not isinstance(row[0], str) or not isinstance(row[1], str):
        raise MalformedPayload(f"trade: {row!r:.80} is not [price, volume, time, side, type, misc, number]")
    side, number = _SIDES.get(str(row[3])), row[6]
    if side is None or type(number) is not int:
        raise MalformedPayload(f"trade: {row!r:.80} has no side or no number")
    ts = seconds_ns(row[2], "trade: time")
    price, quantity = instrument.ticks_nearest(row[0]), instrument.lots_down(row[1])
    return NumberedTrade(number, Trade(instrument.id, ts, price, quantity, side, str(number)))
