"""Many parameter sets over one span, through the engine's second driver: targets first, then trades, both compiled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from golive.engine.columns import Replays, Terms
from golive.engine.opening import Opening, known_opening
from golive.portfolio import Ledger
from golive.strategy import bound
from golive.strategy.compiling import NotCompilable
from golive.strategy.order_parameters import ORDER_PARAMETERS
from golive.strategy.targets import TargetChanges, sweep_targets, targets_of

from .column_run import column_terms
from .executor import Span
from .spec import BacktestSpec
from .sweep_row import FIELDS, Rows, SampleGrid, refused
from .sweep_span import closing_since, spanned_changes

if TYPE_CHECKING:
    from golive.engine.columns.summary import Summary
    from golive.matching.columns import CandleColumns, IntColumn


def fill_rows_over_columns(
    spec: BacktestSpec,
    sets: Sequence[Mapping[str, float]],
    candles: Sequence[CandleColumns],
    warm: Sequence[int],
    span: Span,
    grid: SampleGrid,
    out: Rows,
) -> None:
    """Write one row for each set of parameters; the rest of `spec` is the same for all.

    Args:
        candles: of the span and, before it, those that warm the strategy up: `warm` of them for each instrument.
        out: (sets, fields and samples) int64, written whole.
    """
    traded = [each.between(first, len(each)) for each, first in zip(candles, warm, strict=True)]
    close_from = closing_since(traded, span)
    before = [each.between(0, first) for each, first in zip(candles, warm, strict=True)]
    replays = Replays(traded, period_ns=grid.sampling.length_ns, before=before)
    terms = _terms(spec, sets, candles)
    opening = known_opening(Ledger([each.instrument for each in candles], spec.start_balances), traded)
    said = [_targets(spec, sets, each) for each in candles]
    for row, own, changes in zip(out, terms, zip(*said, strict=True), strict=True):
        cut = [spanned_changes(*each, close_from) for each in zip(changes, candles, warm, strict=True)]
        _fill_row(replays.summary(cut, own), row, opening, grid)


def _terms(spec: BacktestSpec, sets: Sequence[Mapping[str, float]], candles: Sequence[CandleColumns]) -> Iterator[Terms]:
    """Yield the terms of each set; one object for all with equal order parameters, the others change no order."""
    made: dict[tuple[float, ...], Terms] = {}
    names = [name for name in ORDER_PARAMETERS if name in spec.parameters]
    for parameters in sets:
        key = tuple(parameters[name] for name in names)
        if key not in made:
            made[key] = column_terms(replace(spec, parameters=parameters), candles)
        yield made[key]


def _targets(spec: BacktestSpec, sets: Sequence[Mapping[str, float]], candles: CandleColumns) -> Iterator[TargetChanges]:
    kind = type(bound(spec.parameters))
    params = [kind(**parameters) for parameters in sets]
    try:
        yield from sweep_targets(spec.strategy, params, candles)
    except NotCompilable:
        for each in params:
            yield targets_of(spec.strategy, each, candles, compiled=False)


def _fill_row(summary: Summary, row: IntColumn, opening: Opening, grid: SampleGrid) -> None:
    import numpy as np

    row[len(FIELDS) :] = np.where(grid.ends < opening.ts, opening.equity, summary.samples)
    fall, peak = summary.drawdown
    row[: len(FIELDS)] = (
        summary.final_equity, summary.fills, summary.traded_notional, peak, fall, summary.bars_held, summary.trades, summary.wins,
        *refused(summary.decisions),
    )  # fmt: skip
