"""One parameter set over one span, candle by candle, through the engine that sessions use."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from golive.engine import Engine
from golive.execution import PaperExecution
from golive.matching.bar import BarModel
from golive.metrics.recorder import MemoryRecorder
from golive.portfolio import Ledger

from .event_driver import EventDriver
from .executor import Span
from .spec import BacktestSpec, client_order_id
from .sweep_row import FIELD, FIELDS, SampleGrid
from .sweep_span import SpannedStrategy, closing_since

if TYPE_CHECKING:
    from golive.matching.columns import CandleColumns, IntColumn


def fill_row_by_events(
    spec: BacktestSpec, candles: Sequence[CandleColumns], span: Span, grid: SampleGrid, row: IntColumn
) -> None:
    """Write the row of one parameter set, that of `spec`.

    Args:
        candles: of the span and, before it, those that warm the strategy up.
        row: (fields and samples) int64, written whole.
    """
    import numpy as np

    instruments = [each.instrument for each in candles]
    spanned = SpannedStrategy(spec.strategy, span, closing_since(candles, span))
    engine = Engine(
        instruments=instruments,
        strategy=spanned,
        parameters=spec.parameters,
        profile=spec.profile,
        start_balances=spec.start_balances,
        timeframe_ns=spec.timeframe_ns,
        new_id=client_order_id,
    )
    execution = PaperExecution(
        label=instruments[0].id.venue,
        models={i.id: BarModel(slippage=spec.slippage, participation=spec.participation) for i in instruments},
        account=Ledger(instruments, spec.start_balances),
        fees=spec.fees,
        codes={},
        recorder=MemoryRecorder(),
        latency=spec.latency,
    )
    driver = EventDriver(engine, execution)
    driver.run(candles)
    ts, equity = np.frombuffer(driver.equity_ts, np.int64), np.frombuffer(driver.equity, np.int64)
    start = engine.ledger.start.get(engine.ledger.quote, 0)
    places = np.searchsorted(ts, grid.ends, "right") - 1
    row[len(FIELDS) :] = np.where(places >= 0, equity[np.maximum(places, 0)], start) if len(equity) else start
    fall, peak = engine.risk.track.worst_drawdown
    row[FIELD["final_equity"]] = start if engine.last_equity is None else engine.last_equity
    row[FIELD["fills"]] = len(engine.fills)
    row[FIELD["fees"]] = engine.ledger.fees_in_quote
    row[FIELD["turnover"]] = engine.ledger.traded_notional
    row[FIELD["worst_peak"]], row[FIELD["worst_fall"]] = peak, fall


def with_balance(spec: BacktestSpec, candles: Sequence[CandleColumns], balance: int | None) -> BacktestSpec:
    """Return a spec that starts with `balance` smallest units of the quote asset; as it is for None."""
    if balance is None:
        return spec
    ledger = Ledger([each.instrument for each in candles], spec.start_balances)
    balances: Mapping[str, Decimal] = {**spec.start_balances, ledger.quote: Decimal(ledger.text(ledger.quote, balance))}
    return replace(spec, start_balances=balances)
