"""OKX: candles of any age, 300 a page, closed ones only. Source: OKX API v5, "Get candlesticks history"."""

from __future__ import annotations

from typing import Final

from golive.model.clock import MILLISECOND
from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from golive.model.market import Candle

from .dialect import Payload, Request
from .okx_payload import candle_from, inst_id_of

_PAGE: Final = 300


class OkxHistory:
    """`after` asks for what is older, as OKX names it; where a page is smaller than asked for, only more pages are needed."""

    def older_candles(self, instrument: Instrument, bar: str, before: int) -> Request:
        asked = {"instId": inst_id_of(instrument), "bar": bar, "after": str(before // MILLISECOND), "limit": str(_PAGE)}
        return Request("market/history-candles", asked)

    def read_older_candles(self, payload: Payload, instrument: Instrument, period_ns: int) -> tuple[Candle, ...]:
        assert isinstance(payload, dict)
        rows = payload["data"]
        assert isinstance(rows, list)
        read = [candle_from(row, instrument, period_ns) for row in rows]
        if None in read:
            raise MalformedPayload("candles: one of the past is not closed")
        return tuple(sorted((candle for candle in read if candle is not None), key=lambda candle: candle.opened_at))
