"""What holds whatever the order: the emergency, what must be known, and what is a reduction."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from golive.model.decision import Approved, Refused
from golive.model.decision import DecisionCode as Code
from golive.model.emergency import TradingState
from golive.risk import RULES, AccountView, Reference, RiskEngine
from golive.risk.restated import restated
from golive.risk.rules import RULES_FOR_REDUCTIONS, reduces, share_text
from golive.risk.rules.standing import emergency_mode, flip, missing_input
from support.risk_case import APPROVED, A, B, account, buy, decided, missing, profile, said, sell

HELD: dict[str, Any] = {"positions": {A: 10}}


@pytest.mark.parametrize(
    ("state", "entry", "reduction"),
    [(TradingState.ACTIVE, True, True), (TradingState.REDUCING, False, True), (TradingState.HALTED, False, False)],
)
def test_the_emergency_says_what_may_leave(state: TradingState, entry: bool, reduction: bool) -> None:
    view, refusal = account(trading_state=state, **HELD), (Code.EMERGENCY_MODE, "ACTIVE", str(state))
    assert said(emergency_mode, profile(), buy(), view) == (None if entry else refusal)
    assert said(emergency_mode, profile(), sell(), view) == (None if reduction else refusal)
    assert said(emergency_mode, profile(), sell(11), view) == (None if entry else refusal), "more than is held is no reduction"
    assert decided(profile(), sell(), view) is (APPROVED if reduction else Code.EMERGENCY_MODE)


@pytest.mark.parametrize(
    ("quantity", "changes", "is_one"),
    [
        (10, HELD, True),
        (11, HELD, False),
        (4, {**HELD, "pending_sells": {A: 6}}, True),
        (5, {**HELD, "pending_sells": {A: 6}}, False),
        (10, {**HELD, "pending_sells": {B: 6}}, True),
        (10, {"positions": {B: 10}}, False),
        (1, {}, False),
    ],
)
def test_a_reduction_sells_no_more_than_is_free(quantity: int, changes: dict[str, Any], is_one: bool) -> None:
    view = account(**changes)
    assert reduces(sell(quantity), view) is is_one
    assert reduces(buy(quantity), view) is False
    free = max(0, changes.get("positions", {}).get(A, 0) - changes.get("pending_sells", {}).get(A, 0))
    assert said(flip, profile(), sell(quantity), view) == (None if is_one else (Code.RISK_FLIP, str(free), str(quantity)))
    assert said(flip, profile(), buy(quantity), view) is None
    assert decided(profile(), sell(quantity), view) is (APPROVED if is_one else Code.RISK_FLIP)


def test_what_was_promised_twice_leaves_nothing_free() -> None:
    view = account(positions={A: 5}, pending_sells={A: 9})
    assert said(flip, profile(), sell(1), view) == (Code.RISK_FLIP, "0", "1")


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, None),
        ({"equity": 1, "day_start_equity": 1, "peak_equity": 1, "prices": {A: 0}}, None),
        ({"equity": None}, "equity"),
        ({"equity": 0}, "equity"),
        ({"equity": -1}, "equity"),
        ({"day_start_equity": None}, "day_start_equity"),
        ({"day_start_equity": 0}, "day_start_equity"),
        ({"day_start_equity": -1}, "day_start_equity"),
        ({"peak_equity": None}, "peak_equity"),
        ({"peak_equity": 0}, "peak_equity"),
        ({"peak_equity": -1}, "peak_equity"),
        ({"prices": {B: 1}}, "price"),
        ({"equity": 1, "day_start_equity": 1, "peak_equity": 1, "prices": {}}, "price"),
        (
            {"equity": None, "day_start_equity": None, "peak_equity": 0, "prices": {}},
            "equity, day_start_equity, peak_equity, price",
        ),
    ],
)
def test_what_is_not_known_is_named(changes: dict[str, Any], what: str | None) -> None:
    view = account(**changes)
    assert said(missing_input, profile(), buy(), view) == (None if what is None else missing(what))
    assert decided(profile(), buy(), view) is (APPROVED if what is None else Code.RISK_MISSING_INPUT)
    assert decided(profile(), sell(), replace(view, positions={A: 10})) is APPROVED, "a reduction asks for nothing"


def test_the_first_objection_in_the_order_of_the_rules_is_the_answer() -> None:
    assert [rule.__name__ for rule in RULES[:3]] == ["emergency_mode", "flip", "missing_input"]
    assert len(set(RULES)) == len(RULES)
    assert set(RULES_FOR_REDUCTIONS) < set(RULES)
    view = account(equity=None, trading_state=TradingState.HALTED)
    assert decided(profile(max_open_orders=0), sell(), view) is Code.EMERGENCY_MODE
    assert decided(profile(max_open_orders=0), sell(), account(equity=None)) is Code.RISK_FLIP
    assert decided(profile(max_open_orders=0), buy(), account(equity=None)) is Code.RISK_MISSING_INPUT
    assert decided(profile(max_open_orders=0), buy(), account()) is Code.RISK_OPEN_ORDERS


def test_what_a_view_is_not_told_is_nothing_lost_nothing_held_and_nothing_known() -> None:
    view = AccountView(1, 1, 1, {}, {}, {}, lambda _, ticks, lots: ticks * lots)
    assert (view.worst_today, view.worst_week, view.worst_drawdown, view.week_start_equity) == ((0, 1), (0, 1), (0, 1), None)
    assert (view.now, view.open_orders, view.references_needed, view.quiet_ns, view.quote_unit) == (0, 0, 0, 0, 1)
    assert (view.stop, view.costs, view.flow, view.commitment, view.host) == (None, None, None, None, None)
    assert not any((view.pending_sells, view.references, view.updated, view.volatility, view.atr, view.lot_limits))
    assert view.trading_state is TradingState.ACTIVE
    assert Reference("candle", 1, 2).valid_ns == 0, "a price ages from its moment on"


def test_a_decision_carries_what_it_is_about() -> None:
    risk = RiskEngine(profile(max_open_orders=0))
    assert risk.decide(buy(), account(), 7) == Refused(buy(), 7, Code.RISK_OPEN_ORDERS, "0", "1")
    assert RiskEngine(profile()).decide(buy(), account(), 7) == Approved(buy(), 7) == restated(buy(), 7)


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 1, "0"), (1, 2, "0.5"), (1, 3, "0.333334"), (-1, 3, "-0.333334"), (3, 2, "1.5"), (10, 1, "10"), (-10, 1, "-10"),
     (1, 1_000_000, "0.000001"), (1, 10_000_000, "0.000001"), (-1, 10_000_000, "-0.000001"), (1, 0, "0"), (1, -1, "0"), (120, 1, "120")],
)  # fmt: skip
def test_a_share_is_told_rounded_away_from_nothing(part: int, whole: int, text: str) -> None:
    assert share_text(part, whole) == text


def test_without_a_licence_only_reductions_pass() -> None:
    view = account(licence_lapse="its issuer has taken it back", **HELD)
    assert decided(profile(), buy(), view) is Code.LICENCE_REDUCE_ONLY
    assert decided(profile(), sell(), view) is APPROVED
