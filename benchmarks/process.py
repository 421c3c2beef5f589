"""Whole processes, as the operating system accounts for them."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PYTHON = sys.executable


@dataclass(frozen=True)
class Run:
    """CPU and wall seconds and peak memory (MiB) of one finished process; its exit code."""

    cpu_s: float
    wall_s: float
    memory_mib: float
    exit_code: int


def run(command: Sequence[str], env: Mapping[str, str] | None = None) -> Run:
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=dict(env or os.environ)) as process:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    return Run(usage.ru_utime + usage.ru_stime, time.perf_counter() - began, usage.ru_maxrss / 1024, process.returncode)


def median_pair(ours: Sequence[str], floor: Sequence[str], runs: int = 7) -> tuple[Run, Run]:
    """Run both in turn, one warm-up each, and return the run with the median CPU of each."""
    rows: tuple[list[Run], list[Run]] = ([], [])
    for n in range(runs + 1):
        for command, row in zip((ours, floor), rows, strict=True):
            result = run(command)
            if n:
                row.append(result)
    first, second = (sorted(row, key=lambda r: r.cpu_s)[len(row) // 2] for row in rows)
    return first, second


def spread(values: Sequence[float]) -> str:
    return f"{min(values):.3f} … {statistics.median(values):.3f} … {max(values):.3f}"
