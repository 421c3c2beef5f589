"""Checks of signed results – accounts, announcement, boxes, named tests: one wrong thing is never ok, and is named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.clock import MINUTE, Nanos, to_iso
from golive.readiness.checks.incident_comms import Announced, CommsEvidence, incident_comms
from golive.readiness.checks.live_checklist import RUNBOOKS, Box, BoxEvidence, boxes_of, live_checklist
from golive.readiness.checks.named_tests import NamedTestsEvidence, TestsSeen, named_tests
from golive.readiness.checks.reconciliation import (
    AccountName,
    AccountSeen,
    ReconciliationEvidence,
    ReconciliationSeen,
    reconciliation,
)
from golive.readiness.finding import Finding, Status
from golive.readiness.named_tests import NAMED, Case, Outcome, lacking, outcomes
from golive.readiness.runbook import parse_runbook
from golive.readiness.runbook_progress import Result, states

NOW = Nanos(1_767_225_600 * 10**9)
HOUR = 60 * MINUTE
OKX, BYBIT = AccountName("okx_spot", "okx_live_trading"), AccountName("bybit_spot", "bybit_live_trading")
AGREES = AccountSeen(status="agrees")
SEEN = ReconciliationSeen(made_at=NOW - HOUR, environment="okx_live", endpoint_host="127.0.0.1", accounts={OKX: AGREES})
ACCOUNTS = ReconciliationEvidence(
    entrypoint="okx_desktop_live", environment="okx_live", endpoint_host="127.0.0.1", accounts=(OKX,), seen=SEEN,
    max_age_hours=24, now=NOW,
)  # fmt: skip
ANNOUNCED = Announced(
    at="2026-01-01T00:00:00Z", status="ok", operators=("cora", "leo"), starts_at=NOW + HOUR, alert_id="a" * 32,
    is_delivered=True,
)  # fmt: skip
COMMS = CommsEvidence(
    entrypoint="okx_desktop_live", announced=ANNOUNCED, people=frozenset({"cora", "leo"}), max_age_hours=24, now=NOW
)
TESTS = NamedTestsEvidence(
    code_version="1", seen=TestsSeen(code_version="1", revision="r", outcomes=dict.fromkeys(NAMED, "passed"))
)
BOXES = BoxEvidence(boxes=(Box(runbook=RUNBOOKS[0], id="a", lacks=()), Box(runbook=RUNBOOKS[1], id="b", lacks=())))


def accounts(**change: Any) -> Finding:
    return reconciliation(replace(ACCOUNTS, **change))


def seen(**change: Any) -> Finding:
    return accounts(seen=replace(SEEN, **change))


def comms(**change: Any) -> Finding:
    return incident_comms(replace(COMMS, **change))


def announced(**change: Any) -> Finding:
    return comms(announced=replace(ANNOUNCED, **change))


def named(**change: Any) -> Finding:
    return named_tests(replace(TESTS, **change))


def test_the_reference_is_ok() -> None:
    for found in (accounts(), comms(), named(), live_checklist(BOXES)):
        assert (found.status, found.reasons, found.next_command) == (Status.OK, (), "")
        assert found.owner
    assert announced(starts_at=NOW - HOUR).status is Status.OK


DIFFERS = AccountSeen(status="differs", told=("foreign_order v-1: 0.1 BTC", "balance USDT: 1 more"))


@pytest.mark.parametrize(
    ("found", "status", "says"),
    [
        (accounts(seen=None), Status.UNKNOWN, "never reconciled"),
        (accounts(fault="audit/decision_logs/x: tampered", fault_status=Status.BLOCKED), Status.BLOCKED, "tampered"),
        (accounts(fault="var/audit/reconciliation/x.json: cannot be read"), Status.UNKNOWN, "cannot be read"),
        (accounts(accounts=(OKX, BYBIT)), Status.UNKNOWN, "bybit_spot (bybit_live_trading) was not reconciled"),
        (accounts(environment="kraken_live"), Status.BLOCKED, "is of okx_live at 127.0.0.1"),
        (accounts(endpoint_host="www.okx.com"), Status.BLOCKED, "not of okx_live at www.okx.com"),
        (accounts(now=NOW + 24 * HOUR), Status.UNKNOWN, "25.0 hours old, allowed are 24"),
        (accounts(now=NOW - 2 * HOUR), Status.UNKNOWN, "to come"),
        (seen(accounts={OKX: DIFFERS}), Status.BLOCKED, "foreign_order v-1"),
        (seen(accounts={OKX: AGREES, BYBIT: DIFFERS}), Status.BLOCKED, "balance USDT"),
        (seen(accounts={OKX: AccountSeen(status="unknown", told=("no answer",))}), Status.UNKNOWN, "no answer"),
        (seen(accounts={OKX: AccountSeen(status="?")}), Status.UNKNOWN, "?"),
        (comms(announced=None), Status.UNKNOWN, "was not announced"),
        (comms(fault="x: tampered", fault_status=Status.BLOCKED), Status.BLOCKED, "tampered"),
        (comms(people=frozenset({"cora"})), Status.BLOCKED, "names leo, who is no operator"),
        (announced(status="failed"), Status.BLOCKED, "ended failed"),
        (announced(at=to_iso(NOW + HOUR)), Status.UNKNOWN, "is to come"),
        (announced(operators=()), Status.BLOCKED, "names no operator"),
        (announced(starts_at=None), Status.BLOCKED, "names no start"),
        (announced(starts_at=NOW - 25 * HOUR), Status.UNKNOWN, "25.0 hours old"),
        (announced(changed=("communications/x.md",)), Status.BLOCKED, "left communications/x.md"),
        (announced(is_delivered=False), Status.BLOCKED, "no row that oem-live took alert aaaaaaaa"),
        (announced(audit_fault="alerts: tampered"), Status.UNKNOWN, "cannot say whether oem-live took it"),
        (named(seen=None), Status.UNKNOWN, "no signed result"),
        (named(code_version="2"), Status.BLOCKED, "of code version 1, this is 2"),
        (named(fault="x.json: tampered", fault_status=Status.BLOCKED), Status.BLOCKED, "tampered"),
        (live_checklist(BoxEvidence()), Status.UNKNOWN, "have no box"),
        (live_checklist(replace(BOXES, fault="x: tampered", fault_status=Status.BLOCKED)), Status.BLOCKED, "tampered"),
        (
            live_checklist(BoxEvidence(boxes=(*BOXES.boxes, Box(runbook=RUNBOOKS[1], id="c", lacks=("signoff sre was not done",))))),
            Status.UNKNOWN, "LIVE_EXECUTION_CHECKLIST c: signoff sre was not done",
        ),
    ],
)  # fmt: skip
def test_one_wrong_thing_is_never_ok_and_is_named(found: Finding, status: Status, says: str) -> None:
    assert (found.status, len(found.reasons) in (1, 2)) == (status, True)
    assert any(says in reason for reason in found.reasons)
    assert found.next_command.startswith("golive ")


def test_the_first_open_boxes_are_named_and_the_others_counted() -> None:
    boxes = tuple(Box(runbook=RUNBOOKS[0], id=f"b-{number}", lacks=("signoff sre was not done",)) for number in range(7))
    found = live_checklist(BoxEvidence(boxes=boxes))
    assert (found.status, len(found.reasons), found.reasons[-1]) == (Status.UNKNOWN, 6, "and 2 more boxes are open")


@pytest.mark.parametrize("name", NAMED)
@pytest.mark.parametrize("outcome", ["failed", "skipped", None])
def test_each_named_test_has_to_have_passed(name: str, outcome: str | None) -> None:
    told = {**dict.fromkeys(NAMED, "passed"), name: outcome}
    assert TESTS.seen is not None
    found = named(seen=replace(TESTS.seen, outcomes={test: each for test, each in told.items() if each}))
    assert found.status is Status.BLOCKED
    assert found.reasons == (f"named test {name}: {outcome or 'missing'}",)


ONE, FILE = NAMED[0], "tests/test_paper_execution.py"
cases = st.lists(
    st.builds(
        Case, st.sampled_from([ONE, f"{ONE}[a]", f"{ONE}_more", f"{FILE}::test_a", f"{FILE}::T::b"]), st.sampled_from(Outcome)
    )
)


@given(cases)
def test_a_named_test_passed_where_all_its_cases_did_and_there_is_one(drawn: list[Case]) -> None:
    found = {each.test: each for each in outcomes(drawn)}
    for test, own in (
        (ONE, [c for c in drawn if c.id in (ONE, f"{ONE}[a]")]),
        (FILE, [c for c in drawn if c.id.startswith(FILE)]),
    ):
        all_passed = bool(own) and all(case.outcome is Outcome.PASSED for case in own)
        assert (found[test].outcome is Outcome.PASSED) is all_passed
        assert found[test].cases == len(own)
    assert set(found) == set(NAMED)
    assert len(lacking((each.test, each.outcome) for each in found.values())) >= len(NAMED) - 2


TEXT = """# Short
<!-- stage: live -->
1. A step. <!-- s-1: check live_checklist -->
- [ ] Asked. <!-- s-a: check router, signoff risk -->
- [ ] Of the checklist itself. <!-- s-b: check live_checklist -->
- [ ] Not asked in rehearsal. <!-- s-c: check paper_labs -->
- [ ] In part. <!-- s-d: check cloud, signoff ui -->
"""


def test_boxes_are_those_that_a_rehearsal_or_production_asks_and_any_entrypoint_ticks() -> None:
    book = parse_runbook("short", TEXT, ())
    asked = {item.id: item for item in book.items}["s-a"]
    made = [Result("s-a", binding, Status.OK, "", NOW, "anna") for binding in asked.bindings]
    ticked, nothing = states(book, made, NOW), states(book, (), NOW)
    rehearsal = tuple(boxes_of("short", [nothing, ticked], is_rehearsal=True))
    assert [(box.id, len(box.lacks)) for box in rehearsal] == [("s-a", 0), ("s-d", 1)]
    production = tuple(boxes_of("short", [nothing], is_rehearsal=False))
    assert [(box.id, len(box.lacks)) for box in production] == [("s-a", 2), ("s-c", 1), ("s-d", 2)]
    failed = states(book, [replace(each, status=Status.BLOCKED) for each in made], NOW)
    assert next(len(box.lacks) for box in boxes_of("short", [failed], is_rehearsal=True)) == 2
    half = states(book, made[:1], NOW)
    assert next(box.lacks for box in boxes_of("short", [half], is_rehearsal=True)) == ("signoff risk was not done",)
