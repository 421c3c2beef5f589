"""A warm-up must be as long as it says, and long enough."""

from __future__ import annotations

import numpy as np

from golive.matching.columns import FloatColumn

from .subject import Finding, Subject, text

TOLERANCE = 0.02
"""share of candles whose target may differ after a later start; a strategy may set `warm_up_tolerance` of its own"""
_STARTS = 6
_STRETCH = 4
"""the stretch compared, in warm-ups, and at least 500 candles"""


def warm_up_as_declared(subject: Subject) -> Finding:
    """The first target comes exactly when `warm_up` says, and none is missing after it."""
    check = "warm-up as declared"
    targets = subject.history()
    known = np.flatnonzero(~np.isnan(targets))
    declared = subject.warm_up
    if not len(known):
        return Finding(
            check, "failed", f"no target in {len(targets)} candles; warm_up says {declared}", "return targets after the warm-up"
        )
    if known[0] != declared - 1:
        return Finding(
            check,
            "failed",
            f"first target {text(targets[known[0]])} at {subject.at(int(known[0]))}; warm_up says bar {declared - 1},"
            f" the candle number {declared}",
            f"let warm_up return {int(known[0]) + 1}, or return WARMING_UP until it is over",
        )
    missing = np.flatnonzero(np.isnan(targets[declared:]))
    if len(missing):
        return Finding(
            check,
            "failed",
            f"{subject.at(declared + int(missing[0]))}: no target after the warm-up",
            "keep the last target instead",
        )
    return Finding(check, "ok", f"first target at candle {declared}")


def warm_up_long_enough(subject: Subject) -> Finding:
    """Start later; once warm, the targets must be those of the run that started first."""
    check = "warm-up long enough"
    remembers = getattr(subject.strategy, "remembers", "window")
    if remembers == "start":
        return Finding(check, "unsaid", "the target counts from the first candle, as the strategy says")
    allowed = float(getattr(subject.strategy, "warm_up_tolerance", TOLERANCE))
    whole, worst, compared = subject.history(), 0.0, 0
    bars, stretch = len(whole), max(500, _STRETCH * subject.warm_up)
    for start in sorted(
        {int(each) for each in np.linspace(subject.warm_up, bars - 2 * subject.warm_up - 1, _STARTS) if each > 0}
    ):
        later = subject.history(subject.candles.between(start, min(bars, start + subject.warm_up + stretch)))
        earlier = whole[start : start + len(later)]
        first = subject.warm_up - 1 if remembers == "window" else _first_meeting(earlier, later)
        if first is None:
            continue
        wrong = np.flatnonzero(earlier[first:] != later[first:])
        compared += len(later) - first
        share = len(wrong) / (len(later) - first)
        worst = max(worst, share)
        if share > allowed:
            place = start + first + int(wrong[0])
            return Finding(
                check,
                "failed",
                f"{subject.at(place)}: target {text(whole[place])} from the first candle on, {text(later[place - start])} after a"
                f" start at bar {start}; {share:.1%} of {len(later) - first} targets differ, {allowed:.1%} may",
                "return a larger number from warm_up (an average over n bars needs 3 n to 4 n); if a target rests on the position"
                ' held, set remembers = "position"',
            )
    if not compared:
        return Finding(check, "unsaid", "no later start met the first run in these candles; give more of them")
    return Finding(check, "ok", f"{compared} targets after later starts, at most {worst:.2%} differ ({allowed:.1%} may)")


def _first_meeting(earlier: FloatColumn, later: FloatColumn) -> int | None:
    """Return the first bar at which one run changes and both say the same: there, what was held before is forgotten."""
    same = earlier == later
    moved = np.zeros(len(later), np.bool_)
    moved[1:] = ((earlier[1:] != earlier[:-1]) | (later[1:] != later[:-1])) & ~np.isnan(later[:-1])
    places = np.flatnonzero(same & moved)
    return int(places[0]) if len(places) else None
