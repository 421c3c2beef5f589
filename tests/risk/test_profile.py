"""A profile is exactly the numbers of the configuration: each changes its digest, and each changes a decision."""

from __future__ import annotations

import copy
import dataclasses
import re
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from golive.config.risk_section import RiskProfile as Section
from golive.model.clock import MINUTE, SECOND
from golive.model.decision import DecisionCode as Code
from golive.model.errors import ConfigError
from golive.model.order import NewOrder
from golive.risk import LIMITS, AccountView, Costs, OrderFlow, Reference, RiskEngine, RiskProfile
from golive.risk.profile import Fraction
from golive.runtime.risk_limits import risk_profile
from support.configuration import CORE, parse
from support.risk_case import APPROVED, EQUITY, NOW, A, B, account, buy, decided, profile
from support.trading import BTC, instrument_named

KEYS = tuple(each.name for each in dataclasses.fields(Section))


def flow(*orders: NewOrder, executed: int = 0, lost: int = 0, stopped: int = 0, ago: int = SECOND) -> OrderFlow:
    made = OrderFlow()
    for order in orders:
        made.approved(order, NOW - ago)
    for _ in range(executed):
        made.executed(buy(), NOW - ago)
    for _ in range(lost):
        made.closed(A, -1, NOW - ago)
    for _ in range(stopped):
        made.stopped(NOW - ago)
    return made


@dataclasses.dataclass(frozen=True)
class Case:
    """A number of the file and the nearest other one, and an order that the two judge differently; `also`: other keys it needs."""

    strict: str
    lax: str
    code: Code
    view: AccountView = dataclasses.field(default_factory=account)
    order: NewOrder = dataclasses.field(default_factory=buy)
    also: Mapping[str, str] = dataclasses.field(default_factory=dict)


def three_held() -> AccountView:
    return account(positions={B: 1})


CASES: Mapping[str, Case] = {
    "max_daily_loss_pct": Case("0.03", "0.0301", Code.RISK_DAILY_LOSS, account(equity=970_000)),
    "weekly_loss_pct": Case("0.03", "0.0301", Code.RISK_WEEKLY_LOSS, account(equity=970_000)),
    "hard_drawdown_pct": Case("0.03", "0.0301", Code.RISK_DRAWDOWN, account(equity=970_000)),
    "max_position_pct": Case("0.05", "0.0501", Code.RISK_MAX_POSITION, order=buy(501)),
    "max_open_positions": Case("1", "2", Code.RISK_MAX_OPEN_POSITIONS, three_held()),
    "portfolio_exposure_pct": Case("0.05", "0.0501", Code.RISK_PORTFOLIO_EXPOSURE, order=buy(501)),
    "target_volatility": Case("0.025", "0.02505", Code.RISK_TARGET_VOLATILITY, order=buy(501)),
    "stop_loss_atr_multiple": Case("1.51", "1.5", Code.RISK_STOP_DISTANCE, account(stop=6)),
    "trade_risk_pct": Case("0.002", "0.002004", Code.RISK_TRADE_RISK, order=buy(501), also={"stop_loss_atr_multiple": "1"}),
    "max_cost_to_profit_ratio": Case("0.25", "0.251", Code.RISK_COST_RATIO, account(costs=Costs(251, 1000))),
    "price_collar_pct": Case("0.02", "0.03", Code.RISK_PRICE_COLLAR, order=buy(price=103)),
    "reference_max_age_seconds": Case(
        "5", "6", Code.RISK_MISSING_INPUT, account(references={A: (Reference("a", 100, NOW - 6 * SECOND),) * 2})
    ),
    "max_order_quantity": Case("{AAA: 0.0009}", "{AAA: 0.001}", Code.RISK_MAX_QUANTITY, order=buy(1000)),
    "max_order_notional": Case(
        "999", "1000", Code.RISK_MAX_NOTIONAL, account(quote_unit=1), buy(10, 100), {"price_collar_pct": "1"}
    ),
    "max_orders_per_minute": Case("1", "2", Code.RISK_MESSAGE_RATE, account(flow=flow(buy(11)))),
    "duplicate_window_seconds": Case("2", "1", Code.RISK_DUPLICATE, account(flow=flow(buy(10)))),
    "max_open_orders": Case("3", "4", Code.RISK_OPEN_ORDERS, account(open_orders=3)),
    "repeated_execution_limit": Case("1", "2", Code.RISK_REPEATED_EXECUTION, account(flow=flow(executed=1))),
    "cooldown_after_loss_minutes": Case("2", "1", Code.COOLDOWN, account(flow=flow(lost=1, ago=MINUTE))),
    "stop_loss_guard_count": Case("1", "2", Code.STOP_LOSS_GUARD, account(flow=flow(stopped=1))),
    "stop_loss_guard_minutes": Case(
        "2", "1", Code.STOP_LOSS_GUARD, account(flow=flow(stopped=1, ago=MINUTE)), also={"stop_loss_guard_count": "1"}
    ),
    "max_consecutive_losses": Case("1", "2", Code.CONSECUTIVE_LOSSES, account(flow=flow(lost=1))),
    "symbol_locks": Case("[AAA/USDT]", "[BBB/USDT]", Code.SYMBOL_LOCKED),
    "trading_windows": Case('["tue 11:00-12:00"]', '["tue 12:00-13:00"]', Code.OUTSIDE_TRADING_WINDOW),
    "stale_data_seconds": Case("6", "7", Code.DATA_STALE, account(updated={A: NOW - 7 * SECOND}), also={"price_collar_pct": "1"}),
}

