"""Reference windows: consecutive spans of wall clock in which counters are judged as increases.

The owner of the event loop probes shortly before `next_end`, then calls `advance`; nothing here waits or reads a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from golive.metrics.recorder import Samples
from golive.model.clock import to_iso
from golive.model.json import JsonValue
from golive.model.verdict import Verdict

from . import entry
from .entry import Judged
from .exchange_metrics import CounterReading, MonitoredProfile, WindowSpan, read_counters, rows_by_name, sample_row
from .health import HealthLog
from .summary import overall_status, summarize

WARMING_UP = "warming_up"
STABLE = "stable"
SUMMARY_KEY = "summary"
_BADNESS = {Verdict.BREACHED.value: 2, Verdict.UNKNOWN.value: 1}


@dataclass(frozen=True, slots=True)
class Window:
    """One judged window; `partial` when it is shorter than the reference."""

    index: int
    span: WindowSpan
    partial: bool
    judged: tuple[Judged, ...]
    """every monitored entrypoint, by name"""

    @property
    def status(self) -> str:
        """`ok`, `breached`, `unknown`, or `not_configured` when nothing is monitored."""
        return overall_status(self.judged)

    def as_json(self) -> dict[str, JsonValue]:
        """Return the window's line of `paper_exchange_windows`."""
        found: list[JsonValue] = [
            {"entrypoint": row.entrypoint, **breach.as_json()} for row in self.judged for breach in row.breaches
        ]
        return {
            "index": self.index,
            "started_at": to_iso(self.span.started_at),
            "ended_at": to_iso(self.span.ended_at),
            "partial": self.partial,
            "status": self.status,
            "breaches": found,
        }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The verdict over all windows, ready for the report; everything describes the worst window but `windows`."""

    paper_exchange_metrics: Mapping[str, JsonValue]
    windows: tuple[JsonValue, ...]
    warnings: tuple[str, ...]
    status: str
    """`ok`, `breached`, `unknown` or `not_configured`"""
    phase: str
    """`warming_up` until every monitored entrypoint has had its first probe, then `stable`"""
    statuses: Mapping[str, str] = field(default_factory=dict)
    """of each monitored entrypoint: the worst of all windows"""


class ReferenceWindows:
    """Judges the monitored entrypoints window by window.

    `window_ns` and `stale_after_ns` are nanoseconds of wall clock; every `now` is wall clock, ns UTC, never falling.
    Record probes in `health` as they complete. Raises ValueError for a window length that is not positive, for two
    profiles of one entrypoint, and for an entrypoint called `summary`.
    """

    def __init__(self, profiles: Sequence[MonitoredProfile], samples: Samples, window_ns: int, stale_after_ns: int) -> None:
        names = [profile.entrypoint for profile in profiles]
        if len(set(names)) != len(names) or SUMMARY_KEY in names:
            raise ValueError(f"monitored entrypoints must be unique and none may be called {SUMMARY_KEY!r}: {sorted(names)}")
        if window_ns <= 0 or stale_after_ns <= 0:
            raise ValueError("window and staleness must be longer than zero")
        self.health = HealthLog()
        self._profiles = tuple(profiles)
        self._samples = samples
        self._window_ns = window_ns
        self._stale_after_ns = stale_after_ns
        self._closed: list[Window] = []
        self._started_at: int | None = None
        self._baseline_at = 0
        self._baseline: dict[str, CounterReading] = {}
        self._final: Evaluation | None = None
        self.judged: Callable[[Window], None] = lambda window: None
        """called once for each window, when it has ended"""

    def start(self, now: int) -> None:
        """Open the first window and read the counters' baseline: before the first call to a venue, so none is lost."""
        if self._started_at is not None:
            raise ValueError("the windows have been started already")
        self._started_at = now
        self._read_baseline(now)

    @property
    def next_end(self) -> int:
        """When the running window ends, ns UTC; probe shortly before. Raises ValueError before `start`."""
        if self._started_at is None:
            raise ValueError("the windows have not been started")
        return self._started_at + self._window_ns

    @property
    def phase(self) -> str:
        """`stable` once every monitored entrypoint has had a completed probe, else `warming_up`."""
        return STABLE if all(self.health.probed(p.entrypoint) for p in self._profiles) else WARMING_UP

    def advance(self, now: int) -> list[Window]:
        """Close and return the windows that have ended by `now`, oldest first.

        Counters are read once: after a long pause the oldest of them takes all that happened since its baseline.
        """
        due: list[Window] = []
        while self._started_at is not None and now >= self.next_end:
            end = self.next_end
            due.append(self._judge(end, partial=False))
            self._keep(due[-1])
            self._started_at = end
            self._read_baseline(now)
        return due

    def peek(self, now: int) -> Evaluation:
        """Return the evaluation as it would be if the run ended at `now`; changes nothing."""
        return self._evaluation([*self._closed, *self._running(now)])

    def close(self, now: int) -> Evaluation:
        """Close what is open and return the final evaluation; a run that was never started is one window without length."""
        if self._final is None:
            if self._started_at is None:
                self.start(now)
            self.advance(now)
            for window in self._running(now):
                self._keep(window)
            self._final = self._evaluation(self._closed)
        return self._final

    def _keep(self, window: Window) -> None:
        self._closed.append(window)
        self.judged(window)

    def _running(self, now: int) -> list[Window]:
        if self._started_at is None:
            span = WindowSpan(now, now, now)
            baseline = {profile.entrypoint: read_counters(profile, self._samples) for profile in self._profiles}
            return [self._window(span, baseline, partial=True)]
        if self._closed and now <= self._started_at:
            return []
        return [self._judge(max(now, self._started_at), partial=True)]

    def _judge(self, ended_at: int, *, partial: bool) -> Window:
        assert self._started_at is not None
        return self._window(WindowSpan(self._started_at, ended_at, self._baseline_at), self._baseline, partial=partial)

    def _window(self, span: WindowSpan, baseline: Mapping[str, CounterReading], *, partial: bool) -> Window:
        index = len(self._closed)
        rows = [
            sample_row(
                profile,
                self._samples,
                self.health,
                baseline=baseline[profile.entrypoint],
                end=read_counters(profile, self._samples),
                window=span,
                stale_after_ns=self._stale_after_ns,
                first=index == 0,
            )
            for profile in self._profiles
        ]
        return Window(index, span, partial, tuple(entry.judged(row) for row in rows_by_name(rows)))

    def _read_baseline(self, now: int) -> None:
        self._baseline_at = now
        self._baseline = {profile.entrypoint: read_counters(profile, self._samples) for profile in self._profiles}

    def _evaluation(self, windows: Sequence[Window]) -> Evaluation:
        worst = max(windows, key=lambda w: (_BADNESS.get(w.status, 0), w.index))
        section: dict[str, JsonValue] = {row.entrypoint: entry.entry(row) for row in worst.judged}
        section[SUMMARY_KEY] = summarize(worst.judged, self.phase)
        return Evaluation(
            paper_exchange_metrics=dict(sorted(section.items())),
            windows=tuple(window.as_json() for window in windows),
            warnings=tuple(line for row in worst.judged for line in entry.warnings(row)),
            status=worst.status,
            phase=self.phase,
            statuses=_worst_by_entrypoint(windows),
        )


def _worst_by_entrypoint(windows: Sequence[Window]) -> dict[str, str]:
    found: dict[str, str] = {}
    for window in windows:
        for row in window.judged:
            status = row.status.value
            found[row.entrypoint] = max(found.get(row.entrypoint, status), status, key=lambda each: _BADNESS.get(each, 0))
    return found
