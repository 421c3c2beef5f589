"""The maker on nautilus_trader, in its own environment: `tick_nautilus.py FILE EVENTS RUNS` (one run each process).

Quotes and trades as its own ticks, an L1 book, own order handles (faster for it than canceling all).
"""

from __future__ import annotations

import json
import sys
import time

import nautilus_trader
import numpy as np
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money
from nautilus_trader.persistence.wranglers import QuoteTickDataWrangler, TradeTickDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

INSTRUMENT = TestInstrumentProvider.btcusdt_binance()
SECOND = 1_000_000_000


class Maker(Strategy):
    def __init__(self):
        super().__init__(StrategyConfig())
        self.fills = self.quotes = self.last = 0
        self.held, self.mine = 0.0, []

    def on_start(self):
        self.size = self.cache.instrument(INSTRUMENT.id).make_qty(0.1)
        self.subscribe_quote_ticks(INSTRUMENT.id)

    def on_quote_tick(self, tick):
        if tick.ts_event - self.last < SECOND:
            return
        self.last = tick.ts_event
        for order in self.mine:
            if order.is_open:
                self.cancel_order(order)
        self.mine = []
        if self.held < 1.0:
            self.quote(OrderSide.BUY, tick.bid_price)
        if self.held > -1.0:
            self.quote(OrderSide.SELL, tick.ask_price)

    def quote(self, side, price):
        order = self.order_factory.limit(INSTRUMENT.id, side, self.size, price, post_only=True)
        self.mine.append(order)
        self.quotes += 1
        self.submit_order(order)

    def on_order_filled(self, event):
        self.fills += 1
        self.held += float(event.last_qty) * (1 if event.order_side == OrderSide.BUY else -1)


def ticks(events):
    quotes, trades = events[events["kind"] == 0], events[events["kind"] > 0]
    sizes = {"bid_price": quotes["bid"], "ask_price": quotes["ask"], "bid_size": quotes["bq"], "ask_size": quotes["aq"]}
    quote_frame = pd.DataFrame(sizes, index=pd.DatetimeIndex(quotes["ts"].view("M8[ns]"), tz="UTC"))
    prints = {
        "price": trades["px"], "quantity": trades["qty"], "side": np.where(trades["kind"] == 1, "BUY", "SELL"),
        "trade_id": [str(n) for n in range(len(trades))],
    }  # fmt: skip
    trade_frame = pd.DataFrame(prints, index=pd.DatetimeIndex(trades["ts"].view("M8[ns]"), tz="UTC"))
    return QuoteTickDataWrangler(INSTRUMENT).process(quote_frame), TradeTickDataWrangler(INSTRUMENT).process(trade_frame)


def main():
    file, count = sys.argv[1], int(sys.argv[2])
    events = np.load(file)[:count]
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(
        Venue("BINANCE"), OmsType.NETTING, AccountType.CASH, base_currency=None,
        starting_balances=[Money(1_000_000, USDT), Money(20, BTC)],
    )  # fmt: skip
    engine.add_instrument(INSTRUMENT)
    quotes, trades = ticks(events)
    engine.add_data(quotes, sort=False)
    engine.add_data(trades, sort=True)
    maker = Maker()
    engine.add_strategy(maker)
    began = time.process_time()
    engine.run()
    figures = {
        "name": "nautilus_trader", "version": nautilus_trader.__version__, "events": count,
        "seconds": [time.process_time() - began], "quotes": maker.quotes, "fills": maker.fills, "position": maker.held,
    }  # fmt: skip
    print("RESULT " + json.dumps(figures), flush=True)


main()
