"""What a strategy is: one `step` that moves its state by one closed bar and says the target position.

A strategy sees closed bars as statistics (floats) and its own parameters; it sees no order, balance, key, clock or file.
`step` is written once: sessions interpret it, sweeps compile the same source. So that it can be compiled it is made of
arithmetic, `math`, plain functions of the same kind, and attributes of `state`, `bar` and `params`.
"""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple, Protocol

from golive.model.errors import ConfigError
from golive.model.ids import InstrumentId

WARMING_UP: Final = math.nan
"""the target of a strategy that has not seen enough bars; the one number that is not equal to itself"""


class Bar(NamedTuple):
    """One closed bar in quote per base and base volume, as floats; `ts` is its close, ns UTC."""

    ts: int
    open: float
    high: float
    low: float
    close: float
    volume: float


class FillSeen(NamedTuple):
    """One execution of an order of this strategy; `position` is the base quantity held after it."""

    ts: int
    is_buy: bool
    price: float
    quantity: float
    position: float


class TradeSeen(NamedTuple):
    """One print of the public market; `is_buy` says that the taker bought."""

    ts: int
    price: float
    quantity: float
    is_buy: bool


class MemberSaid(NamedTuple):
    """What a member of an allocation wants at an instrument, and what of it counts; shares of a full position, 0 to 1."""

    strategy: str
    """its name; from the second member of a strategy on with its number, as `ema_cross#2`"""
    share: float
    """of the whole's target"""
    wanted: float
    target: float
    """at most `wanted`: less, where the member's times hold it back"""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number a strategy takes: its default, inclusive range and meaning; `whole` demands an integer."""

    default: float
    low: float
    high: float
    help: str
    whole: bool = False


class Strategy(Protocol):
    """A registered strategy.

    `initial` makes a state of its own for each instrument: an object whose attributes are numbers or lists of floats of fixed
    length. `params` is what `bound` made of the resolved values: one float per declared parameter, by name.
    """

    @property
    def name(self) -> str: ...

    @property
    def summary(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, Parameter]: ...

    def initial(self, params: Any) -> Any:
        """Return the state before the first bar."""
        ...

    def step(self, state: Any, bar: Bar, params: Any) -> float:
        """Move `state` by one bar; return the wanted share, 0..1, of the largest position, or WARMING_UP.

        Equal states, bars and parameters give equal results; nothing else is read or changed.
        """
        ...

    def warm_up(self, params: Any) -> int:
        """Return after how many bars `step` first gives a target."""
        ...


def started(strategy: Strategy, params: Any, instrument: InstrumentId) -> Any:
    """Return a strategy's state before the first bar of an instrument; one may differ by instrument (`initial_for`)."""
    initial_for = getattr(strategy, "initial_for", None)
    return strategy.initial(params) if initial_for is None else initial_for(params, instrument)


def resolve_parameters(name: str, declared: Mapping[str, Parameter], given: Mapping[str, object]) -> dict[str, float]:
    """Return every declared parameter with the given values laid over the defaults.

    Raises ConfigError naming the strategy, the parameter and what is allowed.
    """
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise ConfigError(f"strategy {name}: unknown parameter {unknown[0]!r}; known: {', '.join(sorted(declared))}")
    values = {}
    for key, parameter in declared.items():
        raw = given.get(key, parameter.default)
        try:
            value = float(str(raw))
        except ValueError:
            raise ConfigError(f"strategy {name}: parameter {key} = {raw!r} is not a number") from None
        if isinstance(raw, bool) or not parameter.low <= value <= parameter.high:
            raise ConfigError(f"strategy {name}: parameter {key} = {raw} is outside {parameter.low:g} … {parameter.high:g}")
        if parameter.whole and value != int(value):
            raise ConfigError(f"strategy {name}: parameter {key} = {raw} must be a whole number")
        values[key] = value
    return values


def bound(values: Mapping[str, float]) -> Any:
    """Return parameter values as what `step` takes: a named tuple, each value an attribute."""
    return _named(tuple(values))(**values)


@cache
def _named(names: tuple[str, ...]) -> Any:
    """Return the type of parameters of these names, made once.

    `namedtuple` evaluates text: an interrupt that is raised meanwhile ends a `python -m` by its signal, also when it is caught.
    """
    return namedtuple("Params", names)
