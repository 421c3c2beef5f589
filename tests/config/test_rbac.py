"""The role table: deny by default, and what the contract says of each role."""

from __future__ import annotations

import pytest

from golive.config.rbac import ALLOWED, Act, Role, may, roles_for


def test_every_act_stands_in_the_table_and_somebody_may_do_it() -> None:
    assert set(ALLOWED) == set(Act)
    assert all(ALLOWED.values())


def test_nobody_without_a_role_may_do_anything_and_a_viewer_only_looks() -> None:
    for act in Act:
        assert not may([], act)
        assert not may([Role.VIEWER], act)


@pytest.mark.parametrize("role", Role)
def test_only_risk_releases_a_drawdown_stop(role: Role) -> None:
    assert may([role], Act.RISK_RELEASE_DRAWDOWN) is (role is Role.RISK)


def test_who_changes_limits_never_activates() -> None:
    assert not may([Role.RISK], Act.AUTOTRADE_CONFIRM)
    assert not may([Role.RISK], Act.AUTOTRADE_SWITCH)
    assert may([Role.RISK], Act.AUTOTRADE_STOP)


def test_clearing_emergency_mode_is_open_to_risk_and_to_roles_beside_it() -> None:
    assert Role.RISK in roles_for(Act.EMERGENCY_CLEAR)
    assert len(roles_for(Act.EMERGENCY_CLEAR)) > 1


def test_one_role_that_may_is_enough() -> None:
    assert may([Role.VIEWER, Role.SECOPS], Act.OPERATOR_MANAGE)
