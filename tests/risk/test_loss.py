"""Stops: what was lost; each below, at and beyond its limit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from golive.model.decision import DecisionCode as Code
from golive.risk import Costs
from golive.risk.rules import Rule
from golive.risk.rules.loss import cost_ratio, daily_loss, drawdown, weekly_loss
from support.risk_case import APPROVED, EQUITY, account, buy, decided, missing, profile, said, sell

STOPS: list[tuple[Rule, str, str, str, Code]] = [
    (daily_loss, "max_daily_loss_pct", "day_start_equity", "worst_today", Code.RISK_DAILY_LOSS),
    (weekly_loss, "weekly_loss_pct", "week_start_equity", "worst_week", Code.RISK_WEEKLY_LOSS),
    (drawdown, "hard_drawdown_pct", "peak_equity", "worst_drawdown", Code.RISK_DRAWDOWN),
]
each_stop = pytest.mark.parametrize(("rule", "key", "start", "worst", "code"), STOPS, ids=[row[1] for row in STOPS])


@each_stop
def test_a_stop_holds_from_its_limit_on(rule: Rule, key: str, start: str, worst: str, code: Code) -> None:
    limits = profile(**{key: Decimal("0.05")})
    for lost, value in ((49_999, None), (50_000, "0.05"), (50_001, "0.050001"), (EQUITY, "1")):
        view = account(equity=EQUITY - lost)
        expected = None if value is None else (code, "0.05", value)
        assert said(rule, limits, buy(), view) == expected, lost
    assert said(rule, limits, buy(), account(equity=EQUITY + 50_000)) is None, "a gain is no loss"


@each_stop
def test_a_stop_that_was_reached_holds_though_equity_came_back(rule: Rule, key: str, start: str, worst: str, code: Code) -> None:
    limits = profile(**{key: Decimal("0.05")})
    for fall, value in (((4_999, 100_000), None), ((5_000, 100_000), "0.05"), ((5_001, 100_000), "0.05001")):
        expected = None if value is None else (code, "0.05", value)
        assert said(rule, limits, buy(), account(**{worst: fall})) == expected
        other = {name: fall for _, _, _, name, _ in STOPS if name != worst}
        assert said(rule, limits, buy(), account(**other)) is None, "each stop has its own fall"


@each_stop
def test_a_stop_counts_from_its_own_start(rule: Rule, key: str, start: str, worst: str, code: Code) -> None:
    limits = profile(**{key: Decimal("0.05")})
    assert said(rule, limits, buy(), account(equity=1_900_000, **{start: 2_000_000})) == (code, "0.05", "0.05")
    assert said(rule, limits, buy(), account(equity=1_900_001, **{start: 2_000_000})) is None
    others = {name: 2 * EQUITY for _, _, name, _, _ in STOPS if name != start}
    assert said(rule, limits, buy(), account(**others)) is None


@each_stop
def test_a_limit_of_nothing_permits_nothing_and_a_reduction_passes(
    rule: Rule, key: str, start: str, worst: str, code: Code
) -> None:
    limits = profile(**{key: Decimal(0)})
    assert said(rule, limits, buy(), account()) == (code, "0", "0")
    assert decided(limits, buy(), account()) is code
    assert decided(limits, sell(), account(positions={buy().instrument: 10})) is APPROVED


def test_an_unknown_start_is_no_fall_and_a_week_that_is_unknown_refuses() -> None:
    limits = profile(max_daily_loss_pct=Decimal("0.05"), hard_drawdown_pct=Decimal("0.05"), weekly_loss_pct=Decimal("0.05"))
    unknown = account(day_start_equity=None, peak_equity=None, week_start_equity=None, equity=1)
    assert said(daily_loss, limits, buy(), unknown) is None
    assert said(drawdown, limits, buy(), unknown) is None
    assert said(weekly_loss, limits, buy(), unknown) == missing("week_start_equity")
    assert said(weekly_loss, profile(), buy(), unknown) is None, "not set"
    assert said(daily_loss, limits, buy(), account(equity=None)) is None


RATIO = profile(max_cost_to_profit_ratio=Decimal("0.25"))


@pytest.mark.parametrize(
    ("costs", "value"),
    [
        (None, None),
        (Costs(0, 0), None),
        (Costs(-1, -1), None),
        (Costs(1, 4), None),
        (Costs(249, 1000), None),
        (Costs(250, 1000), None),
        (Costs(251, 1000), "0.251"),
        (Costs(1, 3), "0.333334"),
        (Costs(1, 1), "1"),
        (Costs(1, 0), "no profit"),
        (Costs(1, -100), "no profit"),
    ],
)
def test_fees_may_take_their_share_of_the_profit_and_no_more(costs: Costs | None, value: str | None) -> None:
    expected = None if value is None else (Code.RISK_COST_RATIO, "0.25", value)
    assert said(cost_ratio, RATIO, buy(), account(costs=costs)) == expected
    assert said(cost_ratio, profile(), buy(), account(costs=costs)) is None
    assert decided(RATIO, sell(), account(costs=costs, positions={buy().instrument: 10})) is APPROVED


def test_a_cost_ratio_of_nothing_lets_no_fee_pass() -> None:
    whole = profile(max_cost_to_profit_ratio=Decimal(1))
    assert said(cost_ratio, whole, buy(), account(costs=Costs(1, 1))) is None, "the smallest profit is one"
    assert said(cost_ratio, whole, buy(), account(costs=Costs(2, 1))) == (Code.RISK_COST_RATIO, "1", "2")
    none = profile(max_cost_to_profit_ratio=Decimal(0))
    assert said(cost_ratio, none, buy(), account(costs=Costs(1, 10**9))) == (Code.RISK_COST_RATIO, "0", "0.000001")
