"""The probability of backtest overfitting, by combinatorially symmetric cross-validation.

Source: Bailey, Borwein, López de Prado and Zhu, "The probability of backtest overfitting", Journal of Computational Finance
20(4), 2017.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from golive.matching.columns import FloatColumn

PARTS: Final = 16
"""blocks of time; all 12,870 ways to halve them are looked at"""
_AT_ONCE: Final = 1 << 22
"""most Sharpe ratios computed at a time"""


@dataclass(frozen=True, slots=True)
class Overfitting:
    """What became, in the other half of the time, of the set that was best in one half.

    `slope` is that of the best set's Sharpe ratio out of sample over the one in sample, per halving.
    """

    probability: float
    """share of halvings in which the best set came out no better than the median of the other half"""
    loss_probability: float
    """share of halvings in which it lost money in the other half"""
    slope: float
    splits: int
    parts: int
    periods: int
    """used: a whole number for each block, the oldest of the rest left out"""


def backtest_overfitting(returns: FloatColumn, parts: int = PARTS) -> Overfitting | None:
    """Return the probability that choosing the best of these trials picks noise; None for too little data.

    Args:
        returns: (trials, periods) of simple returns, oldest first; at least two trials, no two of them the same, and two periods
            for each block.
        parts: an even number of blocks; fewer are taken where there are not enough periods.

    Equal results out of sample share their rank. A trial without any spread has Sharpe ratio 0.
    """
    import numpy as np

    trials, periods = returns.shape
    parts = min(parts, periods // 2 // 2 * 2)
    if trials < 2 or parts < 2:
        return None
    each = periods // parts
    blocks = returns[:, periods - each * parts :].reshape(trials, parts, each)
    sums, squares = blocks.sum(axis=2).T, (blocks * blocks).sum(axis=2).T
    halves = np.zeros((math.comb(parts, parts // 2), parts))
    for row, chosen in enumerate(combinations(range(parts), parts // 2)):
        halves[row, list(chosen)] = 1.0
    inside, outside, logits = (np.empty(len(halves)) for _ in range(3))
    lost = 0
    step = max(1, _AT_ONCE // trials)
    for first in range(0, len(halves), step):
        here = halves[first : first + step]
        seen = _sharpe(here @ sums, here @ squares, each * parts // 2)
        best = seen.argmax(axis=1)
        other_sums = (1 - here) @ sums
        unseen = _sharpe(other_sums, (1 - here) @ squares, each * parts // 2)
        rows = np.arange(len(here))
        own = unseen[rows, best]
        below, equal = (unseen < own[:, None]).sum(axis=1), (unseen == own[:, None]).sum(axis=1)
        share = (below + (equal + 1) / 2) / (trials + 1)
        inside[first : first + step], outside[first : first + step] = seen[rows, best], own
        logits[first : first + step] = np.log(share / (1 - share))
        lost += int((other_sums[rows, best] < 0).sum())
    off = inside - inside.mean()
    spread = float(off @ off)
    return Overfitting(
        probability=float((logits <= 0).mean()),
        loss_probability=lost / len(halves),
        slope=float(off @ outside) / spread if spread > 0 else 0.0,
        splits=len(halves),
        parts=parts,
        periods=each * parts,
    )


def _sharpe(total: FloatColumn, squares: FloatColumn, count: int) -> FloatColumn:
    import numpy as np

    mean = total / count
    variance = np.maximum(squares / count - mean * mean, 0.0)
    flat = variance <= 1e-24 + 1e-12 * squares / count
    found: FloatColumn = np.where(flat, 0.0, mean / np.sqrt(np.where(flat, 1.0, variance)))
    return found
