"""The life of an order: the table itself, and what `Orders` makes of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.errors import IllegalTransition
from golive.model.ids import FillId
from golive.model.order import TERMINAL, Fill, Liquidity, OrderStatus, OrderUpdate, Side
from golive.orders import TRANSITIONS, OrderEvent, Orders, next_status
from support.trading import BTC_ID, client_order_id, order

S, E = OrderStatus, OrderEvent
EVERY_PAIR = [(status, event) for status in S for event in E]


@pytest.mark.parametrize(("status", "event"), EVERY_PAIR)
def test_a_pair_outside_the_table_is_an_error(status: OrderStatus, event: OrderEvent) -> None:
    if (status, event) in TRANSITIONS:
        assert next_status(status, event) is TRANSITIONS[status, event]
    else:
        with pytest.raises(IllegalTransition):
            next_status(status, event)


def test_every_status_but_planned_can_be_reached_and_no_dead_order_comes_back_to_life() -> None:
    assert set(TRANSITIONS.values()) == set(S) - {S.PLANNED}
    for (before, _), after in TRANSITIONS.items():
        if before in TERMINAL:
            assert after in TERMINAL


def test_an_unknown_order_is_never_sent_again() -> None:
    assert (S.UNKNOWN, E.SENT) not in TRANSITIONS
    assert {before for (before, event) in TRANSITIONS if event is E.SENT} == {S.PLANNED}


def fill(n: int, quantity: int, trade: str) -> Fill:
    return Fill(FillId("okx", trade), client_order_id(n), BTC_ID, 1, Side.BUY, 400_000, quantity, 0, "BTC", Liquidity.TAKER)


def planned(quantity: str = "0.5") -> Orders:
    orders = Orders()
    orders.plan(order(1, Side.BUY, quantity), 1)
    orders.sent(client_order_id(1))
    return orders


def test_a_fill_after_the_cancel_closes_the_order() -> None:
    orders = planned()
    orders.apply(OrderUpdate(client_order_id(1), 2, E.ACCEPTED))
    orders.apply(OrderUpdate(client_order_id(1), 3, E.CANCELED))
    filled = orders.fill(fill(1, 50_000_000, "t1"))
    assert filled is not None
    assert filled.status is S.FILLED


def test_the_same_fill_twice_counts_once() -> None:
    orders = planned()
    assert orders.fill(fill(1, 10_000_000, "t1")) is not None
    assert orders.fill(fill(1, 10_000_000, "t1")) is None
    assert orders[client_order_id(1)].filled == 10_000_000


@given(st.lists(st.integers(1, 40_000_000), max_size=6))
def test_filled_never_exceeds_ordered(parts: list[int]) -> None:
    orders = planned()
    for n, part in enumerate(parts):
        done = orders[client_order_id(1)].filled
        if done + part > 50_000_000:
            with pytest.raises(IllegalTransition):
                orders.fill(fill(1, part, f"t{n}"))
            assert orders[client_order_id(1)].filled == done
        else:
            orders.fill(fill(1, part, f"t{n}"))
    assert orders[client_order_id(1)].filled <= 50_000_000


def test_a_client_order_id_is_used_once_and_foreign_news_is_refused() -> None:
    orders = planned()
    with pytest.raises(IllegalTransition, match="used before"):
        orders.plan(order(1, Side.BUY, "0.5"), 2)
    with pytest.raises(IllegalTransition, match="not ours"):
        orders.apply(OrderUpdate(client_order_id(9), 2, E.ACCEPTED))


def test_an_unknown_order_counts_as_pending_in_full() -> None:
    orders = planned()
    orders.apply(OrderUpdate(client_order_id(1), 2, E.UNANSWERED))
    assert orders.pending_lots(BTC_ID, Side.BUY) == 50_000_000
    orders.apply(OrderUpdate(client_order_id(1), 3, E.ABSENT))
    assert orders.pending_lots(BTC_ID, Side.BUY) == 0
