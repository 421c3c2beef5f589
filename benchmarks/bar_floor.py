"""The floor of a backtest: the EMA cross, its orders, fills, fees and equity as one compiled loop over floats.

`python -m benchmarks.bar_floor FOLDER BARS RUNS`; with `sweep` behind it, a hundred pairs of averages on two threads.
What remains when everything general is taken away: no rules, no risk, no stops, no exact money, one instrument, one strategy.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from golive.matching.compiled import compiled

from .bar_data import CASH, FAST, FEE, QUANTITY, SLOW, WARM_UP, load_bars, pairs, peak_mib
from .contender import report


@compiled
def backtest(
    ts: Any, opened: Any, close: Any, fast: float, slow: float, quantity: float, fee: float, start: float, warm_up: int,
    fills: Any, equity: Any,
) -> Any:  # fmt: skip
    """Return fills, equity at the end, fees and the deepest drawdown."""
    fast_share, slow_share = 2.0 / (fast + 1.0), 2.0 / (slow + 1.0)
    fast_mean = slow_mean = close[0]
    cash, position, fees, peak, drawdown = start, 0.0, 0.0, start, 0.0
    count, order, pending = 0, 0, 0
    for i in range(close.shape[0]):
        if pending != 0:
            price = opened[i]
            charged = price * quantity * fee
            cash -= pending * price * quantity + charged
            position += pending * quantity
            fees += charged
            fills[count, 0] = ts[i]
            fills[count, 1] = order
            fills[count, 2] = pending
            fills[count, 3] = price
            fills[count, 4] = charged
            count += 1
            pending = 0
        fast_mean += fast_share * (close[i] - fast_mean)
        slow_mean += slow_share * (close[i] - slow_mean)
        worth = cash + position * close[i]
        equity[i] = worth
        if worth > peak:
            peak = worth
        elif (peak - worth) / peak > drawdown:
            drawdown = (peak - worth) / peak
        if i >= warm_up:
            if fast_mean > slow_mean:
                if position == 0.0:
                    pending = 1
                    order += 1
            elif position > 0.0:
                pending = -1
                order += 1
        if position < 1e-12:
            position = 0.0
    return count, cash + position * close[-1], fees, drawdown


_MONEY: Final[Any] = (float(QUANTITY), float(FEE), float(CASH), WARM_UP)


def _once(columns: dict[str, Any], runs: int) -> None:
    import numpy as np

    count = len(columns["ts"])
    fills, equity = np.empty((count, 5)), np.empty(count)
    work = (columns["ts"], columns["open"], columns["close"], float(FAST), float(SLOW), *_MONEY, fills, equity)
    seconds, result = [], (0, 0.0, 0.0, 0.0)
    for _ in range(runs + 1):
        began = time.process_time()
        result = backtest(*work)
        seconds.append(time.process_time() - began)
    report(
        name="floor", seconds=seconds[1:], wall=seconds[1:], fills=result[0], pnl=result[1] - float(CASH), fees=result[2],
        peak_mib=peak_mib(),
    )  # fmt: skip


def _sweep(columns: dict[str, Any], runs: int, threads: int = 2) -> None:
    import numpy as np

    count, work = len(columns["ts"]), pairs()
    memory = [(np.empty((count, 5)), np.empty(count)) for _ in range(threads)]

    def part(thread: int) -> list[Any]:
        of_all = (columns["ts"], columns["open"], columns["close"])
        return [backtest(*of_all, float(f), float(s), *_MONEY, *memory[thread]) for f, s in work[thread::threads]]

    seconds, wall, results = [], [], []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(runs + 1):
            began, cpu = time.perf_counter(), time.process_time()
            results = [one for each in pool.map(part, range(threads)) for one in each]
            wall.append(time.perf_counter() - began)
            seconds.append(time.process_time() - cpu)
    report(
        name="floor", seconds=seconds[1:], wall=wall[1:], fills=sum(one[0] for one in results),
        pnl=sum(one[1] - float(CASH) for one in results), peak_mib=peak_mib(),
    )  # fmt: skip


def main(arguments: Sequence[str]) -> None:
    columns = load_bars(arguments[0], int(arguments[1]))
    (_sweep if "sweep" in arguments else _once)(columns, int(arguments[2]))


if __name__ == "__main__":
    main(sys.argv[1:])