OPEN = {"max_daily_loss_pct": "1", "hard_drawdown_pct": "1", "max_position_pct": "1", "max_open_positions": "10"}
INSTRUMENT = dataclasses.replace(instrument_named("okx:AAA/USDT"), lot_size=Decimal("0.000001"))


def of_yaml(key: str) -> tuple[RiskProfile, RiskProfile]:
    """Return the strict and the lax profile of a case, as read from the shipped configuration with these among its profiles."""
    strict, lax = (_sections()[_place(key, kind)] for kind in ("strict", "lax"))
    return risk_profile("tested", strict), risk_profile("tested", lax)


def _place(key: str, kind: str) -> str:
    return f"{kind}_{key}"


@cache
def _sections() -> Mapping[str, Section]:
    """All profiles of the cases are read from one file: reading it is most of the time that these tests take."""
    profiles = {
        _place(key, kind): {**OPEN, **case.also, key: value}
        for key, case in CASES.items()
        for kind, value in (("strict", case.strict), ("lax", case.lax))
    }
    lines = "".join(
        f"\n  {name}:" + "".join(f"\n    {key}: {value}" for key, value in limits.items()) for name, limits in profiles.items()
    )
    return parse(core=re.sub(r"(?m)^risk_profiles:.*$", f"risk_profiles:{lines}", CORE, count=1)).core.risk_profiles


def test_every_key_of_the_configuration_has_a_case() -> None:
    assert set(CASES) == set(KEYS) == set(LIMITS)


@pytest.mark.parametrize("key", KEYS)
def test_changing_one_number_changes_a_decision(key: str) -> None:
    case = CASES[key]
    results = []
    for limits in of_yaml(key):
        view = replace(case.view, lot_limits=limits.lot_limits([INSTRUMENT]), flow=copy.deepcopy(case.view.flow))
        results.append((decided(limits, case.order, view), limits.digest))
    assert [code for code, _ in results] == [case.code, APPROVED]
    assert results[0][1] != results[1][1], "the digest says so too"


@pytest.mark.parametrize("key", KEYS)
def test_a_limit_of_the_file_arrives_as_it_stands(key: str) -> None:
    case = CASES[key]
    given, other = (getattr(limits, key) for limits in of_yaml(key))
    assert given != other
    if isinstance(given, Decimal | int):
        assert (str(given), str(other)) == (case.strict, case.lax)


