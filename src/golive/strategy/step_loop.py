"""The compiled loops over history: one parameter set, or four that take turns. Nothing else.

`step` and `on_stack` are bound by `compiling.CompiledStep.loop`. A moving average waits for its own last value, so that one set
leaves most of a core idle; four sets fill it.
"""

from __future__ import annotations

import math
from typing import Any

from .protocol import Bar

LANES = 4


def one(
    opened_at: Any, open_: Any, high: Any, low: Any, close: Any, volume: Any, length: int, tick: float, lot: float,
    states: Any, params: Any, first: int, index: Any, target: Any, rows: Any,
) -> None:  # fmt: skip
    """Step set number `first` over every bar; write where its target changes; `rows` takes how many were written."""
    state, given = on_stack(states[first]), on_stack(params[first])  # type: ignore[name-defined]  # noqa: F821
    last, count = math.inf, 0
    for n in range(len(opened_at)):
        bar = Bar(opened_at[n] + length, open_[n] * tick, high[n] * tick, low[n] * tick, close[n] * tick, volume[n] * lot)
        said = step(state, bar, given)  # type: ignore[name-defined]  # noqa: F821
        if said != last and not (math.isnan(said) and math.isnan(last)):
            index[0, count], target[0, count] = n, said
            last = said
            count += 1
    rows[0] = count


def four(
    opened_at: Any, open_: Any, high: Any, low: Any, close: Any, volume: Any, length: int, tick: float, lot: float,
    states: Any, params: Any, first: int, index: Any, target: Any, rows: Any,
) -> None:  # fmt: skip
    """Step four sets from number `first` on, bar by bar; written out, because compiled code has no list of records."""
    state_0, given_0 = on_stack(states[first]), on_stack(params[first])  # type: ignore[name-defined]  # noqa: F821
    state_1, given_1 = on_stack(states[first + 1]), on_stack(params[first + 1])  # type: ignore[name-defined]  # noqa: F821
    state_2, given_2 = on_stack(states[first + 2]), on_stack(params[first + 2])  # type: ignore[name-defined]  # noqa: F821
    state_3, given_3 = on_stack(states[first + 3]), on_stack(params[first + 3])  # type: ignore[name-defined]  # noqa: F821
    last_0 = last_1 = last_2 = last_3 = math.inf
    count_0 = count_1 = count_2 = count_3 = 0
    for n in range(len(opened_at)):
        bar = Bar(opened_at[n] + length, open_[n] * tick, high[n] * tick, low[n] * tick, close[n] * tick, volume[n] * lot)
        said_0 = step(state_0, bar, given_0)  # type: ignore[name-defined]  # noqa: F821
        said_1 = step(state_1, bar, given_1)  # type: ignore[name-defined]  # noqa: F821
        said_2 = step(state_2, bar, given_2)  # type: ignore[name-defined]  # noqa: F821
        said_3 = step(state_3, bar, given_3)  # type: ignore[name-defined]  # noqa: F821
        if said_0 != last_0 and not (math.isnan(said_0) and math.isnan(last_0)):
            index[0, count_0], target[0, count_0] = n, said_0
            last_0 = said_0
            count_0 += 1
        if said_1 != last_1 and not (math.isnan(said_1) and math.isnan(last_1)):
            index[1, count_1], target[1, count_1] = n, said_1
            last_1 = said_1
            count_1 += 1
        if said_2 != last_2 and not (math.isnan(said_2) and math.isnan(last_2)):
            index[2, count_2], target[2, count_2] = n, said_2
            last_2 = said_2
            count_2 += 1
        if said_3 != last_3 and not (math.isnan(said_3) and math.isnan(last_3)):
            index[3, count_3], target[3, count_3] = n, said_3
            last_3 = said_3
            count_3 += 1
    rows[0], rows[1], rows[2], rows[3] = count_0, count_1, count_2, count_3
