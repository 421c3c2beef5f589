"""Oscillators of one price or of a bar's prices.

Sources: TA-Lib's documentation of each function; J. W. Wilder, "New Concepts in Technical Trading Systems", 1978 (RSI); G. Appel
(MACD); G. Lane (stochastics); T. Chande and S. Kroll, "The New Technical Trader", 1994 (StochRSI, CMO, Aroon); D. Lambert,
"Commodity Channel Index", Commodities, October 1980; L. Williams (%R, ultimate oscillator).
"""

from __future__ import annotations

import numpy as np

from .average import ema_from, ma
from .price import typprice
from .primitive import (
    Floats,
    after_gap,
    before,
    blank,
    leading_gap,
    quotient,
    rolling_max,
    rolling_mean,
    rolling_min,
    rolling_sum,
    wilder,
)


def _swings(price: Floats, timeperiod: int) -> tuple[Floats, Floats]:
    """Return Wilder's averages of the rises and of the falls."""
    change = np.diff(price)
    rises, falls = blank(price), blank(price)
    rises[1:] = wilder(np.maximum(change, 0.0), timeperiod)
    falls[1:] = wilder(np.maximum(-change, 0.0), timeperiod)
    return rises, falls


def rsi(price: Floats, timeperiod: int) -> Floats:
    rises, falls = _swings(price, timeperiod)
    return 100.0 * quotient(rises, rises + falls)


def cmo(price: Floats, timeperiod: int) -> Floats:
    rises, falls = _swings(price, timeperiod)
    return 100.0 * quotient(rises - falls, rises + falls)


def mom(price: Floats, timeperiod: int) -> Floats:
    return price - before(price, timeperiod)


def rocr(price: Floats, timeperiod: int) -> Floats:
    return quotient(price, before(price, timeperiod))


def rocr100(price: Floats, timeperiod: int) -> Floats:
    return 100.0 * rocr(price, timeperiod)


def rocp(price: Floats, timeperiod: int) -> Floats:
    return quotient(mom(price, timeperiod), before(price, timeperiod))


def roc(price: Floats, timeperiod: int) -> Floats:
    return 100.0 * rocp(price, timeperiod)


def macd(price: Floats, fastperiod: int, slowperiod: int, signalperiod: int) -> tuple[Floats, Floats, Floats]:
    """Return line, signal and histogram; both averages start at the same bar, and all three results too."""
    fast, slow = min(fastperiod, slowperiod), max(fastperiod, slowperiod)
    line = ema_from(price, fast, slow - 1) - ema_from(price, slow, slow - 1)
    signal = ma(line, signalperiod, 1)
    line[np.isnan(signal)] = np.nan
    return line, signal, line - signal


def _distance(price: Floats, first: tuple[int, int], second: tuple[int, int]) -> Floats:
    """Return the distance of two averages (bars, kind); the one that needs fewer bars starts with the other."""
    averages = [ma(price, *first), ma(price, *second)]
    gaps = [leading_gap(each) for each in averages]
    late = max(gaps)
    for i, kind in enumerate((first, second)):
        if gaps[i] < late < len(price):
            averages[i][late:] = ma(price[late - gaps[i] :], *kind)[gaps[i] :]
    return averages[0] - averages[1]


def macdext(
    price: Floats, fastperiod: int, fastmatype: int, slowperiod: int, slowmatype: int, signalperiod: int, signalmatype: int
) -> tuple[Floats, Floats, Floats]:
    line = _distance(price, *sorted([(fastperiod, fastmatype), (slowperiod, slowmatype)]))
    signal = ma(line, signalperiod, signalmatype)
    line[np.isnan(signal)] = np.nan
    return line, signal, line - signal


def apo(price: Floats, fastperiod: int, slowperiod: int, matype: int) -> Floats:
    fast, slow = min(fastperiod, slowperiod), max(fastperiod, slowperiod)
    return ma(price, fast, matype) - ma(price, slow, matype)