def test_the_digest_is_of_the_values_and_the_name() -> None:
    assert profile().digest == profile().digest
    assert len(profile().digest) == 64
    assert dataclasses.replace(profile(), name="other").digest != profile().digest
    assert profile(max_position_pct=Decimal("0.50")).digest == profile(max_position_pct=Decimal("0.5")).digest
    assert profile(symbol_locks=("A/B",)).digest != profile(trading_windows=("mon 00:00-24:00",)).digest
    assert RiskEngine(profile()).risk_profile_digest == profile().digest
    quantities = {"BTC": Decimal(1), "ETH": Decimal(2)}
    turned = dict(reversed(quantities.items()))
    assert profile(max_order_quantity=quantities).digest == profile(max_order_quantity=turned).digest, "in whatever order"


@pytest.mark.parametrize(
    "limits",
    [
        {"max_daily_loss_pct": Decimal("1.0001")},
        {"hard_drawdown_pct": Decimal("-0.0001")},
        {"max_position_pct": Decimal("NaN")},
        {"price_collar_pct": Decimal(2)},
        {"max_cost_to_profit_ratio": Decimal("-0.1")},
        {"max_order_notional": Decimal("Infinity")},
        {"target_volatility": Decimal(-1)},
        {"stop_loss_atr_multiple": Decimal("NaN")},
        {"duplicate_window_seconds": Decimal(-1)},
        {"trading_windows": ("whenever",)},
    ],
)
def test_what_can_be_no_limit_is_an_error_that_names_it(limits: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(limits)) if "trading_windows" not in limits else "whenever"):
        profile(**limits)


def test_the_ends_of_the_scale_are_limits() -> None:
    made = profile(max_daily_loss_pct=Decimal(0), max_cost_to_profit_ratio=Decimal(7), target_volatility=Decimal(0))
    assert (made.daily_loss, made.drawdown, made.cost_ratio, made.volatility) == ((0, 1), (1, 1), (7, 1), 0.0)
    assert (made.weekly_loss, made.exposure, made.week, made.stale_ns) == (None, None, None, None)
    assert profile(cooldown_after_loss_minutes=Decimal("0.5"), stale_data_seconds=Decimal("0.25")).cooldown_ns == 30 * SECOND
    assert profile(stale_data_seconds=Decimal("0.25")).stale_ns == SECOND // 4
    assert (profile().reference_max_age_ns, profile().guard_ns) == (5 * SECOND, 60 * MINUTE)


@pytest.mark.parametrize(
    ("part", "whole", "exceeds", "reaches"),
    [(1, 4, False, False), (1, 3, False, True), (334, 1000, True, True), (-1, 3, False, False)],
)
def test_a_share_is_compared_exactly(part: int, whole: int, exceeds: bool, reaches: bool) -> None:
    third = Fraction(1, 3)
    assert (third.exceeded_by(part, whole), third.reached_by(part, whole)) == (exceeds, reaches)


@pytest.mark.parametrize("limit", ["target_volatility", "stop_loss_atr_multiple", "trade_risk_pct", None])
def test_prices_are_followed_where_a_limit_asks_for_that(limit: str | None) -> None:
    assert profile(**({} if limit is None else {limit: Decimal("0.5")})).follows_prices is (limit is not None)


def test_a_quantity_is_limited_by_base_asset_in_whole_lots() -> None:
    limits = profile(max_order_quantity={"BTC": Decimal("0.000000019"), "XYZ": Decimal(1)})
    assert limits.lot_limits([BTC, instrument_named("okx:ETH/USDT")]) == {BTC.id: 1}


def test_the_manual_profile_permits_nothing() -> None:
    manual = risk_profile("manual", parse().core.risk_profiles["manual"])
    assert decided(manual, buy(1), account()) is not APPROVED
    assert EQUITY > 0
