"""The text of a new strategy, in each form, and of its test: files that run as they are."""

from __future__ import annotations

from typing import Final

FORMS: Final = ("step", "callbacks", "signals", "freqtrade")

_STEP: Final = '''"""NAME: say here what it does and why that should pay.

`step` sees one closed candle at a time (bar.ts, .open, .high, .low, .close, .volume) and returns the share of the largest
position, 0..1, that it wants to hold, or WARMING_UP. It keeps what it needs in `state`: numbers, lists of floats of fixed
length, and objects made of these. Written with arithmetic, `math` and plain functions it is compiled for sweeps, as it stands.
"""

from dataclasses import dataclass, field

from golive.strategy import WARMING_UP, Parameter
from golive.strategy.indicators import Ema, ema


@dataclass(slots=True)
class State:
    average: Ema = field(default_factory=Ema)


def step(state, bar, params):
    average = ema(state.average, bar.close, params.average_bars)
    if state.average.seen < warm_up(params):
        return WARMING_UP
    return 1.0 if bar.close > average else 0.0


def warm_up(params):
    return 4 * int(params.average_bars)  # an exponential average forgets its start in about four lengths


class CLASS:
    name = "NAME"
    summary = "hold while the close is above its average"
    # Parameter(default, lowest, highest, meaning); `golive sweep` searches between lowest and highest.
    # position_pct, stop_loss_pct, take_profit_pct and the other order parameters are added to these.
    parameters = {"average_bars": Parameter(50, 2, 500, "length of the average, bars", whole=True)}

    def initial(self, params):
        return State()  # one for each instrument

    step = staticmethod(step)

    def warm_up(self, params):
        return warm_up(params)
'''

_CALLBACKS: Final = '''"""NAME: say here what it does and why that should pay.

Each instrument has an object of this class. `on_candle` sees one closed candle and returns the share of the largest position,
0..1, that it wants to hold, or WARMING_UP. Add `on_fill(self, fill)` or `on_trade(self, trade)` to hear of executions and
public trades.
"""

from golive.strategy import WARMING_UP, Parameter
from golive.strategy.callbacks import Callbacks
from golive.strategy.indicators import Rsi, rsi


class CLASS(Callbacks):
    name = "NAME"
    summary = "buy a low relative strength index, sell a high one"
    parameters = {
        "rsi_bars": Parameter(14, 2, 200, "length of the index, bars", whole=True),
        "low": Parameter(30, 1, 50, "buy below"),
        "high": Parameter(55, 40, 99, "sell above"),
    }
    remembers = "position"  # the target rests on what was held, not only on the newest candles

    def warm_up(self, params):
        return 10 * int(params.rsi_bars)

    def on_start(self, params):
        self.params = params
        self.index = Rsi()
        self.target = 0.0

    def on_candle(self, bar):
        index = rsi(self.index, bar.close, self.params.rsi_bars)
        if self.index.seen < self.warm_up(self.params):
            return WARMING_UP
        if index < self.params.low:
            self.target = 1.0
        elif index > self.params.high:
            self.target = 0.0
        return self.target
'''

_SIGNALS: Final = '''"""NAME: say here what it does and why that should pay.

`signals` sees columns (numpy arrays ts, open, high, low, close, volume, oldest first) and returns the share of the largest
position, 0..1, at every candle. In a backtest it sees later candles too and must not use them: `golive strategy check NAME`
looks for that.
"""

import numpy as np

from golive.strategy import Parameter
from golive.strategy.indicators import batch
from golive.strategy.signals import Signals


class CLASS(Signals):
    name = "NAME"
    summary = "hold while the short mean is above the long one"
    parameters = {
        "short_bars": Parameter(20, 2, 200, "short mean, bars", whole=True),
        "long_bars": Parameter(60, 3, 1000, "long mean, bars", whole=True),
    }

    def warm_up(self, params):
        return int(max(params.short_bars, params.long_bars))

    def signals(self, columns, params):
        short = batch.sma(columns["close"], int(params.short_bars))
        long = batch.sma(columns["close"], int(params.long_bars))
        return np.where(short > long, 1.0, 0.0)
'''

_FREQTRADE: Final = '''"""NAME: say here what it does and why that should pay.

In freqtrade's DataFrame form; docs/freqtrade.md says what carries over.
"""

import talib.abstract as ta
from freqtrade.strategy import IntParameter, IStrategy


class NAME(IStrategy):
    """Buy a low relative strength index, sell a high one."""

    timeframe = "5m"
    startup_candle_count = 200
    stoploss = -0.10
    minimal_roi = {"0": 0.10}
    can_short = False

    buy_rsi = IntParameter(10, 50, default=30, space="buy")

    def populate_indicators(self, dataframe, metadata):
        dataframe["rsi"] = ta.RSI(dataframe, timeperiod=14)
        dataframe["ema"] = ta.EMA(dataframe, timeperiod=50)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[(dataframe["rsi"] < self.buy_rsi.value) & (dataframe["volume"] > 0), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[dataframe["rsi"] > 60, "exit_long"] = 1
        return dataframe
'''

_TEST: Final = '''"""NAME passes every check of `golive strategy check`. Run: pytest strategies"""

from pathlib import Path

from golive.runtime.strategy_check import check_strategy

HOME = Path(__file__).parent.parent


def test_NAME_passes_every_check():
    examined = check_strategy("NAME", HOME)
    assert [each for each in examined.findings if each.status == "failed"] == []
'''

_TEXTS: Final = {"step": _STEP, "callbacks": _CALLBACKS, "signals": _SIGNALS, "freqtrade": _FREQTRADE}


def strategy_text(name: str, form: str) -> str:
    """Return the file of a new strategy; `name` is a Python identifier."""
    of_class = "".join(part.capitalize() for part in name.split("_"))
    return _TEXTS[form].replace("CLASS", of_class).replace("NAME", name)


def test_text(name: str) -> str:
    """Return the file of its test."""
    return _TEST.replace("NAME", name)
