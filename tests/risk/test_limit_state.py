"""Every limit that is set is told as it stands: what is used of it, whether it refuses now, or that it judges each order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from golive.model.clock import MINUTE, SECOND
from golive.model.decision import DecisionCode as Code
from golive.model.order import Side
from golive.risk import (
    LIMITS,
    AccountView,
    Commitment,
    Costs,
    LimitState,
    LimitUse,
    OrderFlow,
    RiskProfile,
    committed,
    limit_states,
)
from golive.risk.limit_state import PER_ORDER, STOOD_AT, meaning
from support.risk_case import NOW, A, B, account, buy, decided, profile

ALL = RiskProfile(
    "all", Decimal("0.01"), Decimal("0.05"), Decimal("0.05"), 3, Decimal("0.02"), Decimal("0.6"), Decimal("0.07"), Decimal("1.5"),
    Decimal("0.01"), Decimal("0.25"), Decimal("0.02"), Decimal(5), {"AAA": Decimal("0.5")}, Decimal(1000), 60, Decimal(2), 20, 10,
    Decimal(30), 3, Decimal(60), 4, ("BBB/USDT",), ("mon-sun 00:00-24:00",), Decimal(60),
)  # fmt: skip


def states(limits: RiskProfile, view: AccountView, uses: tuple[LimitUse, ...] = ()) -> dict[str, LimitState]:
    return {state.limit: state for state in limit_states(uses, {A: view}, limits, "USDT")}


def state(limit: str, value: Any, view: AccountView, **also: Any) -> LimitState:
    return states(profile(**{limit: value}, **also), view)[limit]


def flow(*, allowed: int = 0, executed: int = 0, lost: int = 0, stopped: int = 0, ago: int = SECOND) -> OrderFlow:
    made = OrderFlow()
    for number in range(allowed):
        made.approved(buy(100 + number), NOW - ago)
    for _ in range(executed):
        made.executed(buy(), NOW - ago)
    for _ in range(lost):
        made.closed(A, -1, NOW - ago)
    for _ in range(stopped):
        made.stopped(NOW - ago)
    return made


def test_every_limit_of_a_profile_is_told_once_with_its_code_and_unit() -> None:
    uses = tuple(LimitUse(limit, "1", "0", 0.0, "ok") for limit in STOOD_AT)
    told = states(ALL, account(), uses)
    assert list(told) == [key for key in LIMITS if key not in ("reference_max_age_seconds", "stop_loss_guard_minutes")]
    assert all((each.code, bool(each.unit)) == (meaning(each.limit)[0], True) for each in told.values())
    assert {each.code for each in told.values()} < set(Code)
    assert (told["max_order_quantity"].unit, told["max_order_notional"].unit) == ("AAA", "USDT")


def test_one_that_is_not_set_is_not_told() -> None:
    limits = RiskProfile("few", Decimal("0.01"), Decimal("0.05"), Decimal("0.05"), 3)
    assert list(states(limits, account())) == [
        "max_daily_loss_pct",
        "hard_drawdown_pct",
        "max_position_pct",
        "max_open_positions",
    ]


@pytest.mark.parametrize(
    ("limit", "value"),
    [
        ("stop_loss_atr_multiple", Decimal("1.5")), ("trade_risk_pct", Decimal("0.01")), ("price_collar_pct", Decimal("0.02")),
        ("max_order_quantity", {"AAA": Decimal("0.5")}), ("max_order_notional", Decimal(1000)),
        ("duplicate_window_seconds", Decimal(2)),
    ],
)  # fmt: skip
def test_what_judges_one_order_says_so(limit: str, value: Any) -> None:
    told = state(limit, value, account())
    assert (told.used, told.used_ratio, told.band, told.refuses, told.note) == (None, None, None, False, PER_ORDER)


COUNTS: list[tuple[str, int, Any, dict[str, Any]]] = [
    ("max_orders_per_minute", 3, lambda n: account(flow=flow(allowed=n)), {}),
    ("max_open_orders", 3, lambda n: account(open_orders=n), {}),
    ("repeated_execution_limit", 3, lambda n: account(flow=flow(executed=n)), {}),
    ("stop_loss_guard_count", 3, lambda n: account(flow=flow(stopped=n)), {}),
    ("max_consecutive_losses", 3, lambda n: account(flow=flow(lost=n)), {}),
]


@pytest.mark.parametrize(("limit", "allowed", "view", "also"), COUNTS)
@pytest.mark.parametrize("used", [0, 2, 3, 4])
def test_a_count_is_told_and_refuses_when_its_rule_does(limit: str, allowed: int, view: Any, also: Any, used: int) -> None:
    told = state(limit, allowed, view(used), **also)
    assert (told.used, told.allowed, told.used_ratio) == (str(used), "3", round(used / 3, 4))
    assert told.band == ("warn" if used >= 3 else "ok")
    refused = decided(profile(**{limit: allowed}, **also), buy(), view(used))
    assert told.refuses is (refused == told.code)
    assert told.refuses is (used >= allowed)


def test_what_is_older_than_its_window_is_not_counted() -> None:
    assert state("max_orders_per_minute", 3, account(flow=flow(allowed=3, ago=MINUTE))).used == "0"
    assert state("repeated_execution_limit", 3, account(flow=flow(executed=3, ago=MINUTE))).used == "0"
    guard = account(flow=flow(stopped=3, ago=2 * MINUTE))
    assert state("stop_loss_guard_count", 3, guard, stop_loss_guard_minutes=Decimal(2)).used == "0"
    assert state("stop_loss_guard_count", 3, guard, stop_loss_guard_minutes=Decimal(3)).used == "3"
    assert guard.flow is not None
    assert guard.flow.stops_within(3 * MINUTE, NOW) == 3, "to look is not to forget"


def test_a_side_that_is_shut_says_so_until_it_is_re_armed() -> None:
    shut = flow(executed=1)
    shut.throttled.add((A, Side.BUY))
    told = state("repeated_execution_limit", 10, account(flow=shut))
    assert (told.used, told.refuses, told.note) == ("1", True, f"shut until re-armed: {A} buy")
    shut.rearm()
    assert not state("repeated_execution_limit", 10, account(flow=shut)).refuses


@pytest.mark.parametrize(("ago", "left", "refuses"), [(0, "2", True), (MINUTE, "1", True), (2 * MINUTE, "0", False)])
def test_a_cooldown_says_how_long_it_goes_on(ago: int, left: str, refuses: bool) -> None:
    view = account(flow=flow(lost=1, ago=ago))
    told = state("cooldown_after_loss_minutes", Decimal(2), view)
    assert (told.used, told.refuses, told.note) == (left, refuses, str(A) if refuses else "")
    assert told.refuses is (decided(profile(cooldown_after_loss_minutes=Decimal(2)), buy(), view) == Code.COOLDOWN)


@pytest.mark.parametrize("window", ["tue 11:00-12:00", "tue 12:00-13:00"])
def test_a_trading_window_is_open_or_closed(window: str) -> None:
    told = state("trading_windows", (window,), account())
    is_shut = decided(profile(trading_windows=(window,)), buy(), account()) == Code.OUTSIDE_TRADING_WINDOW
    assert (told.used, told.allowed, told.refuses) == ("closed" if is_shut else "open", window, is_shut)


@pytest.mark.parametrize(("locked", "refuses"), [("AAA/USDT", True), ("BBB/USDT", False)])
def test_a_lock_names_what_it_locks_here(locked: str, refuses: bool) -> None:
    told = state("symbol_locks", (locked,), account())
    assert (told.used, told.allowed, told.refuses) == ("locked here" if refuses else "not traded here", locked, refuses)
    assert told.note == (locked if refuses else "")


@pytest.mark.parametrize(("age", "used", "refuses"), [(0, "0", False), (6, "6", False), (7, "7", True)])
def test_the_age_of_the_market_is_told(age: int, used: str, refuses: bool) -> None:
    view = account(updated={A: NOW - age * SECOND})
    told = state("stale_data_seconds", Decimal(6), view, price_collar_pct=Decimal(1))
    assert (told.used, told.refuses, told.note) == (used, refuses, str(A))
    assert told.refuses is (decided(profile(stale_data_seconds=Decimal(6)), buy(), view) == Code.DATA_STALE)
    quiet = state("stale_data_seconds", Decimal(6), replace(view, quiet_ns=MINUTE))
    assert (quiet.used, quiet.refuses) == ("0", False)


def test_a_market_that_was_never_heard_of_refuses() -> None:
    told = state("stale_data_seconds", Decimal(6), account(updated={}))
    assert (told.used, told.refuses, told.note) == (None, True, f"nothing was heard of {A}")


@pytest.mark.parametrize(
    ("costs", "used", "refuses"),
    [(None, None, False), (Costs(0, -5), "0", False), (Costs(5, -5), "no profit", True), (Costs(250, 1000), "0.25", False),
     (Costs(251, 1000), "0.251", True)],
)  # fmt: skip
def test_costs_are_told_of_profit(costs: Costs | None, used: str | None, refuses: bool) -> None:
    told = state("max_cost_to_profit_ratio", Decimal("0.25"), account(costs=costs))
    assert (told.used, told.refuses) == (used, refuses)
    assert told.refuses is (decided(profile(max_cost_to_profit_ratio=Decimal("0.25")), buy(), account(costs=costs)) == told.code)


def test_volatility_is_told_of_what_is_held_and_works() -> None:
    limit = {"target_volatility": Decimal("0.1")}
    assert states(profile(**limit), account())["target_volatility"].used == "0"
    view = account(positions={A: 600}, pending_buys={A: 400}, volatility={A: 0.5})
    told = states(profile(**limit), view)["target_volatility"]
    assert (told.used, told.used_ratio, told.band) == ("0.05", 0.5, "ok")
    assert state("target_volatility", Decimal("0.1"), replace(view, commitment=Commitment(0, 1, 80_000.0))).used == "0.08"
    for unknown in (replace(view, volatility={}), replace(view, prices={B: 1}), replace(view, equity=None)):
        assert state("target_volatility", Decimal("0.1"), unknown).used is None
    assert state("target_volatility", Decimal("0.1"), replace(view, commitment=Commitment(0, 1, float("nan")))).used is None


def test_before_anything_is_known_every_limit_is_still_told() -> None:
    told = {each.limit: each for each in limit_states((), {}, ALL, "USDT")}
    assert {each.note for each in told.values()} == {PER_ORDER, "not known yet"}
    assert told["max_open_orders"].note == told["max_daily_loss_pct"].note == "not known yet"
    assert told["price_collar_pct"].note == PER_ORDER
    assert told["symbol_locks"].allowed == "BBB/USDT"


def state_of(limit: str, limits: RiskProfile, *views: AccountView, uses: tuple[LimitUse, ...] = ()) -> LimitState:
    keyed = dict(zip((A, B), views, strict=False))
    return next(each for each in limit_states(uses, keyed, limits, "USDT") if each.limit == limit)


def test_of_several_instruments_the_worst_is_told() -> None:
    flow = OrderFlow()
    flow.closed(A, -1, NOW - 60_000_000_000)
    flow.closed(B, -1, NOW)
    resting = state_of(
        "cooldown_after_loss_minutes", profile(cooldown_after_loss_minutes=Decimal(2)), account(flow=flow), account(flow=flow)
    )
    assert (resting.used, resting.refuses) == ("2", True)
    heard = account(updated={A: NOW}), account(updated={B: NOW - 5_000_000_000})
    silent = state_of("stale_data_seconds", profile(stale_data_seconds=Decimal(60)), *heard)
    assert (silent.used, silent.note) == ("5", "okx:BBB/USDT")
    for order in (buy(), buy(instrument=B), buy(instrument=B)):
        flow.executed(order, NOW)
    assert flow.most_executed(NOW) == ((B, buy().side), 2)


def test_the_smallest_cost_and_the_smallest_profit_count() -> None:
    limits = profile(max_cost_to_profit_ratio=Decimal(1))
    for costs, used, refuses in (
        (Costs(1, 0), "no profit", True), (Costs(0, 0), "0", False), (Costs(1, 1), "1", False), (Costs(2, 1), "2", True),
    ):  # fmt: skip
        said = state_of("max_cost_to_profit_ratio", limits, account(costs=costs))
        assert (said.used, said.refuses) == (used, refuses)


def test_a_volatility_is_of_each_lot_that_is_held_or_wanted() -> None:
    limits = profile(target_volatility=Decimal("0.5"))
    for changes, used in (
        ({"positions": {A: 1}}, "0.00005"), ({"pending_buys": {A: 1}}, "0.00005"), ({"positions": {A: 0}, "volatility": {}}, "0"),
        ({"positions": {A: 1}, "volatility": {}}, None), ({"positions": {A: 1}, "equity": 1}, "50"), ({"equity": 0}, None),
    ):  # fmt: skip
        said = state_of("target_volatility", limits, account(**changes))
        assert (said.used, said.refuses) == (used, False)


def test_a_use_refuses_from_its_breach_on() -> None:
    for band, refuses in (("ok", False), ("warn", False), ("breach", True)):
        use = LimitUse("hard_drawdown_pct", "0.1", "0.1", 1.0, band)  # type: ignore[arg-type]
        assert state_of("hard_drawdown_pct", profile(), uses=(use,)).refuses is refuses


def test_what_works_counts_as_if_it_were_filled() -> None:
    view = account(positions={A: 600, B: 0}, pending_buys={A: 400, B: 50}, prices={A: 100, B: 10})
    worth = {A: view.notional(A, 100, 1000), B: view.notional(B, 10, 50)}
    assert committed(view) == (max(worth.values()), 2, sum(worth.values()))
    assert committed(account(positions={A: 0}, pending_buys={})) == (0, 0, 0)
    assert committed(replace(view, prices={B: 10})) == (worth[B], 2, worth[B]), "what has no price has no worth yet"


@pytest.mark.parametrize("limit", ["max_position_pct", "max_open_positions", "portfolio_exposure_pct"])
def test_a_size_of_nothing_refuses_and_is_no_breach(limit: str) -> None:
    told = states(ALL, account(), (LimitUse(limit, "0", "0", 0.0, "ok"),))[limit]
    assert (told.refuses, told.band) == (True, "ok")
    assert not states(ALL, account(), (LimitUse(limit, "0.05", "0.05", 1.0, "warn"),))[limit].refuses
