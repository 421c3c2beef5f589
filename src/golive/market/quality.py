"""The judgement of candles: what is missing, what cannot be, what looks wrong. Pure; `quality_report` writes it down.

Impossible rows (`not_finite`, `non_positive`, `ohlc_inconsistent`) may not enter the store; everything else is a finding about
data that may. Source of codes and statuses: CONTRACT, "Data quality".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from golive.matching.columns import CandleColumns, IntColumn
from golive.model.clock import MINUTE, SECOND, to_iso
from golive.model.json import JsonValue

from . import row_rule
from .raw_candles import RawCandles, raw_of
from .wording import counted

if TYPE_CHECKING:
    from .row_rule import Mask

EXAMPLES: Final = 20
"""places an issue names; its count is of all"""

CRITICAL_MISSING_RATIO: Final = 0.05
STALE_AFTER_CANDLES: Final = 2

JUMP_SCALES: Final = 20
WICK_SCALES: Final = 40
"""Both leave 45,031 minutes of a bitcoin perpetual (January 2022) unmarked: the largest jump that came back was 16, the longest
wick 28 scales."""

_IMPOSSIBLE: Final = ("not_finite", "non_positive", "ohlc_inconsistent")

LONGEST_EXCURSION: Final = 3
"""candles in a row that a wrong print may last"""


class Status(StrEnum):
    NO_DATA = "no_data"
    CRITICAL = "critical"
    WARNING = "warning"
    OK = "ok"


@dataclass(frozen=True, slots=True)
class Issue:
    """Everything found under one code."""

    code: str
    message: str
    severity: str
    """warning | critical"""
    details: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of one judgement; times ns, None without rows."""

    status: Status
    observed_rows: int
    """as given, duplicates counted"""
    expected_rows: int
    """candles from the first to the last"""
    missing_rows: int
    total_gaps: int
    """runs of missing candles"""
    missing_ratio: float
    """missing / expected; 0 without data"""
    ok_ratio: float
    """share of the expected candles that are there, aligned and possible; 0 without data"""
    longest_gap_ns: int
    frequency_seconds: float | None
    """None where nobody could say"""
    first_timestamp: int | None
    last_timestamp: int | None


@dataclass(frozen=True, slots=True, eq=False)
class Quality:
    """The judgement, and which rows caused it."""

    summary: Summary
    issues: tuple[Issue, ...]
    is_impossible: Mask
    """per row as given"""
    is_unaligned: Mask


def nothing_to_judge(timeframe_ns: int | None) -> Quality:
    """Return the judgement of data of which there is none; None for a timeframe that nobody could say."""
    import numpy as np

    none: Any = np.zeros(0, dtype=np.bool_)
    seconds = None if timeframe_ns is None else timeframe_ns / SECOND
    return Quality(Summary(Status.NO_DATA, 0, 0, 0, 0, 0.0, 0.0, 0, seconds, None, None), (), none, none)


def with_findings_of(series: Quality, file: Quality) -> Quality:
    """Return the judgement of a series with what was found in a file alone that went into it: the worse status of both."""
    known = {issue.code for issue in series.issues}
    others = tuple(replace(each, details={**each.details, "of": "file"}) for each in file.issues if each.code not in known)
    status = min(series.summary.status, file.summary.status, key=list(Status).index)
    return replace(series, summary=replace(series.summary, status=status), issues=(*series.issues, *others))


def check_quality(candles: RawCandles | CandleColumns, timeframe_ns: int, *, fresh_at: int | None = None) -> Quality:
    """Judge candles in the order in which they were given.

    Args:
        fresh_at: wall clock, ns; when given, a last candle that ended more than two candles before it is `stale`.
    """
    rows = raw_of(candles) if isinstance(candles, CandleColumns) else candles
    masks = _impossible(rows)
    unaligned = row_rule.is_unaligned(rows.opened_at, timeframe_ns)
    impossible = masks["not_finite"] | masks["non_positive"] | masks["ohlc_inconsistent"]
    times = _Times(rows.opened_at, unaligned, impossible, timeframe_ns)
    issues = [
        *_gap_issue(times),
        *_duplicate_issue(rows, times),
        *_row_issue(rows, "out_of_order", times.is_late, "after a later one"),
        *_row_issue(rows, "non_positive", masks["non_positive"], "with a price of zero or less, or a volume below zero"),
        *_row_issue(rows, "not_finite", masks["not_finite"], "without a number, or with NaN or infinity for one"),
        *_row_issue(rows, "ohlc_inconsistent", masks["ohlc_inconsistent"], "with a low above or a high below another price"),
        *_stale_issue(times, fresh_at),
        *_row_issue(rows, "outlier", _outliers(rows, impossible | unaligned, timeframe_ns), _OUTLIER_WORDS),
        *_row_issue(rows, "unaligned", unaligned, "off the multiples of the timeframe"),
    ]
    return Quality(_summary(times, issues), tuple(issues), impossible, unaligned)


