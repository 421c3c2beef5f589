"""What a strategy says over history: the bars at which its target changes.

Interpreted and compiled forms run the same `step` and give the same numbers, bit for bit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import pairwise, repeat
from operator import length_hint
from typing import Any, Final, NamedTuple

import numpy as np

from golive.matching.columns import CandleColumns, FloatColumn, IntColumn
from golive.matching.compiled import compiles
from golive.model.errors import GoliveError
from golive.model.ids import InstrumentId

from . import step_loop
from .compiling import CompiledStep, NotCompilable, attributes, fill_record, params_dtype, state_dtype
from .failure import FAILURES, failed, failed_over, failed_to_start, no_target
from .protocol import Bar, Strategy, started

_CHUNK: Final = 4096
"""bars that are Python objects at one time"""


class TargetChanges(NamedTuple):
    """A target that never changes is one row; no bars give no row."""

    index: IntColumn  # type: ignore[assignment]  # a tuple has a method of this name, which nobody calls here
    """bar numbers, rising, the first is 0"""
    target: FloatColumn
    """the target from that bar on; NaN = warming up"""

    def at_every_bar(self, bars: int) -> FloatColumn:
        """Return the target at each of `bars` bars."""
        return np.repeat(self.target, np.diff(self.index, append=bars))


def changes_of(targets: FloatColumn) -> TargetChanges:
    """Return where a target per bar changes."""
    if not len(targets):
        return TargetChanges(np.empty(0, np.int64), np.empty(0))
    before, after = targets[:-1], targets[1:]
    places = np.flatnonzero((after != before) & ~(np.isnan(after) & np.isnan(before))) + 1
    index = np.concatenate((np.zeros(1, np.int64), places))
    return TargetChanges(index, targets[index])


def targets_of(strategy: Strategy, params: Any, candles: CandleColumns, *, compiled: bool) -> TargetChanges:
    """Run a strategy over candles from a fresh state.

    `params` is what `bound` returns. A strategy that has `targets(candles, params)`, which gives its target at every bar at
    once, is asked for that in either form. Where nothing is compiled (NUMBA_DISABLE_JIT) the interpreted form runs.

    Raises NotCompilable when `compiled` and the strategy's `step` cannot be; StrategyError naming the bar at which the strategy
    failed or gave what is neither a share of 0 to 1 nor WARMING_UP.
    """
    at_once: Callable[[CandleColumns, Any], FloatColumn] | None = getattr(strategy, "targets", None)
    if at_once is not None:
        try:
            targets = at_once(candles, params)
        except GoliveError:
            raise  # it names the strategy and what is wrong
        except FAILURES as exc:
            raise failed_over(strategy.name, len(candles), exc) from exc
        return _demand_shares(strategy.name, changes_of(targets), candles)
    if compiled and compiles():
        return next(sweep_targets(strategy, [params], candles))
    return _interpreted(strategy, params, candles)


def sweep_targets(strategy: Strategy, params_rows: Sequence[Any], candles: CandleColumns) -> Iterator[TargetChanges]:
    """Yield what `targets_of(..., compiled=True)` says of each parameter set, in order.

    Four sets run over the bars together, the interpreter's lock is free meanwhile. Room for one target per bar and set is
    reserved, and used as far as targets change.
    """
    if getattr(strategy, "targets", None) is not None or not compiles():
        for params in params_rows:
            yield targets_of(strategy, params, candles, compiled=False)
        return
    _check_form(strategy)
    bars = len(candles)
    lanes = step_loop.LANES if len(params_rows) >= step_loop.LANES else 1
    index, target = np.empty((lanes, bars), np.int64), np.empty((lanes, bars))
    rows = np.zeros(lanes, np.int64)
    one, four = _loops(strategy)  # type: ignore[arg-type]  # the protocol does not say that instances have a hash
    for group, states, params in _records(strategy, params_rows, candles.instrument.id):
        place = 0
        while place < len(group):
            together = step_loop.LANES if len(group) - place >= step_loop.LANES else 1
            loop = four if together == step_loop.LANES else one
            try:
                loop(*_numbers(candles), states, params, place, index, target, rows)
            except GoliveError:
                raise  # it cannot be compiled
            except FAILURES as exc:
                for each in params_rows:  # the interpreter says at which bar
                    _interpreted(strategy, each, candles)
                raise failed_over(strategy.name, bars, exc) from exc
            for lane in range(together):
                count = int(rows[lane])
                changes = TargetChanges(index[lane, :count].copy(), target[lane, :count].copy())
                yield _demand_shares(strategy.name, changes, candles)
            place += together


def _check_form(strategy: Strategy) -> None:
    form = getattr(strategy, "form", "step")
    if form != "step":
        raise NotCompilable(f"strategy {strategy.name} is written as {form}; only the step form is compiled")


def _numbers(candles: CandleColumns) -> tuple[Any, ...]:
    """The columns and what makes a strategy's floats of them."""
    instrument = candles.instrument
    return *candles.columns, candles.timeframe_ns, float(instrument.tick_size), float(instrument.lot_size)


