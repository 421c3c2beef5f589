"""What a sweep keeps of one parameter set: one row of integers, the same bytes wherever it was computed.

The first columns are `FIELDS`, the rest is equity at the end of each sampling period, in smallest units of the quote asset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self, TypeAlias

from golive.model.clock import DAY
from golive.model.decision import REFUSALS as REFUSALS_OF_RISK
from golive.model.decision import DecisionCode
from golive.model.errors import ConfigError

from .returns import HOUR, Sampling, sampling_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import numpy.typing as npt

    from golive.matching.columns import CandleColumns, IntColumn


Rows: TypeAlias = "npt.NDArray[np.int64]"
"""(sets, fields and samples)"""
FIELDS: Final = (
    "final_equity", "fills", "turnover", "worst_peak", "worst_fall", "bars_held", "trades", "wins", "refused", "refusal",
)  # fmt: skip
"""money in smallest units of the quote asset; the deepest fall is exactly worst_fall of worst_peak; bars at whose close a whole
lot was held, of all instruments; round trips that ended (`fills.py`), and those of them that brought in more than they cost;
orders that risk refused, and the code it gave most often: its place in `REFUSALS`, counted from 1, 0 for none"""
MONEY: Final = ("final_equity", "turnover", "worst_peak", "worst_fall")
REFUSALS: Final = tuple(code for code in DecisionCode if code in REFUSALS_OF_RISK)
_NAMES: Final = {DAY: "daily", HOUR: "hourly"}
FIELD: Final = {name: place for place, name in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class SampleGrid:
    """When equity is looked at over a span of candles."""

    sampling: Sampling
    first: int
    """number of the first period: its end over its length"""
    count: int
    length_ns: int
    """of the whole span"""

    @classmethod
    def of(cls, candles: Sequence[CandleColumns], period_ns: int | None = None) -> Self:
        """Return the grid over candles that are traded; ConfigError when there is none.

        Without a period it is that of the statistics of a single backtest over these candles.
        """
        closes = [(int(each.opened_at[0]), int(each.opened_at[-1])) for each in candles if len(each)]
        if not closes:
            raise ConfigError("no candle closes in the span of the sweep")
        timeframe = candles[0].timeframe_ns
        first, last = min(a for a, _ in closes) + timeframe, max(b for _, b in closes) + timeframe
        length = last - first + timeframe
        sampling = sampling_of(length, timeframe) if period_ns is None else Sampling(_NAMES.get(period_ns, "bars"), period_ns)
        begins, ends = -(-first // sampling.length_ns), -(-last // sampling.length_ns)
        return cls(sampling, begins, ends - begins + 1, length)

    @property
    def ends(self) -> IntColumn:
        """The ends of the periods, ns UTC."""
        import numpy as np

        return np.arange(self.first, self.first + self.count, dtype=np.int64) * self.sampling.length_ns


def refused(decisions: Mapping[DecisionCode, int]) -> tuple[int, int]:
    """Return the fields `refused` and `refusal` of a run that took these decisions; the first code of `REFUSALS` among equals."""
    counts = [decisions.get(code, 0) for code in REFUSALS]
    most = max(counts)
    return sum(counts), counts.index(most) + 1 if most else 0


def refusal_of(number: int) -> DecisionCode | None:
    """Return the code that the field `refusal` stands for."""
    return REFUSALS[number - 1] if number else None
