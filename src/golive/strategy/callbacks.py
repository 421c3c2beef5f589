"""The form with callbacks: a class whose object is the state, asked at every closed candle for its target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Final

from golive.model.errors import ConfigError

from .order_parameters import with_order_parameters
from .protocol import Bar, FillSeen, Parameter, TradeSeen


class Callbacks:
    """Base class. Each instrument has an object of its own, made without arguments; keep in it whatever you like.

    A class may also define `on_fill(self, fill: FillSeen)` and `on_trade(self, trade: TradeSeen)`; what they keep counts at the
    next candle.
    """

    name: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    parameters: ClassVar[Mapping[str, Parameter]] = {}

    def warm_up(self, params: Any) -> int:
        """Return after how many candles `on_candle` first gives a target; it returns WARMING_UP before."""
        return 1

    def on_start(self, params: Any) -> None:
        """Prepare for the first candle; `params` has each parameter as an attribute."""

    def on_candle(self, bar: Bar) -> float:
        """Return the wanted share, 0..1, of the largest position, or WARMING_UP."""
        raise NotImplementedError


class CallbackStrategy:
    """A strategy made of a class with callbacks; ConfigError when the class lacks its name or `on_candle`."""

    form: Final = "callbacks"

    def __init__(self, cls: type[Callbacks]) -> None:
        if not cls.name:
            raise ConfigError(f'class {cls.__name__}: give it a name, as name = "my_strategy"')
        if cls.on_candle is Callbacks.on_candle:
            raise ConfigError(f"strategy {cls.name}: define on_candle(self, bar)")
        self._class = cls
        self.name = cls.name
        self.summary = cls.summary
        self.parameters: Mapping[str, Parameter] = with_order_parameters(cls.parameters)
        self.remembers = getattr(cls, "remembers", "window")
        # Only a strategy that listens has these: one that does not can be asked for its targets without an exchange.
        if hasattr(cls, "on_fill"):
            self.on_fill = _on_fill
        if hasattr(cls, "on_trade"):
            self.on_trade = _on_trade

    def initial(self, params: Any) -> Callbacks:
        """Return a new object, started."""
        made = self._class()
        made.on_start(params)
        return made

    def warm_up(self, params: Any) -> int:
        return self._class().warm_up(params)

    @staticmethod
    def step(state: Callbacks, bar: Bar, params: Any) -> float:
        """Ask the object."""
        return state.on_candle(bar)


def _on_fill(state: Any, fill: FillSeen, params: Any) -> None:
    state.on_fill(fill)


def _on_trade(state: Any, trade: TradeSeen, params: Any) -> None:
    state.on_trade(trade)
