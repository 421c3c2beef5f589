"""Nothing later may change what was said: look-ahead and repainting."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from golive.matching.columns import CandleColumns

from .subject import Finding, Subject, differ, first_difference, text

_CUTS = 24
_STEPPED = 200
"""candles after the warm-up that are also stepped one by one"""
_CUTS_OF_STEPS = 6
"""of a strategy that is shown one candle at a time"""


def _cuts(subject: Subject) -> list[int]:
    return subject.cuts(_CUTS if subject.answers_at_once else _CUTS_OF_STEPS)


def no_look_ahead(subject: Subject) -> Finding:
    """Change every candle after a cut in several ways; what was said up to it must stay."""
    check = "no look-ahead"
    whole = subject.history()
    for cut in _cuts(subject):
        for how, changed in _other_futures(subject.candles, cut):
            again = subject.history(changed)
            place = first_difference(whole[:cut], again[:cut])
            if place is not None:
                return Finding(
                    check,
                    "failed",
                    f"{subject.at(place)}: target {text(whole[place])} with the candles as they are, {text(again[place])} when"
                    f" those from bar {cut} on {how}",
                    "use only values up to the candle itself: no shift back, no centred window, no figure of the whole column",
                )
    return Finding(check, "ok", f"{len(_cuts(subject))} cuts, each with three other futures")


def no_repaint(subject: Subject) -> Finding:
    """Ask for a candle when it is the newest one and when others follow; the target must be the same."""
    check = "no repaint"
    whole = subject.history()
    cuts = _cuts(subject)
    for cut in cuts:
        for last in (cut - 1, cut):
            newest = float(subject.history(subject.candles.between(0, last + 1))[-1])
            if differ(newest, float(whole[last])):
                return Finding(
                    check,
                    "failed",
                    f"{subject.at(last)}: target {text(newest)} while it was the newest candle, {text(float(whole[last]))} once"
                    " others followed",
                    "let a candle's target depend on closed candles only; a value that is revised later cannot be traded on",
                )
    return Finding(check, "ok", f"{2 * len(cuts)} candles, each as the newest one and with others after it")


def session_equals_history(subject: Subject) -> Finding:
    """Step as a session does and compare with what history was told."""
    check = "session = history"
    bars = min(len(subject.candles), subject.warm_up + _STEPPED)
    shown = subject.candles.between(0, bars)
    stepped, whole = subject.stepped(shown), subject.history(shown)
    place = first_difference(stepped, whole)
    if place is None:
        return Finding(check, "ok", f"{bars} candles one by one and at once")
    return Finding(
        check,
        "failed",
        f"{subject.at(place)}: target {text(stepped[place])} in a session, {text(whole[place])} over history",
        "a session shows the newest candles only: raise window_bars or the warm-up, or let the target depend on less of the past",
    )


def _other_futures(candles: CandleColumns, cut: int) -> Iterator[tuple[str, CandleColumns]]:
    names = ("open", "high", "low", "close")
    for how, factor in (("are half as high again", 1.5), ("are two fifths lower", 0.6)):
        prices: dict[str, Any] = {name: getattr(candles, name).copy() for name in names}
        for column in prices.values():
            column[cut:] = np.maximum(1, np.rint(column[cut:] * factor))
        volume = candles.volume.copy()
        volume[cut:] *= 3
        yield how, replace(candles, volume=volume, **prices)
    turned: dict[str, Any] = {
        name: np.concatenate((column[:cut], column[cut:][::-1]))
        for name in (*names, "volume")
        for column in [getattr(candles, name)]
    }
    yield "come in reverse", replace(candles, **turned)
