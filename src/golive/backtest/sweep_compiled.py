"""Many parameter sets over one span, through the engine's second driver: targets first, then trades, both compiled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from golive.engine.columns import Terms, run_columns
from golive.strategy import bound
from golive.strategy.compiling import NotCompilable
from golive.strategy.targets import TargetChanges, sweep_targets, targets_of

from .executor import Span
from .fills import FillColumns, money_of
from .spec import BacktestSpec, client_order_id
from .sweep_row import FIELD, FIELDS, Rows, SampleGrid
from .sweep_span import closing_since, spanned_changes

if TYPE_CHECKING:
    from golive.engine.columns import ColumnRun
    from golive.matching.columns import CandleColumns, IntColumn


def fill_rows_over_columns(
    specs: Sequence[BacktestSpec], candles: Sequence[CandleColumns], warm: Sequence[int], span: Span, grid: SampleGrid, out: Rows
) -> None:
    """Write one row for each specification; they differ in parameters only.

    Args:
        candles: of the span and, before it, those that warm the strategy up: `warm` of them for each instrument.
        out: (sets, fields and samples) int64, written whole.
    """
    traded = [each.between(first, len(each)) for each, first in zip(candles, warm, strict=True)]
    close_from = closing_since(traded, span)
    said = [_targets(specs, each) for each in candles]
    for row, spec, changes in zip(out, specs, zip(*said, strict=True), strict=True):
        cut = [spanned_changes(*each, close_from) for each in zip(changes, candles, warm, strict=True)]
        run = run_columns(traded, cut, terms_of(spec, candles))
        _fill_row(run, grid, row)


def terms_of(spec: BacktestSpec, candles: Sequence[CandleColumns]) -> Terms:
    """Return the terms of a specification for the driver over columns."""
    return Terms(
        parameters=spec.parameters,
        profile=spec.profile,
        fees=spec.fees,
        start_balances=spec.start_balances,
        timeframe_ns=spec.timeframe_ns,
        slippage_bps=spec.slippage_bps,
        participation=spec.participation,
        label=candles[0].instrument.id.venue,
        new_id=client_order_id,
    )


def _targets(specs: Sequence[BacktestSpec], candles: CandleColumns) -> Iterator[TargetChanges]:
    strategy, params = specs[0].strategy, [bound(spec.parameters) for spec in specs]
    try:
        yield from sweep_targets(strategy, params, candles)
    except NotCompilable:
        for each in params:
            yield targets_of(strategy, each, candles, compiled=False)


def _fill_row(run: ColumnRun, grid: SampleGrid, row: IntColumn) -> None:
    import numpy as np

    said = run.fills
    fills = FillColumns(
        ts=said.ts, instrument=said.instrument, is_buy=said.is_buy, price=said.ticks, quantity=said.lots, fee=said.fee,
        fee_in_base=said.fee_in_base, is_maker=said.is_maker, held=said.position, order=said.order,
    )  # fmt: skip
    start = run.opening.start.get(run.opening.quote, 0)
    equity, places = run.equity, np.searchsorted(run.equity_ts, grid.ends, "right") - 1
    row[len(FIELDS) :] = np.where(places >= 0, equity[np.maximum(places, 0)], start) if len(equity) else start
    row[FIELD["final_equity"]] = equity[-1] if len(equity) else start
    row[FIELD["fills"]] = len(fills)
    row[FIELD["fees"]] = money_of(fills, run.instruments, run.opening).fee.sum()
    row[FIELD["turnover"]] = run.traded_notional
    row[FIELD["worst_fall"]], row[FIELD["worst_peak"]] = run.worst_drawdown
