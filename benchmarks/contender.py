"""What a contender of a comparison prints, and how it is run: one fresh process each, one line of JSON as its last word.

Standard library only: contenders run in the environments of the tools they measure.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_MARK = "RESULT "


def report(**figures: Any) -> None:
    print(_MARK + json.dumps(figures), flush=True)


def measure(
    command: Sequence[str | Path], environment: Mapping[str, str] | None = None, *, timeout_s: float = 600
) -> dict[str, Any]:
    """Run a contender and return what it reported, with `process_s` and `process_cpu_s`, the wall and CPU seconds of it all.

    Raises RuntimeError with its last words when it fails.
    """
    began, cpu_s = time.perf_counter(), _cpu_s_of_children()
    done = subprocess.run(
        [str(word) for word in command], cwd=ROOT, env={**os.environ, **(environment or {})}, capture_output=True, text=True,
        timeout=timeout_s, check=False,
    )  # fmt: skip
    process_s, process_cpu_s = time.perf_counter() - began, _cpu_s_of_children() - cpu_s
    lines = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode or not lines:
        raise RuntimeError(f"{' '.join(map(str, command))} failed: {done.stderr.strip()[-2000:]}")
    figures: dict[str, Any] = json.loads(lines[-1].removeprefix(_MARK))
    return {**figures, "process_s": process_s, "process_cpu_s": process_cpu_s}


def _cpu_s_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def module(name: str) -> list[str]:
    """Return the command that runs a module of this package in our own environment."""
    return [sys.executable, "-m", f"benchmarks.{name}"]
