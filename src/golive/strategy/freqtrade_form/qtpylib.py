"""The helpers of qtpylib that strategies use, for series and frames.

Two of qtpylib's look ahead and are refused: `cci` divides by the deviation of the whole series, `rsi` starts from a change that
comes after its first value.
"""

from __future__ import annotations

from typing import Any, NoReturn

import numpy as np
import pandas as pd

from golive.model.errors import ConfigError


def crossed_above(series1: Any, series2: Any) -> Any:
    """Return where series1 is above series2 (a series or a number) and was not one candle before."""
    return _crossed(series1, series2, 1.0)


def crossed_below(series1: Any, series2: Any) -> Any:
    return _crossed(series1, series2, -1.0)


def crossed(series1: Any, series2: Any, direction: str | None = None) -> Any:
    """Return where the series cross in a direction, "above" or "below", or in any."""
    if direction is None:
        return crossed_above(series1, series2) | crossed_below(series1, series2)
    return crossed_above(series1, series2) if direction == "above" else crossed_below(series1, series2)


def _crossed(series1: Any, series2: Any, sign: float) -> Any:
    first = series1 if isinstance(series1, pd.Series) else pd.Series(series1)
    second = series2 if isinstance(series2, pd.Series) else pd.Series(series2, index=first.index)
    return (sign * first > sign * second) & (sign * first.shift(1) <= sign * second.shift(1))


def typical_price(bars: Any) -> Any:
    return (bars["high"] + bars["low"] + bars["close"]) / 3.0


def mid_price(bars: Any) -> Any:
    return (bars["high"] + bars["low"]) / 2.0


def ibs(bars: Any) -> Any:
    """Return the bar's internal strength, to two places."""
    return ((bars["close"] - bars["low"]) / (bars["high"] - bars["low"])).round(2)


def true_range(bars: Any) -> Any:
    earlier = bars["close"].shift(1)
    reaches = [bars["high"] - bars["low"], (bars["high"] - earlier).abs(), (bars["low"] - earlier).abs()]
    return pd.concat(reaches, axis=1).max(axis=1)


def atr(bars: Any, window: int = 14, exp: bool = False) -> Any:
    return rolling_weighted_mean(true_range(bars), window) if exp else rolling_mean(true_range(bars), window)


def _series(values: Any) -> Any:
    return values if isinstance(values, pd.Series) else pd.Series(values)


def _least(window: int, min_periods: int | None) -> int:
    return window if min_periods is None else min_periods


def rolling_mean(series: Any, window: int = 200, min_periods: int | None = None) -> Any:
    return _series(series).rolling(window, min_periods=_least(window, min_periods)).mean()


def rolling_std(series: Any, window: int = 200, min_periods: int | None = None) -> Any:
    return _series(series).rolling(window, min_periods=_least(window, min_periods)).std()


def rolling_min(series: Any, window: int = 14, min_periods: int | None = None) -> Any:
    return _series(series).rolling(window, min_periods=_least(window, min_periods)).min()


def rolling_max(series: Any, window: int = 14, min_periods: int | None = None) -> Any:
    return _series(series).rolling(window, min_periods=_least(window, min_periods)).max()


def rolling_weighted_mean(series: Any, window: float = 200, min_periods: int | None = None) -> Any:
    """Return the exponential mean of span `window`, weighted from the first value on."""
    return _series(series).ewm(span=window, min_periods=int(window) if min_periods is None else min_periods).mean()


def hull_moving_average(series: Any, window: int = 200, min_periods: int | None = None) -> Any:
    least = _least(window, min_periods)
    half, whole = rolling_weighted_mean(series, window / 2, least), rolling_weighted_mean(series, window, least)
    return rolling_weighted_mean(2 * half - whole, float(np.sqrt(window)), least)


sma, wma, ema, hma = rolling_mean, rolling_weighted_mean, rolling_weighted_mean, hull_moving_average


def bollinger_bands(series: Any, window: int = 20, stds: float = 2) -> Any:
    """Return upper, mid and lower band, from the first candle on."""
    mid, width = rolling_mean(series, window, 1), rolling_std(series, window, 1) * stds
    return pd.DataFrame({"upper": mid + width, "mid": mid, "lower": mid - width}, index=series.index)


def weighted_bollinger_bands(series: Any, window: int = 20, stds: float = 2) -> Any:
    mid, width = rolling_weighted_mean(series, window), rolling_std(series, window) * stds
    return pd.DataFrame({"upper": mid + width, "mid": mid, "lower": mid - width}, index=series.index)


