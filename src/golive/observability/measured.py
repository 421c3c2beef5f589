"""`measured`: what a run cost and met on the way; differs from run to run and is in no digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .shape import Count, Instant, Share

Milliseconds: TypeAlias = Share


@dataclass(frozen=True, slots=True)
class LatencyFigures:
    p50: Milliseconds
    p95: Milliseconds
    max: Milliseconds

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> LatencyFigures | None:
        """Return the figures of the samples, None when there is none."""
        if not milliseconds:
            return None
        ordered = sorted(milliseconds)
        return cls(nearest_rank(ordered, 0.5), nearest_rank(ordered, 0.95), ordered[-1])


@dataclass(frozen=True, slots=True)
class DurableFigures:
    p50: Milliseconds
    p99: Milliseconds
    max: Milliseconds

    @classmethod
    def of(cls, milliseconds: Sequence[float]) -> DurableFigures | None:
        """Return the figures of the samples, None when there is none."""
        if not milliseconds:
            return None
        ordered = sorted(milliseconds)
        return cls(nearest_rank(ordered, 0.5), nearest_rank(ordered, 0.99), ordered[-1])


@dataclass(frozen=True, slots=True)
class MeasuredVenue:
    rest: str | None
    pid: Count | None
    """process of an embedded venue"""


@dataclass(frozen=True, slots=True)
class MeasuredProbe:
    checked_at: Instant
    ok: bool
    clock_skew_ms: float | None
    checks: Mapping[str, str]
    """check → `ok` or the reason why not"""


@dataclass(frozen=True, slots=True)
class AdapterFailover:
    """Whether one venue is to be left alone and whether a connection to it must be rebuilt; '' and 0 where it is not."""

    throttle_active: bool
    throttle_remaining_seconds: Share
    throttle_reason: str
    reconnect_required: bool
    reconnect_remaining_seconds: Share
    reconnect_reason: str


@dataclass(frozen=True, slots=True)
class MeasuredFailover:
    reconnect_required: Count
    """adapters that need it"""
    adapters: Mapping[str, AdapterFailover]
    """by entrypoint"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    wall_seconds: Share
    startup_seconds: Share
    steps: Count
    steps_per_second: Share | None
    requests_total: Count
    latency_ms: LatencyFigures | None
    durable_ms: DurableFigures | None
    memory_mib: Share | None
    venue: MeasuredVenue
    failover_status: MeasuredFailover
    probes: tuple[MeasuredProbe, ...] = ()
    cpu_seconds: Share


def nearest_rank(ordered: Sequence[float], share: float) -> float:
    """Return the smallest value that at least `share` (0..1) of the ascending samples do not exceed."""
    rank = -int(-share * len(ordered) // 1)
    return ordered[min(len(ordered), max(1, rank)) - 1]
