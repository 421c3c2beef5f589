"""The newest values of something: a ring with its sums, and the highest or lowest of them."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Window:
    """A ring of the newest values and their sums as distances from `origin`.

    The sums are made anew once a round, so that neither rounding nor a far level of prices wears them out: the cost per value
    is constant on average.
    """

    values: list[float]
    seen: int = 0
    origin: float = 0.0
    total: float = 0.0
    squares: float = 0.0

    @classmethod
    def of(cls, capacity: int) -> Window:
        """Make room for at most `capacity` values; compiled code is made per capacity, so let it not follow a parameter."""
        return cls([0.0] * capacity)


def push(state: Any, value: float, bars: float) -> None:
    """Add a value to a window of `bars` values; the oldest leaves when it is full."""
    length = int(bars)
    place = state.seen % length
    if place == 0:
        state.origin = value
        state.total = state.squares = 0.0
        for n in range(1, min(state.seen, length)):
            apart = state.values[n] - value
            state.total += apart
            state.squares += apart * apart
    else:
        if state.seen >= length:
            gone = state.values[place] - state.origin
            state.total -= gone
            state.squares -= gone * gone
        apart = value - state.origin
        state.total += apart
        state.squares += apart * apart
    state.values[place] = value
    state.seen += 1


def mean(state: Any, bars: float) -> float:
    """Return the mean of a full window."""
    result: float = state.origin + state.total / bars
    return result


def variance(state: Any, bars: float) -> float:
    """Return the population variance of a full window, never below zero."""
    apart = state.total / bars
    result: float = max(0.0, state.squares / bars - apart * apart)
    return result


def oldest(state: Any, bars: float) -> float:
    """Return the value that leaves a full window next."""
    result: float = state.values[state.seen % int(bars)]
    return result


@dataclass(slots=True)
class Extreme:
    """The values of a window that nothing newer has overtaken, oldest and best first, and their numbers.

    Source: the monotonic queue, e.g. Lemire, "Streaming Maximum-Minimum Filter", Nordic Journal of Computing 13(4), 2006.
    """

    values: list[float]
    numbers: list[float]
    head: int = 0
    tail: int = 0
    seen: int = 0

    @classmethod
    def of(cls, capacity: int) -> Extreme:
        return cls([0.0] * capacity, [0.0] * capacity)


def best(state: Any) -> float:
    """Return the highest (or lowest) value of the window as it stands; it must hold one."""
    result: float = state.values[state.head % len(state.values)]
    return result


def highest(state: Any, value: float, bars: float) -> float:
    """Return the highest of the newest `bars` values, this one with them, or of as many as there are."""
    capacity = len(state.values)
    tail = state.tail
    head = state.head
    while tail > head and state.values[(tail - 1) % capacity] <= value:
        tail -= 1
    return _entered(state, value, bars, head, tail)


def lowest(state: Any, value: float, bars: float) -> float:
    """Return the lowest of the newest `bars` values, this one with them, or of as many as there are."""
    capacity = len(state.values)
    tail = state.tail
    head = state.head
    while tail > head and state.values[(tail - 1) % capacity] >= value:
        tail -= 1
    return _entered(state, value, bars, head, tail)


def _entered(state: Any, value: float, bars: float, head: int, tail: int) -> float:
    capacity = len(state.values)
    if tail > head and state.numbers[head % capacity] <= state.seen - bars:
        head += 1
    state.values[tail % capacity] = value
    state.numbers[tail % capacity] = state.seen
    state.head, state.tail = head, tail + 1
    state.seen += 1
    result: float = state.values[head % capacity]
    return result


@dataclass(slots=True)
class Lagged:
    """A ring of the newest values."""

    values: list[float] = field(default_factory=lambda: [0.0])
    seen: int = 0

    @classmethod
    def of(cls, capacity: int) -> Lagged:
        return cls([0.0] * capacity)


def rate_of_change(state: Any, value: float, bars: float) -> float:
    """Return value / value `bars` bars ago − 1, NaN before there is one. Moves a `Lagged`."""
    length = int(bars)
    place = state.seen % length
    before = state.values[place]
    state.values[place] = value
    state.seen += 1
    return value / before - 1.0 if state.seen > length else math.nan
