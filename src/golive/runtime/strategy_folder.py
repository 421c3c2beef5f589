"""Strategies of the user: the files of `<home>/strategies/`, each a module of its own.

A file is run in this process when a strategy is wanted that is not built in. It is handed candles and parameters and nothing
else: no key, no order, no clock. That is what it is given, not a wall: Python code can read what this process can read, so a
file is to be trusted like the program itself. Its digest is part of the trading digest.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from dis import opmap
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from golive.inputs import parse_json, read_beside
from golive.model.errors import ConfigError
from golive.strategy import STRATEGIES, Parameter, Strategy, bound, resolve_parameters, with_order_parameters
from golive.strategy.callbacks import Callbacks, CallbackStrategy
from golive.strategy.failure import FAILURES
from golive.strategy.freqtrade_form import adapted, classes_in, foreign_names, refusals_in_text
from golive.strategy.signals import Signals, SignalsStrategy

FOLDER: Final = "strategies"
MOST_SOURCE: Final = 4 << 20
"""bytes of a strategy, and of what is kept beside it"""
_PLAIN_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
_PLAIN_PARAMETER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
_RAISE: Final = opmap["RAISE_VARARGS"]
_BASES: Final = {
    "on_candle": "golive.strategy.callbacks.Callbacks",
    "signals": "golive.strategy.signals.Signals",
    "populate_indicators": "freqtrade.strategy.IStrategy",
}
"""what makes a class look like a form, and the class that the form is based on"""
_PARTS: Final = ("name", "summary", "parameters", "initial", "step", "warm_up")


@dataclass(frozen=True, slots=True)
class FoundStrategy:
    """A strategy and where it is from; built-in ones have no file and are covered by the code version."""

    strategy: Strategy
    file: Path | None = None
    source_sha256: str = ""

    @property
    def form(self) -> str:
        """step, callbacks, signals or freqtrade."""
        return str(getattr(self.strategy, "form", "step"))


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that could not be taken, and why."""

    file: Path
    reason: str


def find_strategy(name: str, home: Path) -> FoundStrategy:
    """Return a built-in strategy, or the one of this name below `home`.

    A file named like the strategy is looked into first, the others only where there is none. A built-in name loads no file.

    Raises ConfigError naming the file and line that is wrong, or the names that exist.
    """
    if name in STRATEGIES:
        return FoundStrategy(STRATEGIES[name])
    known, broken = set(STRATEGIES), []
    own = home / FOLDER / f"{name}.py"
    if own.is_file():
        for found in load_file(own):
            if found.strategy.name == name:
                return found
            known.add(found.strategy.name)
    for each in (row for file in _files(home) if file != own for row in _taken(file)):
        if isinstance(each, Unreadable):
            broken.append(each)
            continue
        if each.strategy.name == name:
            return each
        known.add(each.strategy.name)
    notes = "".join(f"\n  {each.reason}" for each in broken)
    also = f"; these files could not be read:{notes}" if broken else ""
    raise ConfigError(f"strategy {name!r} is neither built in nor in {home / FOLDER}; known: {', '.join(sorted(known))}{also}")


def all_strategies(home: Path) -> list[FoundStrategy | Unreadable]:
    """Return the built-in strategies and those of the folder, with the files that could not be taken."""
    rows: list[FoundStrategy | Unreadable] = [FoundStrategy(STRATEGIES[name]) for name in sorted(STRATEGIES)]
    seen: dict[str, Path] = {}
    for file in _files(home):
        for each in _taken(file):
            if isinstance(each, FoundStrategy) and (other := seen.setdefault(each.strategy.name, file)) != file:
                rows.append(Unreadable(file, f"{file}: the name {each.strategy.name} is taken by {other}"))
            else:
                rows.append(each)
    return rows


def made_anew(found: FoundStrategy) -> Strategy:
    """Return the same strategy with nothing that a run of it left in its class or module; what it prints is not shown."""
    if found.file is None:
        return found.strategy
    with contextlib.redirect_stdout(None):
        return next(each.strategy for each in load_file(found.file) if each.strategy.name == found.strategy.name)


def load_file(file: Path) -> list[FoundStrategy]:
    """Run one file; return the strategies it defines.

    Raises ConfigError naming the file, and the line where there is one.
    """
    try:
        source = read_beside(file, most=MOST_SOURCE)
    except OSError as exc:
        raise ConfigError(f"{file}: cannot be read: {exc.strerror}") from exc
    module = _run(file, source)
    beside = _parameter_file(file) if classes_in(vars(module)) else None
    digest = hashlib.sha256(source if beside is None else source + b"\0" + beside).hexdigest()
    found = [FoundStrategy(each, file, digest) for each in _strategies_of(file, module, beside)]
    if not found:
        lacks = "".join(f"; class {cls.__name__} {lack}" for cls in _own_classes(module) if (lack := _lack_of(cls)))
        raise ConfigError(f"{file}: defines no strategy{lacks}; write a new one with: golive strategy new NAME")
    names = [each.strategy.name for each in found]
    for name in names:
        if name in STRATEGIES:
            raise ConfigError(f"{file}: the name {name} is that of a built-in strategy; choose another")
        if names.count(name) > 1:
            raise ConfigError(f"{file}: {names.count(name)} classes have the name {name}")
    return found


def _files(home: Path) -> list[Path]:
    folder = home / FOLDER
    return sorted(file for file in folder.glob("*.py") if not file.name.startswith(("_", "test_")))


def _taken(file: Path) -> list[FoundStrategy | Unreadable]:
    try:
        return list(load_file(file))
    except ConfigError as exc:
        return [Unreadable(file, str(exc))]


