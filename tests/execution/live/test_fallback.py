"""An order for another venue says exactly the same on the other grid, or is not made."""

from __future__ import annotations

import pytest

from golive.execution.live.fallback import converted
from golive.model.errors import MagnitudeError
from golive.model.instrument import Instrument
from golive.model.order import OrderType
from support.router_desk import BTC, BYBIT, limit
from support.trading import client_order_id

OTHER = client_order_id(2)


def test_price_quantity_and_triggers_are_the_same_texts_at_the_other_venue() -> None:
    order = limit(1, "0.1", "39000.1")._replace(type=OrderType.STOP_LIMIT, trigger=BTC.ticks("39500"), trail=BTC.ticks("10"))
    there = converted(order, BTC, BYBIT, OTHER)
    assert (there.client_order_id, there.instrument, there.side, there.time_in_force) == (
        OTHER, BYBIT.id, order.side, order.time_in_force,
    )  # fmt: skip
    assert there.price is not None
    assert (BYBIT.price_text(there.price), BYBIT.quantity_text(there.quantity)) == ("39000.1", "0.1")
    assert (there.trigger, there.trail) == (BYBIT.ticks("39500"), BYBIT.ticks("10"))


def test_a_market_order_needs_no_price() -> None:
    order = limit(1)._replace(type=OrderType.MARKET, price=None)
    assert converted(order, BTC, BYBIT, OTHER).price is None


@pytest.mark.parametrize(
    ("source", "target", "quantity", "price"),
    [
        (BTC, BYBIT, "0.10000001", "39000"),
        (BYBIT, BTC, "0.1", "39000.01"),
        (BTC, BYBIT, "0.00002", "39000"),
        (BTC, BYBIT, "101", "39000"),
        (BTC, BYBIT, "0.0001", "39000"),
    ],
    ids=["lot", "tick", "minimum", "maximum", "notional"],
)
def test_what_is_off_the_other_grid_or_outside_its_limits_is_not_rounded(
    source: Instrument, target: Instrument, quantity: str, price: str
) -> None:
    with pytest.raises(MagnitudeError):
        converted(limit(1, quantity, price, of=source), source, target, OTHER)
