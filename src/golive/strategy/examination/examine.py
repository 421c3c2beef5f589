"""All checks, in the order in which a reader wants to know."""

from __future__ import annotations

from typing import Any

from golive.matching.columns import CandleColumns
from golive.model.errors import ConfigError
from golive.strategy.protocol import Strategy
from golive.strategy.signals import Signals

from .foresight import no_look_ahead, no_repaint, session_equals_history
from .sameness import compiled_equals_interpreted, deterministic, in_range, signals_equal_step, state_of_its_own
from .settling import warm_up_as_declared, warm_up_long_enough
from .subject import Finding, StrategyFailed, Subject


def bars_needed(strategy: Strategy, params: Any) -> int:
    """Return how many candles an examination should have."""
    return max(3000, 4 * int(strategy.warm_up(params)) + 1000)


def examine(strategy: Strategy, params: Any, candles: CandleColumns) -> list[Finding]:
    """Return what every check that applies found.

    Raises ConfigError when there are too few candles to say anything.
    """
    subject = Subject(strategy, params, candles)
    least = 3 * subject.warm_up + 50
    if len(candles) < least:
        raise ConfigError(f"strategy {strategy.name}: {len(candles)} candles are too few; give at least {least}")
    checks = [deterministic, state_of_its_own, no_look_ahead, no_repaint, warm_up_as_declared, warm_up_long_enough, in_range]
    if subject.answers_at_once:
        checks.append(session_equals_history)
    if isinstance(strategy, Signals):
        checks.append(signals_equal_step)
    checks.append(compiled_equals_interpreted)
    try:
        subject.history()
    except StrategyFailed as exc:
        return [Finding("runs", "failed", str(exc), "correct the error; every check runs the strategy")]
    findings = [Finding("runs", "ok", f"{len(candles)} candles")]
    for check in checks:
        try:
            findings.append(check(subject))
        except StrategyFailed as exc:
            findings.append(Finding(check.__name__.replace("_", " "), "failed", str(exc), "correct the error"))
    return findings
