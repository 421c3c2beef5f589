"""Reproducible draws: a whole number for each seed and number, the same on every machine and in any order of asking."""

from __future__ import annotations

from typing import Final

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15


def draw(seed: int, number: int, size: int) -> int:
    """Return draw `number` of `seed`, even over 0 … size - 1; `size` is far below 2^64, so its remainder does not show.

    Source: SplitMix64, Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    """
    return _mixed((_mixed(seed & _MASK) + number * _GOLDEN) & _MASK) % size


def _mixed(value: int) -> int:
    value = (value + _GOLDEN) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return value ^ (value >> 31)
