"""The parameters of a freqtrade strategy class, and the numbers that they are declared as here.

A category is declared as its place in the list of categories, so that a sweep can step through it; a Boolean as 0 or 1.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from golive.model.errors import ConfigError
from golive.strategy.protocol import Parameter


class BaseParameter:
    """A value that may be optimised; strategies read `value`, and `range` for all values it can take."""

    def __init__(
        self, *, default: Any, space: str | None = None, optimize: bool = True, load: bool = True, **search: Any
    ) -> None:
        self.default, self.value = default, default
        self.space, self.optimize, self.load, self.search = space, optimize, load, search

    @property
    def range(self) -> Iterable[Any]:
        """One value: indicators are computed for the value in use."""
        return [self.value]

    def declared(self, name: str) -> Parameter:
        raise NotImplementedError

    def from_number(self, number: float) -> Any:
        """Return the strategy's value for the declared number."""
        raise NotImplementedError


def _bounds(kind: str, low: Any, high: Any) -> tuple[Any, Any]:
    if high is None:
        if not isinstance(low, Sequence) or len(low) != 2:
            raise ConfigError(f"{kind}: give low and high, or both as one pair")
        return low[0], low[1]
    return low, high


class IntParameter(BaseParameter):
    def __init__(self, low: Any, high: Any = None, *, default: int, **rest: Any) -> None:
        super().__init__(default=default, **rest)
        self.low, self.high = _bounds("IntParameter", low, high)

    def declared(self, name: str) -> Parameter:
        return Parameter(float(self.default), float(self.low), float(self.high), name, whole=True)

    def from_number(self, number: float) -> int:
        return int(number)


class RealParameter(BaseParameter):
    def __init__(self, low: Any, high: Any = None, *, default: float, **rest: Any) -> None:
        super().__init__(default=default, **rest)
        self.low, self.high = _bounds("RealParameter", low, high)

    def declared(self, name: str) -> Parameter:
        return Parameter(float(self.default), float(self.low), float(self.high), name)

    def from_number(self, number: float) -> float:
        return number


class DecimalParameter(RealParameter):
    """A number that is rounded to `decimals` places."""

    def __init__(self, low: Any, high: Any = None, *, default: float, decimals: int = 3, **rest: Any) -> None:
        super().__init__(low, high, default=round(default, decimals), **rest)
        self.decimals = decimals

    def from_number(self, number: float) -> float:
        return round(number, self.decimals)


class CategoricalParameter(BaseParameter):
    def __init__(self, categories: Sequence[Any], *, default: Any = None, **rest: Any) -> None:
        if len(categories) < 2:
            raise ConfigError("CategoricalParameter: give two categories or more")
        self.categories = list(categories)
        chosen = self.categories[0] if default is None else default
        if chosen not in self.categories:
            raise ConfigError(f"CategoricalParameter: the default {chosen!r} is none of {self.categories}")
        super().__init__(default=chosen, **rest)

    def declared(self, name: str) -> Parameter:
        meaning = ", ".join(f"{i} = {each!r}" for i, each in enumerate(self.categories))
        place = float(self.categories.index(self.default))
        return Parameter(place, 0, float(len(self.categories) - 1), f"{name}: {meaning}", whole=True)

    def from_number(self, number: float) -> Any:
        return self.categories[int(number)]


class BooleanParameter(CategoricalParameter):
    def __init__(self, *, default: Any = None, **rest: Any) -> None:
        super().__init__([False, True], default=True if default is None else default, **rest)


def parameters_of(cls: type) -> dict[str, BaseParameter]:
    """Return a strategy class's parameters by attribute name."""
    return {name: value for name in dir(cls) if isinstance(value := getattr(cls, name, None), BaseParameter)}
