"""Lives that end by SIGKILL at a random moment: forked from a parent that has everything loaded, or started as whole processes."""

from __future__ import annotations

import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

LATEST_DEATH_S = 20.0


@dataclass
class Toll:
    """What a series of lives came to."""

    kills: int = 0
    ended_before: int = 0
    """lives that ended by themselves before they were killed; an end with another code than 0 is an error of the bot"""
    cpu_s: float = 0.0
    """of all lives together"""

    @property
    def document(self) -> dict[str, int | float]:
        return {"kills": self.kills, "ended_before": self.ended_before, "cpu_s": round(self.cpu_s, 3)}


def kill_forked_lives(live: Callable[[int], None], *, kills: int, window_s: tuple[float, float], rng: Random) -> Toll:
    """Fork `live(number)` again and again and SIGKILL each after a time drawn uniformly from `window_s`.

    The caller must have no threads. Raises RuntimeError when a life fails before it is killed.
    """
    toll = Toll()
    number = 0
    while toll.kills < kills:
        pid = os.fork()
        if pid == 0:
            _live(live, number)
        time.sleep(rng.uniform(*window_s))
        os.kill(pid, signal.SIGKILL)
        _, status, usage = os.wait4(pid, 0)
        toll.cpu_s += usage.ru_utime + usage.ru_stime
        number += 1
        if os.WIFSIGNALED(status):
            toll.kills += 1
        elif os.WEXITSTATUS(status) == 0:
            toll.ended_before += 1
            if toll.ended_before > 2 * kills:
                raise RuntimeError("most lives end by themselves before they are killed: there is nothing to prove here")
        else:
            raise RuntimeError(f"life {number} ended with exit code {os.WEXITSTATUS(status)} before it was killed")
    return toll


def run_forked(live: Callable[[int], None], number: int, *, most_s: float = LATEST_DEATH_S) -> int:
    """Fork one life and let it end by itself; return its exit code (negative: its signal). RuntimeError after `most_s`."""
    pid = os.fork()
    if pid == 0:
        _live(live, number)
    give_up = time.monotonic() + most_s
    while time.monotonic() < give_up:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    raise RuntimeError(f"life {number} did not end within {most_s:g} s")


def _live(live: Callable[[int], None], number: int) -> None:
    """Run a life in the child; never return into the parent's code."""
    code = 70
    try:
        live(number)
        code = 0
    except BaseException:  # noqa: BLE001 - the child's outermost frame: the parent learns it by the exit code
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code)
