"""Fewer points of a long series, none of its peaks lost: of each bucket the lowest and the highest point stay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt


def kept(series: Sequence[npt.NDArray[Any]], most: int) -> npt.NDArray[np.int64]:
    """Return the indices, rising, of at most `most` points that keep first, last and extremes of every series.

    The series share one axis. `most` is at least 2 + 2 × the number of series.
    """
    import numpy as np

    count = len(series[0])
    if count <= most:
        return np.arange(count)
    buckets = (most - 2) // (2 * len(series))
    edges = np.linspace(0, count, buckets + 1).astype(np.int64)
    picked = [np.array([0, count - 1])]
    for values in series:
        lowest, highest = np.minimum.reduceat(values, edges[:-1]), np.maximum.reduceat(values, edges[:-1])
        bucket = np.repeat(np.arange(buckets), np.diff(edges))
        for extreme in (lowest, highest):
            hits = np.flatnonzero(values == extreme[bucket])
            _, first = np.unique(bucket[hits], return_index=True)
            picked.append(hits[first])
    return np.unique(np.concatenate(picked))
