"""The sweep on the product: `python -m benchmarks.bar_sweep STORE BARS RUNS [THREADS]`.

A hundred pairs of averages: compiled targets of all, then the engine's columns in their short form, in threads that share the
mapped candles. Fills and P&L of all pairs are added up, P&L in smallest units.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

from golive.strategy import bound, strategy_named

from .bar_data import CASH, INSTRUMENT, pairs, peak_mib, read_store
from .bar_trade import CENT_UNITS, STRATEGY, parameters, terms
from .contender import report


def main(arguments: Sequence[str]) -> None:
    from golive.engine.columns import Replays
    from golive.strategy.targets import sweep_targets

    root, count, runs = arguments[0], int(arguments[1]), int(arguments[2])
    threads = int(arguments[3]) if len(arguments) > 3 else 2
    candles, strategy = read_store(root, count), strategy_named(STRATEGY)
    sets = [bound(parameters(fast, slow)) for fast, slow in pairs()]
    conditions = terms(parameters())

    def part(replays: Replays, mine: Sequence[Any]) -> list[tuple[int, int]]:
        made = (replays.summary([changes], conditions) for changes in sweep_targets(strategy, mine, candles))
        return [(each.fills, each.final_equity) for each in made]

    seconds, wall, results = [], [], []
    with ThreadPoolExecutor(threads) as pool:
        for _ in range(runs + 1):
            gc.collect()
            began, cpu = time.perf_counter(), time.process_time()
            replays = Replays([candles])
            parts = [pool.submit(part, replays, sets[number::threads]) for number in range(threads)]
            results = [one for each in parts for one in each.result()]
            wall.append(time.perf_counter() - began)
            seconds.append(time.process_time() - cpu)
    start = int(Decimal(CASH).scaleb(INSTRUMENT.quote_scale))
    earned = sum(equity - start for _, equity in results)
    report(
        name="sweep", seconds=seconds[1:], wall=wall[1:], first_s=wall[0], fills=sum(fills for fills, _ in results),
        pnl=str((earned * CENT_UNITS).normalize()), peak_mib=peak_mib(),
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
