"""The Hilbert-transform cycle of J. Ehlers ("Rocket Science for Traders", 2001), as TA-Lib's HT_SINE computes it."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from golive.matching.compiled import compiled, inlined

from .primitive import Floats, blank

_WARM_UP: Final = 63
_SMOOTHED: Final = 37
"""bars that only fill the price smoother"""
_A: Final = 0.0962
_B: Final = 0.5769
_RING: Final = 50


@inlined
def _filtered(value: float, filters: Floats, row: int, slot: int, scale: float) -> float:
    """Move one quadrature filter: its row holds three delayed products, the last cross term and the last input."""
    product = _A * value
    out = product - filters[row, slot] - filters[row, 3]
    filters[row, slot] = product
    filters[row, 3] = _B * filters[row, 4]
    out += filters[row, 3]
    filters[row, 4] = value
    scaled: float = out * scale
    return scaled


@inlined
def _next_period(period: float, re: float, im: float) -> float:
    found = period
    if im != 0.0 and re != 0.0:
        found = 2.0 * math.pi / math.atan(im / re)
    found = max(min(found, 1.5 * period), 0.67 * period)
    return 0.2 * min(max(found, 6.0), 50.0) + 0.8 * period


@inlined
def _dominant_phase(ring: Floats, newest: int, smooth_period: float, phase: float) -> float:
    """Return the phase, degrees, of the dominant cycle in the smoothed prices."""
    bars = int(smooth_period + 0.5)
    real, imaginary, place = 0.0, 0.0, newest
    for i in range(bars):
        angle = i * 2.0 * math.pi / bars
        real += math.sin(angle) * ring[place]
        imaginary += math.cos(angle) * ring[place]
        place = _RING - 1 if place == 0 else place - 1
    if abs(imaginary) > 0.0:
        phase = math.degrees(math.atan(real / imaginary))
    elif real < 0.0:
        phase -= 90.0
    elif real > 0.0:
        phase += 90.0
    phase += 90.0 + 360.0 / smooth_period
    if imaginary < 0.0:
        phase += 180.0
    return phase - 360.0 if phase > 315.0 else phase


@compiled
def _phases(price: Floats, filters: Floats, ring: Floats, out: Floats) -> None:
    """Fill `out` with the phase of every bar from the warm-up on; `filters` is (8, 5) and `ring` 50 zeros."""
    period = smooth_period = phase = 0.0
    re = im = last_i2 = last_q2 = 0.0
    odd2 = odd3 = even2 = even3 = 0.0
    slot = newest = 0
    for i in range(_SMOOTHED, len(price)):
        smooth = (4.0 * price[i] + 3.0 * price[i - 1] + 2.0 * price[i - 2] + price[i - 3]) / 10.0
        ring[newest] = smooth
        scale = 0.075 * period + 0.54
        if i % 2 == 0:
            detrended = _filtered(smooth, filters, 0, slot, scale)
            q1 = _filtered(detrended, filters, 1, slot, scale)
            ahead_i = _filtered(even3, filters, 2, slot, scale)
            ahead_q = _filtered(q1, filters, 3, slot, scale)
            i1 = even3
            slot = 0 if slot == 2 else slot + 1
            odd3, odd2 = odd2, detrended
        else:
            detrended = _filtered(smooth, filters, 4, slot, scale)
            q1 = _filtered(detrended, filters, 5, slot, scale)
            ahead_i = _filtered(odd3, filters, 6, slot, scale)
            ahead_q = _filtered(q1, filters, 7, slot, scale)
            i1 = odd3
            even3, even2 = even2, detrended
        q2 = 0.2 * (q1 + ahead_i) + 0.8 * last_q2
        i2 = 0.2 * (i1 - ahead_q) + 0.8 * last_i2
        re = 0.2 * (i2 * last_i2 + q2 * last_q2) + 0.8 * re
        im = 0.2 * (i2 * last_q2 - q2 * last_i2) + 0.8 * im
        last_i2, last_q2 = i2, q2
        period = _next_period(period, re, im)
        smooth_period = 0.33 * period + 0.67 * smooth_period
        phase = _dominant_phase(ring, newest, smooth_period, phase)
        if i >= _WARM_UP:
            out[i] = phase
        newest = 0 if newest == _RING - 1 else newest + 1


def ht_dcphase(price: Floats) -> Floats:
    """Return the phase of the dominant cycle, degrees."""
    out = blank(price)
    _phases(np.ascontiguousarray(price), np.zeros((8, 5)), np.zeros(_RING), out)
    return out


def ht_sine(price: Floats) -> tuple[Floats, Floats]:
    """Return the sine of the phase and of the phase 45 degrees on."""
    phase = np.radians(ht_dcphase(price))
    return np.sin(phase), np.sin(phase + math.pi / 4.0)
