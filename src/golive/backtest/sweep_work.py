"""The parameter sets of a task, over its span, by either driver: the rows that a sweep keeps of them.

Both drivers give the same rows. The one over columns is taken where the strategy's targets follow from candles alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from golive.strategy.step_loop import LANES

from .executor import Span, Task
from .search import Values
from .spec import BacktestSpec
from .sweep_events import fill_row_by_events, with_balance
from .sweep_row import FIELDS, SampleGrid
from .sweep_span import cut

if TYPE_CHECKING:
    from golive.matching.columns import CandleColumns

    from .sweep_row import Rows


_FEW: Final = 3
"""candles"""
_ALL_SHAPES: Final = tuple(range(LANES + 1))
"""sets computed together and one computed alone, which is other code"""


@dataclass(frozen=True, slots=True, eq=False)
class SweepWork:
    """All that is the same for every task: data, strategy and terms, whose parameters hold what no axis moves."""

    spec: BacktestSpec
    names: tuple[str, ...]
    """of the axes"""
    candles: tuple[CandleColumns, ...]
    over_columns: bool

    def parameters_of(self, values: Values) -> dict[str, float]:
        """Return all parameters of one set."""
        return {**self.spec.parameters, **dict(zip(self.names, values, strict=True))}

    def make_ready(self, values: Values) -> None:
        """Have everything compiled that a task needs, by trading the first candles with one set; nothing of it is kept."""
        few = replace(self, candles=tuple(each.between(0, _FEW) for each in self.candles))
        opened = [int(each.opened_at[place]) for each in few.candles for place in (0, -1)]
        few.rows(Task(_ALL_SHAPES, (values,) * len(_ALL_SHAPES), Span(min(opened), max(opened) + self.spec.timeframe_ns)))

    def rows(self, task: Task) -> Rows:
        """Return one row for each set of the task; ConfigError for a span without a candle."""
        import numpy as np

        parts = [cut(each, task.span) for each in self.candles]
        traded = [candles.between(first, len(candles)) for candles, first in parts]
        grid = SampleGrid.of(traded, task.span.period_ns)
        out = np.zeros((len(task.sets), len(FIELDS) + grid.count), dtype=np.int64)
        spec = with_balance(self.spec, self.candles, task.span.balance)
        sets = [self.parameters_of(values) for values in task.sets]
        candles = [each for each, _ in parts]
        warm = [each for _, each in parts]
        if self.over_columns:
            from .sweep_compiled import fill_rows_over_columns

            fill_rows_over_columns(spec, sets, candles, warm, task.span, grid, out)
            return out
        for row, parameters in zip(out, sets, strict=True):
            fill_row_by_events(replace(spec, parameters=parameters), candles, warm, task.span, grid, row)
        return out
