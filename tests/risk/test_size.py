"""Sizes and counts: each below, at and beyond its limit, with what is held and what works."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any

import pytest

from golive.model.decision import DecisionCode as Code
from golive.model.ids import InstrumentId
from golive.risk import Commitment
from golive.risk.rules.size import (
    max_notional,
    max_open_positions,
    max_position,
    max_quantity,
    portfolio_exposure,
    stop_distance,
    target_volatility,
    trade_risk,
)
from support.risk_case import APPROVED, EQUITY, A, B, C, account, buy, decided, missing, profile, said, sell


def test_max_quantity_is_of_the_order_alone() -> None:
    held = {"positions": {A: 500}, "lot_limits": {A: 10, B: 1}}
    assert said(max_quantity, profile(), buy(9), account(**held)) is None
    assert said(max_quantity, profile(), buy(10), account(**held)) is None
    assert said(max_quantity, profile(), buy(11), account(**held)) == (Code.RISK_MAX_QUANTITY, "10", "11")
    assert said(max_quantity, profile(), buy(10**6), account()) is None, "no limit"
    assert said(max_quantity, profile(), buy(10**6), account(lot_limits={B: 1})) is None, "another's"
    assert said(max_quantity, profile(), buy(1), account(lot_limits={A: 0})) == (Code.RISK_MAX_QUANTITY, "0", "1")
    assert decided(profile(), sell(11), account(**held)) is APPROVED


def test_max_notional_is_in_whole_units_of_the_quote_asset() -> None:
    limits = profile(max_order_notional=Decimal("12.5"))
    view = account(quote_unit=1000, positions={A: 10_000})
    assert said(max_notional, limits, buy(124), view) is None
    assert said(max_notional, limits, buy(125), view) is None
    assert said(max_notional, limits, buy(126), view) == (Code.RISK_MAX_NOTIONAL, "12.5", "12.6")
    assert said(max_notional, limits, buy(125), account(quote_unit=1000, prices={A: 101})) is not None
    assert said(max_notional, profile(), buy(10**9), view) is None
    assert said(max_notional, profile(max_order_notional=Decimal(0)), buy(1), view) == (Code.RISK_MAX_NOTIONAL, "0", "0.1")


POSITION = profile(max_position_pct=Decimal("0.05"))


@pytest.mark.parametrize(
    ("quantity", "changes", "value"),
    [
        (499, {}, None),
        (500, {}, None),
        (501, {}, "0.0501"),
        (400, {"positions": {A: 100}}, None),
        (400, {"positions": {A: 101}}, "0.0501"),
        (400, {"pending_buys": {A: 100}}, None),
        (400, {"pending_buys": {A: 101}}, "0.0501"),
        (300, {"positions": {A: 100}, "pending_buys": {A: 101}}, "0.0501"),
        (500, {"positions": {B: 900}, "pending_buys": {B: 900}}, None),
        (500, {"prices": {A: 101}}, "0.0505"),
        (500, {"equity": EQUITY - 1}, "0.050001"),
        (10**6, {"equity": None}, None),
    ],
)
def test_max_position_counts_what_is_held_and_what_works(quantity: int, changes: dict[str, Any], value: str | None) -> None:
    expected = None if value is None else (Code.RISK_MAX_POSITION, "0.05", value)
    assert said(max_position, POSITION, buy(quantity), account(**changes)) == expected
    assert said(max_position, profile(max_position_pct=Decimal(0)), buy(1), account()) == (Code.RISK_MAX_POSITION, "0", "0.0001")


@pytest.mark.parametrize(
    ("changes", "count"),
    [
        ({}, 1),
        ({"positions": {A: 5}}, 1),
        ({"positions": {B: 0, C: 0}}, 1),
        ({"positions": {B: 1}}, 2),
        ({"pending_buys": {B: 1}}, 2),
        ({"pending_buys": {B: 0}}, 1),
        ({"positions": {B: 1}, "pending_buys": {B: 1}}, 2),
        ({"positions": {B: 1}, "pending_buys": {C: 1}}, 3),
        ({"commitment": Commitment(2, 2, 0.0)}, 3),
        ({"commitment": Commitment(1, 2, 0.0)}, 2),
    ],
)
def test_max_open_positions_counts_instruments_that_are_held_or_wanted(changes: dict[str, Any], count: int) -> None:
    view = account(**changes)
    assert said(max_open_positions, profile(max_open_positions=count), buy(), view) is None
    refusal = (Code.RISK_MAX_OPEN_POSITIONS, str(count - 1), str(count))
    assert said(max_open_positions, profile(max_open_positions=count - 1), buy(), view) == refusal


EXPOSURE = profile(portfolio_exposure_pct=Decimal("0.1"))


@pytest.mark.parametrize(
    ("quantity", "changes", "value"),
    [
        (999, {}, None),
        (1000, {}, None),
        (1001, {}, "0.1001"),
        (400, {"positions": {A: 100, B: 200}, "pending_buys": {A: 100, C: 200}}, None),
        (401, {"positions": {A: 100, B: 200}, "pending_buys": {A: 100, C: 200}}, "0.1001"),
        (400, {"positions": {A: 100, B: 200}, "pending_buys": {A: 100, B: 1, C: 200}}, "0.1001"),
        (400, {"positions": {B: 600}, "prices": {A: 100, B: 101}}, "0.1006"),
        (400, {"positions": {A: 600}, "prices": {A: 101}}, "0.101"),
        (400, {"positions": {B: 0}, "pending_buys": {B: 0}, "prices": {A: 100}}, None),
        (400, {"commitment": Commitment(1, 60_000, 0.0)}, None),
        (400, {"commitment": Commitment(1, 60_001, 0.0)}, "0.100001"),
        (400, {"commitment": Commitment(1, 60_001, 0.0), "positions": {B: 1}, "prices": {A: 100}}, "0.100001"),
        (10**6, {"equity": None}, None),
    ],
)
def test_portfolio_exposure_adds_up_all_that_is_held_and_works(quantity: int, changes: dict[str, Any], value: str | None) -> None:
    expected = None if value is None else (Code.RISK_PORTFOLIO_EXPOSURE, "0.1", value)
    assert said(portfolio_exposure, EXPOSURE, buy(quantity), account(**changes)) == expected
    assert said(portfolio_exposure, profile(), buy(quantity), account(**changes)) is None


def test_an_exposure_without_a_price_is_not_known() -> None:
    for held in ({"positions": {B: 1}}, {"pending_buys": {B: 1}}):
        assert said(portfolio_exposure, EXPOSURE, buy(), account(prices={A: 1}, **held)) == missing("price of okx:BBB/USDT")
    none = profile(portfolio_exposure_pct=Decimal(0))
    assert said(portfolio_exposure, none, buy(1), account()) == (Code.RISK_PORTFOLIO_EXPOSURE, "0", "0.0001")


VOLATILITY = profile(target_volatility=Decimal("0.25"))


@pytest.mark.parametrize(
    ("quantity", "changes", "value"),
    [
        (4999, {}, None),
        (5000, {}, None),
        (5001, {}, "0.25005"),
        (2500, {"positions": {A: 1000}, "pending_buys": {A: 1500}}, None),
        (2501, {"positions": {A: 1000}, "pending_buys": {A: 1500}}, "0.25005"),
        (2500, {"positions": {B: 5000}}, None),
        (2500, {"positions": {B: 5001}}, "0.250025"),
        (2500, {"positions": {B: 1000}, "pending_buys": {C: 1000}}, None),
        (2500, {"pending_buys": {C: 1251}}, "0.2501"),
        (2500, {"commitment": Commitment(1, 500_000, 125_000.0)}, None),
        (2500, {"commitment": Commitment(1, 125_004, 125_004.0)}, "0.250004"),
        (10**6, {"equity": None}, None),
    ],
)
def test_target_volatility_weighs_positions_by_their_own(quantity: int, changes: dict[str, Any], value: str | None) -> None:
    expected = None if value is None else (Code.RISK_TARGET_VOLATILITY, "0.25", value)
    assert said(target_volatility, VOLATILITY, buy(quantity), account(**changes)) == expected
    assert said(target_volatility, profile(), buy(quantity), account(**changes)) is None


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"volatility": {}}, "volatility of okx:AAA/USDT"),
        ({"volatility": {A: 0.1}, "positions": {B: 1}}, "volatility of okx:BBB/USDT"),
        ({"volatility": {B: 0.1}, "positions": {B: 1}}, "volatility of okx:AAA/USDT"),
        ({"prices": {A: 1}, "positions": {B: 1}}, "price of okx:BBB/USDT"),
        ({"volatility": {A: 0.1}, "positions": {C: 1}, "commitment": Commitment(1, 100, math.nan)}, "volatility of okx:CCC/USDT"),
        ({"volatility": {}, "commitment": Commitment(0, 0, 0.0)}, "volatility of okx:AAA/USDT"),
    ],
)
def test_a_volatility_that_is_not_known_refuses(changes: dict[str, Any], what: str) -> None:
    assert said(target_volatility, VOLATILITY, buy(1), account(**changes)) == missing(what)
    assert said(target_volatility, profile(target_volatility=Decimal(0)), buy(1), account()) is not None


def test_a_stop_lies_no_nearer_than_its_true_ranges() -> None:
    limits = profile(stop_loss_atr_multiple=Decimal("1.5"))
    for stop, value in ((7, None), (6, None), (5, "5"), (0, "0")):
        expected = None if value is None else (Code.RISK_STOP_DISTANCE, "6", value)
        assert said(stop_distance, limits, buy(), account(stop=stop)) == expected
    assert said(stop_distance, limits, buy(), account(stop=None, atr={})) is None, "there is no stop"
    assert said(stop_distance, limits, buy(), account(stop=6, atr={B: 1.0})) == missing("average true range")
    assert said(stop_distance, profile(), buy(), account(stop=0)) is None
    assert said(stop_distance, profile(stop_loss_atr_multiple=Decimal(0)), buy(), account(stop=0)) is None


TRADE = profile(trade_risk_pct=Decimal("0.01"))


@pytest.mark.parametrize(
    ("quantity", "changes", "value"),
    [
        (1000, {"stop": 10}, None),
        (1001, {"stop": 10}, "0.01001"),
        (600, {"stop": 10, "positions": {A: 200}, "pending_buys": {A: 200}}, None),
        (601, {"stop": 10, "positions": {A: 200}, "pending_buys": {A: 200}}, "0.01001"),
        (2500, {}, None),
        (2501, {}, "0.010004"),
        (2000, {"atr": {A: 4.2}}, None),
        (2001, {"atr": {A: 4.2}}, "0.010005"),
        (10**6, {"equity": None}, None),
    ],
)
def test_a_trade_risks_its_share_at_its_stop_or_at_the_range(quantity: int, changes: dict[str, Any], value: str | None) -> None:
    expected = None if value is None else (Code.RISK_TRADE_RISK, "0.01", value)
    assert said(trade_risk, TRADE, buy(quantity), account(**changes)) == expected
    assert said(trade_risk, profile(), buy(quantity), account(**changes)) is None


def test_without_a_stop_a_trade_is_reckoned_with_the_multiple_of_the_range() -> None:
    limits = profile(trade_risk_pct=Decimal("0.01"), stop_loss_atr_multiple=Decimal("1.5"))
    assert said(trade_risk, limits, buy(1666), account()) is None
    assert said(trade_risk, limits, buy(1667), account()) == (Code.RISK_TRADE_RISK, "0.01", "0.010002")
    assert said(trade_risk, limits, buy(1000), account(stop=10)) is None, "a stop that is there is what counts"
    assert said(trade_risk, TRADE, buy(1), account(atr={})) == missing("average true range")
    assert said(trade_risk, TRADE, buy(1), account(atr={}, stop=1)) is None
    none = profile(trade_risk_pct=Decimal(0))
    assert said(trade_risk, none, buy(1), account(stop=1)) == (Code.RISK_TRADE_RISK, "0", "0.000001")


@pytest.mark.parametrize("key", [A, B])
def test_reductions_pass_every_size(key: InstrumentId) -> None:
    tight = profile(
        max_position_pct=Decimal(0), max_open_positions=0, portfolio_exposure_pct=Decimal(0), target_volatility=Decimal(0),
        stop_loss_atr_multiple=Decimal(100), trade_risk_pct=Decimal(0), max_order_notional=Decimal("0.1"),
    )  # fmt: skip
    assert (
        decided(tight, sell(10, instrument=key), account(positions={key: 10}, volatility={}, atr={}, lot_limits={key: 1}))
        is APPROVED
    )
    assert decided(tight, buy(1, instrument=key), account()) is not APPROVED
