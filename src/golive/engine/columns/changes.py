"""The target changes of all instruments, one after the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from golive.matching.columns import CandleColumns, FloatColumn, IntColumn
from golive.model.errors import ConfigError
from golive.strategy.targets import TargetChanges


class Changes:
    """Target changes as the kernel reads them. ConfigError when they are not those of the candles, or not within 0..1."""

    def __init__(self, candles: Sequence[CandleColumns], changes: Sequence[TargetChanges]) -> None:
        if len(candles) != len(changes):
            raise ConfigError(f"{len(candles)} instruments and target changes of {len(changes)}")
        for one, said in zip(candles, changes, strict=True):
            if len(one) and (not len(said.index) or said.index[0] != 0 or not (said.index[1:] > said.index[:-1]).all()):
                raise ConfigError(f"{one.instrument.id}: target changes begin at bar 0 and rise")
        counts = np.array([len(each.index) for each in changes])
        self.ends = np.cumsum(counts)
        self.starts = self.ends - counts
        single = len(changes) == 1
        at = changes[0].index if single else np.concatenate([each.index for each in changes])
        to = changes[0].target if single else np.concatenate([each.target for each in changes])
        if np.fmin.reduce(to, initial=0.0) < 0 or np.fmax.reduce(to, initial=1.0) > 1:  # NaN is none
            raise ConfigError(f"a strategy's targets are shares between 0 and 1, not {to[(to < 0) | (to > 1)][0]:g}")
        self.at: IntColumn = np.ascontiguousarray(at, np.int64)[:]
        self.to: FloatColumn = np.ascontiguousarray(to, np.float64)[:]
        self.at.flags.writeable = self.to.flags.writeable = False