def keltner_channel(bars: Any, window: int = 14, atrs: float = 2) -> Any:
    mid, width = rolling_mean(typical_price(bars), window), atr(bars, window) * atrs
    return pd.DataFrame({"upper": mid + width, "mid": mid, "lower": mid - width}, index=bars.index)


def awesome_oscillator(df: Any, weighted: bool = False, fast: int = 5, slow: int = 34) -> Any:
    price = mid_price(df)
    if weighted:
        return price.ewm(fast).mean() - price.ewm(slow).mean()
    return rolling_mean(price, fast) - rolling_mean(price, slow)


def macd(series: Any, fast: int = 3, slow: int = 10, smooth: int = 16) -> Any:
    line = rolling_weighted_mean(series, fast) - rolling_weighted_mean(series, slow)
    signal = rolling_weighted_mean(line, smooth)
    return pd.DataFrame({"macd": line, "signal": signal, "histogram": line - signal}, index=series.index)


def roc(series: Any, window: int = 14) -> Any:
    return (series - series.shift(window)) / series.shift(window)


def returns(series: Any) -> Any:
    return (series / series.shift(1) - 1).replace([np.inf, -np.inf], np.nan)


def log_returns(series: Any) -> Any:
    return np.log(series / series.shift(1)).replace([np.inf, -np.inf], np.nan)


def stoch(df: Any, window: int = 14, d: int = 3, k: int = 3, fast: bool = False) -> Any:
    top, bottom = rolling_max(df["high"], window), rolling_min(df["low"], window)
    fast_k = 100 * (df["close"] - bottom) / (top - bottom)
    if fast:
        return pd.DataFrame({"fast_k": fast_k, "fast_d": fast_k.rolling(d).mean()})
    slow_k = fast_k.rolling(k).mean()
    return pd.DataFrame({"slow_k": slow_k, "slow_d": slow_k.rolling(d).mean()})


def zscore(bars: Any, window: int = 20, stds: float = 1, col: str = "close") -> Any:
    return (bars[col] - rolling_mean(bars[col], window)) / (rolling_std(bars[col], window) * stds)


def heikinashi(bars: Any) -> Any:
    """Return averaged candles; the open is half the open and close of the averaged candle before."""
    close = (bars["open"] + bars["high"] + bars["low"] + bars["close"]) / 4
    opens: list[float] = []
    for i, (first, last) in enumerate(zip(bars["open"].tolist(), bars["close"].tolist(), strict=True)):
        opens.append((opens[-1] + close.iloc[i - 1]) / 2 if i else (first + last) / 2)
    open_ = pd.Series(opens, index=bars.index, dtype=float)
    high = pd.concat([bars["high"], open_, close], axis=1).max(axis=1)
    low = pd.concat([bars["low"], open_, close], axis=1).min(axis=1)
    return pd.DataFrame({"open": open_, "high": high, "low": low, "close": close}, index=bars.index)


def rolling_vwap(bars: Any, window: int = 200, min_periods: int | None = None) -> Any:
    least = _least(window, min_periods)
    money = (bars["volume"] * typical_price(bars)).rolling(window, min_periods=least).sum()
    volume = bars["volume"].rolling(window, min_periods=least).sum()
    return (money / volume).replace([np.inf, -np.inf], np.nan).ffill()


def pvt(bars: Any) -> Any:
    earlier = bars["close"].shift(1)
    return ((bars["close"] - earlier) / earlier * bars["volume"]).cumsum()


def chopiness(bars: Any, window: int = 14) -> Any:
    reach = rolling_max(bars["high"], window) - rolling_min(bars["low"], window)
    return 100 * np.log10(true_range(bars).rolling(window).sum() / reach) / np.log10(window)


def _looks_ahead(name: str, instead: str) -> NoReturn:
    raise ConfigError(f"qtpylib.{name} uses candles that come later, so that a backtest of it is worth nothing; use {instead}")


def vwap(bars: Any) -> NoReturn:
    _looks_ahead("vwap", "qtpylib.rolling_vwap")


def cci(series: Any, window: int = 14) -> NoReturn:
    _looks_ahead("cci", "talib.abstract.CCI")


def rsi(series: Any, window: int = 14) -> NoReturn:
    _looks_ahead("rsi", "talib.abstract.RSI")
