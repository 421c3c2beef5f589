"""All checks, in the order in which a reader wants to know."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from golive.matching.columns import CandleColumns
from golive.model.errors import ConfigError
from golive.strategy.failure import FAILURES, failed_to_start
from golive.strategy.protocol import Strategy
from golive.strategy.signals import Signals

from .foresight import no_look_ahead, no_repaint, session_equals_history
from .sameness import compiled_equals_interpreted, deterministic, in_range, signals_equal_step, state_of_its_own
from .settling import warm_up_as_declared, warm_up_long_enough
from .subject import Finding, StrategyFailed, Subject


def bars_needed(strategy: Strategy, params: Any) -> int:
    """Return how many candles an examination should have; StrategyError when the strategy does not say how long it warms up."""
    try:
        return max(3000, 4 * int(strategy.warm_up(params)) + 1000)
    except FAILURES as exc:
        raise failed_to_start(strategy.name, exc) from exc


def examine(
    strategy: Strategy,
    params: Any,
    candles: CandleColumns,
    *,
    made_anew: Callable[[], Strategy] | None = None,
    around: Callable[[str], AbstractContextManager[object]] = nullcontext,
) -> list[Finding]:
    """Return what every check that applies found.

    Args:
        made_anew: makes the same strategy from the beginning, its module included; by default the same object is asked each time.
        around: surrounds each check, whose name it is given; a StrategyFailed that leaves it is what the check found.

    Raises:
        ConfigError: there are too few candles to say anything.
    """
    subject = Subject(strategy, params, candles, made_anew or (lambda: strategy))
    checks: list[tuple[str, Callable[[Subject], Finding]]] = [
        ("deterministic", deterministic),
        ("state of its own", state_of_its_own),
        ("no look-ahead", no_look_ahead),
        ("no repaint", no_repaint),
        ("warm-up as declared", warm_up_as_declared),
        ("warm-up long enough", warm_up_long_enough),
        ("targets within 0..1", in_range),
    ]
    if subject.answers_at_once:
        checks.append(("session = history", session_equals_history))
    if isinstance(strategy, Signals):
        checks.append(("signals = step", signals_equal_step))
    checks.append(("compiled = interpreted", compiled_equals_interpreted))
    findings = [_found("runs", _runs, subject, around)]
    if findings[0].status == "failed":
        return findings
    return findings + [_found(name, check, subject, around) for name, check in checks]


def _found(
    name: str, check: Callable[[Subject], Finding], subject: Subject, around: Callable[[str], AbstractContextManager[object]]
) -> Finding:
    try:
        with around(name):
            return check(subject)
    except StrategyFailed as exc:
        return Finding(name, "failed", str(exc), "correct the error")


def _runs(subject: Subject) -> Finding:
    """The strategy gets through all candles at all; every further check runs it too."""
    least = 3 * subject.warm_up + 50
    if len(subject.candles) < least:
        raise ConfigError(f"strategy {subject.strategy.name}: {len(subject.candles)} candles are too few; give at least {least}")
    subject.history()
    return Finding("runs", "ok", f"{len(subject.candles)} candles")
