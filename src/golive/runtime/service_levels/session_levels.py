"""The service levels of one session: when its risk is up, how long its decisions took, and how well its orders did."""

from __future__ import annotations

import time
from collections.abc import Mapping
from fractions import Fraction

from golive.engine import Engine
from golive.execution.trade_quality import TradeQuality
from golive.model.clock import MILLISECOND
from golive.model.command import Record
from golive.model.decision import Approved
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.indicator import DECISION_LATENCY, Indicator
from golive.model.instrument import Instrument
from golive.model.order import Fill, OrderUpdate

from ..drive import Inbox
from .tap import IndicatorTap

_ENDS = frozenset({"order_canceled", "order_executed", "order_failed"})


class SessionLevels:
    """Hears what the session's journal takes, and looks at the engine after each step."""

    def __init__(self, tap: IndicatorTap, engine: Engine, instruments: Mapping[InstrumentId, Instrument]) -> None:
        self._tap = tap
        self._engine = engine
        self._instruments = instruments
        self._quality = TradeQuality(instruments, self._tell)
        self._candles = engine.candles

    def record(self, record: Record) -> None:
        """Take a record of the decision journal, after the engine has said it."""
        if isinstance(record.verdict, Approved):
            order = record.verdict.order
            reference = self._instruments[order.instrument].ticks_nearest(str(record.body["reference_price"]))
            self._quality.judged(order.client_order_id, reference)
        elif record.event in _ENDS:
            self._quality.ended(self._engine.orders[ClientOrderId(str(record.body["client_order_id"]))])

    def news(self, news: Fill | OrderUpdate) -> None:
        """Take a fact about an order, before the engine is told."""
        if isinstance(news, Fill):
            self._quality.filled(news)

    def stepped(self, inbox: Inbox) -> None:
        """Take that all the last events of the market asked for is durable and done.

        Each candle decided on counts from the arrival of the first event that was taken with it: never too little.
        """
        decided, self._candles = self._engine.candles - self._candles, self._engine.candles
        if decided and inbox.taken_at is not None and not inbox.repeats:
            milliseconds = (time.monotonic_ns() - inbox.taken_at) / MILLISECOND
            for _ in range(decided):
                self._tap.put(DECISION_LATENCY, milliseconds)

    def _tell(self, indicator: Indicator, value: Fraction, venue: str) -> None:
        self._tap.put(indicator, value, venue)
