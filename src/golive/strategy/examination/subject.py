"""A strategy under examination, and how it is asked."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from golive.matching.columns import CandleColumns, FloatColumn, IntColumn
from golive.model.clock import to_iso
from golive.model.errors import GoliveError
from golive.strategy.failure import FAILURES, told
from golive.strategy.protocol import Bar, Strategy

Status = Literal["ok", "failed", "unsaid"]


class Finding(NamedTuple):
    """What a check found; `fix` says what to do where it failed. `unsaid` is neither proof nor failure."""

    check: str
    status: Status
    detail: str
    fix: str = ""


class StrategyFailed(GoliveError):
    """The strategy raised an error of its own, or gave something that is no number."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A strategy with its parameters and the candles it is examined on.

    Every run is that of a strategy made anew, from a module run anew where it is of a file: what one run left behind, in the
    class or the module, cannot help the next.
    """

    strategy: Strategy
    params: Any
    candles: CandleColumns
    made_anew: Callable[[], Strategy]

    @property
    def warm_up(self) -> int:
        try:
            return int(self.strategy.warm_up(self.params))
        except FAILURES as exc:
            raise StrategyFailed(f"warm_up: {told(self.strategy.name, exc)}") from exc

    @property
    def answers_at_once(self) -> bool:
        """Whether history is asked in one call (`targets`), which sees later candles and could use them."""
        return hasattr(self.strategy, "targets")

    @property
    def gives_signals(self) -> bool:
        """Whether the strategy gives the signals of each candle that its target follows (`signals_at`)."""
        return hasattr(self.strategy, "signals_at")

    def signals(self, candles: CandleColumns | None = None) -> IntColumn:
        """Return the signals of every candle of a history: 0 none, 1 enter, 2 exit, 3 both."""
        shown = self.candles if candles is None else candles
        asked: Any = self.made_anew()
        try:
            said: IntColumn = asked.signals_at(shown, self.params)
        except FAILURES as exc:
            raise StrategyFailed(f"over {len(shown)} candles: {told(asked.name, exc)}") from exc
        return said

    def bars(self, candles: CandleColumns | None = None) -> Iterator[Bar]:
        """Yield candles as a session shows them."""
        shown = self.candles if candles is None else candles
        tick, lot = float(shown.instrument.tick_size), float(shown.instrument.lot_size)
        for opened_at, open_, high, low, close, volume in zip(*(each.tolist() for each in shown.columns), strict=True):
            yield Bar(opened_at + shown.timeframe_ns, open_ * tick, high * tick, low * tick, close * tick, volume * lot)

    def initial(self, of: Strategy) -> Any:
        """Return a fresh state; StrategyFailed when the strategy cannot begin."""
        try:
            return of.initial(self.params)
        except FAILURES as exc:
            raise StrategyFailed(f"before its first bar: {told(of.name, exc)}") from exc

    def stepped(self, candles: CandleColumns | None = None, of: Strategy | None = None) -> FloatColumn:
        """Return what a session would hear at every candle, from a fresh state; `of` is asked instead of one made anew."""
        asked = of or self.made_anew()
        state = self.initial(asked)
        return np.array([self.said(asked, state, bar, number) for number, bar in enumerate(self.bars(candles))], np.float64)

    def said(self, of: Strategy, state: Any, bar: Bar, number: int) -> float:
        """Step once; StrategyFailed naming the bar when that is no number."""
        try:
            said: Any = of.step(state, bar, self.params)
        except FAILURES as exc:
            raise StrategyFailed(f"bar {number} ({to_iso(bar.ts)}): {told(of.name, exc)}") from exc
        try:
            return float(said)
        except (TypeError, ValueError):
            raise StrategyFailed(f"bar {number} ({to_iso(bar.ts)}): it gave {said!r}, which is no number") from None

    def history(self, candles: CandleColumns | None = None, of: Strategy | None = None) -> FloatColumn:
        """Return what a backtest would hear at every candle; `of` is asked instead of one made anew."""
        shown = self.candles if candles is None else candles
        asked = of or self.made_anew()
        at_once: Any = getattr(asked, "targets", None)
        if at_once is None:
            return self.stepped(shown, asked)
        try:
            targets: FloatColumn = at_once(shown, self.params)
        except FAILURES as exc:
            raise StrategyFailed(f"over {len(shown)} candles: {told(asked.name, exc)}") from exc
        return targets

    def at(self, number: int) -> str:
        """Return a bar's number and time as text."""
        return f"bar {number} ({to_iso(int(self.candles.opened_at[number]) + self.candles.timeframe_ns)})"

    def cuts(self, count: int) -> list[int]:
        """Return bars after the warm-up, evenly spread, at which to stop."""
        first, last = self.warm_up + 1, len(self.candles) - 1
        return sorted({int(cut) for cut in np.linspace(first, last, count)})


def differ(left: float, right: float) -> bool:
    """Whether two targets are not the same; two that are warming up are."""
    return left != right and not (math.isnan(left) and math.isnan(right))


def first_difference(left: FloatColumn, right: FloatColumn) -> int | None:
    """Return the first place where two equally long columns differ."""
    places = np.flatnonzero((left != right) & ~(np.isnan(left) & np.isnan(right)))
    return int(places[0]) if len(places) else None


def text(target: float) -> str:
    """Return a target for a reader."""
    return "warming up" if math.isnan(target) else f"{target:.17g}"
