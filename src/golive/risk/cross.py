"""All entrypoints of a host together: what each of them is worth, and what was lost by all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Final, NamedTuple

from golive.model.clock import SECOND
from golive.model.peer import HostStop, OwnPast, PeerFigure

from .profile import Fraction, RiskProfile

__all__ = ["LONGEST_AGE_NS", "Limit", "PeerFigure", "Together", "limits", "stands", "together", "unknown", "with_past"]

LONGEST_AGE_NS: Final = 5 * SECOND
"""a figure that is older says nothing any more (CONTRACT, Risk)"""


class Together(NamedTuple):
    """Several accounts of one quote asset as if they were one, in smallest units.

    `peak` is the sum of their peaks: at least what they were worth together at any time, so a fall from it is never told too
    small.
    """

    equity: int
    day_start: int
    week_start: int
    peak: int


class Limit(NamedTuple):
    """A limit that all together are held to, and what is used of it: `fall` of `start`."""

    name: str
    allowed: Decimal
    share: Fraction
    fall: int
    start: int

    @property
    def is_reached(self) -> bool:
        return self.share.reached_by(self.fall, self.start)


def unknown(peers: Iterable[PeerFigure]) -> PeerFigure | None:
    """Return the first whose worth is not known, or that runs and did not tell it lately; None when all are known."""
    return next((peer for peer in peers if peer.equity is None or not (peer.is_over or 0 <= peer.age_ns <= LONGEST_AGE_NS)), None)


def with_past(own: Together, quote_unit: int, past: OwnPast | None) -> Together:
    """Return the own account as it goes on from earlier sessions; `own` is that of this session alone."""
    if past is None:
        return own
    equity = own.equity + past.earned * quote_unit // past.quote_unit
    starts = [-(-start * quote_unit // past.quote_unit) for start in (past.day_start, past.week_start, past.peak)]
    return Together(equity, starts[0], starts[1], max(starts[2], equity))


def together(own: Together, quote: str, quote_unit: int, peers: Iterable[PeerFigure]) -> Together:
    """Return the own account and those of the same quote asset as one, in units of the own one.

    Amounts of another scale are rounded against us. Peers whose worth is not known must be dealt with before (`unknown`).
    """
    equity, day_start, week_start, peak = own
    for peer in peers:
        if peer.quote == quote and peer.equity is not None:
            equity += peer.equity * quote_unit // peer.quote_unit
            day_start += -(-peer.day_start * quote_unit // peer.quote_unit)
            week_start += -(-peer.week_start * quote_unit // peer.quote_unit)
            peak += -(-peer.peak * quote_unit // peer.quote_unit)
    return Together(equity, day_start, week_start, peak)


def limits(all_: Together, profile: RiskProfile) -> Iterator[Limit]:
    """Yield each limit on losses that a profile sets, with what all together use of it."""
    rows = (
        ("max_daily_loss_pct", profile.max_daily_loss_pct, profile.daily_loss, all_.day_start),
        ("weekly_loss_pct", profile.weekly_loss_pct, profile.weekly_loss, all_.week_start),
        ("hard_drawdown_pct", profile.hard_drawdown_pct, profile.drawdown, all_.peak),
    )
    for name, allowed, share, start in rows:
        if allowed is not None and share is not None:
            yield Limit(name, allowed, share, start - all_.equity, start)


def stands(stop: HostStop, profile: RiskProfile) -> bool:
    """Say whether a stop that was kept is one for `profile`: it was told under it, or is as deep as its own limit.

    A profile whose numbers were raised meanwhile is held by the stop that was told under its name.
    """
    own = {limit.name: limit.share for limit in limits(Together(0, 0, 0, 0), profile)}.get(stop.limit)
    return stop.profile == profile.name or own is None or own.reached_by(stop.fall, stop.start)
