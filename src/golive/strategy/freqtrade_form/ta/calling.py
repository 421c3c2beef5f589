"""How strategies call TA-Lib: `talib.RSI(close, 14)` on series, and `talib.abstract.RSI(dataframe, timeperiod=14)` on frames.

Values before the first one that every input knows are left out of the computation, and come back as NaN; from the first gap
after that on every result is NaN, because a recursive average cannot step over a gap.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from golive.model.errors import ConfigError

from .primitive import Floats
from .table import INDICATORS, Indicator


def _known_span(inputs: list[Floats]) -> tuple[int, int]:
    """Return the first index at which all inputs are known and the first after it at which one is not."""
    missing = np.isnan(inputs[0])
    for each in inputs[1:]:
        missing = missing | np.isnan(each)
    known = np.flatnonzero(~missing)
    if not len(known):
        return len(missing), len(missing)
    first = int(known[0])
    gaps = np.flatnonzero(missing[first:])
    return first, first + int(gaps[0]) if len(gaps) else len(missing)


def _computed(indicator: Indicator, inputs: list[Floats], values: list[float]) -> list[Floats]:
    length = len(inputs[0])
    first, last = _known_span(inputs)
    outputs = [np.full(length, np.nan) for _ in indicator.outputs]
    if first == last:
        return outputs
    with np.errstate(invalid="ignore", divide="ignore"):
        found = indicator.compute(*(each[first:last] for each in inputs), *values)
    for output, part in zip(outputs, found if isinstance(found, tuple) else (found,), strict=True):
        output[first:last] = part
    return outputs


def _floats(name: str, column: Any) -> Floats:
    array = np.array(column, dtype=np.float64)
    if array.ndim != 1:
        raise ConfigError(f"talib.{name}: an input is not one column of numbers")
    return array


def _asked(name: str, indicator: Indicator, given: tuple[Any, ...], named: Mapping[str, Any]) -> list[float]:
    """Return the parameters' values; ConfigError for one that the indicator does not take."""
    unknown = sorted(set(named) - set(indicator.parameters))
    if unknown or len(given) > len(indicator.parameters):
        what = unknown[0] if unknown else f"{len(given)} values"
        raise ConfigError(f"talib.{name} does not take {what}; it takes {', '.join(indicator.parameters) or 'no parameters'}")
    values = {**indicator.parameters, **dict(zip(indicator.parameters, given, strict=False)), **named}
    return [_whole(name, key, values[key]) if type(default) is int else float(values[key])
            for key, default in indicator.parameters.items()]  # fmt: skip


def _whole(name: str, key: str, value: Any) -> int:
    whole = int(value)
    if whole != value or (whole < 1 and "matype" not in key):
        raise ConfigError(f"talib.{name}: {key}={value!r} is not a whole number of bars")
    return whole


def _on_columns(name: str, indicator: Indicator, given: tuple[Any, ...], named: Mapping[str, Any]) -> tuple[list[Floats], Any]:
    """Return the results on positional columns, and the index that they carry (None: plain arrays)."""
    count = len(indicator.inputs)
    if len(given) < count:
        raise ConfigError(f"talib.{name} needs {', '.join(indicator.inputs)}")
    inputs = [_floats(name, each) for each in given[:count]]
    if len({len(each) for each in inputs}) != 1:
        raise ConfigError(f"talib.{name}: its inputs differ in length")
    index = given[0].index if isinstance(given[0], pd.Series) else None
    return _computed(indicator, inputs, _asked(name, indicator, given[count:], named)), index


def function(name: str) -> Callable[..., Any]:
    """Return the indicator as `talib` has it: columns in, columns out, several as a tuple."""
    indicator = INDICATORS[name]

    def call(*given: Any, **named: Any) -> Any:
        outputs, index = _on_columns(name, indicator, given, named)
        shaped = outputs if index is None else [pd.Series(each, index=index) for each in outputs]
        return shaped[0] if len(shaped) == 1 else tuple(shaped)

    call.__name__ = call.__qualname__ = name
    return call


def abstract(name: str) -> Callable[..., Any]:
    """Return the indicator as `talib.abstract` has it: a frame in; a series out, or a frame of several named ones."""
    indicator = INDICATORS[name]

    def call(*given: Any, price: str = "close", **named: Any) -> Any:
        if not given or not isinstance(given[0], pd.DataFrame):
            outputs, _ = _on_columns(name, indicator, given, named)
            return outputs[0] if len(outputs) == 1 else outputs
        frame = given[0]
        columns = [price if each == "price" else each for each in indicator.inputs]
        absent = [each for each in columns if each not in frame]
        if absent:
            raise ConfigError(f"talib.abstract.{name}: the frame has no column {absent[0]!r}")
        inputs = [_floats(name, frame[each]) for each in columns]
        outputs = _computed(indicator, inputs, _asked(name, indicator, given[1:], named))
        if len(outputs) == 1:
            return pd.Series(outputs[0], index=frame.index)
        return pd.DataFrame(dict(zip(indicator.outputs, outputs, strict=True)), index=frame.index)

    call.__name__ = call.__qualname__ = name
    return call


def missing(module: str, name: str) -> ConfigError:
    """Return the error for a function of TA-Lib that is not made here."""
    return ConfigError(
        f"{module}.{name} is not among the indicators that Golive computes itself; "
        f"`pip install TA-Lib` provides it, or compute it in the strategy. Known: {', '.join(INDICATORS)}"
    )


FUNCTIONS: Final = {name: function(name) for name in INDICATORS}
ABSTRACT: Final = {name: abstract(name) for name in INDICATORS}
