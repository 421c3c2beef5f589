"""What market orders pay beside the price they aim at."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.matching.slippage import ConstantSlippage, DrawnSlippage, Slippage
from golive.model.errors import MagnitudeError
from golive.model.order import Side

rates = st.integers(0, 5_000_000).map(lambda n: Decimal(n) / 10_000)


def test_a_constant_rate_raises_buys_and_lowers_sells_and_rounds_against_us() -> None:
    five = ConstantSlippage()
    assert (five.worsened(400_000, Side.BUY, 1), five.worsened(400_000, Side.SELL, 1)) == (400_200, 399_800)
    assert (five.worsened(400_001, Side.BUY, 1), five.worsened(400_001, Side.SELL, 1)) == (400_202, 399_800)
    assert (five.worsened(1, Side.BUY, 1), five.worsened(1, Side.SELL, 1)) == (2, 1), "a price stays above zero"


def test_a_drawn_rate_is_one_of_the_observed_and_reproducible() -> None:
    observed = (Decimal(0), Decimal("2.5"), Decimal(30))
    slippage = DrawnSlippage(observed, seed=1)
    prices = [slippage.worsened(100_000, Side.BUY, n) for n in range(100)]
    assert set(prices) == {100_000, 100_025, 100_300}
    assert [DrawnSlippage(observed, 1).worsened(100_000, Side.BUY, n) for n in reversed(range(100))] == prices[::-1]
    assert [DrawnSlippage(observed, 2).worsened(100_000, Side.BUY, n) for n in range(100)] != prices


@given(st.integers(1, 2**40), st.lists(rates, min_size=1, max_size=4), st.integers(0, 99), st.integers(0, 9))
def test_slippage_is_never_to_our_advantage(ticks: int, observed: list[Decimal], number: int, seed: int) -> None:
    models: list[Slippage] = [DrawnSlippage(tuple(observed), seed), ConstantSlippage(observed[0])]
    for slippage in models:
        assert slippage.worsened(ticks, Side.BUY, number) >= ticks
        assert 1 <= slippage.worsened(ticks, Side.SELL, number) <= ticks
    exact = ticks * observed[0] / 10_000
    paid = ConstantSlippage(observed[0]).worsened(ticks, Side.BUY, number) - ticks
    assert exact <= paid < exact + 1


@pytest.mark.parametrize("bad", ["-0.1", "10001", "0.00001", "NaN"])
def test_impossible_rates_are_refused(bad: str) -> None:
    with pytest.raises(MagnitudeError):
        ConstantSlippage(Decimal(bad))
    with pytest.raises(MagnitudeError):
        DrawnSlippage((Decimal(1), Decimal(bad)), 1)


def test_a_draw_needs_something_to_draw_from() -> None:
    with pytest.raises(MagnitudeError):
        DrawnSlippage((), 1)