def _run(file: Path, source: bytes) -> ModuleType:
    """Run the very bytes that were read; what a file raises, also at import, is told with its line."""
    module = ModuleType(f"golive_strategies.{file.stem}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module  # dataclasses look their module up there
    try:
        with foreign_names():
            exec(compile(source, str(file), "exec"), module.__dict__)  # noqa: S102 (a strategy is code that the operator put there)
    except BaseException as exc:
        del sys.modules[module.__name__]
        if isinstance(exc, KeyboardInterrupt) and not _is_raised_here(exc):
            raise
        also = refusals_in_text(source.decode()) if isinstance(exc, ImportError) else []
        listed = "\n  - ".join(("; and not carried over from freqtrade:", *also)) if also else ""
        raise ConfigError(f"{file}:{_line(file, exc)}: {type(exc).__name__}: {exc}{listed}") from exc
    return module


def _is_raised_here(exc: BaseException) -> bool:
    """Whether a `raise` statement raised it; an interrupt from the keyboard comes between any two instructions but there."""
    trace = exc.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code.co_code[trace.tb_lasti] == _RAISE


def _parameter_file(file: Path) -> bytes | None:
    """Return the file in which freqtrade keeps the values that it found for the class in this one; None where there is none."""
    try:
        return read_beside(file.with_suffix(".json"), most=MOST_SOURCE)
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ConfigError(f"{file.with_suffix('.json')}: cannot be read: {exc.strerror}") from exc


def _values_by_class(file: Path, content: bytes | None, names: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
    """Return what a parameter file holds, by the class it is for."""
    if content is None:
        return {}
    place = file.with_suffix(".json")
    try:
        values: Any = parse_json(content)
    except ValueError as exc:
        raise ConfigError(f"{place}: not JSON: {exc}") from exc
    name = values.get("strategy_name") if isinstance(values, dict) else None
    if not isinstance(name, str) or name not in names:
        raise ConfigError(f"{place}: strategy_name is {name!r}; {file.name} has {', '.join(names)}")
    return {name: values}


def _line(file: Path, exc: BaseException) -> int:
    if isinstance(exc, SyntaxError) and exc.filename == str(file):
        return exc.lineno or 0
    lines = [frame.lineno for frame in traceback.extract_tb(exc.__traceback__) if frame.filename == str(file)]
    return (lines[-1] or 0) if lines else 0


def _strategies_of(file: Path, module: ModuleType, beside: bytes | None) -> Iterator[Strategy]:
    foreign = classes_in(vars(module))
    values = _values_by_class(file, beside, [cls.__name__ for cls in foreign]) if foreign else {}
    for cls in _own_classes(module):
        try:
            made = adapted(cls, values.get(cls.__name__)) if cls in foreign else _strategy_of(cls)
            if made is not None:
                _demand_sound(made, cls)
                yield made
        except ConfigError as exc:
            raise ConfigError(f"{file}: {exc}") from exc
        except FAILURES as exc:
            raise ConfigError(f"{file}:{_line(file, exc)}: class {cls.__name__}: {type(exc).__name__}: {exc}") from exc


def _own_classes(module: ModuleType) -> list[type]:
    """Return the classes that a file defines itself, each once, also where it has two names."""
    own = [each for each in vars(module).values() if isinstance(each, type) and each.__module__ == module.__name__]
    return list(dict.fromkeys(own))


def _lack_of(cls: type) -> str:
    """Return why a class that looks like a strategy is none, '' where it does not look like one."""
    for method, base in _BASES.items():
        if hasattr(cls, method):
            return f"has {method} and is not based on {base}"
    return "has initial and lacks step" if hasattr(cls, "initial") else ""


def _demand_sound(strategy: Strategy, cls: type) -> None:
    """Raise ConfigError for a strategy that cannot be named, or whose defaults say no warm-up.

    Names stand in files, tables, commands and terminals, so they are plain: nothing there could take them for anything else.
    """
    if not isinstance(strategy.name, str) or not isinstance(strategy.summary, str):
        raise ConfigError(f"class {cls.__name__}: name and summary must be text")
    if not _PLAIN_NAME.fullmatch(strategy.name):
        raise ConfigError(
            f"class {cls.__name__}: {strategy.name!r:.80} cannot be a name: 1 to 64 of a-z A-Z 0-9 . _ -, a letter first"
        )
    for name, each in strategy.parameters.items():
        if not isinstance(name, str) or not _PLAIN_PARAMETER.fullmatch(name):
            raise ConfigError(
                f"class {cls.__name__}: {name!r:.80} cannot be a parameter's name: 1 to 64 of a-z A-Z 0-9 _, no digit first"
            )
        if not isinstance(each, Parameter):
            raise ConfigError(f"class {cls.__name__}: parameter {name!r} is {each!r}; write Parameter(default, low, high, help)")
    int(strategy.warm_up(bound(resolve_parameters(strategy.name, strategy.parameters, {}))))


def _strategy_of(cls: type) -> Strategy | None:
    if issubclass(cls, Callbacks):
        return CallbackStrategy(cls)
    if issubclass(cls, Signals) and not hasattr(cls, "step"):
        return SignalsStrategy(cls)
    if not hasattr(cls, "step") or hasattr(cls, "populate_indicators"):
        return None
    missing = [part for part in _PARTS if not hasattr(cls, part)]
    if missing:
        raise ConfigError(f"class {cls.__name__} has a step and lacks {', '.join(missing)}")
    made: Any = cls()
    parameters: Mapping[str, Any] = made.parameters
    made.parameters = with_order_parameters(parameters)
    strategy: Strategy = made
    return strategy
