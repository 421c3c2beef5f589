"""Who may do what: the roles, the acts that take one, and one table between them. What is not in the table is denied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What a named person is trusted with; a person may have several."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    """starts and stops, acknowledges, confirms trading"""
    RISK = "risk"
    """changes limits and lifts stops, never activates trading"""
    SECOPS = "secops"
    """operators, certificates, keys, revocation"""
    OEM = "oem"
    COMPLIANCE = "compliance"
    LIVE_ACTIVATOR = "live_activator"
    """opens the gate, with a second person of another role"""


class Act(StrEnum):
    """An act that a named person answers for. Switching emergency mode on is none: everybody on this machine may."""

    RISK_RELEASE_DRAWDOWN = "risk.release_drawdown"
    RISK_REARM = "risk.rearm"
    EMERGENCY_CLEAR = "emergency.clear"
    """takes two people of different roles, one of them `risk`: this table says who may be one of the two"""
    AUTOTRADE_CONFIRM = "autotrade.confirm"
    AUTOTRADE_SWITCH = "autotrade.switch"
    """on, or off"""
    AUTOTRADE_STOP = "autotrade.stop"
    """off, or withdraw a confirmation: what only takes risk away"""
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    OPERATOR_MANAGE = "operator.manage"


ALLOWED: Final[Mapping[Act, frozenset[Role]]] = {
    Act.RISK_RELEASE_DRAWDOWN: frozenset({Role.RISK}),
    Act.RISK_REARM: frozenset({Role.RISK, Role.OPERATOR}),
    Act.EMERGENCY_CLEAR: frozenset({Role.RISK, Role.OPERATOR, Role.SECOPS, Role.COMPLIANCE, Role.LIVE_ACTIVATOR}),
    Act.AUTOTRADE_CONFIRM: frozenset({Role.OPERATOR}),
    Act.AUTOTRADE_SWITCH: frozenset({Role.OPERATOR}),
    Act.AUTOTRADE_STOP: frozenset({Role.OPERATOR, Role.RISK}),
    Act.ALERT_ACKNOWLEDGE: frozenset({Role.OPERATOR}),
    Act.OPERATOR_MANAGE: frozenset({Role.SECOPS}),
}


def may(roles: Iterable[Role], act: Act) -> bool:
    """Say whether somebody with these roles may do `act`."""
    return not ALLOWED.get(act, frozenset()).isdisjoint(roles)


def roles_for(act: Act) -> tuple[Role, ...]:
    """Return the roles that may do `act`, in the order of the table of roles."""
    return tuple(role for role in Role if role in ALLOWED.get(act, frozenset()))
