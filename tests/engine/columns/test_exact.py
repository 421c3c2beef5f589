"""Exact arithmetic on 64 bits against Python's integers, at sizes where plain products overflow."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from golive.engine.columns import exact
from golive.matching.slippage import ConstantSlippage
from golive.model.money import LIMIT, rate_of
from golive.model.order import Side

amounts = st.one_of(st.integers(0, LIMIT - 1), st.integers(0, 1000), st.integers(LIMIT - 1000, LIMIT - 1))
shares = st.integers(0, 1_000_000)


@given(amounts, amounts, amounts, amounts)
def test_products_are_compared_exactly(a: int, b: int, c: int, d: int) -> None:
    assert exact.is_more(a, b, c, d) == (a * b > c * d)
    assert exact.is_least(a, b, c, d) == (a * b >= c * d)


@given(amounts, amounts, st.integers(-2, 2))
def test_products_that_are_nearly_equal_are_told_apart(a: int, b: int, off: int) -> None:
    c = min(max(a + off, 0), LIMIT - 1)
    assert exact.is_more(a, b, c, b) == (a * b > c * b)


@given(st.integers(1, LIMIT - 1), amounts, st.data())
def test_a_part_is_rounded_down_and_says_whether_it_was(c: int, b: int, data: st.DataObject) -> None:
    a = data.draw(st.integers(0, c - 1))
    whole, is_exact = exact.part_of(a, b, c)
    assert (whole, bool(is_exact)) == (a * b // c, a * b % c == 0)


@given(st.integers(0, 1 << 40), st.integers(0, 1 << 40), st.integers(1, 1 << 30))
def test_what_fits_is_below_the_limit(a: int, b: int, c: int) -> None:
    assert bool(exact.fits(a, b, c)) == (a * b * c < LIMIT)


@given(amounts, st.integers(-10_000_000, 10_000_000))
def test_a_rate_is_rounded_as_every_fee_is(units: int, parts: int) -> None:
    assert exact.rate_of(units, parts) == rate_of(units, parts, 100_000_000)


@given(st.integers(0, 50), st.sampled_from((5_000_000, -5_000_000, 25_000_000)))
def test_half_a_unit_goes_to_the_even_one(units: int, parts: int) -> None:
    assert exact.rate_of(units, parts) == rate_of(units, parts, 100_000_000)


@given(st.integers(1, 1 << 40), st.integers(0, 100_000_000), st.sampled_from(Side))
def test_a_price_is_made_worse_as_slippage_does(ticks: int, parts: int, side: Side) -> None:
    slippage = ConstantSlippage(Decimal(parts).scaleb(-4))
    assert exact.worsened(ticks, parts, int(side is Side.BUY)) == slippage.worsened(ticks, side, 1)


@given(amounts, shares, shares)
def test_a_share_of_equity_is_rounded_down_once(amount: int, share: int, of_share: int) -> None:
    assert exact.share_of(amount, share, of_share) == amount * share * of_share // 10**12
    assert exact.lots_of_share(amount, share) == amount * share // 10**6
