"""The EMA cross on nautilus_trader, in its own environment: `nautilus_bars.py FOLDER BARS RUNS` (one run each process).

Orders fill at the bar's close, which is the next open here; should the last bar signal, it fills one order more than others.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import nautilus_trader
import numpy as np
import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model.currencies import BTC, USDT
from nautilus_trader.model.data import BarType
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide
from nautilus_trader.model.identifiers import Venue
from nautilus_trader.model.objects import Money
from nautilus_trader.persistence.wranglers import BarDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

FAST, SLOW, WARM_UP, QUANTITY, CASH = 20, 50, 500, 0.1, 100_000.0
INSTRUMENT = TestInstrumentProvider.btcusdt_binance()
BARS = BarType.from_str(f"{INSTRUMENT.id}-1-MINUTE-LAST-EXTERNAL")
MINUTE = 60_000_000_000


class Cross(Strategy):
    def __init__(self):
        super().__init__(StrategyConfig())
        self.fast, self.slow = ExponentialMovingAverage(FAST), ExponentialMovingAverage(SLOW)
        self.seen = self.fills = 0
        self.is_long = False

    def on_start(self):
        self.size = self.cache.instrument(INSTRUMENT.id).make_qty(QUANTITY)
        self.register_indicator_for_bars(BARS, self.fast)
        self.register_indicator_for_bars(BARS, self.slow)
        self.subscribe_bars(BARS)

    def on_bar(self, bar):
        self.seen += 1
        if self.seen <= WARM_UP:
            return
        if self.fast.value > self.slow.value:
            if not self.is_long:
                self.is_long = True
                self.submit_order(self.order_factory.market(INSTRUMENT.id, OrderSide.BUY, self.size))
        elif self.is_long:
            self.is_long = False
            self.submit_order(self.order_factory.market(INSTRUMENT.id, OrderSide.SELL, self.size))

    def on_order_filled(self, event):
        self.fills += 1


def peak_mib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main():
    folder, count = Path(sys.argv[1]), int(sys.argv[2])
    columns = {name: np.load(folder / f"{name}.npy")[:count] for name in ("open", "high", "low", "close", "volume")}
    index = pd.DatetimeIndex(np.load(folder / "ts.npy")[:count].view("M8[ns]"), tz="UTC")
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    venue = Venue("BINANCE")
    engine.add_venue(
        venue, OmsType.NETTING, AccountType.CASH, base_currency=None, starting_balances=[Money(CASH, USDT), Money(0, BTC)]
    )
    engine.add_instrument(INSTRUMENT)
    engine.add_data(BarDataWrangler(BARS, INSTRUMENT).process(pd.DataFrame(columns, index=index), ts_init_delta=MINUTE))
    cross = Cross()
    engine.add_strategy(cross)
    clock, cpu = time.perf_counter(), time.process_time()
    engine.run()
    wall, seconds = time.perf_counter() - clock, time.process_time() - cpu
    account = engine.cache.account_for_venue(venue)
    quote, base = float(account.balance_total(USDT)), float(account.balance_total(BTC) or 0)
    figures = {
        "name": "nautilus_trader", "version": nautilus_trader.__version__, "seconds": [seconds], "wall": [wall],
        "fills": cross.fills, "pnl": quote + base * float(columns["close"][-1]) - CASH, "peak_mib": peak_mib(),
    }  # fmt: skip
    print("RESULT " + json.dumps(figures), flush=True)


main()
