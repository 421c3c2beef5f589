"""The largest quantity that the limits of size allow: it passes all of them, and one lot more does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from golive.model.decision import Approved, DecisionCode, Refused
from golive.model.ids import ClientOrderId, InstrumentId
from golive.model.instrument import Instrument
from golive.model.order import NewOrder, OrderType, Side
from golive.risk import AccountView, RiskEngine, RiskProfile
from golive.risk.adjustment import SIZE_CODES, SIZES, largest_quantity

BTC = Instrument.from_text("okx:BTC/USDT", tick_size="0.1", lot_size="0.0001", min_quantity="0.0001", max_quantity="100")
ETH = InstrumentId.parse("okx:ETH/USDT")
UNIT = 10**BTC.quote_scale
PRICE = BTC.ticks("40000")
OPEN = RiskProfile("open", Decimal(1), Decimal(1), Decimal(1), 9)


def buy(lots: int) -> NewOrder:
    return NewOrder(ClientOrderId("a" * 32), BTC.id, Side.BUY, OrderType.MARKET, lots)


def account(equity: int = 100_000, held: int = 0, pending: int = 0, other: int = 0, lot_limit: int | None = None) -> AccountView:
    """An account that holds, and may still get, so many lots of BTC, and `other` lots of ETH at the same price."""
    return AccountView(
        equity=equity * UNIT, day_start_equity=equity * UNIT, peak_equity=equity * UNIT, positions={BTC.id: held, ETH: other},
        pending_buys={BTC.id: pending}, prices={BTC.id: PRICE, ETH: PRICE},
        notional=lambda _, ticks, lots: BTC.notional(ticks, lots), week_start_equity=equity * UNIT,
        volatility={BTC.id: 0.5, ETH: 0.9}, atr={BTC.id: 123.4}, quote_unit=UNIT,
        lot_limits={} if lot_limit is None else {BTC.id: lot_limit},
    )  # fmt: skip


shares = st.decimals(0, 1, places=4) | st.none()
profiles = st.builds(
    lambda position, exposure, volatility, risk, notional: replace(
        OPEN, max_position_pct=position, portfolio_exposure_pct=exposure, target_volatility=volatility, trade_risk_pct=risk,
        max_order_notional=notional, stop_loss_atr_multiple=Decimal("1.5"),
    ),
    st.decimals(0, 1, places=4), shares, shares, shares, st.decimals(0, 100_000, places=2) | st.none(),
)  # fmt: skip
accounts = st.builds(
    account,
    st.integers(1, 10**6),
    st.integers(0, 5000),
    st.integers(0, 5000),
    st.integers(0, 5000),
    st.integers(0, 5000) | st.none(),
)


@given(profiles, accounts, st.integers(1, 200_000))
def test_it_passes_and_one_lot_more_does_not(profile: RiskProfile, view: AccountView, lots: int) -> None:
    def objects(quantity: int) -> bool:
        return any(rule(buy(quantity), view, profile) for rule in SIZES)

    assume(objects(lots))
    largest = largest_quantity(buy(lots), view, profile)
    assert largest is not None
    assert 0 <= largest < lots
    assert not objects(largest) or largest == 0
    assert objects(largest + 1)


@given(profiles, accounts, st.integers(1, 200_000))
def test_the_engine_says_it_of_what_it_refuses_for_its_size_and_allows_it(
    profile: RiskProfile, view: AccountView, lots: int
) -> None:
    decision = RiskEngine(profile).decide(buy(lots), view, 1)
    if isinstance(decision, Approved) or decision.code not in SIZE_CODES:
        return
    assert decision.max_quantity is not None
    if decision.max_quantity:
        assert isinstance(RiskEngine(profile).decide(buy(decision.max_quantity), view, 2), Approved)
    more = RiskEngine(profile).decide(buy(decision.max_quantity + 1), view, 3)
    assert isinstance(more, Refused)
    assert more.code in SIZE_CODES


@pytest.mark.parametrize(
    ("changes", "code", "largest"),
    [
        ({"max_position_pct": Decimal("0.05")}, DecisionCode.RISK_MAX_POSITION, 1250),
        ({"max_order_notional": Decimal(4000)}, DecisionCode.RISK_MAX_NOTIONAL, 1000),
        ({"max_position_pct": Decimal("0.05"), "max_order_notional": Decimal(4000)}, DecisionCode.RISK_MAX_NOTIONAL, 1000),
        ({"max_position_pct": Decimal(0)}, DecisionCode.RISK_MAX_POSITION, 0),
    ],
)
def test_the_tightest_limit_of_size_counts(changes: dict[str, Any], code: DecisionCode, largest: int) -> None:
    decision = RiskEngine(replace(OPEN, **changes)).decide(buy(20_000), account(), 1)
    assert isinstance(decision, Refused)
    assert (decision.code, decision.max_quantity) == (code, largest)


@pytest.mark.parametrize(
    ("changes", "lot_limit", "code", "largest"),
    [
        ({}, 500, DecisionCode.RISK_MAX_QUANTITY, 500),
        ({"max_order_notional": Decimal(4000)}, None, DecisionCode.RISK_MAX_NOTIONAL, 1000),
        ({"max_position_pct": Decimal("0.05")}, None, DecisionCode.RISK_MAX_POSITION, 1250),
        ({"portfolio_exposure_pct": Decimal("0.03")}, None, DecisionCode.RISK_PORTFOLIO_EXPOSURE, 750),
        ({"target_volatility": Decimal("0.01")}, None, DecisionCode.RISK_TARGET_VOLATILITY, 500),
        ({"trade_risk_pct": Decimal("0.0001")}, None, DecisionCode.RISK_TRADE_RISK, 8064),  # 10 USDT at 12.4 a bitcoin
    ],
)
def test_each_limit_of_size_names_its_largest_quantity_also_where_another_one_refuses(
    changes: dict[str, Any], lot_limit: int | None, code: DecisionCode, largest: int
) -> None:
    alone = RiskEngine(replace(OPEN, **changes)).decide(buy(20_000), account(lot_limit=lot_limit), 1)
    assert isinstance(alone, Refused)
    assert (alone.code, alone.max_quantity) == (code, largest)
    earlier = replace(OPEN, **{"max_order_notional": Decimal(60_000), **changes})
    both = RiskEngine(earlier).decide(buy(20_000), account(lot_limit=lot_limit), 1)
    assert isinstance(both, Refused)
    assert both.max_quantity == largest


def test_a_refusal_for_another_reason_names_no_size() -> None:
    decision = RiskEngine(replace(OPEN, symbol_locks=("BTC/USDT",))).decide(buy(1), account(), 1)
    assert isinstance(decision, Refused)
    assert (decision.code, decision.max_quantity) == (DecisionCode.SYMBOL_LOCKED, None)


def test_where_an_input_of_a_limit_of_size_is_missing_no_size_is_named() -> None:
    profile = replace(OPEN, max_order_notional=Decimal(4000), target_volatility=Decimal("0.1"))
    decision = RiskEngine(profile).decide(buy(20_000), replace(account(), volatility={}), 1)
    assert isinstance(decision, Refused)
    assert (decision.code, decision.max_quantity) == (DecisionCode.RISK_MAX_NOTIONAL, None)


def test_an_input_that_even_one_lot_needs_is_missing_whatever_more_lots_break() -> None:
    profile = replace(OPEN, portfolio_exposure_pct=Decimal("0.5"))
    view = replace(account(lot_limit=1, other=1), prices={BTC.id: PRICE})
    assert largest_quantity(buy(5), view, profile) is None
    assert largest_quantity(buy(5), view, OPEN) == 1
