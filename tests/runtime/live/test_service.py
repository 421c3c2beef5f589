"""A session that was cut off goes on with what the account's journal says, whatever it had stored itself."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from golive.execution.ports import News
from golive.model.decision import Approved
from golive.model.live_order import OrderResult
from golive.model.order import Fill, NewOrder, OrderStatus, OrderUpdate, Side
from golive.orders import OrderEvent, Orders
from golive.runtime.live.past_order import PastOrder
from golive.runtime.live.service import DeskService
from support.live_desk import Trader, account_plan, live_plan, live_venue, trader, truth
from support.trading import START, client_order_id, order
from support.venue_process import VenueProcess

S = OrderStatus


class Session:
    """What an engine knows of its orders: news alone change it."""

    def __init__(self) -> None:
        self.orders = Orders()

    def planned(self, order: NewOrder) -> None:
        self.orders.plan(order, START)

    def sent(self, order: NewOrder) -> None:
        self.planned(order)
        self.orders.sent(order.client_order_id)

    def hear(self, news: Iterable[News]) -> None:
        for each in news:
            if isinstance(each, Fill):
                assert self.orders.fill(each) is not None
            else:
                self.orders.apply(each)

    def submitted(self, service: DeskService, approved: Approved) -> None:
        self.orders.sent(approved.order.client_order_id)
        self.hear(service.submit(approved, START))

    def status(self, approved: Approved) -> OrderStatus:
        return self.orders[approved.order.client_order_id].status


async def traded(at: Trader) -> tuple[Approved, Approved, Approved]:
    """One order that was filled, one that rests, one that was filled and of which the session knows that it left."""
    made = at.order(price=None), at.order(), at.order(price=None)
    for each in made:
        at.desk.submit(each)
        await at.settled()
    return made


async def test_what_had_left_is_not_sent_again_and_what_became_of_it_is_told(tmp_path: Path) -> None:
    with live_venue("okx") as venue:
        plan = live_plan(tmp_path, [account_plan("okx", venue)])
        async with trader(plan) as at:
            filled, resting, known = await traded(at)
        async with trader(plan) as at:
            session, new = Session(), at.order(price=None)
            for each in (filled, resting, new):
                session.planned(each.order)
            session.sent(known.order)
            service = DeskService(at.desk)
            session.hear(service.restore(list(session.orders), [], [], (), START))
            assert session.status(known) is S.FILLED
            assert [session.status(each) for each in (filled, resting, new)] == [S.PLANNED] * 3, "told when it comes to them"
            for each in (filled, resting, new):
                session.submitted(service, each)
            await at.settled()
            session.hear(service.on_time(START))
            assert [session.status(each) for each in (filled, resting, new)] == [S.FILLED, S.OPEN, S.FILLED]
            demand_once(venue, filled, resting, known, new)


async def test_an_order_that_the_session_gave_up_meanwhile_is_canceled_where_it_works_and_booked_where_it_was_filled(
    tmp_path: Path,
) -> None:
    with live_venue("okx") as venue:
        plan = live_plan(tmp_path, [account_plan("okx", venue)])
        async with trader(plan) as at:
            filled, resting, _ = await traded(at)
        async with trader(plan) as at:
            session, service = Session(), DeskService(at.desk)
            for each in (filled, resting):
                session.planned(each.order)
            session.hear(service.restore(list(session.orders), [], [], (), START))
            for each in (filled, resting):
                session.orders.apply(never_left(each.order))
            session.hear(service.on_time(START))
            await at.settled()
            session.hear(service.on_time(START))
            assert session.status(filled) is S.FILLED
            assert session.status(resting) is S.CANCELED
            [row] = truth(venue, resting.order.client_order_id)
            assert row["state"] == "canceled"


def never_left(order: NewOrder) -> OrderUpdate:
    return OrderUpdate(order.client_order_id, START, OrderEvent.NOT_SENT)


def demand_once(venue: VenueProcess, *orders: Approved) -> None:
    for each in orders:
        assert len(truth(venue, each.order.client_order_id)) == 1


@pytest.mark.parametrize(
    ("result", "before", "after"),
    [
        (OrderResult.CANCELED, [], S.CANCELED),
        (OrderResult.PARTIAL, [OrderEvent.ACCEPTED], S.CANCELED),
        (OrderResult.REJECTED, [], S.REJECTED),
        (OrderResult.EXPIRED, [OrderEvent.ACCEPTED], S.EXPIRED),
        (OrderResult.ABSENT, [], S.ABSENT),
        (OrderResult.ABSENT, [OrderEvent.UNANSWERED], S.ABSENT),
        (OrderResult.NOT_SENT, [], S.ABSENT),
        (OrderResult.CANCELED, [OrderEvent.ACCEPTED, OrderEvent.CANCELED], S.CANCELED),
    ],
)
def test_whatever_was_heard_the_rest_takes_an_order_to_its_end(
    result: OrderResult, before: list[OrderEvent], after: OrderStatus
) -> None:
    session, made = Session(), order(1, Side.BUY, "0.1", "1000")
    session.sent(made)
    for event in before:
        session.orders.apply(OrderUpdate(made.client_order_id, START, event))
    past = PastOrder(client_order_id(1), result, "51000", START + 5, ())
    session.hear(past.unheard(session.orders[made.client_order_id], set()))
    assert session.orders[made.client_order_id].status is after
