"""All entrypoints of a host together: what each of them is worth, and what was lost by all."""

from __future__ import annotations

from typing import NamedTuple


class PeerFigure(NamedTuple):
    """What another running entrypoint of the host published last; money in smallest units of its quote asset.

    `equity` None: it has a lease and has published nothing that can be read.
    """

    entrypoint: str
    quote: str
    equity: int | None
    day_start: int
    peak: int
    at: int
    """wall clock, ns UTC"""
