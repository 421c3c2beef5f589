"""What findings say together, and that none is silent about what to do."""

from __future__ import annotations

from itertools import product

import pytest

from golive.readiness import Finding, Status, overall


def finding(status: Status) -> Finding:
    return Finding("risk_limits", status, ("why",), next_command="golive risk limits")


@pytest.mark.parametrize("kinds", list(product(Status, repeat=3)))
def test_blocked_comes_before_unknown_and_unknown_before_ok(kinds: tuple[Status, ...]) -> None:
    if Status.BLOCKED in kinds:
        expected = Status.BLOCKED
    elif Status.UNKNOWN in kinds:
        expected = Status.UNKNOWN
    else:
        expected = Status.OK
    assert overall(map(finding, kinds)) is expected


def test_nothing_at_all_is_unknown() -> None:
    assert overall([]) is Status.UNKNOWN


@pytest.mark.parametrize("status", [Status.BLOCKED, Status.UNKNOWN])
def test_what_keeps_the_gate_shut_says_why_and_what_to_run(status: Status) -> None:
    with pytest.raises(ValueError, match="risk_limits"):
        Finding("risk_limits", status, (), next_command="golive risk limits")
    with pytest.raises(ValueError, match="risk_limits"):
        Finding("risk_limits", status, ("why",))
