"""Lives that end by SIGKILL at a random moment: forked from a parent that has everything loaded, or started as whole processes."""

from __future__ import annotations

import os
import select
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from random import Random
from typing import TypeAlias

LATEST_DEATH_S = 20.0
BLOCKED = 3
"""exit code of a life that did not start, or ended, because it may not go on: it failed closed, and said why"""
MOST_BLOCKED = 0.05
"""of all lives"""
LATEST_READY_S = 3.0
"""a life that is to be killed after it is ready, and is not by then, is killed all the same"""
Live: TypeAlias = Callable[[int, Callable[[], None]], None]
"""lives as number so and so; calls what it is given once it is ready"""


@dataclass(frozen=True)
class Window:
    """When a life is killed, seconds: one in `ready_every` within `ready` of being ready, the others within `start` of their fork.

    With `ready` 0 all of them within `start`.
    """

    start: float
    ready: float = 0.0
    ready_every: int = 2


@dataclass
class Toll:
    """What a series of lives came to."""

    kills: int = 0
    killed_ready: int = 0
    """of those: so many had been ready"""
    ended_before: int = 0
    """lives that ended by themselves before they were killed; an end with another code than 0 is an error of the bot"""
    blocked: int = 0
    """lives that failed closed before they were killed"""
    cpu_s: float = 0.0
    """of all lives together"""

    @property
    def document(self) -> dict[str, int | float]:
        return {**asdict(self), "cpu_s": round(self.cpu_s, 3)}


def kill_forked_lives(live: Live, *, kills: int, window: Window, rng: Random) -> Toll:
    """Fork `live` again and again and SIGKILL each at a random moment of its window.

    The caller must have no threads. Raises RuntimeError when a life fails before it is killed.
    """
    toll = Toll()
    number = 0
    while toll.kills < kills:
        pid, reader = _fork(live, number)
        if window.ready and number % window.ready_every == 1:
            select.select([reader], [], [], LATEST_READY_S)
            time.sleep(rng.uniform(0, window.ready))
        else:
            time.sleep(rng.uniform(0, window.start))
        os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        toll.killed_ready += bool(os.read(reader, 1))
        os.close(reader)
        toll.cpu_s += usage.ru_utime + usage.ru_stime
        number += 1
        if os.WIFSIGNALED(status):
            toll.kills += 1
        elif os.WEXITSTATUS(status) == 0:
            toll.ended_before += 1
        elif os.WEXITSTATUS(status) == BLOCKED:
            toll.blocked += 1
        else:
            raise RuntimeError(f"life {number} ended with exit code {os.WEXITSTATUS(status)} before it was killed")
        if toll.ended_before + toll.blocked > 10 + MOST_BLOCKED * kills:
            raise RuntimeError(f"too many lives end by themselves: {toll.document}")
    return toll


def race(lives: Sequence[Callable[[Callable[[], None]], None]], *, most_s: float = LATEST_DEATH_S) -> int:
    """Fork all lives at once; return how many said that they are ready, once each has done so or has ended as blocked.

    Then all are killed. RuntimeError when one does neither within `most_s`, or ends otherwise.
    """
    started = [_fork(lambda _, ready, life=life: life(ready), number) for number, life in enumerate(lives)]  # type: ignore[misc]
    give_up = time.monotonic() + most_s
    winners, open_ends = 0, {reader: pid for pid, reader in started}
    while open_ends:
        readable, _, _ = select.select(list(open_ends), [], [], max(0.0, give_up - time.monotonic()))
        if not readable:
            raise RuntimeError(f"{len(open_ends)} lives neither began nor gave up within {most_s:g} s")
        for reader in readable:
            winners += bool(os.read(reader, 1))
            del open_ends[reader]
    for pid, reader in started:
        os.kill(pid, signal.SIGKILL)
        _, status = os.waitpid(pid, 0)
        os.close(reader)
        if not os.WIFSIGNALED(status) and os.WEXITSTATUS(status) != BLOCKED:
            raise RuntimeError(f"a life of the race ended with exit code {os.WEXITSTATUS(status)}")
    return winners


def _fork(live: Live, number: int) -> tuple[int, int]:
    """Begin a life; return its process and where it says that it is ready."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        _live(lambda: live(number, lambda: _say_ready(writer)))
    os.close(writer)
    return pid, reader


def _say_ready(writer: int) -> None:
    os.write(writer, b"r")


def run_forked(live: Callable[[], None], *, most_s: float = LATEST_DEATH_S) -> int:
    """Fork one life and let it end by itself; return its exit code (negative: its signal). RuntimeError after `most_s`."""
    pid = os.fork()
    if pid == 0:
        _live(live)
    give_up = time.monotonic() + most_s
    while time.monotonic() < give_up:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise RuntimeError(f"a life did not end within {most_s:g} s")


def _live(live: Callable[[], None]) -> None:
    """Run a life in the child; never return into the parent's code."""
    code = 70
    try:
        live()
        code = 0
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 70
    except BaseException:  # noqa: BLE001 - the child's outermost frame: the parent learns it by the exit code
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)
