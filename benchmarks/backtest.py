"""A backtest of a million bars: ours beside its floor, a `Decimal` oracle and, where their environments exist, three peers.

Contenders run in fresh processes, in turn, on the same candles. Rates are bars per CPU second of the run itself: nobody uses
more than one thread here, and a busy machine strikes none of them more. The first run of a process does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from . import peer_environment
from .bar_contest import Contender, available, doubts, ours, peer, print_rates, print_ratio, run_in_turn
from .bar_data import BARS, CASH, FAST, FEES, FILLS, PNL, QUANTITY, SLOW, WARM_UP, write_bars, write_store
from .contender import ROOT, measure, module
from .process import Run, run

_GROWTH = 2
"""times as many bars, for the memory that a bar takes"""
COMMAND = [
    sys.executable, "-m", "golive.cli.main", "backtest", "--strategy", "ema_cross", "--symbol", "BTC/USDT", "--timeframe", "1m",
    "--param", f"fast_bars={FAST}", "--param", f"slow_bars={SLOW}", "--param", f"warm_up_bars={WARM_UP}",
    "--param", f"position_quantity={QUANTITY}", "--risk-profile", "none", "--fees", "10,10,quote", "--slippage-bps", "0",
    "--participation", "1", "--balance", CASH, "--no-report", "--json",
]  # fmt: skip
"""the same trade as a command: no limits of risk, 0.1 % of the quote asset, all of a bar's volume"""
PEERS = ("vectorbt", "backtesting", "nautilus_trader")


def compare(folder: Path, store: Path, *, rounds: int, builds: bool) -> list[Contender]:
    """Run everybody, print rates, ratios and agreement, and return the contenders."""
    oracle = measure([*module("decimal_oracle"), folder, str(BARS)])
    if (oracle["fills"], float(oracle["pnl"]), float(oracle["fees"])) != (FILLS, PNL, FEES):
        raise RuntimeError(f"the oracle says {oracle}, which is not what was published")
    compiled = ours("ours, compiled step", "bar_trade", "compiled", store, BARS, 9, work=BARS)
    interpreted = ours("ours, interpreted step, run(columns)", "bar_trade", "interpreted", store, BARS, 2, work=BARS)
    events = ours("ours, process(event), as a session", "bar_trade", "events", store, BARS, 1, work=BARS)
    floor = ours("floor: one compiled loop over floats", "bar_floor", folder, BARS, 9, work=BARS)
    mine = [compiled, interpreted, events, floor]
    theirs = {
        "vectorbt": peer("vectorbt", "vectorbt_bars", folder, BARS, 5, work=BARS),
        "backtesting": peer("backtesting", "backtesting_bars", folder, BARS, 1, work=BARS),
        "nautilus_trader": peer("nautilus_trader", "nautilus_bars", folder, BARS, 1, work=BARS, extra_fills=1),
    }
    others = {name: theirs[name] for name in available(PEERS, builds=builds)}
    run_in_turn([*mine, *(others[name] for name in others if name == "vectorbt")], rounds=1, warm=False)
    everybody = [*mine, *others.values()]
    for each in everybody:
        each.results.clear()
    run_in_turn(everybody, rounds=rounds, warm=False)
    print_rates(f"EMA cross on {BARS:,} one-minute bars", everybody, oracle, "bars/s (CPU)")
    print(f"  all money in Decimal: {oracle['pnl']}, fees {oracle['fees']}, {oracle['seconds'][0]:.1f} s")

    def goal(us: Contender, other: Contender | None, factor: float) -> None:
        if other is not None:
            print_ratio(f"{us.name}, to {other.name}", us.rate / other.rate, factor, doubts=doubts(oracle, us, other))

    goal(compiled, others.get("vectorbt"), 12)
    goal(compiled, floor, 0.25)
    goal(interpreted, others.get("backtesting"), 10)
    goal(interpreted, others.get("nautilus_trader"), 35)
    goal(events, others.get("nautilus_trader"), 10)
    if nautilus := others.get("nautilus_trader"):
        print_ratio(
            "memory, compiled, to nautilus_trader", compiled.peak_mib / nautilus.peak_mib, 1 / 3, at_most=True,
            doubts=doubts(oracle, compiled, nautilus),
        )  # fmt: skip
    return everybody


