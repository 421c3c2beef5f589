"""What a strategy is: one pure `step` from state and closed bar to a target position.

A strategy sees closed bars as statistics (floats) and its own parameters; it sees no order, balance, key, clock or file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from golive.model.errors import ConfigError

State = TypeVar("State")


class Bar(NamedTuple):
    """One closed bar in quote per base and base volume, as floats; `ts` is its close, ns UTC."""

    ts: int
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True)
class Parameter:
    """A number a strategy takes: its default, inclusive range and meaning; `whole` demands an integer."""

    default: float
    low: float
    high: float
    help: str
    whole: bool = False


class Step(NamedTuple, Generic[State]):
    """What one step returns: the next state and the target (None while warming up).

    `target` is the wanted share, 0..1, of the largest position that the strategy may hold.
    """

    state: State
    target: float | None


class Strategy(Protocol[State]):
    """A registered strategy."""

    name: str
    parameters: Mapping[str, Parameter]

    def initial(self, params: Mapping[str, float]) -> State:
        """Return the state before the first bar."""
        ...

    def step(self, state: State, bar: Bar, params: Mapping[str, float]) -> Step[State]:
        """Return the next state and the target; pure: equal inputs give equal outputs, nothing else is read."""
        ...

    def warm_up(self, params: Mapping[str, float]) -> int:
        """Return after how many bars `step` first gives a target."""
        ...


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
