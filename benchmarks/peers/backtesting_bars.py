"""The EMA cross on backtesting.py, in its own environment: `backtesting_bars.py FOLDER BARS RUNS`.

It trades whole units: a price times 0.1 and 1 unit is the same money as the price and 0.1 unit.
"""

from __future__ import annotations

import gc
import json
import sys
import time
import warnings
from pathlib import Path

import backtesting
import numpy as np
import pandas as pd
from backtesting import Backtest, Strategy

warnings.filterwarnings("ignore")
backtesting.backtesting._tqdm = lambda rows, **_: rows  # no progress bar

FAST, SLOW, WARM_UP, QUANTITY, FEE, CASH = 20, 50, 500, 0.1, 0.001, 100_000.0
COLUMNS = ("open", "high", "low", "close", "volume")


def mean(values, bars):
    return pd.Series(values).ewm(span=bars, adjust=False).mean()


class Cross(Strategy):
    def init(self):
        self.fast = self.I(mean, self.data.Close, FAST)
        self.slow = self.I(mean, self.data.Close, SLOW)

    def next(self):
        if len(self.data) <= WARM_UP:
            return
        if self.fast[-1] > self.slow[-1]:
            if not self.position:
                self.buy(size=1)
        elif self.position:
            self.position.close()


def peak_mib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main():
    folder, count, runs = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    index = pd.DatetimeIndex(np.load(folder / "ts.npy")[:count].view("M8[ns]"))
    frame = pd.DataFrame(
        {name.title(): np.load(folder / f"{name}.npy")[:count] * (1 if name == "volume" else QUANTITY) for name in COLUMNS},
        index=index,
    )
    seconds, wall, result = [], [], None
    for _ in range(runs):
        gc.collect()
        backtest = Backtest(frame, Cross, cash=CASH, commission=FEE)
        clock, cpu = time.perf_counter(), time.process_time()
        result = backtest.run()
        wall.append(time.perf_counter() - clock)
        seconds.append(time.process_time() - cpu)
    fills = 2 * len(result["_trades"]) + len(result["_strategy"].trades)
    figures = {
        "name": "backtesting.py", "version": backtesting.__version__, "seconds": seconds, "wall": wall, "fills": fills,
        "pnl": result["Equity Final [$]"] - CASH, "peak_mib": peak_mib(),
    }  # fmt: skip
    print("RESULT " + json.dumps(figures), flush=True)


main()
