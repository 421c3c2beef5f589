"""Imports one CCXT exchange class without the hundred others that CCXT's packages import at once.

The packages `ccxt`, `ccxt.async_support` and `ccxt.pro` enter `sys.modules` unexecuted, so that their modules can be
imported one by one. They complete themselves, in place, as soon as anybody asks one of them for a name it does not
hold yet: for the rest of the process `import ccxt` works as ever, with the same exception and exchange classes.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import threading
import types
from typing import Final

from golive.model.errors import ConfigError

_BASE: Final = {
    "ccxt": "ccxt.base.exchange",
    "ccxt.async_support": "ccxt.async_support.base.exchange",
    "ccxt.pro": "ccxt.async_support.base.exchange",
}
"""each package, and where its `Exchange` comes from"""
_ERRORS: Final = "ccxt.base.errors"
_COMPLETING: Final = threading.RLock()


class _Unexecuted(types.ModuleType):
    """A package whose `__init__` has not run; it runs when a name is missed beyond the errors and the base class."""

    def __getattr__(self, name: str) -> object:
        errors = sys.modules.get(_ERRORS)
        if errors is not None and name in getattr(errors, "__all__", ()):
            return getattr(errors, name)
        if name == "Exchange":
            return importlib.import_module(_BASE[self.__name__]).Exchange
        if name.startswith("__") and name not in ("__all__", "__version__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        _complete(self)
        return getattr(self, name)


def exchange_class(name: str) -> type:
    """Return CCXT's class `name` with REST and WebSocket (`ccxt.pro`), for instance `okx`.

    Raises ConfigError when the installed CCXT has no such class where this module expects it.
    """
    try:
        return _class(name)
    except (ImportError, AttributeError, TypeError) as exc:
        raise ConfigError(
            f"CCXT {_version()} cannot give its exchange class {name!r} ({exc}); "
            f"install the pinned version: pip install -c constraints.txt ccxt"
        ) from exc


def _class(name: str) -> type:
    for package in _BASE:
        _enter(package)
    # as the packages' own `from … import` do: there the name of an exchange means its class, not its module
    for package in ("ccxt.async_support", "ccxt.pro"):
        if isinstance(sys.modules[package], _Unexecuted):
            found = getattr(importlib.import_module(f"{package}.{name}"), name)
            setattr(sys.modules[package], name, found)
        else:
            found = getattr(sys.modules[package], name)
    if not isinstance(found, type):
        raise TypeError(f"ccxt.pro.{name} is no class")
    return found


def _enter(package: str) -> None:
    if package in sys.modules:
        return
    spec = importlib.util.find_spec(package)
    if spec is None or spec.submodule_search_locations is None:
        raise ImportError(f"there is no package {package}")
    module = _Unexecuted(package)
    module.__spec__ = spec
    module.__loader__ = spec.loader
    module.__file__ = spec.origin
    module.__path__ = list(spec.submodule_search_locations)
    module.__package__ = package
    sys.modules[package] = module
    parent, _, child = package.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _complete(module: types.ModuleType) -> None:
    with _COMPLETING:
        if not isinstance(module, _Unexecuted):
            return
        module.__class__ = types.ModuleType  # type: ignore[assignment] # back to what a package is
        spec = module.__spec__
        assert spec is not None
        assert spec.loader is not None
        try:
            spec.loader.exec_module(module)
        except BaseException:
            module.__class__ = _Unexecuted
            raise


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("ccxt")
    except metadata.PackageNotFoundError:
        return "(not installed)"
