"""Compile the driver over columns ahead of time: `python -m golive.engine.columns.warm`."""

from __future__ import annotations

import sys
from decimal import Decimal

import numpy as np

from golive.matching.columns import CandleColumns
from golive.matching.compiled import cache_folder, compiles
from golive.matching.fee import FeeSchedule
from golive.model.clock import MINUTE
from golive.model.instrument import Instrument
from golive.risk import RiskProfile
from golive.strategy.targets import TargetChanges

from .driver import run_columns
from .kernel import run
from .terms import Terms


def load() -> None:
    """Have the driver ready in this process, by trading three bars with it."""
    instrument = Instrument.from_text("okx:A/B", tick_size="1", lot_size="1", min_quantity="1", max_quantity="9")
    opened, prices = np.arange(3, dtype=np.int64) * MINUTE, np.full(3, 5, np.int64)
    candles = CandleColumns(instrument, MINUTE, opened, prices, prices, prices, prices, prices)
    profile = RiskProfile("warm", Decimal(1), Decimal(1), Decimal(1), 1, target_volatility=Decimal(1))  # looks at prices too
    terms = Terms({"position_pct": 1.0}, profile, FeeSchedule(Decimal(0), Decimal(0)), {"B": Decimal(99)}, MINUTE)
    run_columns([candles], [TargetChanges(np.array([0]), np.array([1.0]))], terms)


def report() -> str:
    """Load the driver and return whether that compiled it."""
    if not compiles():
        return "nothing to do: NUMBA_DISABLE_JIT is set"
    load()
    was_kept = bool(run.compiled.stats.cache_hits)  # type: ignore[attr-defined]
    place = cache_folder() or "memory only: no cache folder can be written"
    return f"the engine's driver over columns: {'loaded' if was_kept else 'compiled'} ({place})"


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
