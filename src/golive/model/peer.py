"""What another entrypoint of the same host is worth, as a session reads it."""

from __future__ import annotations

from typing import NamedTuple


class PeerFigure(NamedTuple):
    """What another running entrypoint published last; money in smallest units of its quote asset.

    `equity` None: it runs, and has published nothing that can be read.
    """

    entrypoint: str
    quote: str
    """its quote asset; empty when that is not known"""
    quote_unit: int
    """smallest units of one whole unit of it"""
    equity: int | None
    day_start: int
    peak: int
    age_ns: int
    """how old the figure was when it was read"""
