"""All entrypoints of a host together: what each of them is worth, and what was lost by all."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from golive.model.clock import SECOND
from golive.model.peer import PeerFigure

__all__ = ["LONGEST_AGE_NS", "PeerFigure", "Together", "together", "unknown"]

LONGEST_AGE_NS: Final = 5 * SECOND
"""a figure that is older says nothing any more (CONTRACT, Risk)"""


class Together(NamedTuple):
    """Several accounts of one quote asset as if they were one, in smallest units.

    `peak` is the sum of their peaks: at least what they were worth together at any time, so a fall from it is never told too
    small.
    """

    equity: int
    day_start: int
    peak: int


def unknown(peers: Iterable[PeerFigure]) -> PeerFigure | None:
    """Return the first whose worth is not known, or was not told lately; None when all are known."""
    return next((peer for peer in peers if peer.equity is None or not 0 <= peer.age_ns <= LONGEST_AGE_NS), None)


def together(own: Together, quote: str, quote_unit: int, peers: Iterable[PeerFigure]) -> Together:
    """Return the own account and those of the same quote asset as one, in units of the own one.

    Amounts of another scale are rounded against us. Peers whose worth is not known must be dealt with before (`unknown`).
    """
    equity, day_start, peak = own
    for peer in peers:
        if peer.quote == quote and peer.equity is not None:
            equity += peer.equity * quote_unit // peer.quote_unit
            day_start += -(-peer.day_start * quote_unit // peer.quote_unit)
            peak += -(-peer.peak * quote_unit // peer.quote_unit)
    return Together(equity, day_start, peak)
