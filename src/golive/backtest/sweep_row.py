"""What a sweep keeps of one parameter set: one row of integers, the same bytes wherever it was computed.

The first columns are `FIELDS`, the rest is equity at the end of each sampling period, in smallest units of the quote asset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from golive.model.errors import ConfigError

from .returns import Sampling, sampling_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    import numpy.typing as npt

    from golive.matching.columns import CandleColumns, IntColumn


Rows: TypeAlias = "npt.NDArray[np.int64]"
"""(sets, fields and samples)"""
FIELDS: Final = ("final_equity", "fills", "turnover", "worst_peak", "worst_fall", "bars_held", "trades", "wins")
"""money in smallest units of the quote asset; the deepest fall is exactly worst_fall of worst_peak; bars at whose close a whole
lot was held, of all instruments; round trips that ended without a lot, and those of them that brought in more than they cost"""
FIELD: Final = {name: place for place, name in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class SampleGrid:
    """When equity is looked at over a span of candles: as the statistics of a single backtest over them do."""

    sampling: Sampling
    first: int
    """number of the first period: its end over its length"""
    count: int
    length_ns: int
    """of the whole span"""

    @classmethod
    def of(cls, candles: Sequence[CandleColumns]) -> Self:
        """Return the grid over candles that are traded; ConfigError when there is none."""
        closes = [(int(each.opened_at[0]), int(each.opened_at[-1])) for each in candles if len(each)]
        if not closes:
            raise ConfigError("no candle closes in the span of the sweep")
        timeframe = candles[0].timeframe_ns
        first, last = min(a for a, _ in closes) + timeframe, max(b for _, b in closes) + timeframe
        length = last - first + timeframe
        sampling = sampling_of(length, timeframe)
        begins, ends = -(-first // sampling.length_ns), -(-last // sampling.length_ns)
        return cls(sampling, begins, ends - begins + 1, length)

    @property
    def ends(self) -> IntColumn:
        """The ends of the periods, ns UTC."""
        import numpy as np

        return np.arange(self.first, self.first + self.count, dtype=np.int64) * self.sampling.length_ns
