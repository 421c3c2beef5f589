"""What a gate asks for, and when it is green: every check, every status, in a rehearsal and in production."""

from __future__ import annotations

import pytest

from golive.readiness.check_table import CHECKS
from golive.readiness.finding import Finding, Status
from golive.readiness.gate_rule import OPTIONAL, asked_of, not_green, told
from support.gates import bad, green

ALL = tuple(map(green, CHECKS))


def with_(finding: Finding) -> tuple[Finding, ...]:
    return tuple(finding if each.id == finding.id else each for each in ALL)


@pytest.mark.parametrize("id_", CHECKS)
def test_one_check_that_is_not_green_keeps_it_shut(id_: str) -> None:
    for status in (Status.BLOCKED, Status.UNKNOWN):
        assert [each.id for each in not_green(with_(bad(id_, status)), is_rehearsal=False)] == [id_]
        asked = [] if CHECKS[id_].needs else [id_]
        assert [each.id for each in not_green(with_(bad(id_, status)), is_rehearsal=True)] == asked
    assert not_green(ALL, is_rehearsal=False) == ()


@pytest.mark.parametrize("id_", CHECKS)
def test_what_says_nothing_or_two_things_is_unknown(id_: str) -> None:
    for findings, why in (
        (tuple(each for each in ALL if each.id != id_), "nothing was said of it"),
        ((*ALL, green(id_)), "it says more than one thing"),
    ):
        [found] = not_green(findings, is_rehearsal=False)
        assert (found.id, found.status, found.reasons) == (id_, Status.UNKNOWN, (why,))
        assert found.next_command


@pytest.mark.parametrize("id_", CHECKS)
def test_production_asks_for_all_but_what_is_optional(id_: str) -> None:
    findings = with_(Finding(id_, Status.NOT_APPLICABLE))
    assert not_green(findings, is_rehearsal=True) == ()
    shut = not_green(findings, is_rehearsal=False)
    assert [(each.id, each.status) for each in shut] == ([] if id_ in OPTIONAL else [(id_, Status.BLOCKED)])


def test_nothing_at_all_is_not_green() -> None:
    assert len(not_green((), is_rehearsal=False)) == len(CHECKS)
    assert not_green((), is_rehearsal=True)


def test_what_is_blocked_is_told_before_what_is_unknown() -> None:
    findings = tuple(bad(id_, Status.UNKNOWN if at % 2 else Status.BLOCKED) for at, id_ in enumerate(CHECKS))
    shut = not_green(findings, is_rehearsal=False)
    assert [each.status for each in shut] == sorted((each.status for each in shut), key=lambda each: each is Status.UNKNOWN)
    assert told(shut).startswith("kyc_aml_signoff is blocked: it is not as it must be; ")
    assert [each.id for each in asked_of(findings, is_rehearsal=False)] == list(CHECKS)


def test_a_finding_of_no_check_changes_nothing() -> None:
    assert not_green((*ALL, Finding("fortune", Status.OK)), is_rehearsal=False) == ()
