"""Service levels judged: the values of a window become one, it is held against its target, and the error budget is told.

Everything is exact: values are whole billionths, times whole nanoseconds, shares fractions; floats appear in the document alone.

An error budget is the share of the window that may be bad. Source: Beyer, Murphy, Rensin, Kawahara, Thorne (editors), "The Site
Reliability Workbook", chapter 2 "Implementing SLOs": SLI = good events / all events, error budget = 1 − SLO; and chapter 4 of
"Site Reliability Engineering" for percentiles as the share of events within a bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, TypeAlias

from golive.config.slo_section import Slo
from golive.model.clock import SECOND, to_iso
from golive.model.indicator import ALLOWED, BILLION, INDICATORS, QUANTILES, Aggregation, Indicator, IndicatorKind

Status: TypeAlias = Literal["ok", "warning", "breach", "unknown"]
LEAST_AVERAGED: Final = 10
"""an average of fewer values says more about chance than about the service"""


@dataclass(frozen=True, slots=True)
class Span:
    """A state held from `began` until `ended`, wall clock, ns UTC; its length is time that really passed."""

    began: int
    ended: int
    is_up: bool


@dataclass(frozen=True, slots=True)
class Window:
    """After `start`, up to and including `end`; wall clock, ns UTC."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Measurements:
    """What is stored of one indicator in a window, filtered by label: `values` in billionths, in any order; or `spans`.

    `doubts` are reasons for which it may not be all that there was: with any of them nothing is ok.
    """

    values: Sequence[int] = ()
    spans: Sequence[Span] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """Shares of the window: what may be bad, what was, and what is left (below 0: overspent). None: no share is defined."""

    allowed: Fraction | None
    used: Fraction | None
    remaining: Fraction | None


@dataclass(frozen=True, slots=True)
class SloResult:
    slo: Slo
    status: Status
    value: Fraction | None
    """in the indicator's unit"""
    budget: ErrorBudget
    sample_size: int
    """values; of a state the seconds watched, rounded down"""
    window: Window
    reason: str


NO_BUDGET: Final = ErrorBudget(None, None, None)


def judge(slo: Slo, found: Measurements, window: Window) -> SloResult:
    """Return how an objective stands. What is missing, too little or in doubt is `unknown`, never ok; a breach stays one."""
    indicator = INDICATORS[slo.indicator]
    if indicator.missing:
        return SloResult(slo, "unknown", None, NO_BUDGET, 0, window, indicator.missing)
    value, used, size = _aggregated(slo, indicator, found, window)
    if value is None:
        nothing = f"nothing was measured after {to_iso(window.start)}"
        return SloResult(slo, "unknown", None, NO_BUDGET, 0, window, "; ".join((nothing, *found.doubts)))
    budget = _budget(slo, indicator, value, used)
    least = least_sample(slo)
    status, reason = _held(slo, value)
    if size < least:
        what = "seconds watched" if indicator.kind is IndicatorKind.STATE else "values"
        status, reason = "unknown", f"{size} {what}; this objective needs at least {least} to say anything"
    if found.doubts and status != "breach":
        status = "unknown"
    return SloResult(slo, status, value, budget, size, window, "; ".join((reason, *found.doubts)) if reason else _told(found))


def _told(found: Measurements) -> str:
    return "; ".join(found.doubts)