class _Times:
    """The opening times, sorted and without repetition, and what follows from them."""

    def __init__(self, opened_at: IntColumn, unaligned: Mask, impossible: Mask, length: int) -> None:
        import numpy as np

        self.length = length
        self.observed = len(opened_at)
        self.is_late: Any = opened_at < np.maximum.accumulate(opened_at)
        self.order: Any = np.argsort(opened_at, kind="stable") if self.is_late.any() else np.arange(len(opened_at))
        ordered = opened_at[self.order]
        self.repeats: Any = ordered[1:] == ordered[:-1]
        aligned = ordered[~unaligned[self.order]]
        self.grid: Any = aligned[np.append(True, aligned[1:] != aligned[:-1])] if len(aligned) else aligned
        self.first = int(ordered[0]) if len(ordered) else None
        self.last = int(ordered[-1]) if len(ordered) else None
        sound = ordered[~(unaligned | impossible)[self.order]]
        self.sound = 1 + int((sound[1:] != sound[:-1]).sum()) if len(sound) else 0
        steps = np.diff(self.grid)
        at = np.flatnonzero(steps > length)
        self.gap_after: Any = self.grid[at]
        self.gap_missing: Any = steps[at] // length - 1
        if len(self.grid):
            self.expected = int(self.grid[-1] - self.grid[0]) // length + 1
        else:
            self.expected = (int(ordered[-1] - ordered[0]) // length + 1) if len(ordered) else 0
        self.missing = self.expected - len(self.grid)
        self.longest_gap = int(self.gap_missing.max()) * length if len(at) else 0

    @property
    def missing_ratio(self) -> float:
        return self.missing / self.expected if self.expected else 0.0


def _impossible(rows: RawCandles) -> dict[str, Mask]:
    finite = rows.is_finite
    not_positive = row_rule.is_not_positive(rows.open, rows.high, rows.low, rows.close, rows.volume) & finite
    inconsistent = row_rule.is_inconsistent(rows.open, rows.high, rows.low, rows.close) & finite
    return {"not_finite": ~finite, "non_positive": not_positive, "ohlc_inconsistent": inconsistent}


def _summary(times: _Times, issues: Sequence[Issue]) -> Summary:
    if not times.observed:
        status = Status.NO_DATA
    elif any(issue.severity == "critical" for issue in issues) or times.missing_ratio >= CRITICAL_MISSING_RATIO:
        status = Status.CRITICAL
    else:
        status = Status.WARNING if issues else Status.OK
    return Summary(
        status=status,
        observed_rows=times.observed,
        expected_rows=times.expected,
        missing_rows=times.missing,
        total_gaps=len(times.gap_after),
        missing_ratio=times.missing_ratio,
        ok_ratio=times.sound / times.expected if times.expected else 0.0,
        longest_gap_ns=times.longest_gap,
        frequency_seconds=times.length / SECOND,
        first_timestamp=times.first,
        last_timestamp=times.last,
    )


def _gap_issue(times: _Times) -> list[Issue]:
    import numpy as np

    count = len(times.gap_after)
    if not count:
        return []
    longest = np.argsort(-times.gap_missing, kind="stable")[:EXAMPLES]
    examples: list[JsonValue] = [
        {
            "first_missing": to_iso(int(times.gap_after[at]) + times.length),
            "missing_rows": int(times.gap_missing[at]),
        }
        for at in longest.tolist()
    ]
    severity = "critical" if times.missing_ratio >= CRITICAL_MISSING_RATIO else "warning"
    minutes = times.longest_gap / MINUTE
    longest_words = f"{times.longest_gap // MINUTE:,}" if minutes.is_integer() else f"{minutes:.2f}"
    message = f"{counted(times.missing, 'candle')} missing in {counted(count, 'gap')}; the longest lasts {longest_words} min"
    return [Issue("gap", message, severity, {"count": count, "longest_gap_minutes": minutes, "longest": examples})]


def _duplicate_issue(rows: RawCandles, times: _Times) -> list[Issue]:
    import numpy as np

    if not times.repeats.any():
        return []
    again = times.order[1:][times.repeats]
    before = times.order[:-1][times.repeats]
    columns = (rows.open, rows.high, rows.low, rows.close, rows.volume, rows.is_finite)
    differing = np.logical_or.reduce([column[again] != column[before] for column in columns])
    message = f"{counted(len(again), 'row')} with the time of another, {int(differing.sum()):,} of them with other numbers"
    details: dict[str, JsonValue] = {
        "count": len(again),
        "differing": int(differing.sum()),
        "rows": _places(rows, again[:EXAMPLES]),
    }
    return [Issue("duplicate", message, "warning", details)]


def _stale_issue(times: _Times, fresh_at: int | None) -> list[Issue]:
    if fresh_at is None or times.last is None or times.last + times.length >= fresh_at - STALE_AFTER_CANDLES * times.length:
        return []
    ended = times.last + times.length
    message = f"the last candle ended {(fresh_at - ended) / SECOND:.0f} s ago, more than {STALE_AFTER_CANDLES} candles"
    return [Issue("stale", message, "warning", {"count": 1, "ended_at": to_iso(ended), "checked_at": to_iso(fresh_at)})]


def _row_issue(rows: RawCandles, code: str, mask: Mask, words: str) -> list[Issue]:
    import numpy as np

    at: Any = np.flatnonzero(mask)
    if not len(at):
        return []
    severity = "critical" if code in _IMPOSSIBLE else "warning"
    return [Issue(code, f"{counted(len(at), 'row')} {words}", severity, {"count": len(at), "rows": _places(rows, at[:EXAMPLES])})]


def _places(rows: RawCandles, at: Any) -> list[JsonValue]:
    return [{"row": int(i) + 1, "opened_at": to_iso(int(rows.opened_at[i]))} for i in at.tolist()]


_OUTLIER_WORDS: Final = f"with a close {JUMP_SCALES} scales off that comes back, or a wick longer than {WICK_SCALES} scales"


def _outliers(rows: RawCandles, left_out: Mask, length: int) -> Mask:
    """Return the rows that look like a wrong print; a move that stays is none, however large.

    With r the log returns of closes of neighbouring candles, s = max(1.4826 · median|r − median r|, 1.2533 · mean|r − median r|):
    a close whose |r − median r| > 20 s and of which the next candle takes back half or more, or one of the two after it by a
    jump of its own, with the candles between; and a candle whose high or low is further than 40 s (as a logarithm) from its open
    and close. The second scale stands in where most returns are equal.

    Source: Iglewicz and Hoaglin, "How to Detect and Handle Outliers", ASQC 1993 (both scales); the thresholds are ours.
    """
    import numpy as np

    found: Mask = np.zeros(len(rows), dtype=np.bool_)
    kept: Any = np.flatnonzero(~left_out)
    kept = kept[np.argsort(rows.opened_at[kept], kind="stable")]
    if len(kept) < 30:
        return found
    times = rows.opened_at[kept]
    open_, high, low, close = (np.log(column[kept].astype(np.float64)) for column in (rows.open, rows.high, rows.low, rows.close))
    returns = np.diff(close)
    is_neighbour = np.diff(times) == length
    if not is_neighbour.any():
        return found
    middle = np.median(returns[is_neighbour])
    distance = np.abs(returns - middle)
    near = distance[is_neighbour]
    scale = max(1.4826 * float(np.median(near)), 1.2533 * float(near.mean()))
    if scale == 0.0:
        return found
    far = (distance > JUMP_SCALES * scale) & is_neighbour
    unbroken = far
    for later in range(1, LONGEST_EXCURSION + 1):
        unbroken = unbroken[:-1] & is_neighbour[later:]
        out, back = returns[:-later], returns[later:]
        comes_back = (back * out < 0) & (np.abs(back) >= np.abs(out) / 2)
        if later > 1:
            comes_back &= far[later:]
        for row in range(1, later + 1):
            found[kept[np.flatnonzero(unbroken & comes_back) + row]] = True
    wick = np.maximum(high - np.maximum(open_, close), np.minimum(open_, close) - low)
    found[kept[wick > WICK_SCALES * scale]] = True
    return found
