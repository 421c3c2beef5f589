"""A sweep's work in a form that travels to another process or host, and how it is opened there.

What travels are names and numbers; candles are mapped from a file where it is there. A worker that runs other sources, or finds
another strategy under the name, refuses: its results could differ.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from golive.backtest.spec import BacktestSpec
from golive.backtest.sweep_work import SweepWork
from golive.model.errors import ConfigError

from .code_version import code_version
from .strategy_folder import find_strategy
from .sweep_columns import ColumnPlace, columns_of, map_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class SweepOrder:
    """Everything a worker needs; `key` is the sweep's digest."""

    key: str
    code_version: str
    strategy: str
    source_sha256: str
    """of a user's strategy file; empty for a built-in"""
    home: str
    """below which a user's strategies are"""
    names: tuple[str, ...]
    places: tuple[ColumnPlace, ...]
    terms: dict[str, Any]
    """the fields of the specification, but for the strategy"""
    over_columns: bool


def open_order(order: SweepOrder, columns: Sequence[npt.NDArray[np.int64]] | None = None) -> SweepWork:
    """Return the work of an order; `columns` are the candles where no file of this host has them.

    Raises ConfigError when this process runs other sources than those of the order, JournalError without the candles.
    """
    if code_version() != order.code_version:
        raise ConfigError(f"this worker runs golive {code_version()}, the sweep {order.code_version}: install the same sources")
    if columns is None:
        candles = tuple(map_columns(place) for place in order.places)
    else:
        candles = tuple(columns_of(place, whole) for place, whole in zip(order.places, columns, strict=True))
    found = find_strategy(order.strategy, Path(order.home))
    if found.source_sha256 != order.source_sha256:
        raise ConfigError(f"strategy {order.strategy} below {order.home} of this worker is not that of the sweep: copy it there")
    spec = BacktestSpec(strategy=found.strategy, **order.terms)
    return SweepWork(spec, order.names, candles, order.over_columns)


_LOCK = threading.Lock()
_OPENED: dict[str, SweepWork] = {}


def opened(order: SweepOrder, columns: Sequence[npt.NDArray[np.int64]] | None = None) -> SweepWork:
    """Return the work of an order, opened once in this process; the last one is remembered."""
    with _LOCK:
        work = _OPENED.get(order.key)
        if work is None:
            work = open_order(order, columns)
            _OPENED.clear()
            _OPENED[order.key] = work
        return work
