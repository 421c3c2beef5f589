"""Pace: how many orders, how fast, and whether they repeat themselves."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from golive.model.clock import MINUTE, SECOND
from golive.model.decision import DecisionCode as Code
from golive.model.order import Side
from golive.risk import OrderFlow, RiskEngine
from golive.risk.rules.pace import duplicate, executions_text, message_rate, open_orders, repeated_execution
from support.risk_case import APPROVED, NOW, A, B, account, buy, decided, missing, profile, said, sell


def ordered(*ages: int) -> OrderFlow:
    """Return the memory of orders that were allowed so many ns ago, the oldest first."""
    flow = OrderFlow()
    for n, age in enumerate(ages):
        flow.approved(buy(100 + n), NOW - age)
    return flow


RATE = profile(max_orders_per_minute=3)


@pytest.mark.parametrize(
    ("ages", "value"),
    [((), None), ((0, 0), None), ((0, 0, 0), "4"), ((MINUTE - 1, 2, 1), "4"), ((MINUTE, 2, 1), None), ((MINUTE, 3, 2, 1), "4"),
     ((5, 4, 3, 2, 1), "6")],
)  # fmt: skip
def test_so_many_orders_leave_in_a_minute(ages: tuple[int, ...], value: str | None) -> None:
    view = account(flow=ordered(*ages))
    assert said(message_rate, RATE, buy(), view) == (None if value is None else (Code.RISK_MESSAGE_RATE, "3", value))
    assert said(message_rate, profile(), buy(), view) is None
    assert said(message_rate, profile(max_orders_per_minute=0), buy(), view) is not None
    assert decided(RATE, sell(), replace(view, positions={A: 10})) is APPROVED


TWICE = profile(duplicate_window_seconds=Decimal(2))


def test_the_same_order_is_not_given_twice_within_the_window() -> None:
    flow = OrderFlow()
    flow.approved(buy(10, 100), NOW - 2 * SECOND + 1)
    flow.approved(buy(11, 100), NOW - SECOND)
    refusal = (Code.RISK_DUPLICATE, "2", "the same order again")
    view = account(flow=flow)
    assert said(duplicate, TWICE, buy(10, 100, n=2), view) == refusal, "another id is no other order"
    assert said(duplicate, TWICE, buy(11, 100), view) == refusal
    for other in (buy(10, 101), buy(9, 100), buy(10), buy(10, 100, B), sell(10, 100)):
        assert said(duplicate, TWICE, other, view) is None
    assert said(duplicate, TWICE, buy(10, 100), replace(view, now=NOW + 1)) is None
    assert said(duplicate, TWICE, buy(11, 100), replace(view, now=NOW + SECOND - 1)) == refusal
    assert said(duplicate, profile(), buy(10, 100), view) is None
    assert said(duplicate, profile(duplicate_window_seconds=Decimal(0)), buy(11, 100), replace(view, now=NOW - SECOND)) is None


def test_so_many_orders_work_at_once() -> None:
    limits = profile(max_open_orders=3)
    assert said(open_orders, limits, buy(), account(open_orders=2)) is None
    assert said(open_orders, limits, buy(), account(open_orders=3)) == (Code.RISK_OPEN_ORDERS, "3", "4")
    assert said(open_orders, profile(), buy(), account(open_orders=10**6)) is None
    assert said(open_orders, profile(max_open_orders=0), buy(), account()) == (Code.RISK_OPEN_ORDERS, "0", "1")
    assert decided(limits, sell(), account(open_orders=9, positions={A: 10})) is APPROVED


EXECUTED = profile(repeated_execution_limit=2)


@pytest.mark.parametrize(
    ("ages", "value"),
    [
        ((), None),
        ((0,), None),
        ((MINUTE - 1, 0), "3"),
        ((MINUTE, 0), None),
        ((MINUTE, 1), None),
        ((3, 2, 1), "4"),
        ((MINUTE, 1, 0), "3"),
    ],
)
def test_a_side_is_executed_so_often_in_a_minute(ages: tuple[int, ...], value: str | None) -> None:
    flow = OrderFlow()
    for age in ages:
        flow.executed(buy(), NOW - age)
    view = account(flow=flow)
    expected = None if value is None else (Code.RISK_REPEATED_EXECUTION, "2", value)
    assert said(repeated_execution, EXECUTED, buy(), view) == expected
    assert said(repeated_execution, EXECUTED, buy(instrument=B), view) is None
    assert said(repeated_execution, EXECUTED, sell(), view) is None
    assert said(repeated_execution, profile(), buy(), view) is None
    assert said(repeated_execution, profile(repeated_execution_limit=0), buy(), view) is not None
    assert decided(EXECUTED, sell(), replace(view, positions={A: 10})) is APPROVED


def test_a_side_that_was_executed_too_often_is_shut_until_somebody_re_arms_it() -> None:
    risk = RiskEngine(EXECUTED)
    risk.flow.executed(buy(), NOW)
    risk.flow.executed(buy(), NOW)
    assert getattr(risk.decide(buy(), account(flow=risk.flow), 1), "code", None) is Code.RISK_REPEATED_EXECUTION
    assert risk.flow.throttled == {(A, Side.BUY)}
    tomorrow = replace(account(flow=risk.flow, now=NOW + 1440 * MINUTE), updated={A: NOW + 1440 * MINUTE})
    assert said(repeated_execution, EXECUTED, buy(), tomorrow) == (Code.RISK_REPEATED_EXECUTION, "2", "1, shut until re-armed")
    assert said(repeated_execution, EXECUTED, buy(instrument=B), tomorrow) is None
    risk.flow.rearm()
    assert said(repeated_execution, EXECUTED, buy(), tomorrow) is None
    assert said(repeated_execution, EXECUTED, buy(), account(flow=risk.flow)) is None
    other = RiskEngine(RATE)
    other.decide(buy(), account(flow=ordered(1, 1, 1)), 1)
    assert not other.flow.throttled, "only what was executed shuts a side"


@pytest.mark.parametrize(
    ("limit", "what"),
    [
        ({"max_orders_per_minute": 5}, "orders of the last minute"),
        ({"duplicate_window_seconds": Decimal(1)}, "orders of the last seconds"),
        ({"repeated_execution_limit": 5}, "executions of the last minute"),
    ],
)
def test_a_memory_that_is_not_there_refuses(limit: dict[str, object], what: str) -> None:
    rule = {"max": message_rate, "dup": duplicate, "rep": repeated_execution}[next(iter(limit))[:3]]
    assert said(rule, profile(**limit), buy(), account(flow=None)) == missing(what)
    assert said(rule, profile(), buy(), account(flow=None)) is None


def test_an_approval_is_remembered_and_a_refusal_is_not() -> None:
    risk = RiskEngine(profile(max_orders_per_minute=2))
    codes = [getattr(risk.decide(buy(n), account(flow=risk.flow), n), "code", APPROVED) for n in range(1, 5)]
    assert codes == [APPROVED, APPROVED, Code.RISK_MESSAGE_RATE, Code.RISK_MESSAGE_RATE]
    assert risk.flow.allowed(NOW) == 2


def test_an_execution_within_its_limit_is_refused_for_those_before_it() -> None:
    assert executions_text(11, 10) == "11"
    assert executions_text(10, 10) == "10, shut until re-armed"
