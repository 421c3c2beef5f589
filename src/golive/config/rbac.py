"""Who may do what: roles, the acts and calls that take one, and one table for each. What is not in a table is denied."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
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
    """licences"""
    COMPLIANCE = "compliance"
    """sign-offs, verifying logs"""
    LIVE_ACTIVATOR = "live_activator"
    """opens the gate, with a second person of another role"""
    SRE = "sre"
    """alerts and monitoring, by sign-off"""
    DATA = "data"
    """completeness of data, by sign-off"""
    AI = "ai"
    """models, by sign-off"""
    RUNTIME = "runtime"
    """configuration, queues and router, by sign-off"""
    UI = "ui"
    """the operator console, by sign-off"""
    ONCALL = "oncall"
    """announcements, acknowledging alerts"""


class SignOff(StrEnum):
    """What a readiness item is signed as."""

    COMPLIANCE = "compliance"
    SECURITY = "security"
    RISK = "risk"
    SRE = "sre"
    DATA = "data"
    AI = "ai"
    RUNTIME = "runtime"
    OEM = "oem"
    UI = "ui"
    ONCALL = "oncall"


SIGNS: Final[Mapping[SignOff, Role]] = {
    SignOff.COMPLIANCE: Role.COMPLIANCE,
    SignOff.SECURITY: Role.SECOPS,
    SignOff.RISK: Role.RISK,
    SignOff.SRE: Role.SRE,
    SignOff.DATA: Role.DATA,
    SignOff.AI: Role.AI,
    SignOff.RUNTIME: Role.RUNTIME,
    SignOff.OEM: Role.OEM,
    SignOff.UI: Role.UI,
    SignOff.ONCALL: Role.ONCALL,
}
"""the role that a person who signs has to have"""


class Act(StrEnum):
    """An act that a named person answers for. Switching emergency mode on is none: everybody on this machine may."""

    RISK_RELEASE_DRAWDOWN = "risk.release_drawdown"
    RISK_REARM = "risk.rearm"
    EMERGENCY_CLEAR = "emergency.clear"
    """takes two people of different roles, one of them `risk`: this table says who may be one of the two"""
    LIVE_ACTIVATE = "live.activate"
    """takes two people of different roles, one of them `live_activator`"""
    AUTOTRADE_CONFIRM = "autotrade.confirm"
    AUTOTRADE_SWITCH = "autotrade.switch"
    """on, or off"""
    AUTOTRADE_STOP = "autotrade.stop"
    """off, or withdraw a confirmation: what only takes risk away"""
    ALERT_ACKNOWLEDGE = "alert.acknowledge"
    OPERATOR_MANAGE = "operator.manage"
    SECRETS_MANAGE = "secrets.manage"
    """put, rotate and remove secrets"""
    SECRETS_EXPORT = "secrets.export"
    KEYS_CREATE = "keys.create"
    """make the production keys that every journal is signed with"""
    CERTIFICATE_MANAGE = "certificate.manage"
    """make, renew and revoke certificates"""
    TOKEN_ISSUE = "token.issue"  # noqa: S105 (no password)
    """a session token for oneself, with one's own roles"""
    TOKEN_REVOKE = "token.revoke"  # noqa: S105 (no password)
    """anybody's session token"""
    LICENCE_MANAGE = "licence.manage"
    """install a licence, take the fingerprint anew, believe the clock again"""
    SIGNOFF_SIGN = "signoff.sign"
    """make a signing key, sign as one of one's roles (`SIGNS`)"""
    SIGNOFF_REVOKE = "signoff.revoke"
    """anybody's; one's own takes no role"""
    COMPLIANCE_RECORD = "compliance.record"
    """put documents into the compliance register"""
    CONFIG_FREEZE = "config.freeze"
    """freeze the configuration that live starts with"""
    WINDOW_ANNOUNCE = "window.announce"
    """tell incident response when live trading starts"""
    WINDOW_CLOSE = "window.close"
    """close the gate for good, archive and sum up a window of live trading"""


