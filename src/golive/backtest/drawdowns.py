"""Falls of equity from its running peak: how deep, how long, and whether they were made good."""

from __future__ import annotations

from dataclasses import dataclass

from golive.matching.columns import FloatColumn, IntColumn

from .returns import Undefined


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall and the longest time below a peak; times are market time, ns UTC.

    Source: Magdon-Ismail and Atiya, "Maximum drawdown", Risk 17(10), 2004.
    """

    depth: float
    """of the peak, 0..1"""
    peak_ts: int
    trough_ts: int
    recovered_ts: int | None
    """when the deepest fall was made good; None: not yet"""
    longest_ns: int
    """the longest time from a peak until equity was there again, or until the end"""


def drawdown_of(ts: IntColumn, equity: IntColumn | FloatColumn) -> Drawdown | Undefined:
    """Return what a curve's falls were; undefined without a point or when equity was never above zero."""
    import numpy as np

    if not len(equity) or int(equity[0]) <= 0:
        return Undefined("nothing was there at the start")
    peaks = np.maximum.accumulate(equity)
    falls = (peaks - equity) / peaks
    trough = int(falls.argmax())
    peak = int(np.searchsorted(peaks, peaks[trough], side="left"))
    later = int(np.searchsorted(peaks, peaks[trough], side="right"))
    at_peak = np.flatnonzero(equity == peaks)
    back = at_peak[(at_peak > trough) & (at_peak <= later)] if falls[trough] > 0 else at_peak[:0]
    times = np.append(ts[at_peak], ts[-1])
    return Drawdown(
        depth=float(falls[trough]),
        peak_ts=int(ts[peak]),
        trough_ts=int(ts[trough]),
        recovered_ts=int(ts[back[0]]) if len(back) else None,
        longest_ns=int(np.diff(times).max()) if _ever_fell(falls) else 0,
    )


def underwater(equity: FloatColumn | IntColumn) -> FloatColumn:
    """Return how far each point lies below the highest before it, as a fraction ≤ 0; 0 while no peak is above zero."""
    import numpy as np

    peaks = np.maximum.accumulate(equity)
    with np.errstate(divide="ignore", invalid="ignore"):
        made: FloatColumn = np.where(peaks > 0, np.minimum(0.0, equity / peaks - 1.0), 0.0)
    return made


def _ever_fell(falls: FloatColumn) -> bool:
    return bool(falls.max() > 0)
