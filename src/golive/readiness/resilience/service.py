"""One service of a drill: what was measured about it, what is allowed, and what follows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from golive.model.verdict import ExitCode

CRITICAL_FACTOR: Final = Decimal("1.5")
"""a limit that is exceeded by so much is critical (CONTRACT "Resilience and portfolio checks")"""
_MINUTE_S: Final = Decimal(60)


class Scenario(StrEnum):
    """How a venue, or we, are broken; also the name of the service in the documents."""

    VENUE_OUTAGE = "venue_outage"
    RATE_LIMIT_STORM = "rate_limit_storm"
    FEED_SILENCE = "feed_silence"
    PROCESS_KILL = "process_kill"


WITHOUT_FAILOVER: Final = frozenset({Scenario.RATE_LIMIT_STORM})
"""an order that a throttle refused goes to no other venue (docs/live.md): there is no failover to measure"""


class ServiceStatus(StrEnum):
    OK = "ok"
    WARNING = "warning"
    """something could not be measured"""
    FAILED = "failed"
    """a limit was exceeded"""
    CRITICAL = "critical"
    """a limit was exceeded by half of it and more, or an order was there twice"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Longest interruption and largest loss of data that are allowed, in minutes."""

    max_rto_minutes: Decimal
    max_rpo_minutes: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What happened, in seconds since the fault began; None: it was not seen to happen."""

    detect_seconds: float | None = None
    failover_seconds: float | None = None
    reconcile_seconds: float | None = None
    recover_seconds: float | None = None
    fault_seconds: float | None = None
    """how long the venue was broken; 0 for a kill"""
    orders_asked: int = 0
    """since the fault began"""
    orders_failed: int = 0
    """of those: not executed anywhere"""
    orders_duplicated: int = 0
    """executions at venues beyond one per order, by the venues' own records"""
    data_loss_seconds: float | None = None
    """how far back goes what venues have and our journals do not; 0.0: nothing is missing, None: not compared"""

    @property
    def interruption_seconds(self) -> float | None:
        """How long the service was not what it should be: until orders were executed again and all books agreed."""
        if self.reconcile_seconds is None or self.recover_seconds is None:
            return None
        return max(self.reconcile_seconds, self.recover_seconds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One row of the drill."""

    scenario: Scenario
    measured: Measured
    limits: Limits

    @property
    def status(self) -> ServiceStatus:
        measured, limits = self.measured, self.limits
        if measured.orders_duplicated:
            return ServiceStatus.CRITICAL
        held = (
            _held(measured.interruption_seconds, limits.max_rto_minutes),
            _held(measured.data_loss_seconds, limits.max_rpo_minutes),
        )
        worst = next((each for each in (ServiceStatus.CRITICAL, ServiceStatus.FAILED) if each in held), None)
        if worst is not None:
            return worst
        times = [measured.detect_seconds, measured.reconcile_seconds, measured.recover_seconds, measured.data_loss_seconds]
        if self.scenario not in WITHOUT_FAILOVER:
            times.append(measured.failover_seconds)
        return ServiceStatus.WARNING if None in times else ServiceStatus.OK


def _held(seconds: float | None, limit_minutes: Decimal) -> ServiceStatus:
    if seconds is None:
        return ServiceStatus.WARNING
    value, limit = Decimal(repr(seconds)), limit_minutes * _MINUTE_S
    if value <= limit:
        return ServiceStatus.OK
    return ServiceStatus.FAILED if value < limit * CRITICAL_FACTOR else ServiceStatus.CRITICAL


def worst_of(services: Iterable[Service]) -> ServiceStatus:
    """Return the worst status; `warning` where nothing was measured at all."""
    found = {service.status for service in services}
    worse = (ServiceStatus.CRITICAL, ServiceStatus.FAILED, ServiceStatus.WARNING)
    return next((each for each in worse if each in found), ServiceStatus.OK if found else ServiceStatus.WARNING)


def exit_code(services: Iterable[Service]) -> ExitCode:
    """Return 0 when all is ok, 5 when a limit was exceeded, 6 when something was not measured."""
    match worst_of(services):
        case ServiceStatus.OK:
            return ExitCode.OK
        case ServiceStatus.WARNING:
            return ExitCode.UNKNOWN
        case _:
            return ExitCode.BREACHED
