"""How long messages travel between us and a venue: not at all, always as long, or as long as measured ones did.

A model is pure: the n-th message of a direction always takes the same time. What is due when is `execution/`'s to keep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from golive.model.errors import MagnitudeError

from .draw import draw


class LatencyModel(Protocol):
    """Delays in ns; `n` counts the messages of one direction from 1."""

    def request_ns(self, n: int) -> int:
        """Return how long the n-th order, amendment or cancel takes to reach the market."""
        ...

    def response_ns(self, n: int) -> int:
        """Return how long the n-th piece of news takes to reach us."""
        ...


@dataclass(frozen=True, slots=True)
class ConstantLatency:
    """Every message takes as long as the others of its direction, ns. Raises MagnitudeError for a negative delay."""

    request: int
    response: int

    def __post_init__(self) -> None:
        if self.request < 0 or self.response < 0:
            raise MagnitudeError(f"latency {self.request} or {self.response} ns is negative")

    def request_ns(self, n: int) -> int:
        return self.request

    def response_ns(self, n: int) -> int:
        return self.response


NO_LATENCY = ConstantLatency(0, 0)


@dataclass(frozen=True, slots=True)
class DrawnLatency:
    """Each message takes half of a round trip drawn, with replacement, from measured ones.

    `round_trips` in ns, at least one, none negative, else MagnitudeError. A round trip does not say which of its two ways was
    the longer one; half is rounded up.
    """

    round_trips: tuple[int, ...]
    seed: int

    def __post_init__(self) -> None:
        if not self.round_trips or min(self.round_trips) < 0:
            raise MagnitudeError("latency is drawn from at least one round trip, none of them negative")

    def request_ns(self, n: int) -> int:
        return self._half(2 * n)

    def response_ns(self, n: int) -> int:
        return self._half(2 * n + 1)

    def _half(self, number: int) -> int:
        return -(-self.round_trips[draw(self.seed, number, len(self.round_trips))] // 2)
