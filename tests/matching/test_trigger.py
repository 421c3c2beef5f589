"""When a sleeping order fires, and in what order several do."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.matching.trigger import SleepingOrders, Trigger
from golive.model.order import NewOrder, OrderType, Side
from support.market_play import new

O = OrderType  # noqa: E741
prices = st.integers(50, 150)


def stop(n: int, side: Side, trigger: int, kind: OrderType = O.STOP) -> NewOrder:
    return new(n, side, 5, trigger if kind.has_price else None, type=kind, trigger=trigger)


def trailing(n: int, side: Side, trail: int) -> NewOrder:
    return new(n, side, 5, type=O.TRAILING_STOP, trail=trail)


def fired(sleeping: SleepingOrders, *path: int) -> list[tuple[int, int]]:
    """(price, number of the order) for each that fires along the path."""
    return [(price, int(o.client_order_id, 16)) for price in path for o in sleeping.on_price(price)]


@pytest.mark.parametrize(
    ("kind", "side", "before", "at"),
    [
        (O.STOP, Side.BUY, 99, 100), (O.STOP, Side.SELL, 101, 100),
        (O.STOP_LIMIT, Side.BUY, 99, 101), (O.STOP_LIMIT, Side.SELL, 101, 99),
        (O.TAKE_PROFIT, Side.BUY, 101, 100), (O.TAKE_PROFIT, Side.SELL, 99, 100),
        (O.TAKE_PROFIT_LIMIT, Side.BUY, 101, 99), (O.TAKE_PROFIT_LIMIT, Side.SELL, 99, 101),
    ],
)  # fmt: skip
def test_a_stop_lies_against_the_position_and_a_take_profit_for_it(kind: OrderType, side: Side, before: int, at: int) -> None:
    sleeping = SleepingOrders()
    sleeping.add(stop(1, side, 100, kind), last=None)
    assert fired(sleeping, before, before) == []
    assert fired(sleeping, at, at) == [(at, 1)], "once"
    assert len(sleeping) == 0


def test_a_trailing_stop_follows_the_best_price_since_it_arrived() -> None:
    sleeping = SleepingOrders()
    sleeping.add(trailing(1, Side.SELL, 5), last=100)
    assert sleeping.level_of(new(1, Side.SELL, 1).client_order_id) == 95
    assert fired(sleeping, 103, 99, 110, 106) == []
    assert fired(sleeping, 105) == [(105, 1)]
    sleeping.add(trailing(2, Side.BUY, 5), last=None)
    assert sleeping.level_of(new(2, Side.BUY, 1).client_order_id) is None, "it starts from the first price it sees"
    assert fired(sleeping, 100, 104, 90, 94, 95) == [(95, 2)]


def test_stops_fire_before_take_profits_then_the_nearest_then_the_oldest() -> None:
    sleeping = SleepingOrders()
    rows = [
        (1, Side.SELL, 101, O.TAKE_PROFIT),
        (2, Side.BUY, 103, O.STOP),
        (3, Side.BUY, 101, O.STOP_LIMIT),
        (4, Side.BUY, 103, O.STOP),
    ]
    for n, side, trigger, kind in [*rows, (5, Side.BUY, 106, O.STOP)]:
        sleeping.add(stop(n, side, trigger, kind), last=100)
    assert [n for _, n in fired(sleeping, 105)] == [3, 2, 4, 1]
    assert [int(o.client_order_id, 16) for o in sleeping] == [5]


def test_an_amended_trailing_stop_remembers_the_best_price() -> None:
    sleeping = SleepingOrders()
    order = trailing(1, Side.SELL, 5)
    sleeping.add(order, last=100)
    assert fired(sleeping, 110) == []
    sleeping.replace(new(1, Side.SELL, 9, type=O.TRAILING_STOP, trail=5))
    assert sleeping.level_of(order.client_order_id) == 105
    assert [o.quantity for o in sleeping] == [9]
    assert sleeping.remove(order.client_order_id) is not None
    assert sleeping.remove(order.client_order_id) is None


@given(st.sampled_from(Side), st.integers(1, 20), st.lists(prices, min_size=1, max_size=30))
def test_a_trailing_trigger_only_moves_with_the_position_and_fires_where_it_stands(
    side: Side, trail: int, path: list[int]
) -> None:
    sleeping = SleepingOrders()
    order = trailing(1, side, trail)
    sleeping.add(order, last=None)
    levels: list[int] = []
    for n, price in enumerate(path, 1):
        woken = sleeping.on_price(price)
        best = min(path[:n]) if side is Side.BUY else max(path[:n])
        if woken:
            assert abs(price - best) >= trail
            assert (price - levels[-1]) * side.sign >= 0
            return
        level = sleeping.level_of(order.client_order_id)
        assert level is not None
        levels.append(level)
        assert (level - price) * side.sign > 0, "not yet reached"
    assert levels == sorted(levels, reverse=side is Side.BUY)
    assert levels[-1] == (min(path) + trail if side is Side.BUY else max(path) - trail)


@given(
    st.sampled_from(Side), st.integers(1, 12), st.integers(90, 110),
    st.lists(st.integers(90, 110), min_size=1, max_size=8),
)  # fmt: skip
def test_within_a_bar_a_trailing_stop_fires_if_any_path_can_and_never_dearer_than_the_worst(
    side: Side, trail: int, start: int, path: list[int]
) -> None:
    """`path` is what really happened between the bar's low and high; the model sees only those two."""
    real, blind = Trigger(trailing(1, side, trail)), Trigger(trailing(1, side, trail))
    real.follow(start)
    blind.follow(start)
    at = None
    for price in path:
        real.follow(price)
        if real.is_reached(price):
            at = real.level
            break
    told = blind.reached_within(min(start, *path), max(start, *path))
    if at is not None:
        assert told is not None, "it really fired"
        assert (told - at) * side.sign >= 0, "and at no better price than told"


@pytest.mark.parametrize(
    "order",
    [
        new(1, Side.BUY, 1),
        new(1, Side.BUY, 1, 100),
        new(1, Side.BUY, 1, type=O.STOP),
        new(1, Side.BUY, 1, type=O.TRAILING_STOP, trail=0),
    ],
)
def test_what_has_nothing_to_wait_for_does_not_sleep(order: NewOrder) -> None:
    with pytest.raises(ValueError, match="without what it would wait for"):
        Trigger(order)
