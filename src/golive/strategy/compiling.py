"""Compiles the `step` that sessions interpret: the same functions, bound to records instead of objects.

The function and every plain Python function it calls are handed to the compiler as they stand, wherever they were written.
State and parameters become records of numbers (an int is an int64, a float a float64, a list of floats an array of its
length), whose attributes read and write like those of the objects. An index outside a list is an IndexError here too.

What is compiled is kept on disk under a digest of all code and constants that take part, so that an edited strategy is compiled
again and an unedited one never.
"""

from __future__ import annotations

import hashlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType, FunctionType, MethodType, ModuleType
from typing import TYPE_CHECKING, Any, Final

from golive.matching.compiled import Compiled
from golive.matching.stack_record import on_stack
from golive.model.errors import ConfigError

if TYPE_CHECKING:
    import numpy as np

_FOREIGN: Final = ("math", "numpy", "numba", "builtins", "typing")
"""roots of modules whose functions the compiler knows itself"""

_PLACE: Final = re.compile(r'File "([^"]+)", line (\d+)')


class NotCompilable(ConfigError):
    """A strategy's `step` uses what only the interpreter can do; the message names file, line and construct."""


class CompiledStep:
    """A strategy's `step` for compiled loops: `loop(function)` binds a loop to it, `digest` names its code."""

    def __init__(self, strategy: Any) -> None:
        self._name = strategy.name
        step = strategy.step
        self._function = _function_of(step)
        sources = _Sources(self._name)
        self._compiled = sources.compiled(self._function)
        if isinstance(step, MethodType):
            self._compiled = sources.without_self(self._compiled)
        self.digest = sources.digest()

    def loop(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return `function` compiled with its globals `step` and `on_stack` bound."""
        bound = {**function.__globals__, "step": self._compiled, "on_stack": on_stack()}
        own = FunctionType(function.__code__, bound, function.__name__)
        kept = Compiled(own, kept_in=f"strategy.{self.digest}")

        def call(*arguments: Any) -> Any:
            try:
                return kept.compiled(*arguments)
            except Exception as exc:
                if _is_of_compiler(exc):
                    raise NotCompilable(self._explain(exc)) from exc
                raise

        return call

    def _explain(self, exc: Exception) -> str:
        text = re.sub(r"\x1b\[[0-9;]*m", "", str(exc))
        own = inspect.getsourcefile(self._function) or self._function.__code__.co_filename
        places = [(name, int(line)) for name, line in _PLACE.findall(text) if not name.endswith("step_loop.py")]
        file, line = places[-1] if places else (own, self._function.__code__.co_firstlineno)
        lines = [each.strip() for each in text.splitlines() if each.strip()]
        said = next((each for each in reversed(lines) if _tells(each)), lines[0])
        called = next((each.lstrip("> ") for each in lines if each.startswith(">>> ")), "")
        if called and said.endswith("signature:"):
            said = f"{said} {called}"
        source = _source_line(self._function, file, line)
        return f"strategy {self._name}: {file}:{line} cannot be compiled: {said}{f' — {source}' if source else ''}"


def state_dtype(state: object, name: str, place: str = "state") -> np.dtype[Any]:
    """Return the record that a state is kept in; an attribute that is an object of the same kind is a record within.

    Raises NotCompilable naming the attribute that is no number and no list of numbers.
    """
    import numpy as np

    fields: list[tuple[Any, ...]] = []
    for key, value in attributes(state).items():
        if isinstance(value, bool | int):
            fields.append((key, np.int64))
        elif isinstance(value, float):
            fields.append((key, np.float64))
        elif isinstance(value, list) and value and all(isinstance(each, float) for each in value):
            fields.append((key, np.float64, (len(value),)))
        elif type(value).__module__ != "builtins" and (hasattr(value, "__dict__") or hasattr(value, "__slots__")):
            fields.append((key, state_dtype(value, name, f"{place}.{key}")))
        else:
            raise NotCompilable(
                f"strategy {name}: {place}.{key} is {type(value).__name__}; compiled code keeps int, float, lists of float"
                " that are not empty, and objects made of these"
            )
    return np.dtype(fields or [("unused", np.int64)], align=True)


def fill_record(record: Any, values: Mapping[str, object]) -> None:
    """Write attribute values into one record."""
    for key, value in values.items():
        if isinstance(value, int | float | list):
            record[key] = value
        else:
            fill_record(record[key], attributes(value))


def attributes(state: object) -> Mapping[str, object]:
    """Return a state's attributes by name, also of a class with slots; a list stays the state's own."""
    if hasattr(state, "__dict__"):
        return vars(state)
    names = [name for base in reversed(type(state).__mro__) for name in getattr(base, "__slots__", ())]
    return {name: getattr(state, name) for name in names}


def params_dtype(names: Sequence[str]) -> np.dtype[Any]:
    """Return the record of parameters: one float64 each."""
    import numpy as np

    return np.dtype([(name, np.float64) for name in names] or [("unused", np.float64)], align=True)


class _Sources:
    """The functions that take part, each compiled once, and the constants that they freeze."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._made: dict[FunctionType, Compiled[..., Any] | None] = {}
        self._digest = hashlib.sha256()

    def digest(self) -> str:
        return self._digest.hexdigest()[:16]

    def compiled(self, function: FunctionType) -> Compiled[..., Any]:
        if function in self._made:
            made = self._made[function]
            if made is None:
                code = function.__code__
                raise NotCompilable(
                    f"strategy {self._name}: {code.co_filename}:{code.co_firstlineno} {code.co_name} calls itself;"
                    " compiled code does not"
                )
            return made
        self._made[function] = None
        code = function.__code__
        # What is kept refers to its module by name: the same code of another file cannot be read from it.
        told = (function.__module__, code.co_name, repr(function.__defaults__), repr(function.__kwdefaults__))
        self._digest.update("\0".join(("", *told)).encode())
        for part in _codes(code):
            texts = (part.co_names, part.co_varnames, [each for each in part.co_consts if not isinstance(each, CodeType)])
            self._digest.update(part.co_code + repr(texts).encode())
        names = sorted({name for part in _codes(code) for name in part.co_names})
        bound = dict(function.__globals__)
        for name in names:
            if name in bound:
                bound[name] = self._bound(name, bound[name], names)
        cells = tuple(_cell(self._bound("", cell.cell_contents, names)) for cell in function.__closure__ or ())
        own = FunctionType(code, bound, function.__name__, function.__defaults__, cells)
        own.__kwdefaults__ = function.__kwdefaults__
        made = Compiled(own, is_inlined=True, is_checked=True, kept_in=None)
        self._made[function] = made
        return made

    def without_self(self, method: Compiled[..., Any]) -> Compiled[..., Any]:
        """Return a method as a function; the instance it belongs to is no part of a pure step."""
        bound = {**_call_method.__globals__, "method": method}
        self._digest.update(b"\0method")
        return Compiled(FunctionType(_call_method.__code__, bound, "step"), is_inlined=True, kept_in=None)

    def _bound(self, name: str, value: Any, names: Sequence[str]) -> Any:
        """Return what a global name means in compiled code."""
        if isinstance(value, FunctionType) and not _is_foreign(value.__module__):
            return self.compiled(value)
        if isinstance(value, ModuleType) and not _is_foreign(value.__name__):
            stand_in = ModuleType(value.__name__)
            for each in names:
                if hasattr(value, each):
                    setattr(stand_in, each, self._bound(each, getattr(value, each), names))
            return stand_in
        if isinstance(value, bool | int | float | str | tuple):
            self._digest.update(f"\0{name}={value!r}".encode())
        return value


def _call_method(state: Any, bar: Any, params: Any) -> Any:
    return method(None, state, bar, params)  # type: ignore[name-defined]  # noqa: F821


def _function_of(step: Any) -> FunctionType:
    function = step.__func__ if isinstance(step, MethodType) else step
    if not isinstance(function, FunctionType):
        raise NotCompilable(f"step is {type(step).__name__}; compiled code needs a plain function")
    return function


def _is_foreign(module: str | None) -> bool:
    return (module or "").partition(".")[0] in _FOREIGN


def _codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _codes(each)


def _cell(value: Any) -> Any:
    return (lambda: value).__closure__[0]  # type: ignore[index]


def _is_of_compiler(exc: Exception) -> bool:
    """Whether compiling failed; what the compiled code itself raises has passed no Python frame of the compiler."""
    frame = exc.__traceback__
    while frame is not None:
        if frame.tb_frame.f_globals.get("__name__", "").startswith("numba."):
            return True
        frame = frame.tb_next
    return False


def _tells(line: str) -> bool:
    """Whether a line of a compiler's error says what was wrong, not where or what to read."""
    return bool(
        re.match(
            r"(Unknown attribute|No implementation|Untyped|NameError|Invalid use|Cannot|Use of unsupported|The |Unsup)", line
        )
    )


def _source_line(function: FunctionType, file: str, line: int) -> str:
    if file != function.__code__.co_filename:
        return ""
    try:
        module, _ = inspect.findsource(function)
    except OSError:
        return ""
    return module[line - 1].strip() if 0 < line <= len(module) else ""
