"""When a service of a drill is ok, and what a drill as a whole says."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from golive.readiness.resilience.service import (
    Limits,
    Measured,
    Scenario,
    Service,
    ServiceStatus,
    exit_code,
    worst_of,
)

WELL = Measured(
    detect_seconds=0.1, failover_seconds=0.2, reconcile_seconds=50.0, recover_seconds=60.0, fault_seconds=2.0,
    data_loss_seconds=0.0,
)  # fmt: skip
ONE_MINUTE = Limits(max_rto_minutes=Decimal(1), max_rpo_minutes=Decimal(0))


def service(measured: Measured = WELL, scenario: Scenario = Scenario.VENUE_OUTAGE, limits: Limits = ONE_MINUTE) -> Service:
    return Service(scenario=scenario, measured=measured, limits=limits)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "ok"),
        ({"orders_failed": 5}, "ok"),
        ({"recover_seconds": 60.0001}, "failed"),
        ({"reconcile_seconds": 89.9999}, "failed"),
        ({"reconcile_seconds": 90.0}, "critical"),
        ({"orders_duplicated": 1}, "critical"),
        ({"data_loss_seconds": 0.001}, "critical"),
        ({"detect_seconds": None}, "warning"),
        ({"failover_seconds": None}, "warning"),
        ({"reconcile_seconds": None}, "warning"),
        ({"recover_seconds": None}, "warning"),
        ({"data_loss_seconds": None}, "warning"),
        ({"detect_seconds": None, "recover_seconds": 90.0}, "critical"),
        ({"recover_seconds": None, "orders_duplicated": 1}, "critical"),
    ],
)
def test_what_was_measured_is_held_against_the_limits(changes: dict[str, float | None], status: str) -> None:
    assert service(replace(WELL, **changes)).status == status  # type: ignore[arg-type]


def test_a_loss_within_its_limit_is_ok_and_beyond_it_half_as_much_is_critical() -> None:
    limits = Limits(max_rto_minutes=Decimal(1), max_rpo_minutes=Decimal("0.5"))
    assert [service(replace(WELL, data_loss_seconds=lost), limits=limits).status for lost in (30.0, 44.0, 45.0)] == [
        "ok", "failed", "critical",
    ]  # fmt: skip


def test_a_storm_has_no_failover_to_measure() -> None:
    assert service(replace(WELL, failover_seconds=None), Scenario.RATE_LIMIT_STORM).status == "ok"


def test_a_drill_says_the_worst_and_a_limit_goes_before_what_is_not_known() -> None:
    bad = service(replace(WELL, recover_seconds=61.0))
    blind = service(replace(WELL, detect_seconds=None))
    assert (worst_of([service(), bad, blind]), int(exit_code([service(), bad, blind]))) == (ServiceStatus.FAILED, 5)
    assert (worst_of([service(), blind]), int(exit_code([service(), blind]))) == (ServiceStatus.WARNING, 6)
    assert int(exit_code([service()])) == 0


def test_nothing_measured_is_not_ok() -> None:
    assert int(exit_code([])) == 6
