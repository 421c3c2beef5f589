"""A backtest through the event driver: engine, paper execution and bar model of a session, and what they leave."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from golive.engine import Engine
from golive.execution import PaperExecution
from golive.matching.bar import BarModel
from golive.matching.columns import CandleColumns
from golive.metrics.recorder import MemoryRecorder
from golive.model.command import Command
from golive.model.decision import DecisionCode
from golive.model.order import Liquidity, Side
from golive.portfolio import Ledger
from golive.strategy import Strategy

from .event_driver import EventDriver
from .fills import FillColumns
from .result import BacktestResult, BreachRow
from .spec import BacktestSpec, client_order_id


def run_events(
    spec: BacktestSpec,
    candles: Sequence[CandleColumns],
    detail: Sequence[CandleColumns] | None = None,
    *,
    why: str = "asked for",
    on_commands: Callable[[Sequence[Command]], None] | None = None,
) -> BacktestResult:
    """Run a backtest event by event; `why` says why this driver was taken. Raises as `EventDriver.run`."""
    import numpy as np

    engine, driver = driver_of(spec, candles, spec.strategy, on_commands)
    driver.run(candles, detail)
    inaction: dict[DecisionCode, int] = {}
    for _, run in engine.runs():
        inaction[run.code] = inaction.get(run.code, 0) + run.bars
    return BacktestResult(
        spec=spec,
        candles=candles,
        driver="events",
        why_driver=why,
        fills=_fills_of(engine),
        equity_ts=np.array(driver.equity_ts, dtype=np.int64),
        equity=np.array(driver.equity, dtype=np.int64),
        orders=len(engine.orders),
        signals=engine.signals,
        decisions=dict(engine.decisions),
        inaction=inaction,
        breaches=tuple(BreachRow(*breach) for breach in engine.breaches),
        balances={asset: balance.total for asset, balance in engine.ledger.balances.items()},
    )


def driver_of(
    spec: BacktestSpec,
    candles: Sequence[CandleColumns],
    strategy: Strategy,
    on_commands: Callable[[Sequence[Command]], None] | None = None,
) -> tuple[Engine, EventDriver]:
    """Return an engine on paper execution over the bar model, and the driver that takes both through these candles."""
    instruments = [each.instrument for each in candles]
    engine = Engine(
        instruments=instruments,
        strategy=strategy,
        parameters=spec.parameters,
        profile=spec.profile,
        start_balances=spec.start_balances,
        timeframe_ns=spec.timeframe_ns,
        new_id=client_order_id,
    )
    execution = PaperExecution(
        label=instruments[0].id.venue,
        models={each.id: BarModel(slippage=spec.slippage, participation=spec.participation) for each in instruments},
        account=Ledger(instruments, spec.start_balances),
        fees=spec.fees,
        codes={},
        recorder=MemoryRecorder(),
        latency=spec.latency,
    )
    return engine, EventDriver(engine, execution, on_commands=on_commands)


def _fills_of(engine: Engine) -> FillColumns:
    numbers = {key: number for number, key in enumerate(engine.desks)}
    return FillColumns.of(
        [
            (
                fill.ts, numbers[fill.instrument], fill.side is Side.BUY, fill.price, fill.quantity, fill.fee,
                fill.fee_asset == fill.instrument.base, fill.liquidity is Liquidity.MAKER, held, int(fill.client_order_id, 16),
            )
            for fill, held in engine.fills
        ]
    )  # fmt: skip
