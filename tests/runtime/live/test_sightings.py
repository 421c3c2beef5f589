"""What a venue shows of an order, as facts."""

from __future__ import annotations

from dataclasses import replace

import pytest

from golive.model.ids import ClientOrderId, FillId, InstrumentId, VenueOrderId
from golive.model.order import Fill, Liquidity, NewOrder, OrderStatus, OrderType, Side
from golive.runtime.live.sightings import news_of, updates_of
from golive.venues.dialect import FillSighting, Lookup, OrderSighting

NAME = ClientOrderId("a" * 32)
BTC = InstrumentId("okx", "BTC", "USDT")
SEEN = OrderSighting(NAME, VenueOrderId("17"), OrderStatus.OPEN, 10, 0, "", 5, 700)
SHALL = NewOrder(NAME, BTC, Side.BUY, OrderType.LIMIT, 12, 700)


def fill(n: int, ts: int) -> FillSighting:
    return FillSighting(
        VenueOrderId("17"), Fill(FillId("okx", str(n)), NAME, BTC, ts, Side.BUY, 700, 4, 1, "BTC", Liquidity.TAKER)
    )


@pytest.mark.parametrize(
    ("status", "events"),
    [
        (OrderStatus.OPEN, ["accepted"]),
        (OrderStatus.PARTIAL, ["accepted"]),
        (OrderStatus.FILLED, ["accepted"]),
        (OrderStatus.CANCELED, ["canceled"]),
        (OrderStatus.EXPIRED, ["expired"]),
        (OrderStatus.REJECTED, ["rejected"]),
        (OrderStatus.UNKNOWN, []),
    ],
)
def test_a_status_says_what_it_proves_and_no_more(status: OrderStatus, events: list[str]) -> None:
    assert [update.event for update in updates_of(replace(SEEN, status=status), NAME, None)] == events


def test_new_terms_prove_an_unanswered_amendment_and_old_ones_prove_nothing() -> None:
    assert [update.event for update in updates_of(SEEN, NAME, SHALL)] == ["accepted"]
    accepted, amended = updates_of(replace(SEEN, quantity=12), NAME, SHALL)
    assert (accepted.event, amended.event, amended.quantity, amended.price) == ("accepted", "amended", 12, 700)


def test_a_look_up_after_its_deadline_tells_the_terms_an_order_has() -> None:
    found = Lookup(SEEN, ())
    told = news_of(found, NAME, terms=True)
    assert [getattr(item, "event", "fill") for item in told] == ["accepted", "amended"]
    assert [getattr(item, "quantity", None) for item in told][-1] == 10
    assert len(news_of(found, NAME, terms=False)) == 1


def test_fills_come_by_time_after_the_acceptance_and_before_the_end() -> None:
    fills = (fill(2, 20), fill(1, 10))
    worked = news_of(Lookup(replace(SEEN, status=OrderStatus.PARTIAL, filled=8), fills), NAME, terms=False)
    assert [getattr(item, "event", "fill") for item in worked] == ["accepted", "fill", "fill"]
    assert [item.ts for item in worked[1:]] == [10, 20]
    ended = news_of(Lookup(replace(SEEN, status=OrderStatus.CANCELED, filled=8), fills), NAME, terms=False)
    assert [getattr(item, "event", "fill") for item in ended] == ["fill", "fill", "canceled"]


def test_an_order_that_is_known_by_its_fills_alone_is_told_by_them() -> None:
    assert [item.ts for item in news_of(Lookup(None, (fill(1, 10),)), NAME, terms=False)] == [10]
