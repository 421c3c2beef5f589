"""Which parameter sets a sweep tries: axes of values, conditions between them, and the order of the tries.

A search proposes batches of a fixed size and is told the results of each before it is asked for the next, in the order of
their numbers; what it proposes depends on its seed and the results alone, never on who computed them or when.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from itertools import islice, product
from random import Random
from typing import Final, Protocol

from golive.model.errors import ConfigError
from golive.strategy.protocol import Parameter, resolve_parameters

from .search_rule import Rule

MOST_SETS: Final = 1_000_000
"""of one sweep"""
_TRIES_PER_SET: Final = 1000
"""drawn parameter sets that a condition may refuse for each one it allows"""

Values = tuple[float, ...]
"""one parameter set: a value for each axis, in their order"""


@dataclass(frozen=True, slots=True)
class Axis:
    """The values that one parameter takes; without `values` any number (whole where `is_whole`) from `low` to `high`."""

    name: str
    low: float
    high: float
    values: tuple[float, ...] = ()
    is_whole: bool = False

    def drawn(self, random: Random) -> float:
        """Return a value, each with equal chance."""
        if self.values:
            return random.choice(self.values)
        if self.is_whole:
            return float(random.randint(math.ceil(self.low), math.floor(self.high)))
        return random.uniform(self.low, self.high)


def axis_of(text: str, strategy: str, declared: Mapping[str, Parameter]) -> Axis:
    """Read `name=low:high:step`, `name=low:high`, `name=value,value,…`, `name=value` or `name` (its declared range).

    Steps are decimal, so that 0.1:0.5:0.1 has five values, each the nearest float. A whole parameter steps by 1 unless told.
    Raises ConfigError naming what is wrong: an unknown parameter, a value outside the declared range, an empty range.
    """
    name, _, rest = text.partition("=")
    name = name.strip()
    if name not in declared:
        raise ConfigError(f"--param {text}: strategy {strategy} has no parameter {name!r}; known: {', '.join(sorted(declared))}")
    parameter = declared[name]
    spread = rest.split(":") if ":" in rest or not rest else [] if "," in rest else [rest]
    if not rest:
        spread = [repr(parameter.low), repr(parameter.high)]
    numbers = [_decimal(part, text) for part in (spread or rest.split(","))]
    for number in numbers[:2] if spread else numbers:
        resolve_parameters(strategy, declared, {name: number})
    if not spread or len(numbers) == 1:
        values = tuple(dict.fromkeys(float(number) for number in numbers))
        return Axis(name, min(values), max(values), values, parameter.whole)
    if len(numbers) > 3 or numbers[1] < numbers[0] or (len(numbers) == 3 and numbers[2] <= 0):
        raise ConfigError(f"--param {text}: write {name}=LOW:HIGH:STEP with LOW ≤ HIGH and STEP above 0")
    low, high = numbers[:2]
    if len(numbers) == 2 and not parameter.whole:
        return Axis(name, float(low), float(high))
    step = numbers[2] if len(numbers) == 3 else Decimal(1)
    if parameter.whole and step != step.to_integral_value():
        raise ConfigError(f"--param {text}: {name} takes whole numbers, so its step must be one")
    if high - low >= step * MOST_SETS:
        raise ConfigError(f"--param {text}: more than {MOST_SETS:,} values: take a longer step")
    values = tuple(float(low + step * number) for number in range(int((high - low) / step) + 1))
    return Axis(name, values[0], values[-1], values, parameter.whole)


def _decimal(part: str, text: str) -> Decimal:
    try:
        number = Decimal(part.strip())
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise ConfigError(f"--param {text}: {part.strip()!r} is not a number")
    return number


@dataclass(frozen=True, slots=True)
class Space:
    """The axes and the conditions that every parameter set keeps. Raises ConfigError for no axis or one named twice."""

    axes: tuple[Axis, ...]
    rules: tuple[Rule, ...] = ()
    fixed: tuple[tuple[str, float], ...] = ()
    """the other parameters, seen by the conditions"""

    def __post_init__(self) -> None:
        names = [axis.name for axis in self.axes]
        if not names:
            raise ConfigError("a sweep needs at least one --param NAME=LOW:HIGH:STEP")
        if len(set(names)) != len(names):
            raise ConfigError(f"--param {next(n for n in names if names.count(n) > 1)} is given twice")

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(axis.name for axis in self.axes)

    def allows(self, values: Values) -> bool:
        """Say whether a parameter set keeps every condition."""
        if not self.rules:
            return True
        named = {**dict(self.fixed), **dict(zip(self.names, values, strict=True))}
        return all(rule.allows(named) for rule in self.rules)

    def grid(self) -> Iterator[Values]:
        """Yield every allowed combination, the last axis moving fastest. ConfigError for an axis without steps, or too many."""
        for axis in self.axes:
            if not axis.values:
                raise ConfigError(f"--param {axis.name}: a grid needs a step: {axis.name}={axis.low:g}:{axis.high:g}:STEP")
        count = math.prod(len(axis.values) for axis in self.axes)
        if count > MOST_SETS:
            raise ConfigError(
                f"the grid has {count:,} parameter sets; the most is {MOST_SETS:,}: take longer steps or --method random"
            )
        return (values for values in product(*(axis.values for axis in self.axes)) if self.allows(values))

    def drawn(self, seed: int) -> Iterator[Values]:
        """Yield different allowed sets drawn with equal chance; ends when hardly any new one is found."""
        random, seen = Random(f"golive sweep {seed}"), set[Values]()  # noqa: S311 (draws that come again; no secret)
        misses = 0
        while misses < _TRIES_PER_SET:
            values = tuple(axis.drawn(random) for axis in self.axes)
            if values in seen or not self.allows(values):
                misses += 1
                continue
            misses = 0
            seen.add(values)
            yield values


class Search(Protocol):
    """Proposes parameter sets. `total` is how many at most."""

    total: int

    def ask(self) -> Sequence[Values]:
        """Return the next batch; empty when there is nothing left to try."""
        ...

    def tell(self, objectives: Sequence[float | None]) -> None:
        """Take the objectives of the batch asked for last, in its order; None where there is none."""
        ...


class ListedSearch:
    """Tries a list of sets that results do not change: a grid, or random draws."""

    def __init__(self, sets: Iterable[Values], batch: int) -> None:
        self._sets = list(sets)
        self.total = len(self._sets)
        self._batch = batch
        self._next = 0

    def ask(self) -> Sequence[Values]:
        first, self._next = self._next, self._next + self._batch
        return self._sets[first : self._next]

    def tell(self, objectives: Sequence[float | None]) -> None:
        """Nothing to learn: the list stands."""


def grid_search(space: Space, batch: int) -> ListedSearch:
    """Return the search over every allowed combination; ConfigError when no set is allowed."""
    return _some(ListedSearch(space.grid(), batch))


def random_search(space: Space, trials: int, seed: int, batch: int) -> ListedSearch:
    """Return the search over `trials` different drawn sets, or as many as there are; ConfigError when no set is allowed."""
    return _some(ListedSearch(islice(space.drawn(seed), trials), batch))


def _some(search: ListedSearch) -> ListedSearch:
    if not search.total:
        raise ConfigError("no parameter set keeps the conditions of --where")
    return search