def print_growth(folder: Path, store: Path, *, rounds: int) -> None:
    """Print by how many bytes a bar the most resident memory of the compiled form grows from one to two million bars."""
    larger = store.with_name(f"{store.name}_growth")
    write_store(folder, larger, _GROWTH * BARS)
    peaks: dict[int, list[float]] = {BARS: [], _GROWTH * BARS: []}
    for n in range(rounds + 1):
        for count, row in peaks.items():
            peak = measure([*module("bar_trade"), "compiled", str(larger), str(count), "0"])["peak_mib"]
            if n:  # the first process may have to compile
                row.append(peak)
    sizes = [statistics.median(row) for row in peaks.values()]
    growth = (sizes[1] - sizes[0]) * 2**20 / ((_GROWTH - 1) * BARS)
    verdict = "met" if growth <= 64 else "MISSED"
    print(f"  memory of {BARS:,} and {_GROWTH * BARS:,} bars: {sizes[0]:.0f} and {sizes[1]:.0f} MiB, "
          f"{growth:.1f} bytes a bar  goal <= 64 {verdict}")  # fmt: skip


def print_whole_processes(store: Path, *, rounds: int, builds: bool) -> None:
    """Print what whole processes take beside `import vectorbt` alone: kernel and result, and the command with its statistics."""
    home = store.with_name("home")
    shutil.copytree(ROOT / "config", home / "config")
    (home / "var/data").mkdir(parents=True)
    (home / "var/data/okx_paper").symlink_to(store)
    ours = {
        "kernel and result": [*module("bar_trade"), "compiled", str(store), str(BARS), "0"],
        "golive backtest, statistics and confidence": [*COMMAND, "--home", str(home)],
    }
    said = subprocess.run(ours["golive backtest, statistics and confidence"], capture_output=True, check=True).stdout
    account = json.loads(said)["outcome"]["account"]
    if (float(account["net"]), float(account["fees"])) != (PNL, FEES):
        raise RuntimeError(f"golive backtest says net {account['net']} and fees {account['fees']}")
    theirs = (
        [str(peer_environment.python_of("vectorbt")), "-c", "import vectorbt"] if available(["vectorbt"], builds=builds) else []
    )
    rows: dict[str, list[Run]] = {}
    for n in range(rounds + 1):
        for name, words in (*ours.items(), ("", theirs)):
            if words:
                done = run(words, {**os.environ, "PYTHONDONTWRITEBYTECODE": ""})
                if done.exit_code:
                    raise RuntimeError(f"{' '.join(words)} ended with {done.exit_code}")
                if n:
                    rows.setdefault(name, []).append(done)
    wall = {name: statistics.median(each.wall_s for each in row) for name, row in rows.items()}
    cpu = {name: statistics.median(each.cpu_s for each in row) for name, row in rows.items()}
    for name, goal in zip(ours, (1 / 3, None), strict=True):
        print(f"  a whole process, {name}: {wall[name]:.2f} s wall, {cpu[name]:.2f} s CPU")
        if theirs:
            what = f"its CPU to `import vectorbt` alone ({wall['']:.2f} s wall, {cpu['']:.2f} s CPU)"
            print_ratio(what, cpu[name] / cpu[""], goal, at_most=True)


def print_backtest(*, rounds: int = 3, builds: bool = False) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder, store = write_bars(Path(place) / "bars"), Path(place) / "store"
        write_store(folder, store, BARS)
        compare(folder, store, rounds=rounds, builds=builds)
        print_growth(folder, store, rounds=rounds)
        print_whole_processes(store, rounds=rounds, builds=builds)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peers", action="store_true", help="build the peers' environments first")
    parser.add_argument("--rounds", type=int, default=5)
    chosen = parser.parse_args(arguments)
    print_backtest(rounds=chosen.rounds, builds=chosen.peers)


if __name__ == "__main__":
    main(sys.argv[1:])
