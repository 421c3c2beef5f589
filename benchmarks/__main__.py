"""Print what every benchmark of ours measures, with goals and floors: about five minutes.

Backtests and sweeps run beside the peers whose environments exist, which takes three minutes more.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

from . import (
    backtest,
    call_path,
    candle_read,
    feed,
    journal,
    kernel,
    ledger,
    licence,
    metrics,
    mtls_call,
    order_journal,
    paper_orders,
    report,
    risk_decision,
    sweep,
    tick_maker,
    venue_speed,
)
from .engine_speed import bars_per_second, floor_bars_per_second
from .process import PYTHON, median_pair, run

ROOT = Path(__file__).resolve().parent.parent
GOLIVE = str(Path(sys.prefix) / "bin" / "golive")


def row(what: str, ours: str, goal: str, floor: str = "", ratio: str = "") -> None:
    print(f"{what:<52} {ours:>16}  {goal:>12}  {floor:>28}  {ratio:>8}")


def start_up() -> None:
    for what, words, goal in (
        ("golive --help, CPU s", ["--help"], "< 0.25"),
        ("golive backtest --help, CPU s", ["backtest", "--help"], "< 0.3"),
        ("golive config check, CPU s", ["config", "check"], "< 0.5"),
    ):
        ours, floor = median_pair([GOLIVE, *words], [PYTHON, "-c", "import typer"])
        row(what, f"{ours.cpu_s:.3f}", goal, f"import typer {floor.cpu_s:.3f}", f"{ours.cpu_s / floor.cpu_s:.1f}x")


def main_job() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        shutil.copytree(ROOT / "config", home / "config")
        began, peak, candles = time.perf_counter(), 0.0, 0
        for mode in ("demo", "paper"):
            done = run([GOLIVE, "run", "--mode", mode, "--home", str(home)])
            peak = max(peak, done.memory_mib)
            if done.exit_code != 0:
                row(f"{mode} ended with {done.exit_code}", "-", "0")
                return
        seconds = time.perf_counter() - began
        report = json.loads(max((home / "logs/e2e").glob("run_local_bot_paper_*.json")).read_text())
        candles = report["outcome"]["market"]["candles"]
        measured = report["measured"]
        row(f"demo + paper, {candles} candles each, wall s", f"{seconds:.1f}", "< 45")
        row("steps/s through venue, socket, engine and disk", f"{measured['steps_per_second']:.0f}", "")
        row(
            "order record durable, ms p50 / p99", f"{measured['durable_ms']['p50']:.2f} / {measured['durable_ms']['p99']:.2f}", ""
        )
        row("memory of the session process, MiB", f"{peak:.0f}", "< 300")


def main() -> None:
    print(f"{'':<52} {'ours':>16}  {'goal':>12}  {'floor':>28}  {'ratio':>8}")
    start_up()
    ours, floor = bars_per_second(), floor_bars_per_second()
    row(
        "engine alone, bars/s (strategy, risk, ledger)",
        f"{ours:,.0f}",
        "",
        f"strategy.step alone {floor:,.0f}",
        f"{ours / floor:.2f}x",
    )
    risk_decision.print_risk_decision()
    log = journal.figures()
    row("log appended, records/s", f"{log.appended:,.0f}", f"> {journal.APPEND_GOAL:,}", f"bare file {log.floor:,.0f}")
    row("log verified, records/s", f"{log.verified:,.0f}", f"> {journal.VERIFY_GOAL:,}", f"by seals {log.verified_by_seals:,.0f}")
    judged, whole = licence.figures()
    row("licence and list judged, ms", f"{judged:.2f}", f"< {licence.GOAL_MS:g}", f"with files and machine {whole:.2f}")
    metrics.print_metrics()
    report.print_report()
    ledger.print_ledger()
    paper_orders.print_paper_orders(rounds=3)
    print()
    order_journal.print_order_journal(rounds=10, burst_orders=10_000, orders=50_000)
    print()
    feed.print_feed(rounds=5)
    kernel.print_kernel(rounds=3, quick=True)
    main_job()
    print()
    backtest.print_backtest()
    print()
    sweep.print_sweep()
    print()
    candle_read.print_candle_read()
    print()
    tick_maker.print_tick_maker(rounds=2)
    print()
    call_path.print_calls()
    print()
    call_path.print_starts(5)
    print()
    mtls_call.print_mtls_call()
    print()
    venue_speed.main()


if __name__ == "__main__":
    main()
