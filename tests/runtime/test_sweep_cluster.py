import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from golive.backtest.executor import Task
from golive.backtest.search import grid_search
from golive.backtest.sweep import Forgetful, SweepResult, run_sweep
from golive.model.errors import ConfigError
from golive.runtime.sweep_cluster import ClusterAccess, ClusterExecutor, ClusterLost
from golive.runtime.sweep_pool import ThreadExecutor
from support.sweeps import aim_of, candles_of, order_of, space_of, whole_span, work_of

pytest.importorskip("distributed", reason="the extra `scale` is not installed")
pytestmark = pytest.mark.integration

WORK = work_of([candles_of(1200)])


@contextmanager
def _process(*arguments: str, says: str) -> Iterator[str]:
    """Run a module of distributed until the test is done; yields what matched in its log."""
    environment = {**os.environ, "DASK_DISTRIBUTED__WORKER__DAEMON": "False", "PYTHONUNBUFFERED": "1"}
    process = subprocess.Popen(
        [sys.executable, "-m", *arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
    )
    assert process.stderr is not None
    try:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(says, line):
                yield found.group(0)
                break
        else:
            raise AssertionError("".join(lines))
    finally:
        process.send_signal(signal.SIGTERM)
        process.stderr.close()
        process.wait(20)


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A scheduler with two worker processes on loopback, as a user would have started them."""
    folder = str(tmp_path_factory.mktemp("dask"))
    with ExitStack() as stack:
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show")
        address = stack.enter_context(_process("distributed.cli.dask_scheduler", *options, says=r"tcp://127\.0\.0\.1:\d+"))
        worker = (address, "--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", folder, "--host", "127.0.0.1")
        for number in range(2):
            stack.enter_context(
                _process(
                    "distributed.cli.dask_worker", *worker, "--name", f"w{number}", says=r"Registered to:.*|Starting established"
                )
            )
        yield address


def _swept(executor: ClusterExecutor | ThreadExecutor) -> SweepResult:
    with executor:
        return run_sweep(grid_search(space_of(), 100), aim_of(WORK, task_size=1), executor, Forgetful(), lambda *_: None)


def test_two_workers_of_a_cluster_give_the_same_bytes_whether_they_see_the_file_or_not(scheduler: str, tmp_path: Path) -> None:
    expected = _swept(ThreadExecutor(WORK, 1)).digest
    order = order_of(WORK, tmp_path)
    executor = ClusterExecutor(order, ClusterAccess(scheduler))
    assert executor.workers == 2
    assert executor.sent_columns is False
    assert _swept(executor).digest == expected
    elsewhere = replace(order, key="elsewhere", places=(replace(order.places[0], path=str(tmp_path / "only-here")),))
    Path(order.places[0].path).rename(tmp_path / "only-here")
    seen_by_client_only = replace(elsewhere.places[0], digest="0" * 64)
    executor = ClusterExecutor(replace(elsewhere, places=(seen_by_client_only,)), ClusterAccess(scheduler))
    assert executor.sent_columns is True
    assert _swept(executor).digest == expected


def test_workers_of_other_sources_are_refused(scheduler: str, tmp_path: Path) -> None:
    order = replace(order_of(WORK, tmp_path), code_version="0.0.0+other")
    with pytest.raises(ConfigError, match=r"runs golive .*, this is 0\.0\.0\+other"):
        ClusterExecutor(order, ClusterAccess(scheduler))


@contextmanager
def _logged(into: list[logging.LogRecord]) -> Iterator[None]:
    """Collect what distributed's loggers let through; they hand nothing on to the root."""

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            into.append(record)

    loggers, handler = (
        [logging.getLogger(name) for name in ("distributed", "distributed.client", "tornado.application")],
        Collector(),
    )
    for logger in loggers:
        logger.addHandler(handler)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeHandler(handler)


def test_a_killed_scheduler_is_one_error_and_nothing_is_logged(tmp_path: Path) -> None:
    pid_file = tmp_path / "pid"
    options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show", "--pid-file", str(pid_file))
    worker = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(tmp_path), "--host", "127.0.0.1")
    said: list[logging.LogRecord] = []
    with (
        ExitStack() as stack,
        _process("distributed.cli.dask_scheduler", *options, says=r"tcp://127\.0\.0\.1:\d+") as address,
        _process("distributed.cli.dask_worker", address, *worker, says=r"Registered to:.*|Starting established"),
        ClusterExecutor(order_of(WORK, tmp_path), ClusterAccess(address)) as executor,
    ):
        stack.enter_context(_logged(said))
        tasks = [Task((n,), ((3.0, 8.0 + n),), whole_span(WORK)) for n in range(2000)]
        done = executor.results(tasks)
        next(done)
        os.kill(int(pid_file.read_text()), signal.SIGKILL)
        with pytest.raises(ClusterLost, match="gone"):
            list(done)
    assert said == []


def test_a_scheduler_that_does_not_answer_is_a_configuration_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("golive.runtime.sweep_cluster.CONNECT_S", 0.5)
    with pytest.raises(ConfigError, match="no scheduler answers"):
        ClusterExecutor(order_of(WORK, tmp_path), ClusterAccess("tcp://127.0.0.1:1"))


def test_files_that_are_no_certificates_are_a_configuration_error(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("ca", "cert", "key")]
    for file in files:
        file.write_text("garbage")
    with pytest.raises(ConfigError, match=r"tls://127\.0\.0\.1:1"):
        ClusterExecutor(order_of(WORK, tmp_path), ClusterAccess("tls://127.0.0.1:1", *files))
