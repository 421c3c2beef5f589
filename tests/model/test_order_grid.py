"""Prices rounded by side and quantities down: what is sent is never worse for the customer than what was asked."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument
from golive.model.money import format_decimal
from golive.model.order import Side
from golive.model.order_grid import limit_ticks, order_lots

GRIDS = [("0.1", "0.00000001"), ("0.01", "0.000001"), ("0.5", "0.001"), ("5", "0.25"), ("0.00000001", "1")]


def instrument(grid: tuple[str, str]) -> Instrument:
    tick, lot = grid
    return Instrument.from_text("okx:BTC/USDT", tick_size=tick, lot_size=lot, min_quantity=lot, max_quantity="1000000")


amounts = st.decimals(min_value="0.00000001", max_value="999999", places=8).map(format_decimal)


@pytest.mark.parametrize(
    ("side", "text", "ticks"),
    [
        (Side.BUY, "30000.05", 300_000),
        (Side.SELL, "30000.05", 300_001),
        (Side.BUY, "30000.1", 300_001),
        (Side.SELL, "30000.1", 300_001),
        (Side.SELL, "0.01", 1),
    ],
)
def test_a_buy_limit_is_rounded_down_and_a_sell_limit_up(side: Side, text: str, ticks: int) -> None:
    assert limit_ticks(instrument(GRIDS[0]), side, text) == ticks


@given(st.sampled_from(GRIDS), amounts)
def test_a_buy_never_pays_more_and_a_sell_never_takes_less_and_neither_gives_away_a_whole_tick(
    grid: tuple[str, str], text: str
) -> None:
    at, asked = instrument(grid), Decimal(text)
    sold = limit_ticks(at, Side.SELL, text) * at.tick_size
    assert asked <= sold < asked + at.tick_size
    if asked >= at.tick_size:
        bought = limit_ticks(at, Side.BUY, text) * at.tick_size
        assert asked - at.tick_size < bought <= asked
        assert bought == (asked / at.tick_size).to_integral_value(ROUND_FLOOR) * at.tick_size
    assert sold == (asked / at.tick_size).to_integral_value(ROUND_CEILING) * at.tick_size


@given(st.sampled_from(GRIDS), amounts)
def test_a_quantity_is_never_more_than_asked_and_less_by_less_than_a_lot(grid: tuple[str, str], text: str) -> None:
    at, asked = instrument(grid), Decimal(text)
    if asked < at.lot_size:
        with pytest.raises(MagnitudeError, match="below one lot"):
            order_lots(at, text)
        return
    assert asked - at.lot_size < order_lots(at, text) * at.lot_size <= asked


@given(st.sampled_from(GRIDS), st.integers(1, 10**6), st.sampled_from(Side))
def test_what_is_on_the_grid_stays_where_it_is(grid: tuple[str, str], steps: int, side: Side) -> None:
    at = instrument(grid)
    assert limit_ticks(at, side, at.price_text(steps)) == steps
    assert order_lots(at, at.quantity_text(steps)) == steps


@pytest.mark.parametrize("text", ["0", "-1", "", "NaN", "1e400", "0.04"])
def test_a_buy_price_that_is_no_price_is_refused(text: str) -> None:
    with pytest.raises(MagnitudeError):
        limit_ticks(instrument(GRIDS[0]), Side.BUY, text)
