"""The role table: deny by default, and what the contract says of each role."""

from __future__ import annotations

import pytest

from golive.config.rbac import (
    ALLOWED,
    FOUR_EYES,
    SCOPES,
    SIGNS,
    Act,
    Role,
    Scope,
    SignOff,
    apart_objection,
    may,
    may_call,
    pair_objection,
    roles_for,
    scopes_of,
)


def test_every_act_stands_in_the_table_and_somebody_may_do_it() -> None:
    assert set(ALLOWED) == set(Act)
    assert all(ALLOWED.values())


def test_nobody_without_a_role_may_do_anything_and_a_viewer_only_looks() -> None:
    for act in Act:
        assert not may([], act)
        assert may([Role.VIEWER], act) is (act is Act.TOKEN_ISSUE)


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


PAIRS = [
    (Act.LIVE_ACTIVATE, {Role.LIVE_ACTIVATOR}, {Role.COMPLIANCE}, ""),
    (Act.LIVE_ACTIVATE, {Role.OPERATOR}, {Role.LIVE_ACTIVATOR, Role.VIEWER}, ""),
    (Act.LIVE_ACTIVATE, {Role.LIVE_ACTIVATOR}, {Role.LIVE_ACTIVATOR}, "same role"),
    (Act.LIVE_ACTIVATE, {Role.LIVE_ACTIVATOR}, {Role.RISK}, "same role"),
    (Act.LIVE_ACTIVATE, {Role.LIVE_ACTIVATOR}, {Role.VIEWER}, "same role"),
    (Act.LIVE_ACTIVATE, {Role.SECOPS}, {Role.COMPLIANCE}, "neither"),
    (Act.EMERGENCY_CLEAR, {Role.RISK}, {Role.LIVE_ACTIVATOR}, ""),
    (Act.EMERGENCY_CLEAR, {Role.RISK}, {Role.VIEWER}, "same role"),
    (Act.EMERGENCY_CLEAR, {Role.OPERATOR}, {Role.SECOPS}, "neither"),
]


@pytest.mark.parametrize(("act", "first", "second", "told"), PAIRS)
def test_what_takes_two_takes_two_of_different_roles(act: Act, first: set[Role], second: set[Role], told: str) -> None:
    for one, other in ((first, second), (second, first)):
        objection = pair_objection(act, ("anna", one), ("bert", other))
        assert (objection is None) if not told else (told in str(objection))
    assert "spoken already" in str(pair_objection(act, ("anna", first | second), ("anna", first | second)))


def test_the_wanted_one_of_two_is_among_those_who_may() -> None:
    assert all(may([role], act) for act, role in FOUR_EYES.items())


def test_nobody_both_sets_limits_and_activates() -> None:
    assert "one person" in str(apart_objection({Role.RISK, Role.LIVE_ACTIVATOR, Role.VIEWER}))
    assert apart_objection(set(Role) - {Role.RISK}) is None


def test_every_scope_has_roles_and_every_sign_off_its_role() -> None:
    assert set(SCOPES) == set(Scope)
    assert all(SCOPES.values())
    assert set(SIGNS) == set(SignOff)
    assert SIGNS[SignOff.SECURITY] is Role.SECOPS
    assert scopes_of([]) == frozenset()
    assert not may_call([], Scope.HEALTH_READ)


def test_one_role_that_may_is_enough() -> None:
    assert may([Role.VIEWER, Role.SECOPS], Act.OPERATOR_MANAGE)
