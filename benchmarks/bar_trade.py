"""The EMA cross on the product: `python -m benchmarks.bar_trade FORM STORE BARS RUNS`.

FORM is `compiled` (the strategy compiled, the engine's columns), `interpreted` (the strategy called in Python once a bar, the
engine's columns) or `events` (every bar an event through the engine and the paper execution of sessions). The candles are
mapped from a store, and the clock runs from columns to fills, fees, orders and equity; whatever the product computes is in it.
The first run is not counted where something is compiled; with RUNS = 0 it is the only one.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.ids import ClientOrderId
from golive.model.money import EXACT
from golive.risk import RiskProfile
from golive.strategy import bound, resolve_parameters, strategy_named

from .bar_data import CASH, FAST, FEE, INSTRUMENT, MINUTE, QUANTITY, SLOW, WARM_UP, peak_mib, read_store
from .contender import report
from .decimal_oracle import fills_digest

STRATEGY: Final = "ema_cross"
OPEN: Final = RiskProfile("open", Decimal(1), Decimal(1), Decimal(1), 5)
FEE_BPS: Final = Decimal(FEE) * 10_000
BALANCES: Final = {INSTRUMENT.quote: Decimal(CASH)}
CENT_UNITS: Final = Decimal(1).scaleb(-INSTRUMENT.quote_scale)


@dataclass(frozen=True)
class Done:
    """What a run made: fills as (ts of the bar, +1 or -1, ticks, fee in smallest units), equity at the end."""

    fills: Iterable[tuple[int, int, int, int]]
    equity: int


def parameters(fast: int = FAST, slow: int = SLOW) -> dict[str, float]:
    """Return the values of the trade: a fixed quantity, market orders, no protective order."""
    declared = strategy_named(STRATEGY).parameters
    given = {"fast_bars": fast, "slow_bars": slow, "warm_up_bars": WARM_UP, "position_quantity": QUANTITY, "entry_ttl_bars": 0}
    return resolve_parameters(STRATEGY, declared, given)


def fees() -> FeeSchedule:
    return FeeSchedule(FEE_BPS, FEE_BPS, FeeAsset.QUOTE)


def terms(values: dict[str, float]) -> Any:
    from golive.engine.columns import Terms

    return Terms(
        parameters=values, profile=OPEN, fees=fees(), slippage_bps=Decimal(0), participation=(1, 1), start_balances=BALANCES,
        timeframe_ns=MINUTE,
    )  # fmt: skip


def over_columns(candles: CandleColumns, *, is_compiled: bool) -> Callable[[], Any]:
    """Return a run of the strategy and the engine's columns."""
    from golive.engine.columns import run_columns
    from golive.strategy.targets import targets_of

    strategy, values = strategy_named(STRATEGY), parameters()
    return lambda: run_columns(
        [candles], [targets_of(strategy, bound(values), candles, compiled=is_compiled)], terms(values)
    )  # fmt: skip


def columns_done(run: Any) -> Done:
    fills = run.fills
    sides = (1 if is_buy else -1 for is_buy in fills.is_buy.tolist())
    rows = zip((fills.ts - MINUTE).tolist(), sides, fills.ticks.tolist(), fills.fee.tolist(), strict=True)
    return Done(rows, int(run.equity[-1]))


def over_events(candles: CandleColumns) -> Callable[[], Any]:
    """Return a run of engine and paper execution over candles as events."""
    from golive.backtest.event_driver import EventDriver
    from golive.engine import Engine
    from golive.execution import PaperExecution
    from golive.matching.bar import BarModel
    from golive.matching.slippage import ConstantSlippage
    from golive.metrics.recorder import MemoryRecorder
    from golive.portfolio import Ledger
    from golive.runtime.collection import rare_collections

    def run() -> Any:
        engine = Engine(
            instruments=[INSTRUMENT], strategy=strategy_named(STRATEGY), parameters=parameters(), profile=OPEN,
            start_balances=BALANCES, timeframe_ns=MINUTE, new_id=lambda n: ClientOrderId(f"{n:032x}"),
        )  # fmt: skip
        model = BarModel(slippage=ConstantSlippage(Decimal(0)), participation=(1, 1))
        execution = PaperExecution(
            label="okx", models={INSTRUMENT.id: model}, account=Ledger([INSTRUMENT], BALANCES), fees=fees(), codes={},
            recorder=MemoryRecorder(),
        )  # fmt: skip
        driver = EventDriver(engine, execution)
        with rare_collections():  # as `golive backtest` does
            driver.run([candles])
        return engine, driver

    return run


def events_done(run: Any) -> Done:
    engine, driver = run
    made = [fill for fill, _ in engine.fills]
    rows = ((fill.ts - MINUTE, 1 if fill.side.value == "buy" else -1, fill.price, fill.fee) for fill in made)
    return Done(rows, driver.equity[-1])


def main(arguments: Sequence[str]) -> None:
    form, root, count, runs = arguments[0], arguments[1], int(arguments[2]), int(arguments[3])
    candles = read_store(root, count)
    work = over_events(candles) if form == "events" else over_columns(candles, is_compiled=form == "compiled")
    seconds, wall, first, done = [], [], 0.0, None
    for n in range(runs + 1):
        if form == "events" and n == 0 and runs:
            continue  # nothing is compiled
        done = None
        gc.collect()
        began, cpu = time.perf_counter(), time.process_time()
        done = work()
        if n:
            wall.append(time.perf_counter() - began)
            seconds.append(time.process_time() - cpu)
        else:
            first = time.perf_counter() - began
    peak = peak_mib()
    if not runs:
        report(name=form, first_s=first, peak_mib=peak)
        return
    result = events_done(done) if form == "events" else columns_done(done)
    tick = INSTRUMENT.tick_size
    rows = [(ts, side, EXACT.multiply(tick, price), EXACT.multiply(CENT_UNITS, fee)) for ts, side, price, fee in result.fills]
    report(
        name=form, seconds=seconds, wall=wall, first_s=first, fills=len(rows), fills_digest=fills_digest(rows),
        pnl=str((result.equity * CENT_UNITS - Decimal(CASH)).normalize()), fees=str(sum(row[3] for row in rows).normalize()),
        peak_mib=peak,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1:])