def ppo(price: Floats, fastperiod: int, slowperiod: int, matype: int) -> Floats:
    fast, slow = min(fastperiod, slowperiod), max(fastperiod, slowperiod)
    long = ma(price, slow, matype)
    return 100.0 * quotient(ma(price, fast, matype) - long, long)


def _place(high: Floats, low: Floats, close: Floats, bars: int) -> Floats:
    """Return where the close stands between the lowest low and the highest high, 0 … 100."""
    top, bottom = rolling_max(high, bars), rolling_min(low, bars)
    return 100.0 * quotient(close - bottom, top - bottom)


def stochf(
    high: Floats, low: Floats, close: Floats, fastk_period: int, fastd_period: int, fastd_matype: int
) -> tuple[Floats, Floats]:
    fast = _place(high, low, close, fastk_period)
    slow = ma(fast, fastd_period, fastd_matype)
    fast[np.isnan(slow)] = np.nan
    return fast, slow


def stoch(
    high: Floats, low: Floats, close: Floats,
    fastk_period: int, slowk_period: int, slowk_matype: int, slowd_period: int, slowd_matype: int,
) -> tuple[Floats, Floats]:  # fmt: skip
    slow = ma(_place(high, low, close, fastk_period), slowk_period, slowk_matype)
    slower = ma(slow, slowd_period, slowd_matype)
    slow[np.isnan(slower)] = np.nan
    return slow, slower


def stochrsi(price: Floats, timeperiod: int, fastk_period: int, fastd_period: int, fastd_matype: int) -> tuple[Floats, Floats]:
    strength = rsi(price, timeperiod)
    gap = leading_gap(strength)
    fast, slow = blank(price), blank(price)
    if gap < len(price):
        known = strength[gap:]
        fast[gap:], slow[gap:] = stochf(known, known, known, fastk_period, fastd_period, fastd_matype)
    return fast, slow


def cci(high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    price = typprice(high, low, close)
    mean = rolling_mean(price, timeperiod)
    deviation = np.zeros(len(price))
    for bars in range(timeperiod):
        deviation += np.abs(before(price, bars) - mean)
    return quotient(price - mean, 0.015 * deviation / timeperiod)


def willr(high: Floats, low: Floats, close: Floats, timeperiod: int) -> Floats:
    top, bottom = rolling_max(high, timeperiod), rolling_min(low, timeperiod)
    return -100.0 * quotient(top - close, top - bottom)


def _bars_since(extreme: Floats, timeperiod: int) -> Floats:
    """Return how many bars ago the highest of the last timeperiod + 1 values was, the newest of equals."""
    out = blank(extreme)
    if len(extreme) > timeperiod:
        windows = np.lib.stride_tricks.sliding_window_view(extreme, timeperiod + 1)
        out[timeperiod:] = np.argmax(windows[:, ::-1], axis=1)
    return out


def aroon(high: Floats, low: Floats, timeperiod: int) -> tuple[Floats, Floats]:
    """Return down and up."""
    down = 100.0 * (timeperiod - _bars_since(-low, timeperiod)) / timeperiod
    return down, 100.0 * (timeperiod - _bars_since(high, timeperiod)) / timeperiod


def aroonosc(high: Floats, low: Floats, timeperiod: int) -> Floats:
    down, up = aroon(high, low, timeperiod)
    return up - down


def bop(open_: Floats, high: Floats, low: Floats, close: Floats) -> Floats:
    return quotient(close - open_, high - low)


def ultosc(high: Floats, low: Floats, close: Floats, timeperiod1: int, timeperiod2: int, timeperiod3: int) -> Floats:
    earlier = before(close)
    bottom = np.minimum(low, earlier)
    pressure, span = close - bottom, np.maximum(high, earlier) - bottom
    total = np.zeros(len(close))
    for weight, bars in zip((4.0, 2.0, 1.0), sorted((timeperiod1, timeperiod2, timeperiod3)), strict=True):
        total += weight * after_gap(quotient(rolling_sum(pressure, bars), rolling_sum(span, bars)), np.copy)
    return 100.0 * total / 7.0
