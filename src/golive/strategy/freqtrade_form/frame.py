"""Candles as the form's DataFrame, a window of the newest ones, and the signals that a strategy's class reads from it."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from golive.matching.columns import CandleColumns, FloatColumn, IntColumn
from golive.model.errors import ConfigError, GoliveError
from golive.strategy.protocol import Bar

from .interface import IStrategy
from .names import foreign_names

if TYPE_CHECKING:
    from pandas import DataFrame

PRICES: Final = ("open", "high", "low", "close", "volume")


class Signals(NamedTuple):
    """Where the class says enter and exit; one value a candle."""

    enters: npt.NDArray[np.bool_]
    exits: npt.NDArray[np.bool_]


class _Unnamed(dict[str, Any]):
    """The metadata of a pair that a strategy is not told."""

    def get(self, key: str, default: Any = None) -> Any:
        return self[key]

    def __missing__(self, key: str) -> Any:
        raise ConfigError(f"metadata[{key!r}]: a strategy is not told which pair it trades; what differs by pair is a parameter")


def frame_of(opened_at: IntColumn, values: tuple[FloatColumn, ...]) -> DataFrame:
    """Return candles as the form has them: `date` is the open, UTC; prices in quote per base, volume in base."""
    import pandas as pd

    date = pd.Series(opened_at.astype("datetime64[ns]").astype("datetime64[ms]")).dt.tz_localize("UTC")
    return pd.DataFrame({"date": date, **dict(zip(PRICES, values, strict=True))})


def frame_of_columns(candles: CandleColumns) -> DataFrame:
    """Return a history; a bar's floats are those that a session's strategy sees."""
    tick, lot = np.float64(candles.instrument.tick_size), np.float64(candles.instrument.lot_size)
    prices = [np.multiply(column, tick) for column in (candles.open, candles.high, candles.low, candles.close)]
    return frame_of(np.asarray(candles.opened_at), (*prices, np.multiply(candles.volume, lot)))


class Window:
    """The newest `size` bars, oldest first."""

    def __init__(self, size: int, bar_ns: int) -> None:
        self.size, self._bar_ns = size, bar_ns
        self._opened = np.zeros(2 * size, dtype=np.int64)
        self._values = np.zeros((len(PRICES), 2 * size))
        self._end = 0
        self.seen = 0

    def append(self, bar: Bar) -> None:
        if self._end == len(self._opened):
            self._opened[: self.size] = self._opened[self.size :]
            self._values[:, : self.size] = self._values[:, self.size :]
            self._end = self.size
        self._opened[self._end] = bar.ts - self._bar_ns
        self._values[:, self._end] = bar[1:]
        self._end += 1
        self.seen += 1

    def frame(self) -> DataFrame:
        """Return the bars as a frame of its own."""
        since = max(0, self._end - self.size)
        values = tuple(self._values[i, since : self._end].copy() for i in range(len(PRICES)))
        return frame_of(self._opened[since : self._end].copy(), values)


def signals(instance: IStrategy, frame: DataFrame) -> Signals:
    """Ask the class for its signals on every candle of a frame.

    Raises ConfigError naming the line of the class at which it failed, or what it did to the frame.
    """
    count, last = len(frame), frame["close"].iloc[-1]
    for method in ("populate_indicators", "populate_entry_trend", "populate_exit_trend"):
        if method != "populate_indicators":
            frame[method.split("_")[1].replace("entry", "enter") + "_tag"] = ""
        frame = _asked(instance, method, frame)
        if len(frame) != count or "close" not in frame or frame["close"].iloc[-1] != last:
            raise ConfigError(f"strategy {_name(instance)}: {method} must give back the candles it was given, row by row")
    return Signals(_flags(frame, "enter_long", "buy"), _flags(frame, "exit_long", "sell"))


def _asked(instance: IStrategy, method: str, frame: DataFrame) -> DataFrame:
    try:
        with foreign_names():
            answer = getattr(instance, method)(frame, _Unnamed())
    except GoliveError as error:
        raise ConfigError(f"strategy {_name(instance)}: {method}: {error}") from error
    except Exception as error:
        raise ConfigError(f"strategy {_name(instance)}: {method} failed {_place(instance, error)}: {error!r}") from error
    if type(answer).__name__ != "DataFrame":
        raise ConfigError(f"strategy {_name(instance)}: {method} must return the dataframe, not {type(answer).__name__}")
    return answer


def _name(instance: IStrategy) -> str:
    return type(instance).__name__


def _place(instance: IStrategy, error: Exception) -> str:
    """Return the innermost line of the strategy's own file."""
    own = {base.__module__ for base in type(instance).__mro__} - {"builtins", IStrategy.__module__}
    at = "inside"
    for frame, line in traceback.walk_tb(error.__traceback__):
        if frame.f_globals.get("__name__") in own:
            at = f"at {frame.f_code.co_filename}:{line}"
    return at


def _flags(frame: DataFrame, name: str, old_name: str) -> npt.NDArray[np.bool_]:
    """Return where a signal column is 1; a candle without a value has none."""
    column = name if name in frame else old_name
    if column not in frame:
        return np.zeros(len(frame), dtype=np.bool_)
    return np.asarray(frame[column] == 1, dtype=np.bool_)
