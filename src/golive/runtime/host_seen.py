"""What a session has seen of its host: stops of all together that held for it, and whether the others were known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from golive.model.peer import HostFigures
from golive.risk import RiskProfile
from golive.risk.cross import stands, unknown
from golive.storage.host_stop import KeptStop

from .host_stop import host_stop_text

Named = tuple[str, str, str]
"""limit, profile and beginning of a stop"""


@dataclass(slots=True)
class HostSeen:
    """Taken at each look at the others; the session's verdict is made of it."""

    stops: dict[Named, str] = field(default_factory=dict)
    """what each stop is that held at any time of the session, with limit and figure"""
    unknown: str = ""
    """who it was first that orders were refused for because what it is worth was not known; empty: nobody"""
    was_known: bool = False
    """whether all others were known at any look"""

    def look(self, figures: HostFigures, own: str, profile: RiskProfile, kept: Callable[[], Iterable[KeptStop]]) -> None:
        """Take what was read; `kept` reads the stops with their figures, asked only when there is a new one.

        `own` is the session's entrypoint: that it has not been valued yet says nothing about the others.
        """
        named = {(stop.limit, stop.profile, stop.since): stop for stop in figures.stops if stands(stop, profile)}
        if any(name not in self.stops for name in named):
            texts = {(stop.limit, stop.profile, stop.since): host_stop_text(stop) for stop in kept()}
            self.stops = {name: texts.get(name, f"a stop of all together holds: {name[0]}") for name in named} | self.stops
        peer = unknown(each for each in figures.peers if each.entrypoint != own)
        if peer is None:
            self.was_known = True
        elif not self.unknown:
            self.unknown = peer.entrypoint
