"""Strategy files of users, as text, loaded as the product loads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from golive.matching.columns import CandleColumns
from golive.strategy import Bar, bound, resolve_parameters
from golive.strategy.freqtrade_form import FrameStrategy, adapted, classes_in, foreign_names
from support.candles import btc, columns_of, walk

FIVE_MINUTES = 300 * 10**9
SAMPLE = (Path(__file__).parents[1] / "strategy" / "freqtrade_form" / "sample_strategy.py.txt").read_text()

SMALL = '''
from freqtrade.strategy import IStrategy, IntParameter
import talib.abstract as ta
from technical import qtpylib

class Small(IStrategy):
    """Crosses two averages."""
    timeframe = "5m"
    stoploss = -0.99
    startup_candle_count = 30
    fast = IntParameter(2, 20, default=5)

    def populate_indicators(self, dataframe, metadata):
        dataframe["fast"] = ta.SMA(dataframe, timeperiod=self.fast.value)
        dataframe["slow"] = ta.SMA(dataframe, timeperiod=20)
        return dataframe

    def populate_entry_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_above(dataframe["fast"], dataframe["slow"]), "enter_long"] = 1
        return dataframe

    def populate_exit_trend(self, dataframe, metadata):
        dataframe.loc[qtpylib.crossed_below(dataframe["fast"], dataframe["slow"]), "exit_long"] = 1
        return dataframe
'''


def classes(text: str) -> list[Any]:
    namespace: dict[str, Any] = {"__name__": "user_file"}
    with foreign_names():
        exec(compile(text, "strategies/user_file.py", "exec"), namespace)
    return list(classes_in(namespace))


def strategy(text: str) -> FrameStrategy:
    (cls,) = classes(text)
    return adapted(cls)


def params(of: FrameStrategy, **given: float) -> Any:
    return bound(resolve_parameters(of.name, of.parameters, given))


def candles(count: int, seed: int = 1, *, timeframe_ns: int = FIVE_MINUTES) -> CandleColumns:
    rows = walk(count, start=1_700_000_100 * 10**9, step=timeframe_ns, seed=seed)
    return columns_of(rows, instrument=btc(tick="0.5"), timeframe_ns=timeframe_ns)


def bars(of: CandleColumns) -> list[Bar]:
    tick, lot = float(of.instrument.tick_size), float(of.instrument.lot_size)
    rows = zip(*(column.tolist() for column in of.columns), strict=True)
    return [Bar(ts + of.timeframe_ns, *(price * tick for price in prices), volume * lot) for ts, *prices, volume in rows]  # type: ignore[call-arg]