@lru_cache(maxsize=64)
def _loops(strategy: Strategy) -> tuple[Callable[..., Any], Callable[..., Any]]:
    step = CompiledStep(strategy)
    return step.loop(step_loop.one), step.loop(step_loop.four)


def _records(strategy: Strategy, params_rows: Sequence[Any], instrument: InstrumentId) -> Iterator[tuple[range, Any, Any]]:
    """Yield runs of parameter sets whose states have one shape, as records."""
    made = [_started(strategy, params, instrument) for params in params_rows]
    shapes = [state_dtype(state, strategy.name) for state in made]
    first = 0
    while first < len(made):
        last = first + 1
        while last < len(made) and shapes[last] == shapes[first]:
            last += 1
        states = np.zeros(last - first, shapes[first])
        params = np.zeros(last - first, params_dtype(params_rows[first]._fields))
        for place, number in enumerate(range(first, last)):
            fill_record(states[place], attributes(made[number]))
            fill_record(params[place], params_rows[number]._asdict())
        yield range(last - first), states, params
        first = last


def _interpreted(strategy: Strategy, params: Any, candles: CandleColumns) -> TargetChanges:
    """Step in Python. The loop itself is made of C iterators: what remains per bar is one tuple and the strategy's own work."""
    *columns, length, tick, lot = _numbers(candles)
    state, step = _started(strategy, params, candles.instrument.id), strategy.step
    pieces = []
    for first in range(0, len(candles), _CHUNK):
        opened_at, *prices, volume = (column[first : first + _CHUNK] for column in columns)
        closes = (opened_at + length).tolist()
        left = iter(closes)
        rows = zip(left, *((price * tick).tolist() for price in prices), (volume * lot).tolist(), strict=True)
        bars = map(tuple.__new__, repeat(Bar), rows)
        try:
            said = list(map(step, repeat(state), bars, repeat(params)))
        except FAILURES as exc:
            raise failed(strategy.name, closes[len(closes) - length_hint(left) - 1], exc) from exc
        if len(said) < len(closes):  # a StopIteration ends a loop of iterators without a word
            raise failed(strategy.name, closes[len(said)], StopIteration("raised by step"))
        changes = changes_of(_as_numbers(strategy.name, said, closes))
        pieces.append(TargetChanges(changes.index + first, changes.target))
    return _demand_shares(strategy.name, _joined(pieces), candles)


def _started(strategy: Strategy, params: Any, instrument: InstrumentId) -> Any:
    try:
        return started(strategy, params, instrument)
    except FAILURES as exc:
        raise failed_to_start(strategy.name, exc) from exc


def _as_numbers(name: str, said: list[Any], closes: Sequence[int]) -> FloatColumn:
    """Return targets as a column; numpy alone would take None for a number that is none."""
    try:
        numbers = np.array(said, np.float64)
    except (TypeError, ValueError):
        numbers = np.full(len(said), np.nan)
    if np.isnan(numbers).any():
        for ts, each in zip(closes, said, strict=True):
            if not isinstance(each, float | int | np.number | np.bool_):
                raise no_target(name, ts, each)
    return numbers


def _demand_shares(name: str, changes: TargetChanges, candles: CandleColumns) -> TargetChanges:
    """Return target changes; raise StrategyError naming the first bar whose target is outside 0 to 1."""
    target = changes.target
    places = np.flatnonzero((target < 0.0) | (target > 1.0))
    if len(places):
        place = int(places[0])
        raise no_target(name, int(candles.opened_at[changes.index[place]]) + candles.timeframe_ns, float(target[place]))
    return changes


def _joined(pieces: Sequence[TargetChanges]) -> TargetChanges:
    """Join chunks; a chunk that begins with the target the last one ended with begins with no change."""
    if not pieces:
        return changes_of(np.empty(0))
    index = [pieces[0].index]
    target = [pieces[0].target]
    for before, piece in pairwise(pieces):
        start = int(np.array_equal(piece.target[:1], before.target[-1:], equal_nan=True))
        index.append(piece.index[start:])
        target.append(piece.target[start:])
    return TargetChanges(np.concatenate(index), np.concatenate(target))
