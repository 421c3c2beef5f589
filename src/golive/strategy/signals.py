"""The vectorised form: one function from columns to targets.

A backtest asks it once for the whole history. A session asks it at every closed candle for the newest `window` candles and takes
the last target, so a function whose target depends on more than that says another thing in a session: `golive strategy check`
finds it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from golive.model.clock import to_iso
from golive.model.errors import ConfigError, StrategyError

from .failure import no_target
from .order_parameters import with_order_parameters
from .protocol import WARMING_UP, Bar, Parameter

if TYPE_CHECKING:
    from golive.matching.columns import CandleColumns, FloatColumn

WINDOW_OF_WARM_UPS: Final = 4
"""candles that a session shows, in warm-ups; a class may set `window_bars` of its own"""
_KINDS_OF_NUMBERS: Final = "fiub"
"""floats, integers and truth values, as numpy names them"""


class Signals:
    """Base class."""

    name: ClassVar[str] = ""
    summary: ClassVar[str] = ""
    parameters: ClassVar[Mapping[str, Parameter]] = {}
    window_bars: ClassVar[int] = 0
    """candles that a session shows to `signals`; 0 = four times the warm-up"""

    def warm_up(self, params: Any) -> int:
        """Return after how many candles `signals` first gives a target."""
        return 1

    def signals(self, columns: Mapping[str, Any], params: Any) -> FloatColumn:
        """Return the target at every candle, 0..1.

        `columns` holds ts (int64, the close, ns UTC), open, high, low, close, volume, oldest first and equally long.
        """
        raise NotImplementedError


class SignalsStrategy:
    """A strategy made of a class with `signals`; ConfigError when the class lacks its name or the function."""

    form: Final = "signals"

    def __init__(self, cls: type[Signals]) -> None:
        if not cls.name:
            raise ConfigError(f'class {cls.__name__}: give it a name, as name = "my_strategy"')
        if cls.signals is Signals.signals:
            raise ConfigError(f"strategy {cls.name}: define signals(self, columns, params)")
        self._of = cls()
        self.name = cls.name
        self.summary = cls.summary
        self.parameters: Mapping[str, Parameter] = with_order_parameters(cls.parameters)
        self.remembers = getattr(cls, "remembers", "window")

    def warm_up(self, params: Any) -> int:
        return self._of.warm_up(params)

    def window(self, params: Any) -> int:
        """Return how many candles a session shows."""
        return max(self._of.window_bars or WINDOW_OF_WARM_UPS * self.warm_up(params), self.warm_up(params))

    def initial(self, params: Any) -> deque[Bar]:
        """Return an empty window."""
        return deque(maxlen=self.window(params))

    def step(self, state: deque[Bar], bar: Bar, params: Any) -> float:
        """Let the candle into the window; return the last target over it."""
        import numpy as np

        state.append(bar)
        if len(state) < self.warm_up(params):
            return WARMING_UP
        columns = {name: np.array(column) for name, column in zip(Bar._fields, zip(*state, strict=True), strict=True)}
        return float(_asked(self._of, columns, params)[-1])

    def targets(self, candles: CandleColumns, params: Any) -> FloatColumn:
        """Return the target at every candle of a history; the function is asked once."""
        return asked_over(self._of, candles, params)


def asked_over(strategy: Signals, candles: CandleColumns, params: Any) -> FloatColumn:
    """Return what `signals` says of a history, WARMING_UP until its warm-up is over."""
    import numpy as np

    if not len(candles):
        return np.empty(0)
    tick, lot = float(candles.instrument.tick_size), float(candles.instrument.lot_size)
    opened_at, open_, high, low, close, volume = candles.columns
    floats = (open_ * tick, high * tick, low * tick, close * tick, volume * lot)
    columns = dict(zip(Bar._fields, (opened_at + candles.timeframe_ns, *floats), strict=True))
    targets = _asked(strategy, columns, params)
    targets[: strategy.warm_up(params) - 1] = WARMING_UP
    return targets


def _asked(strategy: Signals, columns: Mapping[str, Any], params: Any) -> FloatColumn:
    """Return what `signals` says of each candle; StrategyError for what is not one number a candle."""
    import numpy as np

    closes = columns["ts"]
    said: Any = strategy.signals(columns, params)
    found = np.asarray(said)
    if found.shape != closes.shape:
        gave = "None" if said is None else f"an array of shape {found.shape}"
        up_to = to_iso(int(closes[-1]))
        raise StrategyError(f"strategy {strategy.name}: signals gave {gave} for the {len(closes)} candles up to {up_to}")
    if found.dtype.kind not in _KINDS_OF_NUMBERS:  # numpy alone would take None for a number that is none
        for ts, each in zip(closes.tolist(), found.tolist(), strict=True):
            if not isinstance(each, float | int | np.floating | np.integer | np.bool_):
                raise no_target(strategy.name, ts, each)
    return found.astype(np.float64)
