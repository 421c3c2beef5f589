"""A plugin of pytest: collects the tests once, then lets a forked copy of the process run them against each mutant.

A mutant inside a function replaces that function's code in the copy, so that nothing is imported anew. One outside of any – a
constant, a record's default – is put in place while its module is imported, by a process of its own that says so
(`GOLIVE_MUTANT`). The first test that fails has killed it; one that does not come to an end within the limit is dead too.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from functools import cached_property
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from mutation.mutants import Mutant, mutants_of, mutated

JOBS = "GOLIVE_MUTANTS"
"""environment: the file of the work, and of its results"""
FRESH = "GOLIVE_MUTANT"
"""environment: module, path and site of a mutant that is put in place on import"""
CONTROL = "no mutant"
KILLED, SURVIVED, TIMEOUT = "killed", "survived", "timeout"


def pytest_runtestloop(session: pytest.Session) -> object:
    """Judge every mutant of the job instead of running the tests once."""
    if JOBS not in os.environ:
        return None
    path = Path(os.environ[JOBS])
    job = json.loads(path.read_text())
    began = time.monotonic()
    if (failure := _failure(session.items)) is not None:  # before any mutant: they pass, and whatever they import is there
        raise RuntimeError(f"the tests fail without any mutant: {failure}")
    job["suite_s"] = time.monotonic() - began
    limit_s = max(5, round(10 * job["suite_s"]))
    job["limit_s"], job["results"] = limit_s, []
    control = Mutant("", Path(), CONTROL, 0, "", "", 0)
    if [result for _, result in _judged(session, [control], limit_s, 1, [])] != [SURVIVED]:
        raise RuntimeError("the tests fail in a copy of the process, without any mutant")
    waiting = [Mutant(path=Path(each.pop("path")), **each) for each in job["mutants"]]
    for mutant, result in _judged(session, waiting, limit_s, job["workers"], job["command"]):
        job["results"].append([mutant.name, mutant.line, result])
    path.write_text(json.dumps(job))
    return True


def _judged(
    session: pytest.Session, mutants: list[Mutant], limit_s: int, workers: int, command: list[str]
) -> Iterator[tuple[Mutant, str]]:
    running: dict[int, Mutant] = {}
    left = iter(mutants)
    while True:
        while len(running) < workers and (mutant := next(left, None)) is not None:
            child = os.fork()
            if child == 0:
                _die_with(session, mutant, limit_s, command)
            running[child] = mutant
        if not running:
            return
        child, status = os.wait()
        code = os.waitstatus_to_exitcode(status)
        yield running.pop(child), SURVIVED if code == 0 else TIMEOUT if code == -signal.SIGALRM else KILLED


def _die_with(session: pytest.Session, mutant: Mutant, limit_s: int, command: list[str]) -> None:
    """Run the tests against one mutant, in a copy of the process that does not come back: 0 = it survived."""
    code = 1
    for stream in (1, 2):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
    with suppress(BaseException):
        signal.alarm(limit_s)
        if mutant.function:
            if mutant.function != CONTROL:
                _put_in_place(mutant)
            code = int(_failure(session.items) is not None)
        else:
            fresh = json.dumps([mutant.module, str(mutant.path), mutant.site])
            environment = {name: value for name, value in os.environ.items() if name != JOBS} | {FRESH: fresh}
            code = min(
                1, subprocess.run(command, env=environment, capture_output=True, timeout=10 * limit_s, check=False).returncode
            )
    os._exit(code)


def _failure(items: Sequence[pytest.Item]) -> str | None:
    """Run the tests up to the first that fails; return what it says."""
    for item, following in zip(items, (*items[1:], None), strict=True):
        for said in runtestprotocol(item, nextitem=following, log=False):
            if said.failed:
                return f"{item.nodeid}: {said.longreprtext}"
    return None


def _put_in_place(mutant: Mutant) -> None:
    """Give the function that has the mutant its code."""
    function = _function(importlib.import_module(mutant.module), mutant.function)
    function.__code__ = _code(mutated(mutant), function.__code__)


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


if FRESH in os.environ:
    _module, _path, _site = json.loads(os.environ[FRESH])
    sys.meta_path.insert(0, _Falsified(mutants_of(_module, Path(_path))[_site]))
