"""Which executor a sweep gets: threads for what is compiled, processes for what is interpreted, a cluster where one is named."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from golive.backtest.executor import Executor
from golive.storage.files import make_directory
from golive.storage.sweep_folders import columns_folder

from .code_version import code_version
from .sweep_cluster import ClusterExecutor
from .sweep_columns import write_columns
from .sweep_order import SweepOrder
from .sweep_plan import SweepPlan
from .sweep_pool import ProcessExecutor, ThreadExecutor, default_workers

FOLDER = Path("var/state/sweeps")


@contextlib.contextmanager
def executor_for(plan: SweepPlan, key: str) -> Iterator[Executor]:
    """Yield the executor; candles that other processes map are on disk meanwhile."""
    options = plan.options
    workers = options.workers or default_workers()
    kind = options.workers_kind
    if kind == "auto":
        kind = "threads" if plan.is_compiled or workers == 1 else "processes"
    if options.cluster is None and kind == "threads":
        with ThreadExecutor(plan.work, workers) as threads:
            yield threads
        return
    make_directory(plan.home / FOLDER)
    folder, lock = columns_folder(plan.home / FOLDER)
    try:
        order = order_of(plan, key, folder)
        made = ProcessExecutor(order, workers) if options.cluster is None else ClusterExecutor(order, options.cluster)
        with made as executor:
            yield executor
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def order_of(plan: SweepPlan, key: str, folder: Path) -> SweepOrder:
    """Return the work of a plan as it travels; its candles are written into `folder`."""
    spec = plan.work.spec
    return SweepOrder(
        key=key,
        code_version=code_version(),
        strategy=spec.strategy.name,
        source_sha256=plan.source_sha256,
        home=str(plan.home.absolute()),
        names=plan.work.names,
        places=tuple(write_columns(each, folder) for each in plan.work.candles),
        terms={each.name: getattr(spec, each.name) for each in fields(spec) if each.name != "strategy"},
        over_columns=plan.work.over_columns,
    )
