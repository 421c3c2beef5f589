import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from golive.backtest.executor import Task
from golive.backtest.search import grid_search
from golive.backtest.sweep import Forgetful, SweepResult, run_sweep
from golive.model.errors import ConfigError, JournalError
from golive.runtime.sweep_columns import has_columns, map_columns, write_columns
from golive.runtime.sweep_order import open_order
from golive.runtime.sweep_pool import ProcessExecutor, ThreadExecutor, default_workers
from support.sweeps import aim_of, candles_of, order_of, space_of, whole_span, work_of

WORK = work_of([candles_of(1200)])


def _swept(executor: ThreadExecutor | ProcessExecutor) -> SweepResult:
    with executor:
        return run_sweep(grid_search(space_of(), 100), aim_of(WORK, task_size=2), executor, Forgetful(), lambda *_: None)


def test_one_thread_many_threads_and_processes_give_the_same_bytes(tmp_path: Path) -> None:
    one = _swept(ThreadExecutor(WORK, 1))
    assert _swept(ThreadExecutor(WORK, 4)).digest == one.digest
    assert _swept(ProcessExecutor(order_of(WORK, tmp_path), 2)).digest == one.digest


def test_an_error_in_a_task_reaches_the_caller(tmp_path: Path) -> None:
    bad = Task((0,), ((3.0, 8.0),), whole_span(WORK).__class__(0, 1))
    for executor in (ThreadExecutor(WORK, 1), ThreadExecutor(WORK, 2), ProcessExecutor(order_of(WORK, tmp_path), 1)):
        with executor, pytest.raises(ConfigError, match="no candle closes"):
            list(executor.results([bad]))


PARENT = """
import sys, time
from pathlib import Path
from golive.runtime.sweep_pool import ProcessExecutor
from support.sweeps import candles_of, order_of, whole_span, work_of
from golive.backtest.executor import Task

if __name__ == "__main__":
    work = work_of([candles_of(300)])
    executor = ProcessExecutor(order_of(work, Path(sys.argv[1])), 2)
    list(executor.results([Task((n,), ((3.0, 8.0 + n),), whole_span(work)) for n in range(4)]))
    print(*executor._pool._processes, flush=True)
    time.sleep(600)
"""


@pytest.mark.integration
def test_workers_end_with_a_killed_parent(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    parent = subprocess.Popen([sys.executable, script, tmp_path], stdout=subprocess.PIPE, text=True, env=environment)
    assert parent.stdout is not None
    workers = [int(word) for word in parent.stdout.readline().split()]
    assert workers
    assert all(_is_alive(worker) for worker in workers)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 20
    while any(_is_alive(worker) for worker in workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    left = [worker for worker in workers if _is_alive(worker)]
    for worker in left:
        os.kill(worker, signal.SIGKILL)
    assert left == []


def _is_alive(process: int) -> bool:
    """Say whether a process runs; one that has ended and whose parent did not ask yet does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_columns_travel_by_their_digest(tmp_path: Path) -> None:
    candles = WORK.candles[0]
    place = write_columns(candles, tmp_path)
    assert write_columns(candles, tmp_path) == place
    assert place.digest == candles.sha256() == map_columns(place).sha256()
    assert all(np.array_equal(a, b) for a, b in zip(map_columns(place).columns, candles.columns, strict=True))
    assert has_columns(place)
    path = Path(place.path)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    assert not has_columns(place)
    path.unlink()
    assert not has_columns(place)
    with pytest.raises(JournalError, match="cannot be read"):
        map_columns(place)


def test_a_worker_with_other_sources_refuses(tmp_path: Path) -> None:
    order = order_of(WORK, tmp_path)
    other = order.__class__(**{**{name: getattr(order, name) for name in order.__slots__}, "code_version": "0.0.0+other"})
    with pytest.raises(ConfigError, match=r"the sweep 0\.0\.0\+other: install the same"):
        open_order(other)


def test_all_cores_that_this_process_may_use_are_used() -> None:
    assert default_workers() == len(os.sched_getaffinity(0))
