"""Moving averages.

Sources: TA-Lib's documentation of each function; P. Mulloy, "Smoothing data with faster moving averages", Stocks & Commodities
12:1, 1994 (DEMA, TEMA); T. Tillson, "Better moving averages", 16:1, 1998 (T3); P. Kaufman, "Smarter Trading", 1995 (KAMA).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from golive.matching.compiled import compiled
from golive.model.errors import ConfigError

from .primitive import Floats, after_gap, blank, rolling_dot, rolling_max, rolling_mean, rolling_min, smoothed


def sma(price: Floats, timeperiod: int) -> Floats:
    return rolling_mean(price, timeperiod)


def ema(price: Floats, timeperiod: int) -> Floats:
    return smoothed(price, timeperiod, 2.0 / (timeperiod + 1.0), timeperiod - 1)


def ema_from(price: Floats, timeperiod: int, seeded_at: int) -> Floats:
    """Return the EMA that starts at a given bar, so that two of them start together (MACD)."""
    return smoothed(price, timeperiod, 2.0 / (timeperiod + 1.0), seeded_at)


def rma(price: Floats, timeperiod: int) -> Floats:
    return smoothed(price, timeperiod, 1.0 / timeperiod, timeperiod - 1)


def wma(price: Floats, timeperiod: int) -> Floats:
    weights = np.arange(1.0, timeperiod + 1.0)
    return rolling_dot(price, weights / weights.sum())


def _again(values: Floats, timeperiod: int) -> Floats:
    """Smooth what has a warm-up of its own once more."""
    return after_gap(values, lambda known: ema(known, timeperiod))


def dema(price: Floats, timeperiod: int) -> Floats:
    once = ema(price, timeperiod)
    return 2.0 * once - _again(once, timeperiod)


def tema(price: Floats, timeperiod: int) -> Floats:
    once = ema(price, timeperiod)
    twice = _again(once, timeperiod)
    return 3.0 * once - 3.0 * twice + _again(twice, timeperiod)


def t3(price: Floats, timeperiod: int, vfactor: float) -> Floats:
    chain = [ema(price, timeperiod)]
    for _ in range(5):
        chain.append(_again(chain[-1], timeperiod))
    square, cube = vfactor**2, vfactor**3
    return (
        -cube * chain[5]
        + 3.0 * (square + cube) * chain[4]
        + (-6.0 * square - 3.0 * (vfactor + cube)) * chain[3]
        + (1.0 + 3.0 * vfactor + cube + 3.0 * square) * chain[2]
    )


def trima(price: Floats, timeperiod: int) -> Floats:
    """Return the average whose weights rise to the middle of the window and fall again."""
    rising = np.arange(1.0, timeperiod + 1.0)
    weights = np.minimum(rising, rising[::-1])
    return rolling_dot(price, weights / weights.sum())


def trix(price: Floats, timeperiod: int) -> Floats:
    thrice = _again(_again(ema(price, timeperiod), timeperiod), timeperiod)
    out = blank(price)
    out[1:] = (thrice[1:] / thrice[:-1] - 1.0) * 100.0
    return out


@compiled
def _kama(price: Floats, bars: int, out: Floats) -> None:
    fast, slow = 2.0 / 3.0, 2.0 / 31.0
    average = price[bars - 1]
    way = 0.0
    for i in range(1, bars):
        way += abs(price[i] - price[i - 1])
    for i in range(bars, len(price)):
        way += abs(price[i] - price[i - 1])
        if i > bars:
            way -= abs(price[i - bars] - price[i - bars - 1])
        distance = abs(price[i] - price[i - bars])
        efficiency = 1.0 if way <= distance or way < 1e-14 else distance / way
        share = (efficiency * (fast - slow) + slow) ** 2
        average += (price[i] - average) * share
        out[i] = average


def kama(price: Floats, timeperiod: int) -> Floats:
    out = blank(price)
    if len(price) > timeperiod:
        _kama(np.ascontiguousarray(price), timeperiod, out)
    return out


def midpoint(price: Floats, timeperiod: int) -> Floats:
    return (rolling_max(price, timeperiod) + rolling_min(price, timeperiod)) / 2.0


def midprice(high: Floats, low: Floats, timeperiod: int) -> Floats:
    return (rolling_max(high, timeperiod) + rolling_min(low, timeperiod)) / 2.0


_KINDS: Final[Mapping[int, Callable[[Floats, int], Floats]]] = {
    0: sma, 1: ema, 2: wma, 3: dema, 4: tema, 5: trima, 6: kama, 8: lambda price, bars: t3(price, bars, 0.7),
}  # fmt: skip


def ma(price: Floats, timeperiod: int, matype: int) -> Floats:
    """Return the average of TA-Lib's number `matype`; ConfigError for one that is not made here."""
    if matype not in _KINDS:
        raise ConfigError(f"talib: matype={matype} is not supported; known: {', '.join(map(str, _KINDS))}")
    return price.copy() if timeperiod <= 1 else after_gap(price, lambda known: _KINDS[matype](known, timeperiod))
