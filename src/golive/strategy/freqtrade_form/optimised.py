"""Values that an optimiser found, laid over the defaults of a class: those of the parameter file beside it, then of the class.

The ranks are freqtrade's: `<file>.json`, then `buy_params`, `sell_params` and their like in the class, then each parameter's
default (`ft_load_hyper_params` and `ft_load_params_from_file` in freqtrade/strategy/hyper.py). A file may also hold `roi`,
`stoploss` and `trailing`, which take the place of the class's attributes.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Final

from golive.model.errors import ConfigError

from .interface import IStrategy
from .parameters import BaseParameter, parameters_of

_SPACES: Final = ("buy", "sell", "enter", "exit", "protection")
"""a parameter without a space of its own belongs to that which its name begins with"""
_TRAILING: Final = (
    "trailing_stop", "trailing_stop_positive", "trailing_stop_positive_offset", "trailing_only_offset_is_reached",
)  # fmt: skip


def with_values_found(cls: type[IStrategy], file: Mapping[str, Any] | None = None) -> type[IStrategy]:
    """Return the class with what was found for it: a class of the same name built on it where that changes anything.

    `file` is the content of the parameter file, for this class. ConfigError names a value that the class's parameter cannot take.
    """
    held = _held(file)
    changes: dict[str, Any] = {}
    for name, each in parameters_of(cls).items():
        found = _found(cls, held, name, each)
        if name in found and each.load and found[name] != each.default:
            changes[name] = _beginning_with(found[name], each, name, cls.__name__)
    changes.update(_ways_out(held))
    if not changes:
        return cls
    return type(cls.__name__, (cls,), {**changes, "__module__": cls.__module__, "__qualname__": cls.__qualname__})


def refused_values(cls: type[IStrategy], file: Mapping[str, Any] | None = None) -> list[str]:
    """Return what is said of values found for parameters that say `load=False`."""
    held = _held(file)
    return [
        f"{space_of(name, each)}_params[{name!r}]: the parameter says load=False"
        for name, each in parameters_of(cls).items()
        if not each.load and name in _found(cls, held, name, each)
    ]


def space_of(name: str, parameter: BaseParameter) -> str:
    """Return the space a parameter belongs to; empty for none."""
    return parameter.space or next((each for each in _SPACES if name.startswith(f"{each}_")), "")


def _held(file: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return _dictionary((file or {}).get("params", {}), "the parameter file's params")


def _found(cls: type, held: Mapping[str, Any], name: str, parameter: BaseParameter) -> Mapping[str, Any]:
    """Return all values found for the space of a parameter."""
    space = space_of(name, parameter)
    own = _dictionary(getattr(cls, f"{space}_params", {}), f"{cls.__name__}.{space}_params")
    return {**own, **_dictionary(held.get(space, {}), f"the parameter file's {space}")}


def _dictionary(found: Any, where: str) -> Mapping[str, Any]:
    if not isinstance(found, Mapping):
        raise ConfigError(f"{where} must be a dictionary, not {type(found).__name__}")
    return found


def _beginning_with(value: Any, parameter: BaseParameter, name: str, strategy: str) -> BaseParameter:
    changed = copy.copy(parameter)
    changed.default = changed.value = value
    try:
        declared = changed.declared(name)
        fits = declared.low <= declared.default <= declared.high
    except (TypeError, ValueError):
        fits = False
    if not fits:
        space = space_of(name, parameter)
        raise ConfigError(f"strategy {strategy}: {name} = {value!r} of {space}_params or {space} is none that it takes")
    return changed


def _ways_out(held: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a parameter file says in the place of attributes."""
    changes: dict[str, Any] = {}
    if "roi" in held:
        changes["minimal_roi"] = dict(_dictionary(held["roi"], "the parameter file's roi"))
    stop = _dictionary(held.get("stoploss", {}), "the parameter file's stoploss")
    if "stoploss" in stop:
        changes["stoploss"] = stop["stoploss"]
    trailing = _dictionary(held.get("trailing", {}), "the parameter file's trailing")
    return {**changes, **{name: trailing[name] for name in _TRAILING if name in trailing}}
