"""How far a runbook is: the gravest binding counts, results grow old, two sign-offs are two people's."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golive.model.clock import DAY, Nanos
from golive.readiness.finding import Status
from golive.readiness.runbook import Binding, Item, Kind, Runbook
from golive.readiness.runbook_progress import ItemState, Result, confirmation_objection, states, whole

LOOK, MTLS = Binding(Kind.MACHINE, "look"), Binding(Kind.CHECK, "mtls")
RISK, DATA = Binding(Kind.SIGNOFF, "risk"), Binding(Kind.SIGNOFF, "data")
NOW = Nanos(100 * DAY)


def book(*bindings: Binding) -> Runbook:
    return Runbook("doc", "Doc", "", (Item("a", 1, "", "text", "paper", bindings),))


def result(binding: Binding, status: Status = Status.OK, *, age: int = 0, by: str = "anna") -> Result:
    return Result("a", binding, status, "said", Nanos(NOW - age), by)


def state(bindings: tuple[Binding, ...], *results: Result) -> ItemState:
    [found] = states(book(*bindings), results, NOW)
    return found


@pytest.mark.parametrize(
    ("first", "second", "together"),
    [
        (Status.OK, Status.OK, Status.OK),
        (Status.OK, Status.NOT_APPLICABLE, Status.OK),
        (Status.NOT_APPLICABLE, Status.NOT_APPLICABLE, Status.NOT_APPLICABLE),
        (Status.OK, Status.UNKNOWN, Status.UNKNOWN),
        (Status.UNKNOWN, Status.BLOCKED, Status.BLOCKED),
        (Status.OK, Status.BLOCKED, Status.BLOCKED),
        (Status.OK, None, Status.UNKNOWN),
        (Status.BLOCKED, None, Status.BLOCKED),
    ],
)
def test_the_gravest_binding_is_the_items(first: Status, second: Status | None, together: Status) -> None:
    results = [result(LOOK, first), *([] if second is None else [result(MTLS, second)])]
    found = state((LOOK, MTLS), *results)
    assert found.status is together
    assert found.is_ticked == (together in (Status.OK, Status.NOT_APPLICABLE))


def test_the_newest_result_counts_and_an_old_one_or_one_of_tomorrow_does_not() -> None:
    assert state((LOOK,), result(LOOK), result(LOOK, Status.BLOCKED)).status is Status.BLOCKED
    assert state((LOOK,), result(LOOK, age=DAY - 1)).is_ticked
    assert not state((LOOK,), result(LOOK, age=DAY)).is_ticked
    assert not state((LOOK,), result(LOOK, age=-1)).is_ticked
    assert state((RISK,), result(RISK, age=7 * DAY - 1)).is_ticked
    assert not state((RISK,), result(RISK, age=7 * DAY)).is_ticked
    assert not state((LOOK,), replace(result(LOOK), item="b")).is_ticked


def test_a_whole_of_nothing_that_applies_is_unknown() -> None:
    nothing = state((LOOK,), result(LOOK, Status.NOT_APPLICABLE))
    good = state((LOOK,), result(LOOK))
    assert whole([nothing]) is Status.UNKNOWN
    assert whole([nothing, good]) is Status.OK
    assert whole([good, state((LOOK,)), state((MTLS,), result(MTLS, Status.BLOCKED))]) is Status.BLOCKED


def test_two_signoffs_of_one_item_are_two_peoples() -> None:
    fresh, half = state((LOOK, RISK, DATA)), state((LOOK, RISK, DATA), result(RISK))
    assert confirmation_objection(fresh, ["risk"], "anna") is None
    assert confirmation_objection(half, ["data"], "bert") is None
    assert "anna has signed a already" in str(confirmation_objection(half, ["risk", "data"], "anna"))
    assert "has the sign-off of that role already" in str(confirmation_objection(half, ["risk"], "carl"))
    assert "which bert may not give" in str(confirmation_objection(fresh, ["sre"], "bert"))
    assert "confirmed by nobody" in str(confirmation_objection(state((LOOK,)), ["risk"], "anna"))


def test_a_sign_off_of_the_register_fills_no_second_place_of_the_same_person() -> None:
    def ticked(by: str) -> bool:
        [found] = states(book(RISK, DATA), [result(RISK)], NOW, [replace(result(DATA, by=by), sign_off="1")])
        return found.is_ticked

    assert (ticked("bert"), ticked("anna")) == (True, False)
    both = [replace(result(each), sign_off="1") for each in (RISK, DATA)]
    [found] = states(book(RISK, DATA), [], NOW, both)
    assert [each is not None for each in found.results] == [True, False]