ALLOWED: Final[Mapping[Act, frozenset[Role]]] = {
    Act.RISK_RELEASE_DRAWDOWN: frozenset({Role.RISK}),
    Act.RISK_REARM: frozenset({Role.RISK, Role.OPERATOR}),
    Act.EMERGENCY_CLEAR: frozenset({Role.RISK, Role.OPERATOR, Role.SECOPS, Role.COMPLIANCE, Role.LIVE_ACTIVATOR}),
    Act.LIVE_ACTIVATE: frozenset({Role.LIVE_ACTIVATOR, Role.OPERATOR, Role.SECOPS, Role.COMPLIANCE}),
    Act.AUTOTRADE_CONFIRM: frozenset({Role.OPERATOR}),
    Act.AUTOTRADE_SWITCH: frozenset({Role.OPERATOR}),
    Act.AUTOTRADE_STOP: frozenset({Role.OPERATOR, Role.RISK}),
    Act.ALERT_ACKNOWLEDGE: frozenset({Role.OPERATOR, Role.ONCALL}),
    Act.OPERATOR_MANAGE: frozenset({Role.SECOPS}),
    Act.SECRETS_MANAGE: frozenset({Role.SECOPS}),
    Act.SECRETS_EXPORT: frozenset({Role.SECOPS}),
    Act.KEYS_CREATE: frozenset({Role.SECOPS}),
    Act.CERTIFICATE_MANAGE: frozenset({Role.SECOPS}),
    Act.TOKEN_ISSUE: frozenset(Role),
    Act.TOKEN_REVOKE: frozenset({Role.SECOPS}),
    Act.LICENCE_MANAGE: frozenset({Role.OEM}),
    Act.CONFIG_FREEZE: frozenset({Role.RUNTIME}),
    Act.WINDOW_ANNOUNCE: frozenset({Role.ONCALL, Role.OPERATOR, Role.LIVE_ACTIVATOR}),
    Act.WINDOW_CLOSE: frozenset({Role.OPERATOR, Role.COMPLIANCE, Role.LIVE_ACTIVATOR}),
    Act.SIGNOFF_SIGN: frozenset(SIGNS.values()),
    Act.SIGNOFF_REVOKE: frozenset({Role.COMPLIANCE}),
    Act.COMPLIANCE_RECORD: frozenset({Role.COMPLIANCE}),
}

FOUR_EYES: Final[Mapping[Act, Role]] = {Act.EMERGENCY_CLEAR: Role.RISK, Act.LIVE_ACTIVATE: Role.LIVE_ACTIVATOR}
"""acts that take two people of different roles, and the role that one of the two has to have"""

APART: Final[frozenset[Role]] = frozenset({Role.RISK, Role.LIVE_ACTIVATOR})
"""nobody has both: who sets the limits does not activate"""


class Scope(StrEnum):
    """What a call to a service asks for; each method names its own in the `.proto`."""

    HEALTH_READ = "health.read"
    """whether a service serves: for probes that have a certificate and no person"""
    STATUS_READ = "status.read"
    ACCESS_READ = "access.read"
    """who is let in now"""


SCOPES: Final[Mapping[Scope, frozenset[Role]]] = {
    Scope.HEALTH_READ: frozenset(Role),
    Scope.STATUS_READ: frozenset({Role.VIEWER, Role.OPERATOR, Role.RISK, Role.SECOPS, Role.COMPLIANCE, Role.LIVE_ACTIVATOR,
                                  Role.SRE, Role.RUNTIME, Role.UI, Role.ONCALL}),
    Scope.ACCESS_READ: frozenset({Role.SECOPS, Role.COMPLIANCE}),
}  # fmt: skip

WITHOUT_TOKEN: Final[frozenset[Scope]] = frozenset({Scope.HEALTH_READ})
"""scopes for which the client's certificate is enough"""


def may(roles: Iterable[Role], act: Act) -> bool:
    """Say whether somebody with these roles may do `act`; of an act of two people, whether they may be one of the two."""
    return not ALLOWED.get(act, frozenset()).isdisjoint(roles)


def may_call(roles: Iterable[Role], scope: Scope) -> bool:
    """Say whether somebody with these roles may call what asks for `scope`."""
    return not SCOPES.get(scope, frozenset()).isdisjoint(roles)


def scopes_of(roles: Iterable[Role]) -> frozenset[Scope]:
    """Return what somebody with these roles may call."""
    held = frozenset(roles)
    return frozenset(scope for scope in Scope if may_call(held, scope))


def roles_for(act: Act) -> tuple[Role, ...]:
    """Return the roles that may do `act`, in the order of the table of roles."""
    return tuple(role for role in Role if role in ALLOWED.get(act, frozenset()))


def pair_objection(act: Act, first: tuple[str, Collection[str]], second: tuple[str, Collection[str]]) -> str | None:
    """Say why these two (name, roles) may not do an act of two people together; None when they may.

    Each has to have a role that may, one of them the role that `FOUR_EYES` names, the other one another.
    """
    wanted = FOUR_EYES[act]
    if first[0] == second[0]:
        return f"{first[0]} has spoken already; a second operator has to agree"
    if wanted not in first[1] and wanted not in second[1]:
        return f"neither {first[0]} nor {second[0]} has the role {str(wanted)!r}"
    # Two persons who hold nothing but the same one role that may are not four eyes of two kinds.
    mine, theirs = ALLOWED[act].intersection(first[1]), ALLOWED[act].intersection(second[1])
    if not any(a != b and wanted in (a, b) for a in mine for b in theirs):
        return f"{first[0]} and {second[0]} have the same role; a person of another role than {str(wanted)!r} has to agree"
    return None


def apart_objection(roles: Collection[Role]) -> str | None:
    """Say why one person may not have all these roles; None when they may."""
    if frozenset(roles) >= APART:
        return f"roles {' and '.join(sorted(APART))} are never held by one person: who sets the limits does not activate"
    return None
