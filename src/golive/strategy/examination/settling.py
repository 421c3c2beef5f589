"""A warm-up must be as long as it says, and long enough."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from golive.matching.columns import CandleColumns, FloatColumn

from .subject import Finding, Subject, text

TOLERANCE = 0.02
"""share of candles whose target may differ after a later start; a strategy may set `warm_up_tolerance` of its own"""
SIGNALS: Final = ("no signal", "enter", "exit", "enter and exit")
"""what the numbers of `Subject.signals` mean"""
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
    """Start later; once warm, the targets must be those of the run that started first.

    Of a strategy that gives the signals its target follows (`signals`), those are compared: they rest on no position.
    """
    check = "warm-up long enough"
    if subject.gives_signals:
        return _same_signals(subject, check)
    remembers = getattr(subject.strategy, "remembers", "window")
    if remembers == "start":
        return Finding(check, "unsaid", "the target counts from the first candle, as the strategy says")
    allowed = _allowed(subject)
    whole, worst, compared = subject.history(), 0.0, 0
    for start, shown in _later_starts(subject):
        later = subject.history(shown)
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


def _same_signals(subject: Subject, check: str) -> Finding:
    """Compare the candles that have a signal after any start, all starts together: a class may give few."""
    allowed, whole = _allowed(subject), subject.signals()
    given = differing = 0
    example = ""
    for start, shown in _later_starts(subject):
        later = subject.signals(shown)[subject.warm_up - 1 :]
        first = start + subject.warm_up - 1
        earlier = whole[first : first + len(later)]
        given += int(((earlier > 0) | (later > 0)).sum())
        wrong = np.flatnonzero(earlier != later)
        differing += len(wrong)
        if len(wrong) and not example:
            at = int(wrong[0])
            before, after = SIGNALS[int(earlier[at])], SIGNALS[int(later[at])]
            example = f"{subject.at(first + at)}: {before} from the first candle on, {after} after a start at bar {start}; "
    if not given:
        return Finding(check, "unsaid", "no signal in these candles; give more of them")
    if differing > allowed * given:
        return Finding(
            check,
            "failed",
            f"{example}{differing} of {given} signals differ, {allowed:.1%} may",
            "raise startup_candle_count (an average over n candles needs 3 n to 4 n); what depends on the first candle at any"
            " distance has none that is long enough",
        )
    return Finding(check, "ok", f"{given} signals after later starts, {differing} differ ({allowed:.1%} may)")


def _allowed(subject: Subject) -> float:
    return float(getattr(subject.strategy, "warm_up_tolerance", TOLERANCE))


def _later_starts(subject: Subject) -> Iterator[tuple[int, CandleColumns]]:
    """Yield bars at which to start anew, and the candles from there on: a warm-up and the stretch that is compared."""
    bars, warm_up = len(subject.candles), subject.warm_up
    stretch = max(500, _STRETCH * warm_up)
    last = max(warm_up, bars - warm_up - stretch)
    for start in sorted({int(each) for each in np.linspace(warm_up, last, _STARTS) if each > 0}):
        yield start, subject.candles.between(start, min(bars, start + warm_up + stretch))


def _first_meeting(earlier: FloatColumn, later: FloatColumn) -> int | None:
    """Return the first bar at which one run changes and both say the same: there, what was held before is forgotten."""
    same = earlier == later
    moved = np.zeros(len(later), np.bool_)
    moved[1:] = ((earlier[1:] != earlier[:-1]) | (later[1:] != later[:-1])) & ~np.isnan(later[:-1])
    places = np.flatnonzero(same & moved)
    return int(places[0]) if len(places) else None
