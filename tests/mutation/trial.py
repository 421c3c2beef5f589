"""A plugin of pytest: collects the tests once, then lets a forked copy of the process run them against each mutant.

A mutant inside a function replaces that function's code in the copy, so that nothing is imported anew; of the tests, those that
call the function are run, the quickest first. One outside of any – a constant, a record's default – is put in place while its
module is imported, by a process of its own (`GOLIVE_MUTANT`); so is one that survived in a function which is called while tests
are collected, because what was made then was made without it. The first test that fails has killed the mutant; one that takes
far more CPU time than without it is dead too. Examples that fail are not made smaller: nobody reads them.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any, Final

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings

from mutation.basis import Basis
from mutation.mutants import Mutant
from mutation.place import put_in_place, watch_import
from mutation.sight import Called, watched

JOBS: Final = "GOLIVE_MUTANTS"
"""environment: the file of the work; beside it `trials.jsonl`, or wherever the job says, takes its results"""
FRESH: Final = "GOLIVE_MUTANT"
"""environment: the file of one mutant that is put in place on import, and of the order of the tests; it takes the result"""
CONTROL: Final = "no mutant"
KILLED, SURVIVED, TIMEOUT, ERROR = "killed", "survived", "timeout", "error"
AGAIN: Final = "again"
"""of a copy: this one has to be tried with everything imported anew"""

LEAST_LIMIT_S: Final = 1.0
SLOWER: Final = 10
"""a test that takes so many times its CPU time, and the least limit, does not come to its end"""
IMPORT_S: Final = 60.0
"""CPU time to import and collect; all that follows has limits of its own"""
LONGEST_S: Final = 300
"""wall time of any trial; one that waits for so long has gone wrong"""
DEAF_S: Final = 0.2
"""a test that calls nothing of risk and takes longer reads sources or starts programs: it is asked about no mutant"""


@dataclass(frozen=True)
class Test:
    """One test: the CPU seconds it took without any mutant, and what it called."""

    item: pytest.Item
    seconds: float
    called: Called


_watching: AbstractContextManager[Called] | None = None
_early: Called = set()
"""what was called while the tests were collected"""


def pytest_sessionstart() -> None:
    """Of hypothesis: the same examples each time, none made smaller."""
    if JOBS not in os.environ and FRESH not in os.environ:
        return
    phases = (Phase.explicit, Phase.generate)
    settings.register_profile("trial", settings(), phases=phases, report_multiple_bugs=False, derandomize=True, database=None)
    settings.load_profile("trial")
    global _watching, _early  # noqa: PLW0603 (a plugin's state is its module)
    if JOBS in os.environ:
        _watching = watched(json.loads(Path(os.environ[JOBS]).read_text())["sources"])
        _early = _watching.__enter__()


def pytest_runtestloop(session: pytest.Session) -> object:
    """Judge every mutant of the job instead of running the tests once."""
    if FRESH in os.environ:
        _judge_here(session, Path(os.environ[FRESH]))
        return True
    if JOBS not in os.environ:
        return None
    assert _watching is not None
    _watching.__exit__(None, None, None)
    path = Path(os.environ[JOBS])
    job = json.loads(path.read_text())
    _judge_all(session, job, path.parent)
    path.write_text(json.dumps(job))
    return True


def _judge_all(session: pytest.Session, job: dict[str, Any], folder: Path) -> None:
    if session.testsfailed:
        raise RuntimeError("the tests cannot be collected without any mutant")
    tests = _tried(session.items, job["sources"])  # before any mutant: they pass, and whatever they import is there
    job["suite_s"] = sum(test.seconds for test in tests)
    basis = Basis(Path(job["root"]), {test.item.path for test in tests})
    trials = Path(job["trials"])
    known = _known(trials, basis)
    waiting = [Mutant(path=Path(each.pop("path")), **each) for each in job["mutants"]]
    job["results"] = [known[each.name] for each in waiting if each.name in known]
    job["reused"] = len(job["results"])
    waiting = [each for each in waiting if each.name not in known]
    hearing = {test.item.nodeid for test in tests}
    trial = _Trial(tests, [item.nodeid for item in session.items if item.nodeid not in hearing], folder, job["command"])
    _prove_nothing_is_wrong(trial, any(not each.function or (str(each.path), each.function) in _early for each in waiting))
    with trials.open("a") as kept:
        for mutant, (result, by) in trial.judged(waiting, job["workers"]):
            row = {"name": mutant.name, "line": mutant.line, "result": result, "by": by}
            job["results"].append(row)
            row["basis"] = basis.of_kill(by) if result == KILLED else basis.of_all()
            kept.write(json.dumps(row) + "\n")
            kept.flush()
    try:
        _prove_nothing_is_wrong(trial, False)
    except RuntimeError:
        trials.unlink()
        raise


def _prove_nothing_is_wrong(trial: _Trial, anew: bool) -> None:
    """Try no mutant at all, in a copy, and in a process of its own where one will be used; RuntimeError unless it survives."""
    for arm in (CONTROL, "") if anew else (CONTROL,):
        for _, (result, by) in trial.judged([Mutant("", Path(), arm, 0, "", "", 0)], 1):
            if result != SURVIVED:
                raise RuntimeError(f"the campaign is void: without any mutant {result} by {by or 'no single test'}")


def _tried(items: Sequence[pytest.Item], sources: str) -> list[Test]:
    """Run every test once; return those that may see a mutant, the quickest first."""
    tests = []
    for item, following in zip(items, (*items[1:], None), strict=True):
        began = time.process_time()
        with watched(sources) as called:
            failure = _failure(item, following)
        if failure is not None:
            raise RuntimeError(f"the tests fail without any mutant: {item.nodeid}: {failure}")
        test = Test(item, time.process_time() - began, called)
        if called or test.seconds <= DEAF_S:
            tests.append(test)
    return sorted(tests, key=lambda test: test.seconds)


def _known(trials: Path, basis: Basis) -> dict[str, dict[str, Any]]:
    """Return the results of earlier trials that nothing has changed for since."""
    known: dict[str, dict[str, Any]] = {}
    for line in trials.read_text().splitlines() if trials.exists() else ():
        with suppress(ValueError, KeyError):  # the last line of an interrupted campaign may be half a line
            row = json.loads(line)
            if row["result"] != ERROR and row["basis"] == (
                basis.of_kill(row["by"]) if row["result"] == KILLED else basis.of_all()
            ):
                known[row["name"]] = row
    return known


class _Trial:
    """Forks a copy of this process for each mutant; a copy judges one and ends."""

    def __init__(self, tests: Sequence[Test], deaf: Sequence[str], folder: Path, command: list[str]) -> None:
        self._tests, self._deaf, self._folder, self._command = tests, deaf, folder, command

    def judged(self, mutants: Sequence[Mutant], workers: int) -> Iterator[tuple[Mutant, tuple[str, str]]]:
        """Yield each mutant with its result and the test that killed it, in any order."""
        running: dict[int, tuple[Mutant, int]] = {}
        left = iter(mutants)
        while True:
            while len(running) < workers and (mutant := next(left, None)) is not None:
                reading, writing = os.pipe()
                child = os.fork()
                if child == 0:
                    os.close(reading)
                    self._end_with(mutant, writing)
                os.close(writing)
                running[child] = (mutant, reading)
            if not running:
                return
            child, status = os.wait()
            mutant, reading = running.pop(child)
            with os.fdopen(reading) as stream:
                said = stream.read()
            code = os.waitstatus_to_exitcode(status)
            if code == 0 and said:
                result, by = json.loads(said)
                yield mutant, (result, by)
            else:
                yield mutant, (TIMEOUT if code == -signal.SIGPROF else ERROR, f"exit {code}")

    def _end_with(self, mutant: Mutant, writing: int) -> None:
        """Judge one mutant in this copy, which does not come back."""
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        code = 1
        with suppress(BaseException):
            result, by = self._in_this_copy(mutant)
            if result == AGAIN:
                result, by = self._in_a_process_of_its_own(mutant)
            os.write(writing, json.dumps([result, by]).encode())
            code = 0
        os._exit(code)

    def _in_this_copy(self, mutant: Mutant) -> tuple[str, str]:
        if not mutant.function:
            return AGAIN, ""
        signal.alarm(LONGEST_S)
        tests = list(self._tests)
        if mutant.function != CONTROL:
            function = (str(mutant.path), mutant.function)
            tests = [test for test in tests if function in test.called]
            try:
                put_in_place(mutant)
            except ValueError:  # code that closes over other variables, such as a `super()` less, fits no function that is there
                signal.alarm(0)
                return AGAIN, ""
        found = _verdict(tests)
        signal.alarm(0)
        if found[0] == SURVIVED and (str(mutant.path), mutant.function) in _early:
            return AGAIN, ""
        return found

    def _in_a_process_of_its_own(self, mutant: Mutant) -> tuple[str, str]:
        path = self._folder / f"fresh-{os.getpid()}.json"
        order = {test.item.nodeid: test.seconds for test in self._tests}
        wanted = None if not mutant.module else [mutant.module, str(mutant.path), mutant.site]
        path.write_text(json.dumps({"mutant": wanted, "tests": order, "deaf": self._deaf}))
        environment = {name: value for name, value in os.environ.items() if name != JOBS} | {FRESH: str(path)}
        try:
            done = subprocess.run(self._command, env=environment, capture_output=True, timeout=LONGEST_S, check=False)
        except subprocess.TimeoutExpired:
            return ERROR, f"after {LONGEST_S} s"
        said = json.loads(path.read_text()).get("said")
        if said is not None:
            return said[0], said[1]
        # Without a word: it could not even be imported or collected (1, 2), or used up its time.
        result = KILLED if done.returncode in (1, 2) else TIMEOUT if done.returncode == -signal.SIGPROF else ERROR
        return result, f"exit {done.returncode}" if result == ERROR else ""


def _judge_here(session: pytest.Session, path: Path) -> None:
    """Run the tests against the mutant that was put in place on import."""
    asked = json.loads(path.read_text())
    if session.testsfailed:
        asked["said"] = [KILLED, ""]  # while tests were collected
    else:
        known = asked["tests"]  # not of a case whose name has the falsified number in it: that one is asked last
        tests = [Test(item, known.get(item.nodeid, 1.0), set()) for item in session.items if item.nodeid not in asked["deaf"]]
        asked["said"] = _verdict(sorted(tests, key=lambda test: test.seconds))
    path.write_text(json.dumps(asked))


def _verdict(tests: Sequence[Test]) -> tuple[str, str]:
    """Run the tests up to the first that fails; say which."""
    for test, following in zip_longest(tests, tests[1:]):
        signal.setitimer(signal.ITIMER_PROF, LEAST_LIMIT_S + SLOWER * test.seconds)
        if _failure(test.item, following.item if following else None) is not None:
            signal.setitimer(signal.ITIMER_PROF, 0)
            return KILLED, test.item.nodeid
    signal.setitimer(signal.ITIMER_PROF, 0)
    return SURVIVED, ""


def _failure(item: pytest.Item, following: pytest.Item | None) -> str | None:
    """Run one test; return what it says when it fails."""
    for said in runtestprotocol(item, nextitem=following, log=False):
        if said.failed:
            return str(said.longreprtext)
    return None


if FRESH in os.environ:
    signal.setitimer(signal.ITIMER_PROF, IMPORT_S)
if FRESH in os.environ and (_wanted := json.loads(Path(os.environ[FRESH]).read_text())["mutant"]) is not None:
    watch_import(*_wanted)
