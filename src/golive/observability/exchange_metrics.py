"""Sampling: what the recorder and the probes say about one entrypoint in one window, as a frozen row.

Absence stays absence here (None, or a severity that is not in the mapping); what it means is decided in `entry.py`
and `summary.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from golive.metrics.declaration import EXCHANGE_ERRORS, EXCHANGE_HEALTH, EXCHANGE_RATE_LIMITED, SEVERITIES
from golive.metrics.recorder import Samples

from .health import HealthLog, HealthReading
from .threshold import HEALTH, NETWORK_ERRORS, RATE_LIMIT

DEFAULT_METRIC_NAMES: Final[Mapping[str, str]] = {
    RATE_LIMIT: EXCHANGE_RATE_LIMITED.name,
    NETWORK_ERRORS: EXCHANGE_ERRORS.name,
    HEALTH: EXCHANGE_HEALTH.name,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoredProfile:
    """One monitored entrypoint and how its paper profile judges it.

    `environment` and `exchange` are the label values of its samples (`okx_paper`, `okx`). `metric_names` maps
    `rate_limit`, `network_errors`, `health` to metric names; what it leaves out has the default name. `thresholds` are
    the configured values, whatever they are.
    """

    entrypoint: str
    environment: str
    exchange: str
    thresholds: Mapping[str, object]
    metric_names: Mapping[str, str] = field(default_factory=dict)

    def name_of(self, kind: str) -> str:
        """Return the effective metric name of `rate_limit`, `network_errors` or `health`."""
        return self.metric_names.get(kind) or DEFAULT_METRIC_NAMES[kind]


@dataclass(frozen=True, slots=True)
class WindowSpan:
    """The window a row describes; all wall clock, ns UTC. `baseline_at` is when its counters were read first."""

    started_at: int
    ended_at: int
    baseline_at: int


@dataclass(frozen=True, slots=True)
class CounterReading:
    """An entrypoint's counters at one moment; None or missing = no labelled sample."""

    rate_limited: int | None
    errors: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrypointRow:
    """Everything measured about one entrypoint in one window."""

    profile: MonitoredProfile
    window: WindowSpan
    rate_limited: int | None
    """increase in the window; None = no labelled sample"""
    errors: Mapping[str, int]
    """severity → increase in the window; a severity without a labelled sample is absent"""
    health: HealthReading | None
    """None = no sample, or no probe has completed"""
    stale_after_ns: int

    @property
    def entrypoint(self) -> str:
        return self.profile.entrypoint

    @property
    def health_age_ns(self) -> int | None:
        """Time from the last probe to the end of the window."""
        return None if self.health is None else max(0, self.window.ended_at - self.health.checked_at)

    @property
    def is_stale(self) -> bool:
        age = self.health_age_ns
        return age is not None and age > self.stale_after_ns


def read_counters(profile: MonitoredProfile, samples: Samples) -> CounterReading:
    """Read the entrypoint's counters as they stand."""
    labels = {"exchange": profile.exchange, "environment": profile.environment}
    errors = {s: _whole(samples.value(profile.name_of(NETWORK_ERRORS), severity=s, **labels)) for s in SEVERITIES}
    return CounterReading(
        rate_limited=_whole(samples.value(profile.name_of(RATE_LIMIT), **labels)),
        errors={severity: value for severity, value in errors.items() if value is not None},
    )


def sample_row(
    profile: MonitoredProfile,
    samples: Samples,
    probes: HealthLog,
    *,
    baseline: CounterReading,
    end: CounterReading,
    window: WindowSpan,
    stale_after_ns: int,
    first: bool,
) -> EntrypointRow:
    """Build the row of one window from its two counter readings and its probes.

    The health gauge joins the probes while it is fresh: it is 0 as well when the circuit is open, which no probe says.
    """
    row = EntrypointRow(
        profile=profile,
        window=window,
        rate_limited=_increase(baseline.rate_limited, end.rate_limited),
        errors={s: _grown(baseline.errors.get(s, 0), value) for s, value in end.errors.items()},
        health=_health(profile, samples, probes, window, first=first),
        stale_after_ns=stale_after_ns,
    )
    gauge = _gauge(profile, samples)
    if row.health is None or row.is_stale or gauge is None or gauge >= row.health.lowest:
        return row
    return EntrypointRow(
        profile=profile,
        window=window,
        rate_limited=row.rate_limited,
        errors=row.errors,
        health=HealthReading(lowest=gauge, checked_at=row.health.checked_at),
        stale_after_ns=stale_after_ns,
    )


def rows_by_name(rows: Sequence[EntrypointRow]) -> list[EntrypointRow]:
    """Return the rows sorted by entrypoint, the order of every list and mapping in a report."""
    return sorted(rows, key=lambda row: row.entrypoint)


def _health(
    profile: MonitoredProfile, samples: Samples, probes: HealthLog, window: WindowSpan, *, first: bool
) -> HealthReading | None:
    if _gauge(profile, samples) is None:
        return None
    return probes.reading(profile.entrypoint, window.started_at, window.ended_at, first=first)


def _gauge(profile: MonitoredProfile, samples: Samples) -> float | None:
    value = samples.value(profile.name_of(HEALTH), exchange=profile.exchange, environment=profile.environment)
    return value if value is not None and math.isfinite(value) else None


def _whole(value: float | None) -> int | None:
    return math.ceil(value) if value is not None and math.isfinite(value) else None


def _increase(baseline: int | None, end: int | None) -> int | None:
    return None if end is None else _grown(baseline or 0, end)


def _grown(baseline: int, end: int) -> int:
    """Return the increase of a counter; one that fell was started anew, so all of it is increase."""
    return end - baseline if end >= baseline else max(0, end)
