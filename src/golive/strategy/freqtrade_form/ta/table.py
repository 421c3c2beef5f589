"""Every indicator by its TA-Lib name: what it reads, what it is asked, what it is called by, and what computes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import numpy as np

from . import average, cycle, directional, flow, momentum, price, statistic


class Indicator(NamedTuple):
    """One function of TA-Lib; `inputs` are columns of a frame, where `price` is the close unless the caller names another."""

    inputs: tuple[str, ...]
    parameters: Mapping[str, float]
    outputs: tuple[str, ...]
    compute: Callable[..., Any]


_PRICE, _HL, _HLC = ("price",), ("high", "low"), ("high", "low", "close")
_HLCV, _OHLC = (*_HLC, "volume"), ("open", *_HLC)
_BANDS, _MACD = ("upperband", "middleband", "lowerband"), ("macd", "macdsignal", "macdhist")


def _bars(count: int) -> dict[str, float]:
    return {"timeperiod": count}


def _one(inputs: tuple[str, ...], compute: Callable[..., Any], **parameters: float) -> Indicator:
    return Indicator(inputs, parameters, ("real",), compute)


def _ma(fast: int, slow: int) -> dict[str, float]:
    return {"fastperiod": fast, "slowperiod": slow, "matype": 1}


INDICATORS: Final[Mapping[str, Indicator]] = {
    "AD": _one(_HLCV, flow.ad),
    "ADOSC": _one(_HLCV, flow.adosc, fastperiod=3, slowperiod=10),
    "ADX": _one(_HLC, directional.adx, **_bars(14)),
    "ADXR": _one(_HLC, directional.adxr, **_bars(14)),
    "APO": _one(_PRICE, momentum.apo, **_ma(12, 26)),
    "AROON": Indicator(_HL, _bars(14), ("aroondown", "aroonup"), momentum.aroon),
    "AROONOSC": _one(_HL, momentum.aroonosc, **_bars(14)),
    "ATR": _one(_HLC, price.atr, **_bars(14)),
    "AVGPRICE": _one(_OHLC, price.avgprice),
    "BBANDS": Indicator(_PRICE, {"timeperiod": 20, "nbdevup": 2.0, "nbdevdn": 2.0, "matype": 0}, _BANDS, price.bbands),
    "BOP": _one(_OHLC, momentum.bop),
    "CCI": _one(_HLC, momentum.cci, **_bars(14)),
    "CMO": _one(_PRICE, momentum.cmo, **_bars(14)),
    "CORREL": _one(_HL, statistic.correl, **_bars(30)),
    "DEMA": _one(_PRICE, average.dema, **_bars(30)),
    "DX": _one(_HLC, directional.dx, **_bars(14)),
    "EMA": _one(_PRICE, average.ema, **_bars(30)),
    "HT_DCPHASE": _one(_PRICE, cycle.ht_dcphase),
    "HT_SINE": Indicator(_PRICE, {}, ("sine", "leadsine"), cycle.ht_sine),
    "KAMA": _one(_PRICE, average.kama, **_bars(30)),
    "LINEARREG": _one(_PRICE, statistic.linearreg, **_bars(14)),
    "LINEARREG_ANGLE": _one(_PRICE, statistic.linearreg_angle, **_bars(14)),
    "LINEARREG_INTERCEPT": _one(_PRICE, statistic.linearreg_intercept, **_bars(14)),
    "LINEARREG_SLOPE": _one(_PRICE, statistic.linearreg_slope, **_bars(14)),
    "LN": _one(_PRICE, np.log),
    "MA": _one(_PRICE, average.ma, timeperiod=30, matype=0),
    "MACD": Indicator(_PRICE, {"fastperiod": 12, "slowperiod": 26, "signalperiod": 9}, _MACD, momentum.macd),
    "MACDEXT": Indicator(
        _PRICE,
        {"fastperiod": 12, "fastmatype": 0, "slowperiod": 26, "slowmatype": 0, "signalperiod": 9, "signalmatype": 0},
        _MACD,
        momentum.macdext,
    ),
    "MAX": _one(_PRICE, statistic.maximum, **_bars(30)),
    "MEDPRICE": _one(_HL, price.medprice),
    "MFI": _one(_HLCV, flow.mfi, **_bars(14)),
    "MIDPOINT": _one(_PRICE, average.midpoint, **_bars(14)),
    "MIDPRICE": _one(_HL, average.midprice, **_bars(14)),
    "MIN": _one(_PRICE, statistic.minimum, **_bars(30)),
    "MINMAX": Indicator(_PRICE, _bars(30), ("min", "max"), statistic.minmax),
    "MINUS_DI": _one(_HLC, directional.minus_di, **_bars(14)),
    "MINUS_DM": _one(_HL, directional.minus_dm, **_bars(14)),
    "MOM": _one(_PRICE, momentum.mom, **_bars(10)),
    "NATR": _one(_HLC, price.natr, **_bars(14)),
    "OBV": _one(("price", "volume"), flow.obv),
    "PLUS_DI": _one(_HLC, directional.plus_di, **_bars(14)),
    "PLUS_DM": _one(_HL, directional.plus_dm, **_bars(14)),
    "PPO": _one(_PRICE, momentum.ppo, **_ma(12, 26)),
    "RMA": _one(_PRICE, average.rma, **_bars(30)),
    "ROC": _one(_PRICE, momentum.roc, **_bars(10)),
    "ROCP": _one(_PRICE, momentum.rocp, **_bars(10)),
    "ROCR": _one(_PRICE, momentum.rocr, **_bars(10)),
    "ROCR100": _one(_PRICE, momentum.rocr100, **_bars(10)),
    "RSI": _one(_PRICE, momentum.rsi, **_bars(14)),
    "SAR": _one(_HL, price.sar, acceleration=0.02, maximum=0.2),
    "SMA": _one(_PRICE, average.sma, **_bars(30)),
    "SQRT": _one(_PRICE, np.sqrt),
    "STDDEV": _one(_PRICE, price.stddev, timeperiod=5, nbdev=1.0),
    "STOCH": Indicator(
        _HLC,
        {"fastk_period": 5, "slowk_period": 3, "slowk_matype": 0, "slowd_period": 3, "slowd_matype": 0},
        ("slowk", "slowd"),
        momentum.stoch,
    ),
    "STOCHF": Indicator(_HLC, {"fastk_period": 5, "fastd_period": 3, "fastd_matype": 0}, ("fastk", "fastd"), momentum.stochf),
    "STOCHRSI": Indicator(
        _PRICE,
        {"timeperiod": 14, "fastk_period": 5, "fastd_period": 3, "fastd_matype": 0},
        ("fastk", "fastd"),
        momentum.stochrsi,
    ),
    "SUM": _one(_PRICE, statistic.total, **_bars(30)),
    "T3": _one(_PRICE, average.t3, timeperiod=5, vfactor=0.7),
    "TEMA": _one(_PRICE, average.tema, **_bars(30)),
    "TRANGE": _one(_HLC, price.trange),
    "TRIMA": _one(_PRICE, average.trima, **_bars(30)),
    "TRIX": _one(_PRICE, average.trix, **_bars(30)),
    "TSF": _one(_PRICE, statistic.tsf, **_bars(14)),
    "TYPPRICE": _one(_HLC, price.typprice),
    "ULTOSC": _one(_HLC, momentum.ultosc, timeperiod1=7, timeperiod2=14, timeperiod3=28),
    "VAR": _one(_PRICE, statistic.variance, timeperiod=5, nbdev=1.0),
    "WCLPRICE": _one(_HLC, price.wclprice),
    "WILLR": _one(_HLC, momentum.willr, **_bars(14)),
    "WMA": _one(_PRICE, average.wma, **_bars(30)),
}
