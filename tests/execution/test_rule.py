"""The venue's rules, one row per case; what keeps them all is accepted."""

from __future__ import annotations

from typing import Any

import pytest

from golive.execution import RejectReason as R
from golive.execution.rule import broken_rule
from golive.model.order import NewOrder, OrderType, Side, TimeInForce
from support.trading import BTC, START, order

T, F = OrderType, TimeInForce
PRICE, TRIGGER = BTC.ticks("40000"), BTC.ticks("41000")
TERMS: dict[OrderType, dict[str, int]] = {
    T.MARKET: {},
    T.LIMIT: {"price": PRICE},
    T.STOP: {"trigger": TRIGGER},
    T.STOP_LIMIT: {"trigger": TRIGGER, "price": PRICE},
    T.TAKE_PROFIT: {"trigger": TRIGGER},
    T.TAKE_PROFIT_LIMIT: {"trigger": TRIGGER, "price": PRICE},
    T.TRAILING_STOP: {"trail": 50},
}


def of(kind: OrderType, tif: TimeInForce = F.GTC) -> NewOrder:
    return with_term(order(1, Side.BUY, "0.1")._replace(type=kind, time_in_force=tif), **TERMS[kind])


def with_term(new: NewOrder, **terms: Any) -> NewOrder:
    return new._replace(**terms)


def broken(new: NewOrder) -> R | None:
    return broken_rule(new, BTC, START, PRICE)


@pytest.mark.parametrize("kind", T)
def test_an_order_with_the_terms_of_its_type_keeps_every_rule(kind: OrderType) -> None:
    assert broken(of(kind)) is None


@pytest.mark.parametrize("kind", T)
@pytest.mark.parametrize("term", ["price", "trigger", "trail"])
def test_a_term_that_the_type_does_not_have_or_that_it_lacks_is_refused(kind: OrderType, term: str) -> None:
    has = term in TERMS[kind]
    wrong = with_term(of(kind), **{term: None if has else 10})
    assert broken(wrong) is (R.PRICE_INVALID if term == "price" else R.TRIGGER_INVALID)


@pytest.mark.parametrize(
    ("kind", "term", "value", "reason"),
    [
        (T.LIMIT, "price", 0, R.PRICE_INVALID),
        (T.LIMIT, "price", -PRICE, R.PRICE_INVALID),
        (T.LIMIT, "price", BTC.max_price + 1, R.PRICE_INVALID),
        (T.STOP, "trigger", 0, R.TRIGGER_INVALID),
        (T.STOP, "trigger", BTC.max_price + 1, R.TRIGGER_INVALID),
        (T.TRAILING_STOP, "trail", 0, R.TRIGGER_INVALID),
        (T.TRAILING_STOP, "trail", -1, R.TRIGGER_INVALID),
        (T.MARKET, "quantity", 0, R.BELOW_MINIMUM),
        (T.MARKET, "quantity", BTC.min_quantity - 1, R.BELOW_MINIMUM),
        (T.MARKET, "quantity", BTC.max_quantity + 1, R.ABOVE_MAXIMUM),
        (T.LIMIT, "price", 1, R.NOTIONAL_BELOW_MINIMUM),
    ],
)
def test_a_term_out_of_range_is_refused(kind: OrderType, term: str, value: int, reason: R) -> None:
    assert broken(with_term(of(kind), **{term: value})) is reason


@pytest.mark.parametrize(
    ("kind", "tif", "expires_at", "reason"),
    [
        (T.MARKET, F.IOC, None, None),
        (T.MARKET, F.FOK, None, None),
        (T.MARKET, F.POST_ONLY, None, R.TIME_IN_FORCE_INVALID),
        (T.MARKET, F.GTD, START + 1, R.TIME_IN_FORCE_INVALID),
        (T.STOP, F.POST_ONLY, None, R.TIME_IN_FORCE_INVALID),
        (T.STOP, F.GTD, START + 1, None),
        (T.TRAILING_STOP, F.GTD, START + 1, None),
        (T.LIMIT, F.POST_ONLY, None, None),
        (T.LIMIT, F.GTD, START + 1, None),
        (T.LIMIT, F.GTD, START, R.EXPIRY_INVALID),
        (T.LIMIT, F.GTD, START - 1, R.EXPIRY_INVALID),
        (T.LIMIT, F.GTD, None, R.EXPIRY_INVALID),
        (T.LIMIT, F.GTC, START + 1, R.EXPIRY_INVALID),
        (T.LIMIT, F.IOC, START + 1, R.EXPIRY_INVALID),
        (T.STOP_LIMIT, F.POST_ONLY, None, None),
    ],
)
def test_times_in_force(kind: OrderType, tif: TimeInForce, expires_at: int | None, reason: R | None) -> None:
    assert broken(of(kind, tif)._replace(expires_at=expires_at)) is reason


def test_an_order_without_a_price_is_valued_at_the_reference_and_not_at_all_without_one() -> None:
    small = of(T.MARKET)._replace(quantity=BTC.min_quantity)
    assert broken_rule(small, BTC, START, BTC.ticks("99999")) is R.NOTIONAL_BELOW_MINIMUM
    assert broken_rule(small, BTC, START, BTC.ticks("100000")) is None
    assert broken_rule(small, BTC, START, None) is None
