"""A sweep of a hundred parameter pairs over 200,000 bars: ours beside its floor and, where its environment exists, vectorbt.

Ours and the floor use two threads, vectorbt has one; seconds are of the wall, as a user waits. What must agree is the oracle's:
the sums over all pairs of fills and P&L, each pair traded anew with all its money in `Decimal`.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from .bar_contest import available, doubts, ours, peer, print_rates, print_ratio, run_in_turn
from .bar_data import CASH, SWEEP_BARS, load_bars, pairs, write_bars, write_store
from .decimal_oracle import trade

FILLS, PNL = 240_952, Decimal("-494942.963762")
"""what a hundred pairs must give in all; `--oracle` computes it anew"""


def oracle_sums(folder: Path) -> dict[str, Any]:
    """Trade each pair in `Decimal`, 40 seconds in all, and return the sums of fills and P&L."""
    columns = load_bars(folder, SWEEP_BARS)
    lists = [columns[name].tolist() for name in ("ts", "open", "close")]
    fills, pnl = 0, Decimal(0)
    for fast, slow in pairs():
        made, equity, _ = trade(*lists, fast, slow)
        fills += len(made)
        pnl += equity - Decimal(CASH)
    return {"fills": fills, "pnl": str(pnl)}


def print_sweep(*, rounds: int = 3, builds: bool = False, asks_oracle: bool = False) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, store = write_bars(Path(place) / "bars"), Path(place) / "store"
        write_store(folder, store, SWEEP_BARS)
        oracle = oracle_sums(folder) if asks_oracle else {"fills": FILLS, "pnl": str(PNL)}
        if (oracle["fills"], Decimal(oracle["pnl"])) != (FILLS, PNL):
            raise RuntimeError(f"the oracle says {oracle}, which is not what was published")
        work = len(pairs()) * SWEEP_BARS
        mine = ours("ours, two threads", "bar_sweep", store, SWEEP_BARS, 9, 2, work=work, clock="wall")
        alone = ours("ours, one thread", "bar_sweep", store, SWEEP_BARS, 5, 1, work=work, clock="wall")
        floor = ours("floor: compiled loops over floats, two threads", "bar_floor", folder, SWEEP_BARS, 9, "sweep", work=work,
                     clock="wall")  # fmt: skip
        theirs = None
        if available(["vectorbt"], builds=builds):
            theirs = peer("vectorbt", "vectorbt_bars", folder, SWEEP_BARS, 3, "sweep", work=work, clock="wall")
        everybody = [each for each in (mine, alone, floor, theirs) if each is not None]
        run_in_turn(everybody, rounds=rounds)
        title = f"{len(pairs())} pairs of averages over {SWEEP_BARS:,} bars"
        print_rates(title, everybody, oracle, "bar-sets/s")
        print_ratio(f"{mine.name}, to the floor", mine.rate / floor.rate, doubts=doubts(oracle, mine, floor))
        print_ratio(f"{mine.name}, to one", mine.rate / alone.rate, doubts=doubts(oracle, mine, alone))
        if theirs is not None:
            unsure = doubts(oracle, mine, theirs)
            print_ratio(f"{mine.name}, to vectorbt", mine.rate / theirs.rate, 60, doubts=unsure)
            cpu = statistics.median(statistics.median(each["seconds"]) for each in theirs.results)
            own = statistics.median(statistics.median(each["seconds"]) for each in mine.results)
            print_ratio("the same per CPU second of all threads, which a busy machine disturbs least", cpu / own, doubts=unsure)
            print_ratio("memory to vectorbt", mine.peak_mib / theirs.peak_mib, 1 / 5, at_most=True, doubts=unsure)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="build the peers' environments first")
    parser.add_argument("--oracle", action="store_true", help="compute what must agree anew")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args(arguments)
    print_sweep(rounds=chosen.rounds, builds=chosen.peers, asks_oracle=chosen.oracle)


if __name__ == "__main__":
    main(sys.argv[1:])
