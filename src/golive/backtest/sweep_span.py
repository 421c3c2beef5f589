"""A strategy held to a span: it is warmed up by what lies before and, where asked, sells before the span ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from golive.matching.columns import CandleColumns
from golive.strategy import Strategy
from golive.strategy.protocol import Bar, Parameter

from .executor import Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from golive.strategy.targets import TargetChanges


def cut(candles: CandleColumns, span: Span) -> tuple[CandleColumns, int]:
    """Return the candles of a span with those before it that warm the strategy up, and how many those are."""
    import numpy as np

    first, last = np.searchsorted(
        candles.opened_at, (span.since - candles.timeframe_ns, span.until - candles.timeframe_ns), "right"
    )
    warm = min(int(first), span.warm_bars)
    return candles.between(int(first) - warm, int(last)), warm


def closing_since(candles: Sequence[CandleColumns], span: Span) -> int | None:
    """Return when the last bar but one of a closed span closes, ns UTC; None for a span that stays open."""
    if not span.is_closed:
        return None
    ends = sorted({int(opened) + each.timeframe_ns for each in candles for opened in each.opened_at[-2:]})
    return ends[-2] if len(ends) > 1 else span.since


class SpannedStrategy:
    """A strategy as it trades in a span, where asked to its end; candle by candle, for the engine."""

    def __init__(self, strategy: Strategy, close_from: int | None) -> None:
        self.name, self.summary = strategy.name, strategy.summary
        self.parameters: Mapping[str, Parameter] = strategy.parameters
        self._strategy = strategy
        self._close_from = close_from

    def initial(self, params: Any) -> Any:
        return self._strategy.initial(params)

    def warm_up(self, params: Any) -> int:
        return self._strategy.warm_up(params)

    def step(self, state: Any, bar: Bar, params: Any) -> float:
        target = self._strategy.step(state, bar, params)
        if self._close_from is not None and bar.ts >= self._close_from:
            return 0.0
        return target


def spanned_changes(changes: TargetChanges, candles: CandleColumns, warm: int, close_from: int | None) -> TargetChanges:
    """Return target changes as they trade in a span; `candles` are those of `cut`, numbers count from the span's first bar."""
    import numpy as np

    index, target = changes.index, changes.target
    if warm:
        start = int(np.searchsorted(index, warm, "right")) - 1
        index, target = np.maximum(index[start:] - warm, 0), target[start:]
    if close_from is not None:
        first = int(np.searchsorted(candles.opened_at[warm:] + candles.timeframe_ns, close_from))
        if first < len(candles) - warm:
            kept = int(np.searchsorted(index, first))
            index, target = np.append(index[:kept], first), np.append(target[:kept], 0.0)
    return type(changes)(index, target)
