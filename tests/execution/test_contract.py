"""What every `ExecutionService` must do. A further service joins by one line in `SERVICES` that opens it on a market of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import pytest

from golive.matching.bar import BarModel
from golive.matching.depth import DepthModel
from golive.matching.latency import ConstantLatency, DrawnLatency
from golive.model.clock import MINUTE, SECOND
from golive.model.decision import Approved
from golive.model.errors import IllegalTransition
from golive.model.market import MarketEvent
from golive.model.order import TERMINAL, OrderStatus, Side
from support.live_over_paper import LiveOverPaperDesk
from support.paper_desk import PaperDesk, fills, updates
from support.trading import BALANCES, BTC, START, book, candle, client_order_id, order


class Stand:
    """A service on a market at 40000 that can be made to trade at another price."""

    def __init__(self, desk: PaperDesk, move: Callable[[int, str], MarketEvent]) -> None:
        self.desk = desk
        self.now = START
        self._move = move
        self._moves = 0
        self.go_to("40000")

    def go_to(self, price: str) -> None:
        """Let the market trade at `price` and a little on either side of it, and all news come in."""
        self._moves += 1
        event = self._move(self._moves, price)
        self.desk.market(event)
        self.now = event.ts
        self.settle()

    def settle(self) -> None:
        self.desk.drain()
        self.now += SECOND
        self.desk.time(self.now)


def _book_move(n: int, price: str) -> MarketEvent:
    ticks = BTC.ticks(price)
    return book(START + n * MINUTE, [(BTC.price_text(ticks - 1), "5")], [(BTC.price_text(ticks + 1), "5")])


def _bar_move(n: int, price: str) -> MarketEvent:
    ticks = BTC.ticks(price)
    return candle(2 * n, price, BTC.price_text(ticks + 20), BTC.price_text(ticks - 20), price)


SERVICES: Final[dict[str, Callable[[], Stand]]] = {
    "paper, book": lambda: Stand(PaperDesk(DepthModel), _book_move),
    "paper, book, latency": lambda: Stand(PaperDesk(DepthModel, latency=ConstantLatency(30, 50)), _book_move),
    "paper, book, drawn latency": lambda: Stand(PaperDesk(DepthModel, latency=DrawnLatency((9, 400, 70), 3)), _book_move),
    "paper, bars": lambda: Stand(PaperDesk(BarModel), _bar_move),
    "paper, bars, latency": lambda: Stand(PaperDesk(BarModel, latency=ConstantLatency(30, 50)), _bar_move),
    "live, book": lambda: Stand(LiveOverPaperDesk(DepthModel), _book_move),
    "live, book, latency": lambda: Stand(LiveOverPaperDesk(DepthModel, latency=ConstantLatency(30, 50)), _book_move),
    "live, bars": lambda: Stand(LiveOverPaperDesk(BarModel), _bar_move),
}


@pytest.fixture(params=SERVICES)
def stand(request: pytest.FixtureRequest) -> Stand:
    return SERVICES[request.param]()


def test_a_resting_order_is_accepted_under_the_venues_id_and_stays_open(stand: Stand) -> None:
    stand.desk.submit(order(1, Side.BUY, "0.1", "39000"), stand.now)
    stand.settle()
    assert [u.event for u in updates(stand.desk.news)] == ["accepted"]
    [resting] = stand.desk.open
    assert (resting.status, resting.venue_order_id is None) == (OrderStatus.OPEN, False)


def test_an_order_that_the_market_reaches_is_filled_once_and_whole(stand: Stand) -> None:
    stand.desk.submit(order(1, Side.BUY, "0.1", "39000"), stand.now)
    for price in ("39500", "38000", "37000"):
        stand.settle()
        stand.go_to(price)
    assert sum(fill.quantity for fill in fills(stand.desk.news)) == BTC.lots("0.1")
    assert stand.desk.orders[client_order_id(1)].status is OrderStatus.FILLED
    stand.go_to("36000")
    assert len(stand.desk.ends) == 1


def test_a_market_order_never_rests(stand: Stand) -> None:
    stand.desk.submit(order(1, Side.BUY, "0.1"), stand.now)
    stand.settle()
    stand.go_to("40100")
    stand.go_to("40200")
    assert stand.desk.orders[client_order_id(1)].status is OrderStatus.FILLED


def test_a_rejected_order_carries_the_venues_code_and_holds_nothing(stand: Stand) -> None:
    stand.desk.submit(order(1, Side.BUY, "100", "39000"), stand.now)
    stand.settle()
    [update] = updates(stand.desk.news)
    assert (update.event, update.code) == ("rejected", "51008")
    stand.desk.submit(order(2, Side.BUY, "2.5", "39000"), stand.now)
    stand.settle()
    assert updates(stand.desk.news)[-1].event == "accepted", "all funds are still there"


def test_a_cancel_ends_a_working_order_once(stand: Stand) -> None:
    stand.desk.submit(order(1, Side.BUY, "0.1", "39000"), stand.now)
    stand.settle()
    for _ in range(2):
        stand.desk.cancel(client_order_id(1), stand.now)
        stand.settle()
    assert [u.event for u in updates(stand.desk.news)] == ["accepted", "canceled"]
    stand.go_to("38000")
    assert not fills(stand.desk.news)


def test_a_cancel_that_comes_after_the_fill_has_nothing_to_say(stand: Stand) -> None:
    stand.desk.submit(order(1, Side.BUY, "0.1", "39000"), stand.now)
    stand.settle()
    stand.go_to("39500")
    stand.go_to("38000")
    before = list(stand.desk.news)
    stand.desk.cancel(client_order_id(1), stand.now)
    stand.settle()
    assert stand.desk.news == before


def test_canceling_an_order_nobody_knows_has_nothing_to_say(stand: Stand) -> None:
    stand.desk.cancel(client_order_id(7), stand.now)
    stand.settle()
    assert stand.desk.news == []


def test_an_amended_order_works_at_its_new_price_and_quantity(stand: Stand) -> None:
    first = order(1, Side.BUY, "0.1", "39000")
    stand.desk.submit(first, stand.now)
    stand.settle()
    stand.desk.amend(first._replace(price=BTC.ticks("38500"), quantity=BTC.lots("0.2")), stand.now)
    stand.settle()
    update = updates(stand.desk.news)[-1]
    assert (update.event, update.price, update.quantity) == ("amended", BTC.ticks("38500"), BTC.lots("0.2"))
    stand.go_to("38700")
    assert not fills(stand.desk.news), "the old price is gone"
    stand.go_to("38000")
    assert sum(fill.quantity for fill in fills(stand.desk.news)) == BTC.lots("0.2")


def test_an_amendment_that_breaks_a_rule_leaves_the_order_as_it_was(stand: Stand) -> None:
    first = order(1, Side.BUY, "0.1", "39000")
    stand.desk.submit(first, stand.now)
    stand.settle()
    for bad in (first._replace(quantity=1), first._replace(quantity=BTC.lots("10")), first._replace(side=Side.SELL)):
        stand.desk.amend(bad, stand.now)
        stand.settle()
        refused = updates(stand.desk.news)[-1]
        assert (refused.event, bool(refused.code)) == ("accepted", True)
    stand.go_to("39500")
    stand.go_to("38000")
    [fill] = fills(stand.desk.news)
    assert (fill.side, fill.quantity) == (Side.BUY, BTC.lots("0.1"))


def test_an_amendment_of_an_order_that_has_ended_has_nothing_to_say(stand: Stand) -> None:
    first = order(1, Side.BUY, "0.1", "39000")
    stand.desk.submit(first, stand.now)
    stand.settle()
    stand.desk.cancel(first.client_order_id, stand.now)
    stand.settle()
    before = list(stand.desk.news)
    stand.desk.amend(first._replace(price=BTC.ticks("38500")), stand.now)
    stand.settle()
    assert stand.desk.news == before


def test_a_client_order_id_is_used_once(stand: Stand) -> None:
    first = order(1, Side.BUY, "0.1", "39000")
    stand.desk.submit(first, stand.now)
    stand.settle()
    paper = stand.desk.paper
    news = [*paper.submit(Approved(first, 1), stand.now)]
    while (due := paper.next_due) is not None:
        news += paper.on_time(due)
    [update] = updates(news)
    assert (update.event in ("rejected", "not_sent"), update.code) == (True, "DUPLICATE_ID")


def test_what_was_stored_lives_on_after_a_restart_and_its_ids_are_not_used_again(stand: Stand) -> None:
    stand.desk.submit(order(1, Side.BUY, "0.1"), stand.now)
    stand.settle()
    stand.go_to("40100")
    stand.desk.submit(order(2, Side.BUY, "0.2", "39000"), stand.now)
    stand.settle()
    stand.desk.restart(stand.now)
    assert [o.intent.client_order_id for o in stand.desk.open] == [client_order_id(2)]
    stand.go_to("39500")
    stand.go_to("38000")
    assert len({fill.fill_id for fill in fills(stand.desk.news)}) == len(fills(stand.desk.news)) == 2
    ids = [o.venue_order_id for o in stand.desk.orders]
    stand.desk.submit(order(3, Side.BUY, "0.2", "30000"), stand.now)
    stand.settle()
    assert stand.desk.orders[client_order_id(3)].venue_order_id not in ids


def test_an_order_whose_answer_was_not_stored_is_never_entered_again(stand: Stand) -> None:
    lost = order(1, Side.BUY, "0.1")
    stand.desk.orders.plan(lost, stand.now)
    stand.desk.orders.sent(lost.client_order_id)
    stand.desk.restart(stand.now)
    [update] = updates(stand.desk.news)
    assert (update.event, update.code) in (("canceled", "LOST_AT_RESTART"), ("not_sent", "never_sent"))
    assert not stand.desk.open
    stand.go_to("40000")
    assert not fills(stand.desk.news)
    assert stand.desk.paper.account.balances["USDT"].total == BTC.notional(BTC.ticks("1"), BTC.lots("1")) * int(BALANCES["USDT"])


def test_a_planned_order_may_still_leave_after_a_restart(stand: Stand) -> None:
    planned = order(1, Side.BUY, "0.1", "39000")
    stand.desk.orders.plan(planned, stand.now)
    stand.desk.restart(stand.now)
    stand.desk.orders.sent(planned.client_order_id)
    stand.desk.take(stand.desk.paper.submit(Approved(planned, 1), stand.now))
    stand.settle()
    assert stand.desk.orders[client_order_id(1)].status is OrderStatus.OPEN


def test_a_cancel_that_was_under_way_at_a_restart_is_carried_out(stand: Stand) -> None:
    stand.desk.submit(order(1, Side.BUY, "0.1", "39000"), stand.now)
    stand.settle()
    stand.desk.canceling.add(client_order_id(1))
    stand.desk.restart(stand.now)
    stand.settle()
    assert all(o.status in TERMINAL for o in stand.desk.orders)


def test_a_service_that_has_orders_cannot_be_restored(stand: Stand) -> None:
    stand.desk.submit(order(1, Side.BUY, "0.1", "39000"), stand.now)
    stand.settle()
    with pytest.raises(IllegalTransition, match="before its first order"):
        stand.desk.paper.restore((), (), (), (), stand.now)
