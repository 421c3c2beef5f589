"""A small sweep for tests: a walk of prices, the crossing of two averages, terms without limits."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from golive.backtest.executor import Span
from golive.backtest.search import Axis, Space
from golive.backtest.search_rule import Rule
from golive.backtest.spec import OPEN_PROFILE, BacktestSpec
from golive.backtest.sweep import Aim
from golive.backtest.sweep_row import SampleGrid
from golive.backtest.sweep_span import cut
from golive.backtest.sweep_work import SweepWork
from golive.matching.columns import CandleColumns
from golive.matching.fee import FeeAsset, FeeSchedule
from golive.model.clock import MINUTE
from golive.runtime.code_version import code_version
from golive.runtime.sweep_columns import write_columns
from golive.runtime.sweep_order import SweepOrder
from golive.strategy.protocol import resolve_parameters
from golive.strategy.registry import strategy_named
from support.candles import START, columns_of, walk

NAMES = ("fast_bars", "slow_bars")


def candles_of(count: int = 3000, seed: int = 1) -> CandleColumns:
    return columns_of(walk(count, seed=seed))


def spec_of(**parameters: float) -> BacktestSpec:
    strategy = strategy_named("ema_cross")
    chosen = {"position_pct": 0.9, "warm_up_bars": 30, **parameters}
    return BacktestSpec(
        strategy=strategy,
        parameters=resolve_parameters(strategy.name, strategy.parameters, chosen),
        timeframe_ns=MINUTE,
        profile=OPEN_PROFILE,
        fees=FeeSchedule(Decimal(1), Decimal(2), FeeAsset.QUOTE),
        start_balances={"USDT": Decimal(10_000)},
        slippage_bps=Decimal(1),
        participation=(1, 1),
    )


def work_of(candles: Sequence[CandleColumns] | None = None, over_columns: bool = True, **parameters: float) -> SweepWork:
    return SweepWork(spec_of(**parameters), NAMES, tuple(candles or (candles_of(),)), over_columns)


def space_of(fast: Sequence[int] = (3, 5, 8, 13), slow: Sequence[int] = (8, 13, 21, 34)) -> Space:
    def axis(name: str, values: Sequence[int]) -> Axis:
        return Axis(name, min(values), max(values), tuple(float(value) for value in values), True)

    return Space((axis("fast_bars", fast), axis("slow_bars", slow)), (Rule("fast_bars < slow_bars", NAMES),))


def whole_span(work: SweepWork) -> Span:
    last = max(int(each.opened_at[-1]) for each in work.candles)
    return Span(min(int(each.opened_at[0]) for each in work.candles), last + MINUTE)


def aim_of(work: SweepWork, objective: str = "sharpe", *, stop_after: int | None = None, task_size: int = 16) -> Aim:
    span = whole_span(work)
    grid = SampleGrid.of([cut(each, span)[0] for each in work.candles])
    return Aim(objective, span, 10_000 * 10**8, grid, stop_after, task_size)


def order_of(work: SweepWork, folder: Path) -> SweepOrder:
    spec = work.spec
    terms = {name: getattr(spec, name) for name in spec.__slots__ if name != "strategy"}
    places = tuple(write_columns(each, folder) for each in work.candles)
    return SweepOrder("test", code_version(), spec.strategy.name, "", str(folder), work.names, places, terms, work.over_columns)


def after(bars: int) -> int:
    """When the bar number `bars` closes."""
    return START + bars * MINUTE
