"""What the entrypoints of a host are worth and have lost together, as a session reads it."""

from __future__ import annotations

from typing import NamedTuple


class PeerFigure(NamedTuple):
    """What another entrypoint is worth, or was when it ended; money in smallest units of its quote asset.

    `equity` None: it runs, and has published nothing that can be read.
    """

    entrypoint: str
    quote: str
    """its quote asset; empty when that is not known"""
    quote_unit: int
    """smallest units of one whole unit of it"""
    equity: int | None
    day_start: int
    week_start: int
    peak: int
    age_ns: int
    """how old the figure was when it was read"""
    is_over: bool = False
    """it does not run: what it was worth last counts for the rest of the UTC day and week, however old that is"""


class OwnPast(NamedTuple):
    """One's own account as it goes on from earlier sessions, in smallest units of the quote asset.

    `earned` is what they earned, losses negative: added to what the session's account is worth. The others are of that sum.
    """

    quote_unit: int
    earned: int
    day_start: int
    week_start: int
    peak: int


class HostStop(NamedTuple):
    """A limit that all entrypoints together have reached, and that holds: `fall` of `start`, told under `profile`."""

    limit: str
    profile: str
    fall: int
    start: int
    since: str


class HostFigures(NamedTuple):
    """All that a session knows of its host: `own` None where no session of the entrypoint came before."""

    peers: tuple[PeerFigure, ...] = ()
    own: OwnPast | None = None
    stops: tuple[HostStop, ...] = ()