def least_sample(slo: Slo) -> int:
    """Return the fewest values (seconds, of a state) that an objective can be judged by.

    So many that the allowed bad share is one whole value at least: with fewer, one bad value would overspend any budget, and
    none would keep any. An average needs `LEAST_AVERAGED`, a maximum one.
    """
    match Aggregation(slo.aggregation):
        case Aggregation.MAX:
            return 1
        case Aggregation.AVERAGE:
            return LEAST_AVERAGED
        case Aggregation.RATIO:
            allowed = _allowed_ratio(slo)
        case quantile:
            allowed = 1 - QUANTILES[quantile]
    return LEAST_AVERAGED if allowed <= 0 else max(1, -(-allowed.denominator // allowed.numerator))


def quantile(ordered: Sequence[int], share: Fraction, *, from_above: bool = False) -> int:
    """Return the value that at least `share` of the values keep to: the smallest one that they do not exceed.

    With `from_above` the largest one that they reach. `ordered` is ascending and not empty. Nearest rank: Hyndman and Fan,
    "Sample quantiles in statistical packages", The American Statistician 50(4), 1996, definition 1.
    """
    rank = -(-share.numerator * len(ordered) // share.denominator)
    rank = min(len(ordered), max(1, rank))
    return ordered[-rank] if from_above else ordered[rank - 1]


def _aggregated(
    slo: Slo, indicator: Indicator, found: Measurements, window: Window
) -> tuple[Fraction | None, Fraction | None, int]:
    """Return the value, the share that was bad, and how much there is to judge by."""
    aggregation = Aggregation(slo.aggregation)
    if aggregation not in ALLOWED[indicator.kind]:
        raise ValueError(f"{slo.name}: {slo.aggregation} of {slo.indicator} means nothing")
    if indicator.kind is IndicatorKind.STATE:
        up, watched = _watched(found.spans, window)
        if not watched:
            return None, None, 0
        share = Fraction(up, watched)
        return share, _bad_ratio(slo, share), watched // SECOND
    values = found.values
    if not values:
        return None, None, 0
    if aggregation in QUANTILES:
        value = Fraction(quantile(sorted(values), QUANTILES[aggregation], from_above=slo.comparison == ">="), BILLION)
    elif aggregation is Aggregation.MAX:
        value = Fraction(max(values), BILLION)
    else:
        value = Fraction(sum(values), BILLION * len(values))
    return value, _bad_share(slo, indicator, values, value), len(values)


def _watched(spans: Sequence[Span], window: Window) -> tuple[int, int]:
    """Return the nanoseconds that were up, and all that were watched, within the window."""
    up = watched = 0
    for span in spans:
        length = min(span.ended, window.end) - max(span.began, window.start)
        if length > 0:
            watched += length
            up += length if span.is_up else 0
    return up, watched


def _bad_share(slo: Slo, indicator: Indicator, values: Sequence[int], value: Fraction) -> Fraction | None:
    """Return which share of the window was bad.

    Of a share itself (`ratio`, or the average of fractions) what is missing to 1, or there beyond 0; else the values beyond
    the target among all. An average of amounts allows no share of them, so it has none.
    """
    aggregation = Aggregation(slo.aggregation)
    if aggregation is Aggregation.RATIO:
        return _bad_ratio(slo, value)
    if aggregation is Aggregation.AVERAGE:
        return _bad_ratio(slo, value) if indicator.kind is IndicatorKind.FRACTION else None
    target = Fraction(slo.target) * BILLION
    beyond = sum(1 for each in values if each > target) if slo.comparison == "<=" else sum(1 for each in values if each < target)
    return Fraction(beyond, len(values))


def _bad_ratio(slo: Slo, share: Fraction) -> Fraction:
    return 1 - share if slo.comparison == ">=" else share


def _allowed_ratio(slo: Slo) -> Fraction:
    target = Fraction(slo.target)
    return 1 - target if slo.comparison == ">=" else target


def _budget(slo: Slo, indicator: Indicator, value: Fraction, used: Fraction | None) -> ErrorBudget:
    if used is None:
        return NO_BUDGET
    aggregation = Aggregation(slo.aggregation)
    if aggregation in QUANTILES:
        allowed = 1 - QUANTILES[aggregation]
    elif aggregation is Aggregation.MAX:
        allowed = Fraction(0)
    else:
        allowed = _allowed_ratio(slo)
    return ErrorBudget(allowed, used, allowed - used)


def _held(slo: Slo, value: Fraction) -> tuple[Status, str]:
    """Hold a value against target and warning threshold; each of them is still kept when it is reached exactly."""
    if not _keeps(slo, value, slo.target):
        return "breach", f"{number_text(value)} is not {slo.comparison} {slo.target}"
    if slo.warning_threshold is not None and not _keeps(slo, value, slo.warning_threshold):
        return "warning", f"{number_text(value)} is not {slo.comparison} {slo.warning_threshold}, which is worth a warning"
    return "ok", ""


def _keeps(slo: Slo, value: Fraction, bound: Decimal) -> bool:
    return value <= Fraction(bound) if slo.comparison == "<=" else value >= Fraction(bound)


def number_text(value: Fraction) -> str:
    """Return a value with up to six significant digits, for people."""
    return f"{float(value):.6g}"
