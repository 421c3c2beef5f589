"""One parameter set over one span, candle by candle, through the engine that sessions use."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from golive.engine import Engine
from golive.engine.opening import Opening, known_opening
from golive.model.order import Side
from golive.portfolio import Ledger

from .event_run import driver_of
from .executor import Span
from .spec import BacktestSpec
from .sweep_row import FIELDS, SampleGrid, refused
from .sweep_span import SpannedStrategy, closing_since

if TYPE_CHECKING:
    from golive.matching.columns import CandleColumns, IntColumn


def fill_row_by_events(
    spec: BacktestSpec, candles: Sequence[CandleColumns], warm: Sequence[int], span: Span, grid: SampleGrid, row: IntColumn
) -> None:
    """Write the row of one parameter set, that of `spec`.

    Args:
        candles: of the span and, before it, those that warm the strategy up: `warm` of them for each instrument.
        row: (fields and samples) int64, written whole.
    """
    import numpy as np

    instruments = [each.instrument for each in candles]
    traded = [each.between(first, len(each)) for each, first in zip(candles, warm, strict=True)]
    spanned = SpannedStrategy(spec.strategy, closing_since(traded, span))
    engine, driver = driver_of(spec, candles, spanned)
    driver.warm_up([each.between(0, first) for each, first in zip(candles, warm, strict=True)])
    driver.run(traded)
    opening = known_opening(Ledger(instruments, spec.start_balances), traded)
    ts, equity = np.frombuffer(driver.equity_ts, np.int64), np.frombuffer(driver.equity, np.int64)
    places = np.searchsorted(ts, grid.ends, "right") - 1
    row[len(FIELDS) :] = np.where(places >= 0, equity[np.maximum(places, 0)], opening.equity)
    fall, peak = engine.risk.track.worst_drawdown
    held, trades, wins = _round_trips(engine, traded, opening)
    row[: len(FIELDS)] = (
        opening.equity if engine.last_equity is None else engine.last_equity,
        len(engine.fills), engine.ledger.traded_notional, peak, fall, held, trades, wins,
        *refused(engine.decisions),
    )  # fmt: skip


def _round_trips(engine: Engine, candles: Sequence[CandleColumns], opening: Opening) -> tuple[int, int, int]:
    """Return the bars at whose close a lot was held, the round trips that ended, and those that gained."""
    import numpy as np

    bars = trades = wins = 0
    for each, lots_before, cost in zip(candles, opening.lots, opening.costs, strict=True):
        instrument, ledger = each.instrument, engine.ledger
        brought, ts, lots = -cost, [0], [lots_before]
        for fill, held in engine.fills:
            if fill.instrument != instrument.id:
                continue
            brought -= fill.side.sign * ledger.notional(instrument.id, fill.price, fill.quantity)
            if fill.fee_asset == instrument.quote:
                brought -= fill.fee * ledger.notional(instrument.id, 1, 1) // instrument.notional(1, 1)
            ts.append(fill.ts)
            lots.append(held)
            if fill.side is Side.SELL and held < instrument.min_quantity:
                trades, wins, brought = trades + 1, wins + (brought > 0), 0
        places = np.searchsorted(np.array(ts), each.opened_at + each.timeframe_ns, "right") - 1
        bars += int((np.array(lots)[places] > 0).sum())
    return bars, trades, wins


def with_balance(spec: BacktestSpec, candles: Sequence[CandleColumns], balance: int | None) -> BacktestSpec:
    """Return a spec that starts with `balance` smallest units of the quote asset and nothing else; as it is for None."""
    if balance is None:
        return spec
    ledger = Ledger([each.instrument for each in candles], spec.start_balances)
    return replace(spec, start_balances={ledger.quote: Decimal(ledger.text(ledger.quote, balance))})
