"""Bybit: candles of any age, 1000 a page. Source: Bybit API v5, "Get Kline"."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from golive.model.clock import MILLISECOND
from golive.model.errors import MalformedPayload
from golive.model.instrument import Instrument
from golive.model.market import Candle

from .bybit_payload import CATEGORY, candle_from, symbol_of
from .dialect import Payload, Request

_PAGE: Final = 1000


class BybitHistory:
    """`end` bounds the opening time and is included. A row does not say whether it is closed: ask for nothing that may not be."""

    def older_candles(self, instrument: Instrument, bar: str, before: int) -> Request:
        asked = {"category": CATEGORY, "symbol": symbol_of(instrument), "interval": bar}
        return Request("v5/market/kline", {**asked, "end": str(before // MILLISECOND - 1), "limit": str(_PAGE)})

    def read_older_candles(self, payload: Payload, instrument: Instrument, period_ns: int) -> tuple[Candle, ...]:
        assert isinstance(payload, Mapping)
        result = payload.get("result")
        rows = result.get("list") if isinstance(result, Mapping) else None
        if not isinstance(rows, list):
            raise MalformedPayload("candles: field 'list' is not a list")
        return tuple(sorted((candle_from(row, instrument, period_ns) for row in rows), key=lambda candle: candle.opened_at))
