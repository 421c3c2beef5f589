"""The same candles give the same targets: again, beside another instrument, compiled, and in every form it is written in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from golive.matching.columns import FloatColumn
from golive.matching.compiled import compiles
from golive.model.errors import StrategyError
from golive.strategy.compiling import NotCompilable
from golive.strategy.signals import Signals, asked_over
from golive.strategy.targets import targets_of

from .subject import Finding, Subject, differ, first_difference, text

_TWINS = 600
_TWINS_OF_WINDOWS = 60
"""candles after the warm-up stepped in turn with another instrument; fewer where each step computes a whole window"""


def deterministic(subject: Subject) -> Finding:
    """Two runs from fresh states are equal."""
    check = "deterministic"
    asked = subject.made_anew()
    first, second = subject.history(of=asked), subject.history(of=asked)
    place = first_difference(first, second)
    if place is None:
        return Finding(check, "ok", f"{len(first)} targets, twice")
    return Finding(
        check,
        "failed",
        f"{subject.at(place)}: target {text(first[place])}, then {text(second[place])} over the same candles",
        "read nothing but state, bar and params: no random number, no time, no variable of the module or the class",
    )


def state_of_its_own(subject: Subject) -> Finding:
    """Another instrument stepped in turn changes nothing."""
    check = "state of its own"
    candles = subject.candles.between(
        0, min(len(subject.candles), subject.warm_up + (_TWINS_OF_WINDOWS if subject.answers_at_once else _TWINS))
    )
    alone = subject.stepped(candles)
    turned = {name: getattr(candles, name)[::-1] * 2 for name in ("open", "high", "low", "close")}
    asked = subject.made_anew()
    own, others = subject.initial(asked), subject.initial(asked)
    pairs = zip(subject.bars(candles), subject.bars(replace(candles, **turned)), strict=True)
    for number, (bar, other) in enumerate(pairs):
        target = subject.said(asked, own, bar, number)
        subject.said(asked, others, other, number)
        if differ(target, float(alone[number])):
            return Finding(
                check,
                "failed",
                f"{subject.at(number)}: target {text(float(alone[number]))} alone, {text(target)} beside another instrument",
                "make everything that lasts in initial() (or on_start), not in the class or the module",
            )
    return Finding(check, "ok", f"{len(alone)} candles in turn with another instrument")


def in_range(subject: Subject) -> Finding:
    """Every target is a share of the largest position."""
    check = "targets within 0..1"
    targets = subject.history()
    places = np.flatnonzero((targets < 0.0) | (targets > 1.0))
    if not len(places):
        return Finding(check, "ok", f"{len(targets)} targets")
    place = int(places[0])
    return Finding(
        check, "failed", f"{subject.at(place)}: target {text(targets[place])}", "return a share from 0 (nothing) to 1 (all)"
    )


def compiled_equals_interpreted(subject: Subject) -> Finding:
    """The compiled form says the same, bit for bit."""
    check = "compiled = interpreted"
    form = getattr(subject.strategy, "form", "step")
    if form != "step":
        return Finding(check, "unsaid", f"written as {form}; only the step form is compiled")
    if not compiles():
        return Finding(check, "unsaid", "compiling is switched off (NUMBA_DISABLE_JIT)")
    return _compare(subject, check, _compiled)


def _compare(subject: Subject, check: str, other: Callable[[Subject], FloatColumn]) -> Finding:
    try:
        there = other(subject)
    except NotCompilable as exc:
        return Finding(check, "unsaid", f"{exc}; it runs interpreted, in sweeps too")
    except StrategyError as exc:
        return Finding(check, "failed", f"the compiled form: {exc}", "keep every index inside its list, and targets within 0..1")
    here = subject.stepped()
    place = first_difference(here, there)
    if place is None:
        return Finding(check, "ok", f"{len(here)} targets, bit for bit")
    return Finding(
        check,
        "failed",
        f"{subject.at(place)}: target {text(here[place])} interpreted, {text(there[place])} compiled",
        "let an attribute of the state begin as the kind of number it stays (0.0, not 0), and divide by nothing that may be zero",
    )


def _compiled(subject: Subject) -> FloatColumn:
    changes = targets_of(subject.strategy, subject.params, subject.candles, compiled=True)
    return changes.at_every_bar(len(subject.candles))


def signals_equal_step(subject: Subject) -> Finding:
    """Where a class has `step` and `signals`, both say the same."""
    check = "signals = step"
    strategy: Any = subject.strategy
    if not isinstance(strategy, Signals):
        return Finding(check, "unsaid", "written in one form")
    here, there = subject.stepped(), asked_over(strategy, subject.candles, subject.params)
    place = first_difference(here, there)
    if place is None:
        return Finding(check, "ok", f"{len(here)} targets")
    return Finding(
        check,
        "failed",
        f"{subject.at(place)}: target {text(here[place])} from step, {text(there[place])} from signals",
        "make both forms one rule; a session and a sweep ask step",
    )
