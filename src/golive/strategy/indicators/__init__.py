"""Indicators: incremental ones, which `step` and the compiler understand, and `batch`, the same over whole columns."""

from .average import Ema, Vwap, Wilder, ema, sma, vwap, wilder
from .momentum import Adx, Atr, Macd, Rsi, Stochastic, adx, atr, macd, rsi, stochastic, true_range
from .spread import Bollinger, RealisedVolatility, bollinger, deviation, realised_volatility
from .window import Extreme, Lagged, Window, best, highest, lowest, mean, oldest, push, rate_of_change, variance

__all__ = [
    "Adx",
    "Atr",
    "Bollinger",
    "Ema",
    "Extreme",
    "Lagged",
    "Macd",
    "RealisedVolatility",
    "Rsi",
    "Stochastic",
    "Vwap",
    "Wilder",
    "Window",
    "adx",
    "atr",
    "best",
    "bollinger",
    "deviation",
    "ema",
    "highest",
    "lowest",
    "macd",
    "mean",
    "oldest",
    "push",
    "rate_of_change",
    "realised_volatility",
    "rsi",
    "sma",
    "stochastic",
    "true_range",
    "variance",
    "vwap",
    "wilder",
]
