"""What is news about our orders and fills: forward only, each fill once, from any mixture of pushes and REST answers."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golive.model.balance import Balance
from golive.model.errors import MalformedPayload
from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.order import TERMINAL, Fill, Liquidity, OrderStatus, Side
from golive.venues.account_state import AccountState, forward
from golive.venues.dialect import AccountEvent, FillSighting, OrderSighting, Total

S = OrderStatus
OURS = ClientOrderId("a" * 32)
BTC = InstrumentId("okx", "BTC", "USDT")


def order(status: OrderStatus = S.OPEN, filled: int = 0, ts: int = 1, quantity: int = 10, number: str = "1") -> OrderSighting:
    return OrderSighting(OURS, VenueOrderId(number), status, quantity, filled, "", ts)


def fill(trade_id: str = "t1", quantity: int = 4, *, name: str = OURS, number: str = "1", price: int = 100) -> FillSighting:
    made = Fill(FillId("okx", trade_id), ClientOrderId(name), BTC, 1, Side.BUY, price, quantity, 1, "BTC", Liquidity.TAKER)
    return FillSighting(VenueOrderId(number), made)


@pytest.mark.parametrize(
    ("known", "new", "news"),
    [
        (order(), order(), None),
        (order(ts=5), order(ts=9), None),
        (order(), order(S.PARTIAL, 4), order(S.PARTIAL, 4)),
        (order(S.PARTIAL, 4), order(S.OPEN, 0, ts=9), None),
        (order(S.PARTIAL, 4), order(S.OPEN, 4, ts=9), None),
        (order(S.PARTIAL, 4), order(S.CANCELED, 4), order(S.CANCELED, 4)),
        (order(S.FILLED, 10), order(S.PARTIAL, 4, ts=9), None),
        (order(S.FILLED, 10), order(S.CANCELED, 10, ts=9), None),
        (order(S.CANCELED, 4), order(S.OPEN, 4, ts=9), None),
        (order(S.CANCELED, 4), order(S.UNKNOWN, 4, ts=9), None),
        (order(S.CANCELED, 4), order(S.FILLED, 10), order(S.FILLED, 10)),
        (order(S.CANCELED, 4), order(S.PARTIAL, 6), order(S.CANCELED, 6)),
        (order(ts=5), order(ts=9, quantity=20), order(ts=9, quantity=20)),
        (order(ts=5), order(ts=4, quantity=20), None),
        (order(ts=5), order(S.UNKNOWN, ts=5), order(S.UNKNOWN, ts=5)),
        (order(S.UNKNOWN, ts=5), order(S.OPEN, ts=6), order(S.OPEN, ts=6)),
        (order(S.UNKNOWN, ts=5), order(S.OPEN, ts=4), None),
    ],
)
def test_an_order_only_moves_forward(known: OrderSighting, new: OrderSighting, news: OrderSighting | None) -> None:
    assert forward(known, new) == news


def test_another_price_alone_is_news_unless_it_is_older_or_not_told() -> None:
    at_100, at_101 = replace(order(ts=5), price=100), replace(order(ts=5), price=101)
    moved = forward(at_100, at_101)
    assert moved is not None
    assert moved.price == 101
    assert forward(at_100, replace(at_101, ts=4)) is None
    assert forward(at_100, replace(at_101, price=None)) is None


def test_a_fill_is_news_once_and_gets_our_id_from_its_order() -> None:
    state = AccountState()
    assert state.take(order()) == (order(),)
    assert state.take(fill(name="")) == (fill(),)
    assert state.take(fill()) == ()
    assert state.take(fill("t2", name="", number="2")) == (fill("t2", name="", number="2"),), "an order of somebody else"


def test_a_fill_told_again_with_other_figures_is_news_each_time_and_changes_nothing_here() -> None:
    state = AccountState()
    state.take(fill())
    dearer = fill()
    dearer = replace(dearer, fill=dearer.fill._replace(fee=dearer.fill.fee + 1))
    for other in (fill(price=101), fill(quantity=5), dearer):
        assert state.take(other) == (other,)
        assert state.take(other) == (other,)
        assert state.take(fill()) == ()
    with pytest.raises(MalformedPayload, match="of two orders"):
        state.take(fill(number="2"))


def test_what_was_there_before_is_no_news_until_it_changes() -> None:
    state = AccountState()
    for event in (fill(), order(S.PARTIAL, 4), order(S.FILLED, 10, number="2")):
        state.begin(event)
    assert state.take(fill()) == ()
    assert state.take(order(S.PARTIAL, 4)) == ()
    assert not state.lacks_fills
    assert state.take(order(S.FILLED, 10, ts=2)) == (order(S.FILLED, 10, ts=2),)
    assert state.lacks_fills, "six lots more, and no fill tells of them"
    state.take(fill("t2", 6))
    assert not state.lacks_fills


def test_the_first_fill_of_an_order_that_was_there_before_brings_the_order_along() -> None:
    state = AccountState()
    state.begin(order(S.FILLED, 4))
    assert state.take(fill()) == (fill(), order(S.FILLED, 4))
    assert state.take(fill("t2", 1)) == (fill("t2", 1),)


def test_balances_and_totals_are_news_when_they_differ() -> None:
    state = AccountState()
    whole = Balance("BTC", 5, 2, 8)
    assert state.take(whole) == (whole,)
    assert state.take(whole) == ()
    assert state.take(Total("BTC", 7, 8)) == (), "what the balance says already"
    assert state.take(Total("BTC", 9, 8)) == (Total("BTC", 9, 8),)
    assert state.take(Total("BTC", 9, 8)) == ()
    assert state.vanished_balances(frozenset({"USDT"})) == (Balance("BTC", 0, 0, 8),)
    assert state.vanished_balances(frozenset({"BTC"})) == ()


LIFE: tuple[AccountEvent, ...] = (
    order(S.OPEN, 0, 1),
    fill("t1", 4),
    order(S.PARTIAL, 4, 2),
    fill("t2", 5),
    order(S.PARTIAL, 9, 3),
    fill("t3", 1),
    order(S.FILLED, 10, 4),
)


@given(st.lists(st.integers(0, len(LIFE) - 1), max_size=25), st.permutations(range(len(LIFE))))
def test_any_order_of_telling_and_retelling_ends_in_the_same_fills_and_the_same_end(told: list[int], rest: list[int]) -> None:
    state = AccountState()
    news: list[AccountEvent] = []
    for n in (*told, *rest):
        event = LIFE[n]
        news += state.take(
            replace(event, fill=event.fill._replace(client_order_id=OURS)) if isinstance(event, FillSighting) else event
        )
    fills = [event.fill.quantity for event in news if isinstance(event, FillSighting)]
    assert sorted(fills) == [1, 4, 5]
    orders = [event for event in news if isinstance(event, OrderSighting)]
    assert orders[-1] == LIFE[-1]
    assert [o.filled for o in orders] == sorted(o.filled for o in orders)
    assert [o.status in TERMINAL for o in orders].count(True) == 1
    assert not state.lacks_fills


def test_a_quantity_that_one_source_leaves_out_is_learned_from_another_and_never_forgotten() -> None:
    nameless = replace(order(S.FILLED, 10, ts=5), quantity=None)
    assert forward(nameless, order(S.PARTIAL, 3, ts=2)) == order(S.FILLED, 10, ts=5)
    assert forward(order(S.PARTIAL, 3, ts=2), nameless) == order(S.FILLED, 10, ts=5)
    assert forward(nameless, replace(order(S.PARTIAL, 3, ts=2), quantity=None)) is None
