"""A share that moves in steps, so that noise does not trade."""

from __future__ import annotations


def quantised(current: float, wanted: float, step: float) -> float:
    """Return the multiple of `step` next to `wanted`, or `current` while that is within three quarters of a step."""
    if abs(wanted - current) <= 0.75 * step:
        return current
    return min(1.0, round(wanted / step) * step)
