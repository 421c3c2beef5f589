"""Modules that a strategy's file imports by foreign names, and what stands in them while it is loaded.

`freqtrade` is always ours: the class is run by Golive, and the real package brings its own machinery along. `talib` and
`technical` are ours only where the real packages are not installed. The names exist while a file is loaded or a strategy of it
is asked, and never outside.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from types import ModuleType
from typing import Any, Final

from golive.model.errors import ConfigError

INSTALL: Final = "install the extra that brings pandas: pip install 'golive[freqtrade]'"


def _later(name: str) -> Callable[..., Any]:
    """Return what stands for a function that files import by habit: it may be imported, not called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        raise ConfigError(f"freqtrade: {name} is not carried over")

    call.__name__ = name
    return call


class _NotShown(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise ConfigError(f"freqtrade: {cls.__name__}.{name} is not carried over; a strategy sees candles and parameters")


def _informative(*args: Any, **kwargs: Any) -> Callable[[Any], Any]:
    def mark(method: Any) -> Any:
        method.is_informative = True
        return method

    return mark


def _of_strategy() -> dict[str, Any]:
    from . import interface, parameters, timeframe

    classes = {name: _NotShown(name, (), {}) for name in ("Trade", "Order", "PairLocks", "DataProvider", "RunMode")}
    functions = ("merge_informative_pair", "stoploss_from_open", "stoploss_from_absolute",
                 "timeframe_to_next_date", "timeframe_to_prev_date")  # fmt: skip
    kinds = ("IntParameter", "RealParameter", "DecimalParameter", "CategoricalParameter", "BooleanParameter")
    lengths = ("timeframe_to_minutes", "timeframe_to_seconds", "timeframe_to_msecs")
    return {
        "IStrategy": interface.IStrategy,
        "informative": _informative,
        "AnnotationType": dict,
        **{name: getattr(parameters, name) for name in kinds},
        **{name: getattr(timeframe, name) for name in lengths},
        **{name: _later(name) for name in functions},
        **classes,
    }


def _of_qtpylib() -> dict[str, Any]:
    from . import qtpylib

    return {name: value for name, value in vars(qtpylib).items() if callable(value) and not name.startswith("_")}


def _of_talib() -> dict[str, Any]:
    from .ta.calling import FUNCTIONS

    return dict(FUNCTIONS)


def _of_abstract() -> dict[str, Any]:
    from .ta.calling import ABSTRACT

    return dict(ABSTRACT)


_MODULES: Final[Mapping[str, Callable[[], dict[str, Any]]]] = {
    "freqtrade": dict,
    "freqtrade.data": dict,
    "freqtrade.data.dataprovider": _of_strategy,
    "freqtrade.enums": _of_strategy,
    "freqtrade.exchange": _of_strategy,
    "freqtrade.persistence": _of_strategy,
    "freqtrade.strategy": _of_strategy,
    "freqtrade.strategy.hyper": _of_strategy,
    "freqtrade.strategy.interface": _of_strategy,
    "freqtrade.strategy.parameters": _of_strategy,
    "freqtrade.vendor": dict,
    "freqtrade.vendor.qtpylib": dict,
    "freqtrade.vendor.qtpylib.indicators": _of_qtpylib,
    "qtpylib": _of_qtpylib,
    "qtpylib.indicators": _of_qtpylib,
    "talib": _of_talib,
    "talib.abstract": _of_abstract,
    "technical": dict,
    "technical.qtpylib": _of_qtpylib,
}


@cache
def _content(name: str) -> Mapping[str, Any]:
    return _MODULES[name]()


@cache
def roots() -> frozenset[str]:
    """Return the packages that are ours in this process: `freqtrade`, and those that are not installed."""
    others = {name.partition(".")[0] for name in _MODULES} - {"freqtrade"}
    return frozenset({"freqtrade"} | {name for name in others if find_spec(name) is None})


class _Loader(Loader):
    def exec_module(self, module: ModuleType) -> None:
        content = _content(module.__name__)
        vars(module).update(content)

        def absent(name: str) -> Any:
            if name.startswith("__") or f"{module.__name__}.{name}" in _MODULES:
                raise AttributeError(name)
            raise _absent(module.__name__, name)

        vars(module)["__getattr__"] = absent


def _absent(module: str, name: str) -> ConfigError:
    if module.startswith("talib"):
        from .ta.calling import missing

        return missing(module, name)
    return ConfigError(f"{module}.{name} is not carried over; see docs/freqtrade.md for what is")


class _Finder(MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname.partition(".")[0] not in roots():
            return None
        if fullname not in _MODULES:
            raise _absent(*fullname.rpartition(".")[::2])
        if find_spec("pandas") is None:
            raise ConfigError(f"strategies in freqtrade's form work on DataFrames; {INSTALL}")
        return ModuleSpec(fullname, _Loader(), is_package=True)


@contextmanager
def foreign_names() -> Iterator[None]:
    """Let the foreign names be imported inside the block; afterwards `sys.modules` is as it was.

    Raises ConfigError for a module or name that is not carried over, and for pandas where it is not installed.
    """
    names = [name for name in _MODULES if name.partition(".")[0] in roots()]
    real = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    finder = _Finder()
    sys.meta_path.insert(0, finder)
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name == "pandas":
            raise ConfigError(f"strategies in freqtrade's form work on DataFrames; {INSTALL}") from error
        raise
    finally:
        sys.meta_path.remove(finder)
        for name in names:
            sys.modules.pop(name, None)
        sys.modules.update(real)
