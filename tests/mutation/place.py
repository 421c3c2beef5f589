"""Puts a mutant in the place of what is right: in a function that is there, or in a module while it is imported."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

from mutation.mutants import Mutant, mutants_of, mutated


def put_in_place(mutant: Mutant) -> None:
    """Give the function that has the mutant its code; ValueError where that closes over other variables."""
    module = importlib.import_module(mutant.module)
    assert module.__file__ == str(mutant.path), f"{mutant.module} is {module.__file__}, not {mutant.path}"
    function = _function(module, mutant.function)
    function.__code__ = _code(mutated(mutant), function.__code__)


def watch_import(module: str, path: str, site: int) -> None:
    """Put the mutant of this number in place as soon as its module is imported."""
    assert module not in sys.modules
    sys.meta_path.insert(0, _Falsified(mutants_of(module, Path(path))[site]))


def _function(module: ModuleType, name: str) -> FunctionType:
    found: Any = module
    for part in name.split("."):
        found = vars(found)[part]
    if isinstance(found, property):
        found = found.fget
    if isinstance(found, cached_property):
        found = found.func
    if isinstance(found, classmethod | staticmethod):
        found = found.__func__
    assert isinstance(found, FunctionType), name
    return found


def _code(inside: CodeType, wanted: CodeType) -> CodeType:
    for each in inside.co_consts:
        if isinstance(each, CodeType):
            if each.co_qualname == wanted.co_qualname and each.co_firstlineno == wanted.co_firstlineno:
                return each
            with suppress(LookupError):
                return _code(each, wanted)
    raise LookupError(wanted.co_qualname)


class _Falsified(MetaPathFinder, Loader):
    """Gives one module with the mutant in it."""

    def __init__(self, mutant: Mutant) -> None:
        self._mutant = mutant

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self._mutant.module:
            return None
        spec = PathFinder.find_spec(fullname, path)
        assert spec is not None
        spec.loader = self
        return spec

    def exec_module(self, module: ModuleType) -> None:
        exec(mutated(self._mutant), module.__dict__)
