"""Prices: whether the market is heard of, and whether the order is near it."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from golive.model.clock import SECOND
from golive.model.decision import DecisionCode as Code
from golive.model.order import NewOrder
from golive.risk import Reference
from golive.risk.rules.price import price_collar, stale_data
from support.risk_case import APPROVED, NOW, A, B, account, buy, decided, missing, profile, said, sell

STALE = profile(stale_data_seconds=Decimal("60"))


@pytest.mark.parametrize(
    ("heard", "quiet_s", "value"),
    [(0, 0, None), (60 * SECOND, 0, None), (60 * SECOND + 1, 0, "60"), (65 * SECOND, 0, "65"), (65 * SECOND, 5, None),
     (65 * SECOND + 1, 5, "65"), (90_500_000_000, 0, "90.5")],
)  # fmt: skip
def test_a_market_may_be_silent_for_so_long(heard: int, quiet_s: int, value: str | None) -> None:
    view = account(updated={A: NOW - heard}, quiet_ns=quiet_s * SECOND)
    assert said(stale_data, STALE, buy(), view) == (None if value is None else (Code.DATA_STALE, "60", value))
    assert said(stale_data, profile(), buy(), view) is None
    assert decided(STALE, sell(), replace(view, positions={A: 10})) is APPROVED


def test_a_market_that_was_never_heard_of_is_not_known() -> None:
    assert said(stale_data, STALE, buy(), account(updated={})) == missing("market data")
    assert said(stale_data, STALE, buy(), account(updated={B: NOW})) == missing("market data")
    assert said(stale_data, profile(), buy(), account(updated={})) is None


COLLAR = profile(price_collar_pct=Decimal("0.02"))


def at(*ticks: int, age: int = 0, valid_ns: int = 0) -> dict[str, Any]:
    return {"references": {A: tuple(Reference("x", each, NOW - age, valid_ns) for each in ticks)}}


@pytest.mark.parametrize(
    ("order", "ticks", "value"),
    [
        (buy(price=1020), (1000, 1000), None),
        (buy(price=1021), (1000, 1000), "0.021"),
        (buy(price=500), (1000, 1000), None),
        (buy(price=1021), (1001, 1001), None),
        (buy(price=1021), (1001, 1000), "0.021"),
        (buy(price=1021), (1000, 1001), "0.021"),
        (buy(price=1030), (1000, 900), "0.144445"),
        (sell(price=980), (1000, 1000), None),
        (sell(price=979), (1000, 1000), "0.021"),
        (sell(price=2000), (1000, 1000), None),
        (sell(price=979), (999, 1000), "0.021"),
        (sell(price=979), (1000, 999), "0.021"),
        (sell(price=979), (999, 999), "0.020021"),
        (sell(), (10**6, 10**6), None),
    ],
)
def test_a_price_may_be_so_much_worse_than_each_source(order: NewOrder, ticks: tuple[int, ...], value: str | None) -> None:
    view = account(positions={A: 10}, **at(*ticks))
    expected = None if value is None else (Code.RISK_PRICE_COLLAR, "0.02", value)
    assert said(price_collar, COLLAR, order, view) == expected
    assert said(price_collar, profile(), order, view) is None
    assert decided(COLLAR, order, view) is (APPROVED if value is None else Code.RISK_PRICE_COLLAR), "reductions are asked too"


def test_a_market_buy_is_judged_by_what_it_costs() -> None:
    assert said(price_collar, COLLAR, buy(), account(prices={A: 102}, **at(100, 100))) is None
    worse = account(prices={A: 103}, **at(100, 100))
    assert said(price_collar, COLLAR, buy(), worse) == (Code.RISK_PRICE_COLLAR, "0.02", "0.03")
    assert said(price_collar, COLLAR, buy(price=102), worse) is None, "its limit is what counts"
    none = profile(price_collar_pct=Decimal(0))
    assert said(price_collar, none, buy(price=100), account(**at(100, 100))) is None
    assert said(price_collar, none, buy(price=101), account(**at(100, 100))) == (Code.RISK_PRICE_COLLAR, "0", "0.01")


def test_a_source_counts_up_to_its_age() -> None:
    two, one = missing("2 prices not older than 5 s"), missing("1 prices not older than 5 s")
    for age, expected in ((5 * SECOND, None), (5 * SECOND + 1, two)):
        assert said(price_collar, COLLAR, buy(price=100), account(**at(100, 100, age=age))) == expected
        assert said(price_collar, COLLAR, buy(price=100), account(**at(100, 100, age=age + SECOND, valid_ns=SECOND))) == expected
    stale = {A: (Reference("x", 100, NOW), Reference("y", 1, NOW - 6 * SECOND))}
    assert said(price_collar, COLLAR, buy(price=100), account(references=stale)) == two
    assert said(price_collar, COLLAR, buy(price=100), account(references=stale, references_needed=1)) is None, (
        "the old one is deaf"
    )
    for needed in (0, 1):
        assert said(price_collar, COLLAR, buy(price=100), account(references={}, references_needed=needed)) == one
        assert said(price_collar, COLLAR, buy(price=100), account(references_needed=needed, **at(100))) is None
    assert said(price_collar, COLLAR, buy(price=100), account(references={B: at(1, 1)["references"][A]})) == two
    assert said(price_collar, COLLAR, buy(), account(prices={})) == two
    later = profile(price_collar_pct=Decimal("0.02"), reference_max_age_seconds=Decimal("0.5"))
    assert said(price_collar, later, buy(price=100), account(**at(100, 100, age=SECOND // 2))) is None
    assert said(price_collar, later, buy(price=100), account(**at(100, 100, age=SECOND // 2 + 1))) == missing(
        "2 prices not older than 0.5 s"
    )
