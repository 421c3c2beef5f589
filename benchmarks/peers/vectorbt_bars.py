"""The EMA cross on vectorbt, in its own environment: `vectorbt_bars.py FOLDER BARS RUNS [sweep]`."""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path

began = time.perf_counter()
import vectorbt as vbt  # noqa: E402 - its import is measured

IMPORT_S = time.perf_counter() - began
import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402

FAST, SLOW, WARM_UP, QUANTITY, FEE, CASH = 20, 50, 500, 0.1, 0.001, 100_000.0
PAIRS = [(fast, slow) for fast in range(5, 55, 5) for slow in range(60, 260, 20)]


def backtest(close, opened):
    fast = vbt.MA.run(close, FAST, ewm=True).ma
    slow = vbt.MA.run(close, SLOW, ewm=True).ma
    wanted = fast > slow
    wanted.iloc[:WARM_UP] = False
    wanted = wanted.shift(1, fill_value=False)  # decided at the close, filled at the next open
    book = vbt.Portfolio.from_signals(close, wanted, ~wanted, price=opened, size=QUANTITY, fees=FEE, init_cash=CASH, freq="1min")
    orders = book.orders.records
    return len(orders), float(book.final_value() - CASH), float(orders["fees"].sum()), float(book.max_drawdown())


def sweep(close, opened):
    fast = vbt.MA.run(close, [pair[0] for pair in PAIRS], ewm=True, short_name="fast").ma
    slow = vbt.MA.run(close, [pair[1] for pair in PAIRS], ewm=True, short_name="slow").ma
    wanted = fast.to_numpy() > slow.to_numpy()
    wanted[:WARM_UP] = False
    wanted = np.vstack([np.zeros((1, wanted.shape[1]), bool), wanted[:-1]])
    frame = pd.DataFrame(wanted, index=close.index)
    book = vbt.Portfolio.from_signals(close, frame, ~frame, price=opened, size=QUANTITY, fees=FEE, init_cash=CASH, freq="1min")
    return len(book.orders.records), float((book.final_value() - CASH).sum())


def peak_mib():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def main():
    folder, count, runs = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    columns = {name: np.load(folder / f"{name}.npy")[:count] for name in ("ts", "open", "close")}
    index = pd.DatetimeIndex(columns["ts"].view("M8[ns]"))
    close, opened = pd.Series(columns["close"], index), pd.Series(columns["open"], index)
    work = sweep if "sweep" in sys.argv else backtest
    seconds, wall, result = [], [], None
    for _ in range(runs + 1):
        gc.collect()
        clock, cpu = time.perf_counter(), time.process_time()
        result = work(close, opened)
        wall.append(time.perf_counter() - clock)
        seconds.append(time.process_time() - cpu)
    figures = {
        "name": "vectorbt", "version": vbt.__version__, "seconds": seconds[1:], "wall": wall[1:], "first_s": wall[0],
        "fills": result[0], "pnl": result[1], "import_s": IMPORT_S, "peak_mib": peak_mib(),
    }  # fmt: skip
    print("RESULT " + json.dumps(figures), flush=True)


main()
