"""A class in freqtrade's DataFrame form as a strategy of Golive.

`populate_indicators`, `populate_entry_trend` and `populate_exit_trend` are asked on closed candles: over the whole history in a
backtest, over the newest candles in a session, `WINDOW` of them or more where `startup_candle_count` asks for more. What they
say becomes a target of all or nothing (`position.py`), acted on at the next open.
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from golive.model.errors import ConfigError
from golive.strategy.order_parameters import ORDER_PARAMETERS, with_order_parameters
from golive.strategy.protocol import WARMING_UP, Bar, Parameter

from .interface import IStrategy
from .optimised import refused_values, with_values_found
from .parameters import parameters_of
from .position import Exits, Position, stop_distances
from .timeframe import timeframe_to_seconds
from .unsupported import left_out, refusals

if TYPE_CHECKING:
    from golive.matching.columns import CandleColumns, FloatColumn, IntColumn

    from .frame import Window

WINDOW: Final = 1000
"""candles that a session shows to the class, at least"""
_SECOND: Final = 10**9


@dataclass(slots=True)
class FrameState:
    """One instrument's candles, the class's own object, and the position that its signals led to."""

    instance: IStrategy
    window: Window
    position: Position
    exits: Exits


class FrameStrategy:
    """A strategy made of a class and of the parameter file beside it; ConfigError with all that keeps the class from running."""

    form: Final = "freqtrade"

    def __init__(self, cls: type[IStrategy], parameter_file: Mapping[str, Any] | None = None) -> None:
        name = cls.__name__
        cls = with_values_found(cls, parameter_file)
        if reasons := refusals(cls):
            listed = "\n".join(f"  - {reason}" for reason in reasons)
            raise ConfigError(f"strategy {name} cannot run here; not carried over from freqtrade:\n{listed}")
        self.cls = cls
        self.name = name
        self.summary = (inspect.getdoc(cls) or f"{name}, in freqtrade's form").strip().splitlines()[0]
        self.timeframe: str = cls.timeframe or cls.ticker_interval  # type: ignore[attr-defined]
        self.bar_ns = timeframe_to_seconds(self.timeframe) * _SECOND
        self.left_out = (*left_out(cls), *refused_values(cls, parameter_file))
        """what the class has that changes nothing here"""
        self._own = parameters_of(cls)
        self.parameters: Mapping[str, Parameter] = self._declared()

    def _declared(self) -> dict[str, Parameter]:
        taken = sorted(set(self._own) & set(ORDER_PARAMETERS))
        if taken:
            raise ConfigError(f"strategy {self.name}: the parameter {taken[0]} is Golive's own; rename it")
        declared = {name: each.declared(name) for name, each in self._own.items()}
        stops = {name: replace(ORDER_PARAMETERS[name], default=share) for name, share in stop_distances(self.cls).items()}
        return with_order_parameters({**declared, **stops})

    def _instance(self, params: Any) -> IStrategy:
        """Return an object of the class with these values; its parameters are its own, not the class's."""
        instance = self.cls({})
        for name, each in self._own.items():
            own = copy.copy(each)
            own.value = own.from_number(getattr(params, name))
            setattr(instance, name, own)
        instance.bot_start()
        return instance

    def warm_up(self, params: Any) -> int:
        """The first signal used is that of the candle after the startup candles."""
        return int(self.cls.startup_candle_count) + 1

    def initial(self, params: Any) -> FrameState:
        from .frame import Window

        instance = self._instance(params)
        window = Window(max(WINDOW, self.warm_up(params)), self.bar_ns)
        return FrameState(instance, window, Position(), Exits.of(instance, params))

    def step(self, state: FrameState, bar: Bar, params: Any) -> float:
        """Show the newest candles to the class and follow its last signal."""
        from .frame import signals

        if bar.ts % self.bar_ns:
            raise ConfigError(f"strategy {self.name} is for candles of {self.timeframe}; one closed at {bar.ts} ns")
        state.window.append(bar)
        if state.window.seen < self.warm_up(params):
            return WARMING_UP
        said = signals(state.instance, state.window.frame())
        return state.position.move(bar, bool(said.enters[-1]), bool(said.exits[-1]), state.exits, self.bar_ns)

    def targets(self, candles: CandleColumns, params: Any) -> FloatColumn:
        """Return the target after every candle of a history, WARMING_UP at its start; the class is asked once for all.

        Raises ConfigError when the candles are of another timeframe than the class is for.
        """
        import numpy as np

        from .frame import PRICES, frame_of_columns, signals

        self._demand_timeframe(candles)
        targets = np.full(len(candles), WARMING_UP)
        first = self.warm_up(params) - 1
        if len(candles) <= first:
            return targets
        instance = self._instance(params)
        frame = frame_of_columns(candles)
        columns = [frame[name].tolist()[first:] for name in PRICES]
        said = signals(instance, frame)
        closes = (np.asarray(candles.opened_at[first:]) + self.bar_ns).tolist()
        position, exits = Position(), Exits.of(instance, params)
        for i, (enters, leaves, *bar) in enumerate(
            zip(said.enters[first:].tolist(), said.exits[first:].tolist(), closes, *columns, strict=True), start=first
        ):
            targets[i] = position.move(Bar(*bar), enters, leaves, exits, self.bar_ns)
        return targets

    def signals_at(self, candles: CandleColumns, params: Any) -> IntColumn:
        """Return the class's signals at every candle of a history, whatever is held: 0 none, 1 enter, 2 exit, 3 both.

        Raises ConfigError as `targets`.
        """
        import numpy as np

        from .frame import frame_of_columns, signals

        self._demand_timeframe(candles)
        if not len(candles):
            return np.empty(0, np.int64)
        said = signals(self._instance(params), frame_of_columns(candles))
        codes: IntColumn = said.enters.astype(np.int64) + 2 * said.exits.astype(np.int64)
        return codes

    def _demand_timeframe(self, candles: CandleColumns) -> None:
        if candles.timeframe_ns != self.bar_ns:
            length = candles.timeframe_ns / (60 * _SECOND)
            raise ConfigError(f"strategy {self.name} is for candles of {self.timeframe}, not of {length:g} minutes")


def adapted(cls: type[IStrategy], parameter_file: Mapping[str, Any] | None = None) -> FrameStrategy:
    """Return the strategy that a class in the form is; ConfigError with the list of what is not carried over.

    `parameter_file` is the content of `<file>.json` beside the class's file, where that is for this class.
    """
    return FrameStrategy(cls, parameter_file)


def classes_in(namespace: Mapping[str, Any]) -> list[type[IStrategy]]:
    """Return the strategy classes that a loaded file defines itself, in its order, without those that others there build on."""
    found = [
        each
        for each in namespace.values()
        if isinstance(each, type) and issubclass(each, IStrategy) and each.__module__ == namespace.get("__name__")
    ]
    return [each for each in found if not any(other is not each and issubclass(other, each) for other in found)]
